"""Where a server keeps its records: `open_store(url)`."""

from smdp.store.sql import SqlStore, open_store

__all__ = ["SqlStore", "open_store"]
