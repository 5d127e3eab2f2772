"""ES9+ of the SM-DP+ under test, by function."""
