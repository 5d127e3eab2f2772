"""The simulated eUICC: card core, profiles, virtual readers."""
