"""The slot of a virtual reader: power, and an answer after the delay that the card is known for."""

import time
from collections.abc import Callable
from typing import Protocol


class PoweredCard(Protocol):
    """What can be put into a slot; `euicc_sim.core.card.Card` is one."""

    def reset(self) -> bytes: ...

    def power_off(self) -> None: ...

    def transmit(self, command: bytes) -> bytes: ...


class Slot:
    """A card in a reader: `atr` is known from the start, as readers ask for it at any time.

    answer_delay_s: how long the card takes before each answer (`CardOptions.answer_delay_ms`).
    """

    def __init__(
        self, card: PoweredCard, answer_delay_s: float = 0.0, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._card = card
        self._answer_delay_s = answer_delay_s
        self._sleep = sleep
        self._has_power = False
        self.atr = card.reset()
        card.power_off()

    def power_on(self) -> bytes:
        """Power on, or reset a card that has power; the ATR."""
        self.atr = self._card.reset()
        self._has_power = True
        return self.atr

    def power_off(self) -> None:
        """Take the power away."""
        self._card.power_off()
        self._has_power = False

    def transmit(self, command: bytes) -> bytes:
        """The response APDU; nothing at all from a card without power."""
        if not self._has_power:
            return b""
        if self._answer_delay_s:
            self._sleep(self._answer_delay_s)
        return self._card.transmit(command)
