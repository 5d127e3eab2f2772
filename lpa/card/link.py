"""What every link to a card is."""

from typing import Protocol


class CardLink(Protocol):
    """A card reader with a card, or what stands for one. Failures are `lpa.core.errors.CardLinkError`.

    waits: True where `transmit` waits for something outside this process (asyncio drivers then use a thread).
    """

    @property
    def waits(self) -> bool: ...

    def connect(self) -> bytes:
        """Take the card, power it on, answer the ATR."""

    def transmit(self, command: bytes) -> bytes:
        """Send one command APDU; the response APDU with its status word."""

    def reset(self) -> bytes:
        """Power the card off and on; the ATR."""

    def disconnect(self) -> None:
        """Give the card back; harmless if there is none."""
