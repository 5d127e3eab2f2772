"""What one thread remembers of records: as it has read them, or as it has left them.

A record that is recalled instead of read may be stale, so nothing that comes of it counts until it is proved: by a
commit that finds its version unchanged, or by reading it after all.
"""

from collections.abc import Iterable
from typing import Any

Key = tuple[object, Any]


class Memory:
    """The records that were used last, by kind and key."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._known: dict[Key, Any] = {}
        self._unproved: dict[Key, Any] = {}

    def keep(self, key: Key, record: object) -> None:
        """Remember a record as the database has it."""
        known = self._known
        known.pop(key, None)
        if len(known) >= self._capacity:
            del known[next(iter(known))]
        known[key] = record

    def known(self, key: Key) -> Any:
        """The record, for comparison only."""
        return self._known.get(key)

    def recall(self, key: Key) -> Any:
        """The record, to be proved; or None."""
        record = self._known.get(key)
        if record is not None:
            self._unproved[key] = record
        return record

    def unproved(self, written: Iterable[Key] = ()) -> dict[Key, Any]:
        """What was recalled since this was last asked, and isn't written."""
        recalled, self._unproved = self._unproved, {}
        for key in written:
            recalled.pop(key, None)
        return recalled

    def forget(self, keys: Iterable[Key]) -> None:
        """What others have changed, or may have."""
        for key in keys:
            self._known.pop(key, None)
