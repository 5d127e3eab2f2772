"""TLS, with real handshakes over loopback."""
