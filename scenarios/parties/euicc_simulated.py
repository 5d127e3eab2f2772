"""Our own eUICC, in this process: the system under test, or the card around an LPA under test."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from euicc_sim.core.card import Card, provision
from euicc_sim.core.settings import CardSettings
from euicc_sim.io.nvm_memory import MemoryNvm
from scenarios.grounds import EID, Grounds
from scenarios.parties.links import GuardedLink, PowerLost
from scenarios.ports import SeededEntropy
from wire.ports import Trace


class CuttableNvm(MemoryNvm):
    """A card's memory whose power may be cut at a commit: that one, and all later ones, don't happen."""

    def __init__(self, content: Mapping[str, bytes] | None = None) -> None:
        super().__init__(content)
        self.commits = 0
        self.cut_at = 0

    def commit(self, changes: Mapping[str, bytes | None]) -> None:
        self.commits += 1
        if self.cut_at and self.commits >= self.cut_at:
            raise PowerLost(f"power cut at commit {self.commits}")
        super().commit(changes)


class SimulatedEuicc:
    """A card with a memory of its own; settings: fields of `CardSettings` that differ from the usual card."""

    waits = False

    def __init__(self, grounds: Grounds, seed: str, trace: Trace, **settings: Any) -> None:
        template = grounds.card_template
        content = {key: template.get(key) or b"" for key in template.keys()}  # noqa: SIM118
        self.nvm = CuttableNvm(None if settings else content)
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
        self.nvm.cut_at = 0
        self._card = Card(self.nvm, self._entropy, self._trace)
        return self._card.reset()

    def transmit(self, command: bytes) -> bytes:
        return self._card.transmit(command)

    def cut_power_at_commit(self, number: int) -> None:
        """Cut the power at the `number`-th write to the memory from now on; `PowerLost` tells of it."""
        self.nvm.commits, self.nvm.cut_at = 0, number

    def empty(self) -> None:
        """Every scenario begins with a new card."""


def _card_settings(grounds: Grounds, changes: Mapping[str, Any]) -> CardSettings:
    values = dict(changes)
    return replace(grounds.card_settings(str(values.pop("eid", EID))), **values)
