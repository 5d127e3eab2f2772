"""What a scenario can do: order, download, manage profiles, look at both sides. All through public names of the lab."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from lab.agent import agent_settings, open_agent
from lab.background import ServerProcess
from lab.card_view import card_view
from lab.cards import create_card
from lab.creation import create_lab
from lab.database import open_desk
from lab.desk import OrderRequest
from lab.directory import Lab
from lab.inventory import add_profile, fresh_parameters, profile_from_table
from lab.pki import load_pki
from lab.tracing import open_trace
from lab.views import activation_code
from lpa.core.actions import Decision, Procedure
from lpa.core.procedures.download import Downloaded, download
from lpa.core.procedures.profiles import Changed, delete, disable, enable
from lpa.core.settings import LpaSettings
from lpa.user import ScriptedUser
from smdp.core.records import Order
from wire.activation_code import ActivationCode
from wire.ids import Iccid

T = TypeVar("T")


@dataclass
class World:
    """A lab with a running SM-DP+; each scenario makes its own cards and orders in it."""

    lab: Lab
    settings: LpaSettings
    _cards: list[str] = field(default_factory=list)

    def card(self) -> str:
        """A new eUICC; its name."""
        name = f"card-{len(self._cards) + 1}"
        create_card(self.lab, load_pki(self.lab), name)
        self._cards.append(name)
        return name

    def order(self, **options: Any) -> Order:
        """A new profile and a released order for it; options are those of `OrderRequest`."""
        profile, package = profile_from_table(fresh_parameters(), Path(), self.lab.public_address())
        with open_desk(self.lab) as desk:
            add_profile(desk.store, profile, package)
            return desk.create_order(OrderRequest(iccid=profile.iccid, **options))

    def activation_code(self, order: Order) -> ActivationCode:
        """What the user of the order gets."""
        return ActivationCode.parse(activation_code(order, self.lab.public_address()))

    def order_state(self, order: Order) -> str:
        """The order's state now."""
        with open_desk(self.lab) as desk:
            return desk.find_order(order.order_id).state.value

    def reported(self, order: Order, card: str) -> str | None:
        """What the card last reported of the order's profile."""
        with open_desk(self.lab) as desk:
            installation = desk.store.installation(order.iccid, self.look(card)["eid"])
        return installation.state if installation else None

    def look(self, card: str) -> dict[str, Any]:
        """What the card says about itself."""
        return card_view(self.lab, card)

    def profiles(self, card: str) -> dict[str, str]:
        """ICCID -> state, as the card tells."""
        return {profile["iccid"]: profile["state"] for profile in self.look(card)["profiles"]}

    def download(
        self,
        card: str,
        code: ActivationCode,
        *,
        decision: Decision = Decision.ACCEPT,
        confirmation_code: str | None = None,
    ) -> Downloaded:
        """The agent downloads; raises what the agent raises (LpaError)."""
        user = ScriptedUser(decision, confirmation_code)
        return self.run(card, download(self.settings, code), user)

    def enable(self, card: str, iccid: str) -> Changed:
        """The agent enables a profile."""
        return self.run(card, enable(self.settings, Iccid(iccid)))

    def disable(self, card: str, iccid: str) -> Changed:
        """The agent disables a profile."""
        return self.run(card, disable(self.settings, Iccid(iccid)))

    def delete(self, card: str, iccid: str) -> Changed:
        """The agent deletes a profile, the user agreeing."""
        return self.run(card, delete(self.settings, Iccid(iccid)))

    def run(self, card: str, procedure: Procedure[T], user: ScriptedUser | None = None) -> T:
        """Any procedure of the agent on a card."""
        with (
            open_trace(self.lab, "lpa") as trace,
            open_agent(self.lab, card, user or ScriptedUser(), trace, self.settings) as agent,
        ):
            return agent.run(procedure)


@contextmanager
def fresh_world(path: Path) -> Iterator[World]:
    """A new lab in `path` with its server running in a process of its own."""
    lab = create_lab(path)
    with ServerProcess(path):
        yield World(lab, replace(agent_settings(lab), retry_waits_s=(), card_busy_wait_s=0.0))
