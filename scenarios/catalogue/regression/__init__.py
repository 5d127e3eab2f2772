"""Bugs of real cards, LPAs and servers, one scenario each; docs/scenarios.md has the list."""
