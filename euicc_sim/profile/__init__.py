"""What a profile is on the card: the package interpreter and the UICC that an enabled profile becomes."""
