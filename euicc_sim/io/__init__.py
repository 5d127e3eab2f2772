"""The card's edges: memory in a file or in RAM, virtual readers."""
