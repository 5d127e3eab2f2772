"""The SM-DS under test, by interface."""
