"""Our own eUICC, in this process: the system under test, or the card around an LPA under test."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from euicc_sim.core.card import Card, provision
from euicc_sim.core.settings import CardSettings
from euicc_sim.io.nvm_memory import MemoryNvm
from scenarios.grounds import EID, Grounds
from scenarios.parties.links import GuardedLink
from scenarios.ports import SeededEntropy
from wire.ports import Trace


class SimulatedEuicc:
    """A card with a memory of its own; settings: fields of `CardSettings` that differ from the usual card."""

    waits = False

    def __init__(self, grounds: Grounds, seed: str, trace: Trace, **settings: Any) -> None:
        self.nvm = MemoryNvm() if settings else grounds.card_template.copy()
        if settings:
            provision(self.nvm, _card_settings(grounds, settings))
        self._trace = trace
        self._entropy = SeededEntropy(seed, "card")
        self._card = Card(self.nvm, self._entropy, self._trace)

    @property
    def link(self) -> GuardedLink:
        """The link to it; a crash fails the scenario."""
        return GuardedLink(self)

    @property
    def isd_r(self) -> bytes:
        """The AID of its ISD-R."""
        return self._card.settings.options.isd_r_aid

    def connect(self) -> bytes:
        return self.reset()

    def disconnect(self) -> None:
        """Nothing to give back."""

    def reset(self) -> bytes:
        """Power off and on, with a new card on the same memory: nothing but that survives."""
        self._card = Card(self.nvm, self._entropy, self._trace)
        return self._card.reset()

    def transmit(self, command: bytes) -> bytes:
        return self._card.transmit(command)

    def empty(self) -> None:
        """Every scenario begins with a new card."""


def _card_settings(grounds: Grounds, changes: Mapping[str, Any]) -> CardSettings:
    values = dict(changes)
    return replace(grounds.card_settings(str(values.pop("eid", EID))), **values)
