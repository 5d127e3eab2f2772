"""The wire between a kit and the system under test, and one that changes messages."""

from collections.abc import Sequence

from scenarios.faults.model import Fault, OnWire


class Wire:
    """Sends every message of a kit, changed as its faults say."""

    def __init__(self, faults: Sequence[Fault] = ()) -> None:
        self._edits = [fault for fault in faults if isinstance(fault, OnWire)]

    def send(self, what: str, message: bytes) -> bytes:
        """The octets that go out for `message`; `what` is its name."""
        for fault in self._edits:
            if fault.what.lower() == what.lower():
                message = fault.edit.apply(message)
        return message
