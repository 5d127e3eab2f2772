"""Logical channels: which are open, what is selected on each, which answer waits there.

Spec: ETSI TS 102 221 sections 8.7, 11.1.17 and 11.1.18
"""

from dataclasses import dataclass, field
from enum import Enum

from euicc_sim.core.isdr import BlockBuffer
from wire.sw import SW


class Application(Enum):
    """What is selected on a channel."""

    UICC = "UICC"
    ISD_R = "ISD-R"


@dataclass(slots=True)
class Channel:
    """One open channel; pending: the answer that waits for GET RESPONSE, pending_sw: the status word that ends it."""

    number: int
    application: Application = Application.UICC
    blocks: BlockBuffer = field(default_factory=BlockBuffer)
    pending: bytes = b""
    pending_sw: int = SW.OK


class Channels:
    """The open channels; the basic channel 0 always is."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._open = {0: Channel(0)}

    def get(self, number: int) -> Channel | None:
        """The channel if it is open."""
        return self._open.get(number)

    def all(self) -> list[Channel]:
        """All open channels."""
        return list(self._open.values())

    def open(self, many: bool) -> Channel | None:
        """Open the lowest free channel; without `many` (the terminal can't do more) only 1..3. None if none is free."""
        most = self._most if many else min(self._most, 4)
        for number in range(1, most):
            if number not in self._open:
                self._open[number] = Channel(number)
                return self._open[number]
        return None

    def close(self, number: int) -> bool:
        """Close a channel; False if it isn't open. The basic channel can't be closed."""
        return number != 0 and self._open.pop(number, None) is not None

    def reset(self) -> None:
        """Only the basic channel, with nothing of the ISD-R selected."""
        self._open = {0: Channel(0)}
