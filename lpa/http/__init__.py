"""ES9+/ES11 transport: TLS trust and the two HTTP clients."""
