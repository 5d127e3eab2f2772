"""ES10b of the eUICC under test, by function."""
