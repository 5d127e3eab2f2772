"""An agent between a real card and a real server in one process, without sockets."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from euicc_sim.core.card import Card, provision
from euicc_sim.core.options import CardOptions
from euicc_sim.io.nvm_memory import MemoryNvm
from euicc_sim.io.slot import Slot
from euicc_sim.io.stdio import serve_stdio
from lpa.card.in_process import InProcessLink
from lpa.core.actions import HttpReply, Procedure, TlsPeer
from lpa.core.errors import Unreachable
from lpa.drive import run
from lpa.user import ScriptedUser
from smdp.core.inventory import new_package, new_profile
from smdp.core.smds import SmDs
from smdp.core.states import State
from tests.support.card_bench import Order, TraceLog, card_settings, chain
from tests.support.entropy import SeededEntropy
from tests.support.smdp_world import ADDRESS, World, shared_pki
from wire import json_es9, json_es11
from wire.codes import FunctionRefused
from wire.ids import Iccid
from wire.json_header import failed, read_request


class LocalHttp:
    """An `HttpClient` that calls the server; `lost` names functions whose next answers get lost on the way back."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.smds: dict[str, SmDs] = {}
        self.lost: list[str] = []
        self.calls: list[str] = []

    def connect(self, url: str) -> TlsPeer:
        return TlsPeer(ADDRESS, "TLSv1.3", "TLS_AES_128_GCM_SHA256", b"")

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> HttpReply:
        function = url.rpartition("/")[2]
        self.calls.append(function)
        reply = self._answer(self._functions(url.split("/")[2])[function], body)
        if function in self.lost:
            self.lost.remove(function)
            raise Unreachable(f"{url}: connection reset")
        return reply

    def _functions(self, host: str) -> dict[str, tuple[Any, Callable[[Any], Any]]]:
        if host in self.smds:
            smds = self.smds[host]
            return {
                "initiateAuthentication": (json_es11.InitiateAuthenticationRequest, smds.initiate_authentication),
                "authenticateClient": (json_es11.AuthenticateClientRequest, smds.authenticate_client),
            }
        server = self.world.server
        return {
            "initiateAuthentication": (json_es9.InitiateAuthenticationRequest, server.initiate_authentication),
            "authenticateClient": (json_es9.AuthenticateClientRequest, server.authenticate_client),
            "getBoundProfilePackage": (json_es9.GetBoundProfilePackageRequest, server.get_bound_profile_package),
            "cancelSession": (json_es9.CancelSessionRequest, server.cancel_session),
            "handleNotification": (json_es9.HandleNotificationRequest, server.handle_notification),
        }

    def _answer(self, function: tuple[Any, Callable[[Any], Any]], body: bytes) -> HttpReply:
        model, method = function
        try:
            answer = method(read_request(model, body))
        except FunctionRefused as refused:
            return HttpReply(200, {}, failed(refused).to_json())
        return HttpReply(204, {}, b"") if answer is None else HttpReply(200, {}, answer.to_json())

    def close(self) -> None:
        """Nothing to close."""


class Loop:
    """A server with one order, a card, and an agent between them."""

    def __init__(self, directory: Path, options: CardOptions | None = None, code: str | None = None, **more: Any):
        self.world = World(directory)
        self.profile = Order()
        self.world.store.commit(
            new_profile(self.profile.metadata),
            new_package(str(self.profile.iccid), self.profile.package, self.world.entropy),
        )
        self.world.order(code, iccid=str(self.profile.iccid), **more)
        self.http = LocalHttp(self.world)
        self.card = new_card(options)
        self.user = ScriptedUser()
        self.waits: list[float] = []

    def __call__(self, procedure: Procedure[Any], link: Any = None) -> Any:
        return run(procedure, link or InProcessLink(self.card), self.http, self.user, sleep=self.waits.append)

    @property
    def order_state(self) -> State:
        return self.world.now().state

    @property
    def iccid(self) -> Iccid:
        return self.profile.iccid


def new_card(options: CardOptions | None = None, **settings: Any) -> Card:
    """A powered card of the server's PKI; the same on every run."""
    nvm = MemoryNvm()
    chains = tuple(chain(shared_pki(), curve) for curve in ("NIST", "BRP"))
    provision(nvm, card_settings(chains=chains, options=options or CardOptions(), **settings))
    card = Card(nvm, SeededEntropy(), TraceLog())
    card.reset()
    return card


def card_on_stdio() -> None:
    """Serve a new card on this process's stdin and stdout."""
    serve_stdio(Slot(new_card()), sys.stdin, sys.stdout, None, lambda _: None)
