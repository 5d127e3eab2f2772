"""The composition root: one lab directory becomes running servers, cards and agents."""
