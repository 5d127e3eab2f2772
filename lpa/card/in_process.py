"""A card in this process: any object with `reset()` and `transmit()`."""

from typing import Protocol


class LocalCard(Protocol):
    """What `euicc_sim.core.card.Card` offers; named here so that the roles needn't import each other."""

    def reset(self) -> bytes: ...

    def transmit(self, command: bytes) -> bytes: ...


class InProcessLink:
    """A `CardLink` to a `LocalCard`."""

    waits = False

    def __init__(self, card: LocalCard) -> None:
        self._card = card

    def connect(self) -> bytes:
        return self._card.reset()

    def transmit(self, command: bytes) -> bytes:
        return self._card.transmit(command)

    def reset(self) -> bytes:
        return self._card.reset()

    def disconnect(self) -> None:
        """Nothing to give back."""
