"""A card in this process: any object with `reset()` and `transmit()`."""

import time
from collections.abc import Callable
from typing import Protocol


class LocalCard(Protocol):
    """What `euicc_sim.core.card.Card` offers; named here so that the roles needn't import each other."""

    def reset(self) -> bytes: ...

    def transmit(self, command: bytes) -> bytes: ...


class InProcessLink:
    """A `CardLink` to a `LocalCard`; answer_delay_s: how long it takes before each answer."""

    def __init__(
        self, card: LocalCard, answer_delay_s: float = 0.0, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._card = card
        self._answer_delay_s = answer_delay_s
        self._sleep = sleep
        self.waits = bool(answer_delay_s)

    def connect(self) -> bytes:
        return self._card.reset()

    def transmit(self, command: bytes) -> bytes:
        if self._answer_delay_s:
            self._sleep(self._answer_delay_s)
        return self._card.transmit(command)

    def reset(self) -> bytes:
        return self._card.reset()

    def disconnect(self) -> None:
        """Nothing to give back."""
