"""A card that takes its time: the option `answer_delay_ms`, kept at the edge because the core has no clock."""

import time
from typing import Protocol


class AnyCard(Protocol):
    """What a reader needs of a card."""

    def reset(self) -> bytes:
        """Power-on or reset: the ATR."""

    def transmit(self, command: bytes) -> bytes:
        """Command APDU in, response APDU out."""

    def power_off(self) -> None:
        """Take the power away."""


class PacedCard:
    """Passes everything on and waits before each answer."""

    def __init__(self, card: AnyCard, answer_delay_ms: int) -> None:
        self._card = card
        self._delay_s = answer_delay_ms / 1000

    def reset(self) -> bytes:
        """The ATR."""
        return self._card.reset()

    def transmit(self, command: bytes) -> bytes:
        """The card's answer, later."""
        response = self._card.transmit(command)
        time.sleep(self._delay_s)
        return response

    def power_off(self) -> None:
        """Take the power away."""
        self._card.power_off()


def paced(card: AnyCard, answer_delay_ms: int) -> AnyCard:
    """The card itself if it doesn't have to wait, else one that does."""
    return PacedCard(card, answer_delay_ms) if answer_delay_ms else card
