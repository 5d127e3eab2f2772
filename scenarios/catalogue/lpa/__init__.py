"""The LPA under test, by procedure."""
