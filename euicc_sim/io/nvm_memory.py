"""A card's memory in RAM, for tests and throw-away cards."""

from collections.abc import Mapping


class MemoryNvm:
    """An `Nvm` that forgets everything with the process; `copy()` forks it."""

    def __init__(self, content: Mapping[str, bytes] | None = None) -> None:
        self._content = dict(content or {})

    def get(self, key: str) -> bytes | None:
        """The value of `key`, None if there is none."""
        return self._content.get(key)

    def keys(self, prefix: str = "") -> list[str]:
        """The keys that begin with `prefix`, in ascending order."""
        return sorted(key for key in self._content if key.startswith(prefix))

    def commit(self, changes: Mapping[str, bytes | None]) -> None:
        """Write and remove all of `changes` at once."""
        content = self._content | {key: bytes(value) for key, value in changes.items() if value is not None}
        for key, value in changes.items():
            if value is None:
                content.pop(key, None)
        self._content = content

    def copy(self) -> "MemoryNvm":
        """An independent memory with the same content."""
        return MemoryNvm(self._content)
