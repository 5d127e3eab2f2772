"""ES10c of the eUICC under test, by function."""
