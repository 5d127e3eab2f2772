"""The eUICC under test, by interface."""
