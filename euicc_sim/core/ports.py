"""The ports of the card beside those of `wire.ports`: its memory."""

from collections.abc import Iterable, Mapping
from typing import Protocol


class Nvm(Protocol):
    """The card's non-volatile memory: keys to octets; the only durable thing a card has."""

    def get(self, key: str) -> bytes | None:
        """The value of `key`, None if it was never written or was removed."""

    def keys(self, prefix: str = "") -> Iterable[str]:
        """The keys that begin with `prefix`, in ascending order."""

    def commit(self, changes: Mapping[str, bytes | None]) -> None:
        """Write (or, with None, remove) all of `changes` or none of them; a power cut never leaves a part."""
