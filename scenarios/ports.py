"""Ports that make a run repeatable: entropy from a seed, a clock that moves only when told."""

import hashlib
from datetime import datetime, timedelta


class SeededEntropy:
    """The same octets for the same seed and the same order of calls."""

    def __init__(self, *seed: str) -> None:
        self._seed = "/".join(seed).encode()
        self._count = 0

    def octets(self, count: int) -> bytes:
        self._count += 1
        return hashlib.shake_256(self._seed + b"#" + str(self._count).encode()).digest(count)


class StageClock:
    """Stands still until a scenario advances it."""

    def __init__(self, at: datetime) -> None:
        self._at = at

    def now(self) -> datetime:
        return self._at

    def advance(self, **parts: float) -> None:
        """Time travel: `advance(days=1, hours=2)`."""
        self._at += timedelta(**parts)
