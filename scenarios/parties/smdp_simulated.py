"""Our own SM-DP+ as the system under test, in this process."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from lab.credentials import dp_credentials
from lpa.core.actions import HttpReply
from scenarios.grounds import OTHER_SMDP_HOST, SMDP_HOST, Grounds
from scenarios.kit.profile import Profile
from scenarios.model import ScenarioError
from scenarios.network import HttpRequest, LocalApp
from scenarios.parties.server import Caller
from scenarios.parties.smdp import Ordered
from scenarios.ports import SeededEntropy
from scenarios.stock import Limits, Stocked, matching_id_of
from smdp.core.inventory import hash_confirmation_code, new_order_id, new_package
from smdp.core.inventory import new_profile as inventory_profile
from smdp.core.records import Operator, Order
from smdp.core.server import SmDpPlus
from smdp.core.settings import SmDpSettings
from smdp.core.states import State
from smdp.core.trust import TrustStore
from smdp.store import open_store
from smdp.store.outbox import SqlOutbox
from smdp.web import es2, es9
from wire.ports import Clock, Trace

OPERATOR: Final = "2.999.20"
OPERATOR_URL: Final = "https://operator.example.com"


class SimulatedSmdp:
    """An `SmdpBackend` with a database of its own; `traced(role)` gives the trace ports."""

    def __init__(
        self,
        grounds: Grounds,
        directory: Path,
        loop: asyncio.AbstractEventLoop,
        clock: Clock,
        seed: str,
        traced: Callable[[str], Trace],
    ) -> None:
        self.address = SMDP_HOST
        self.requester = OPERATOR
        self._grounds, self._clock, self._loop = grounds, clock, loop
        self._entropy = SeededEntropy(seed, "smdp")
        self._profiles = grounds.profile_entropy(seed)
        self._trace = traced("smdp")
        self._path = directory / "smdp.db"
        self._path.write_bytes(grounds.empty_database)
        self._settings = SmDpSettings(addresses=(SMDP_HOST, OTHER_SMDP_HOST))
        self.operator = grounds.pki.mno()
        self._start()
        self.store.commit(Operator(OPERATOR, self.operator.certificate, OPERATOR_URL))
        kit = traced("kit")
        self.es9 = Caller(SMDP_HOST, "es9plus", self.handle, kit)
        self.es2 = Caller(SMDP_HOST, "es2plus", self.handle_es2, kit)

    def _start(self) -> None:
        pki = self._grounds.pki
        trust = TrustStore([ci.certificate for ci in pki.cis])
        self.store = open_store(f"sqlite:///{self._path}")
        self.server = SmDpPlus(
            self._settings, dp_credentials(pki), trust, self.store, self._clock, self._entropy, self._trace
        )
        self._es9 = LocalApp(es9.application(self.server), self._loop)
        self._es2 = LocalApp(es2.application(self.server), self._loop)

    def handle(self, request: HttpRequest) -> HttpReply:
        """ES9+ as a handler."""
        return self._es9(request)

    def handle_es2(self, request: HttpRequest) -> HttpReply:
        """ES2+ as a handler."""
        return self._es2(request)

    def close(self) -> None:
        """Give the database up."""
        self.store.close()

    # pre-conditions

    def new_profile(self, **options: Any) -> Profile:
        stocked = Stocked.new(self._profiles, self.address, **options)
        if self._grounds.preparing:
            self._grounds.stock.add_profile(stocked)
        profile = stocked.profile
        record = inventory_profile(profile.metadata, stocked.requirements, stocked.profile_type, stocked.owner)
        self.store.commit(record, new_package(str(profile.iccid), profile.package, self._entropy))
        return profile

    def order_request(self, profile: Profile | None) -> dict[str, Any]:
        if profile is None:
            raise ScenarioError("a simulated SM-DP+ wants to be told which profile")
        return {"iccid": str(profile.iccid)}

    def limited_order(self, profile: Profile, limits: Limits, confirmation_code: str | None) -> Ordered:
        iccid, matching_id = str(profile.iccid), matching_id_of(profile)
        if self._grounds.preparing:
            self._grounds.stock.add_order(profile, OPERATOR, limits, confirmation_code)
        now, expires_in = self._clock.now(), limits.expires_in
        given: dict[str, Any] = {
            "download_limit": limits.download_limit,
            "confirmation_limit": limits.confirmation_limit,
        }
        order = Order(
            order_id=new_order_id(self._entropy),
            iccid=iccid,
            state=State.RELEASED,
            created_at=now,
            operator=OPERATOR,
            matching_id=matching_id,
            confirmation_code_hash=hash_confirmation_code(confirmation_code) if confirmation_code else None,
            expires_at=None if expires_in is None else now + expires_in,
            **{name: value for name, value in given.items() if value is not None},
        )
        self.store.commit(order)
        return Ordered(profile.iccid, matching_id, self.address, confirmation_code, profile=profile)

    def change(self, **settings: Any) -> None:
        self._settings = replace(self._settings, **settings)
        self.restart()

    def restart(self) -> None:
        self.store.close()
        self._start()

    # what can be seen

    def state(self, iccid: str) -> str | None:
        order = self.store.order_of_profile(iccid)
        if order is not None:
            return str(order.state)
        profile = self.store.profile(iccid)
        return None if profile is None else str(profile.state)

    def installation(self, iccid: str, eid: str) -> str | None:
        found = self.store.installation(iccid, eid)
        return found.state if found else ""

    def messages(self) -> list[tuple[str, dict[str, Any]]]:
        return [(str(one.function), json.loads(one.body)) for one in SqlOutbox(self.store).messages()]
