"""The catalogue: importing this package registers every scenario."""

from scenarios.catalogue import download, management

__all__ = ["download", "management"]
