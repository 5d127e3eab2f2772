"""In the middle between somebody's LPA and its card or server: records, decodes, may apply faults (docs/proxy.md)."""
