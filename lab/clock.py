"""The clocks and the entropy of a running lab."""

import os
from datetime import UTC, datetime, timedelta


class SystemClock:
    """The time of this machine, moved by `offset` where a lab is set to another time (test use)."""

    def __init__(self, offset: timedelta = timedelta(0)) -> None:
        self.offset = offset

    def now(self) -> datetime:
        return datetime.now(UTC) + self.offset


class FixedClock:
    """Always the same time."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at


class SystemEntropy:
    """Random octets of the operating system."""

    def octets(self, count: int) -> bytes:
        return os.urandom(count)


def lab_clock(starts_at: datetime | None, offset: timedelta = timedelta(0)) -> SystemClock:
    """A clock that runs from `starts_at`, or tells the time of this machine, moved by `offset`."""
    return SystemClock(starts_at - datetime.now(UTC) if starts_at else offset)
