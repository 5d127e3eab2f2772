"""The SM-DP+ under test, by interface."""
