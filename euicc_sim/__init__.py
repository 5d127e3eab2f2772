"""The simulated eUICC: an ISD-R with ES10, profiles that become a UICC, memory in one file, virtual readers."""
