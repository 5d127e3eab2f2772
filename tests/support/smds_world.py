"""An SM-DS for tests, with or without a root above it, and the requests that servers and eUICCs send it."""

from pathlib import Path
from typing import Any

from lab.credentials import ds_credentials
from smdp.core.events import EventServer, Inaccessible
from smdp.core.smds import SmDs, SmDsSettings
from smdp.core.trust import TrustStore
from smdp.store.events import open_events
from tests.support.entropy import SeededEntropy
from tests.support.mini_euicc import MiniEuicc
from tests.support.smdp_world import EID, ListTrace, MovableClock, shared_pki
from wire.codes import FunctionRefused
from wire.ids import Eid
from wire.json_es11 import AuthenticateClientResponse, InitiateAuthenticationRequest, InitiateAuthenticationResponse
from wire.json_es12 import DeleteEventRequest, RegisterEventRequest
from wire.json_header import RequestHeader

DS_ADDRESS = "smds.example.com"
DP_OID, OTHER_OID = "2.999.10", "2.999.12"


class SmdsWorld:
    """One SM-DS with its surroundings; `url` may name another database."""

    def __init__(
        self, directory: Path, root: EventServer | None = None, url: str | None = None, **settings: Any
    ) -> None:
        self.clock, self.entropy, self.trace = MovableClock(), SeededEntropy("smds"), ListTrace()
        self.calls = ListTrace()  # what it asks its root, where that is over HTTP
        self.pki = shared_pki()
        self.settings = SmDsSettings(**({"addresses": (DS_ADDRESS,)} | settings))
        self.url = url or f"sqlite:///{directory / 'smds.db'}"
        self.root = root
        self.credentials = ds_credentials(self.pki)
        self.trust = TrustStore([ci.certificate for ci in self.pki.cis])
        self.start()

    def start(self) -> None:
        self.store = open_events(self.url)
        self.smds = SmDs(
            self.settings, self.credentials, self.trust, self.store, self.clock, self.entropy, self.trace, self.root
        )

    def restart(self) -> None:
        self.store.close()
        self.start()

    def initiate(self, euicc: MiniEuicc, address: str = DS_ADDRESS) -> InitiateAuthenticationResponse:
        return self.smds.initiate_authentication(initiation(euicc, address))

    def poll(self, euicc: MiniEuicc, event_id: str | None = "") -> list[tuple[str, str]]:
        """The events an LPA with this eUICC gets, as (EventID, address)."""
        return entries(self.smds.authenticate_client(euicc.authenticate(self.initiate(euicc), event_id)))

    def register(self, event_id: str, address: str = "smdp.example.com", caller: str = DP_OID, **more: Any) -> None:
        self.smds.register_event(registration(event_id, address, **more), caller)

    def delete(self, event_id: str, caller: str = DP_OID, eid: str = EID) -> None:
        self.smds.delete_event(deletion(event_id, eid), caller)

    def stored(self) -> list[tuple[str, str, bool]]:
        return [(event.eid, event.event_id, event.confirmed) for event in self.store.all_events()]


class FakeRoot:
    """A root SM-DS in memory that can be told how to answer; remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.events: dict[str, str] = {}
        self.answer: FunctionRefused | Inaccessible | None = None
        self.answer_is_lost = False

    def register_event(self, request: RegisterEventRequest) -> None:
        self.asked.append(("register", request.eventId))
        assert request.forwardingIndicator is False
        self._maybe_fail()
        self.events[request.eventId] = request.rspServerAddress
        self._maybe_lose()

    def delete_event(self, request: DeleteEventRequest) -> None:
        self.asked.append(("delete", request.eventId))
        self._maybe_fail()
        self.events.pop(request.eventId, None)
        self._maybe_lose()

    def _maybe_fail(self) -> None:
        if self.answer is not None:
            raise self.answer

    def _maybe_lose(self) -> None:
        if self.answer_is_lost:
            raise Inaccessible("the answer was lost")


def header(call: str = "call-1") -> RequestHeader:
    return RequestHeader(functionRequesterIdentifier="2.999.10", functionCallIdentifier=call)


def initiation(euicc: MiniEuicc, address: str = DS_ADDRESS) -> InitiateAuthenticationRequest:
    return InitiateAuthenticationRequest(euiccChallenge=euicc.challenge, euiccInfo1=euicc.info1(), smdsAddress=address)


def registration(
    event_id: str, address: str = "smdp.example.com", eid: str = EID, call: str = "call-1", forward: bool = False
) -> RegisterEventRequest:
    return RegisterEventRequest(
        header=header(call), eid=Eid(eid), rspServerAddress=address, eventId=event_id, forwardingIndicator=forward
    )


def deletion(event_id: str, eid: str = EID, call: str = "call-2") -> DeleteEventRequest:
    return DeleteEventRequest(header=header(call), eid=Eid(eid), eventId=event_id)


def entries(response: AuthenticateClientResponse) -> list[tuple[str, str]]:
    return [(entry.eventId, entry.rspServerAddress) for entry in response.eventEntries]
