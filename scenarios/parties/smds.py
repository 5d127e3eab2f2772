"""The SM-DS under test: ES11 for the eUICC kit, ES12 for servers."""

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from certs.authority import Credential
from lab.credentials import ds_credentials
from lpa.core.actions import HttpReply
from scenarios.grounds import ROOT_SMDS_HOST, SMDS_HOST, Grounds
from scenarios.https import ConnectionEnded
from scenarios.kit.euicc import EuiccKit
from scenarios.kit.session import check_initiated
from scenarios.model import CheckFailed, Inconclusive
from scenarios.network import HttpRequest, LocalApp
from scenarios.parties import asn1
from scenarios.parties.answer import Answer
from scenarios.parties.asn1 import Asn1Answer
from scenarios.parties.server import Caller
from scenarios.ports import SeededEntropy
from smdp.core.events import EventServer, Inaccessible
from smdp.core.smds import SmDs, SmDsSettings
from smdp.core.trust import TrustStore
from smdp.store.events import open_events
from smdp.web import smds as smds_web
from smdp.web.peers import Reply, check_answer
from wire.json_es12 import DeleteEventRequest, RegisterEventRequest
from wire.ports import Clock, Trace

SMDP_OID: Final = "2.999.10"


class SmdsBackend(Protocol):
    """Where the SM-DS under test is."""

    address: str
    es11: Caller
    es12: Caller
    es15: Caller


class Smds:
    """The SM-DS under test; caller: what the caller of ES12 and ES15 shows; calls: as for `Smdp`."""

    def __init__(self, backend: SmdsBackend, caller: Credential, calls: str) -> None:
        self.backend = backend
        self._prefix = calls
        self.caller = caller
        self._calls = itertools.count(1)
        self._events: set[tuple[str, str]] = set()

    @property
    def address(self) -> str:
        return self.backend.address

    def es11(self, function: str, **members: Any) -> Answer:
        """Call an ES11 function."""
        return self.backend.es11.call(function, members)

    def es12(
        self,
        function: str,
        *,
        caller: Credential | None = None,
        call: str | None = None,
        requester: str = SMDP_OID,
        **members: Any,
    ) -> Answer:
        """Call an ES12 function with the TLS certificate of our SM-DP+, or another one."""
        return self._server_call(self.backend.es12, function, caller or self.caller, call, requester, members)

    def es12_of_stranger(self, function: str, **members: Any) -> Answer | None:
        """Call an ES12 function without a TLS client certificate; None if the connection is ended instead."""
        try:
            return self._server_call(self.backend.es12, function, None, None, SMDP_OID, members)
        except ConnectionEnded:
            return None

    def es15(
        self,
        function: str,
        *,
        caller: Credential | None = None,
        call: str | None = None,
        requester: str = "DS",
        **members: Any,
    ) -> Answer:
        """Call an ES15 function, as an Alternative SM-DS does."""
        return self._server_call(self.backend.es15, function, caller or self.caller, call, requester, members)

    def _server_call(
        self,
        caller: Caller,
        function: str,
        credential: Credential | None,
        call: str | None,
        requester: str,
        members: dict[str, Any],
    ) -> Answer:
        header = {"functionRequesterIdentifier": requester, "functionCallIdentifier": call or self.new_call()}
        answer = caller.call(function, {"header": header, **members}, credential=credential)
        if answer.ok and caller is self.backend.es12:
            event = str(members.get("eid")), str(members.get("eventId"))
            if function == "registerEvent":
                self._events.add(event)
            elif function == "deleteEvent":
                self._events.discard(event)
        return answer

    def new_call(self) -> str:
        """A functionCallIdentifier that no other call has."""
        return f"{self._prefix}-{next(self._calls)}"

    def tidy(self) -> None:
        """Delete the events that are still registered."""
        for eid, event_id in sorted(self._events):
            self.es12("deleteEvent", eid=eid, eventId=event_id)

    def register(self, eid: str, event_id: str, address: str, forward: bool = False) -> None:
        """ES12.RegisterEvent as a pre-condition; Inconclusive unless it goes well."""
        answer = self.es12(
            "registerEvent", eid=eid, eventId=event_id, rspServerAddress=address, forwardingIndicator=forward
        )
        if not answer.ok:
            raise Inconclusive(f"ES12.RegisterEvent: {answer}")


@dataclass
class Es11Session:
    """One session of the eUICC kit with the SM-DS under test; good answers are verified."""

    euicc: EuiccKit
    smds: Smds
    transaction_id: str = ""
    initiated: Answer | None = None

    def initiate(self, address: str | None = None, **members: Any) -> Answer:
        """ES11.InitiateAuthentication."""
        asked = self.smds.address if address is None else address
        sent = {"euiccChallenge": self.euicc.new_challenge(), "euiccInfo1": self.euicc.info1(), "smdsAddress": asked}
        answer = self._call("initiateAuthentication", {**sent, **members})
        if answer.ok:
            self.initiated, self.transaction_id = answer, check_initiated(self.euicc, answer, asked)
        return answer

    def authenticate(self, event_id: str | None = "", **members: Any) -> Answer:
        """ES11.AuthenticateClient for an EventID, "" for all events; initiates first if need be."""
        if self.initiated is None and not self.initiate().ok:
            raise CheckFailed("ES11.InitiateAuthentication is refused")
        assert self.initiated is not None
        response = self.euicc.authenticate_server(self.initiated.octets("serverSigned1"), event_id)
        sent = {"transactionId": self.transaction_id, "authenticateServerResponse": response}
        return self._call("authenticateClient", {**sent, **members})

    def _call(self, function: str, members: dict[str, Any]) -> Answer:
        return self.smds.es11(function, **members)


class Asn1Es11Session(Es11Session):
    """The same over the ASN.1 binding."""

    def _call(self, function: str, members: dict[str, Any]) -> Asn1Answer:
        reply = self.smds.backend.es11.asn1(asn1.request(function, members))
        return asn1.answer(function, reply, asn1.ES11)


def events_of(answer: Answer) -> list[tuple[str, str]]:
    """(EventID, address) of the events in an answer of ES11.AuthenticateClient."""
    entries = answer.members.get("eventEntries")
    if not isinstance(entries, list):
        raise CheckFailed(f"eventEntries is missing or no list: {entries!r}")
    return [(str(entry.get("eventId")), str(entry.get("rspServerAddress"))) for entry in entries]


class SimulatedSmds:
    """Our own SM-DS in this process; root: the SM-DS above it, which makes it an Alternative one."""

    def __init__(
        self,
        grounds: Grounds,
        directory: Path,
        loop: asyncio.AbstractEventLoop,
        clock: Clock,
        seed: str,
        traced: Callable[[str], Trace],
        root: "SimulatedSmds | None" = None,
        is_root: bool = False,
    ) -> None:
        self.address = ROOT_SMDS_HOST if is_root else SMDS_HOST
        pki = grounds.pki
        path = directory / f"{self.address}.db"
        path.write_bytes(grounds.empty_database)
        self.store = open_events(f"sqlite:///{path}")
        trust = TrustStore([ci.certificate for ci in pki.cis])
        self.smds = SmDs(
            SmDsSettings(addresses=(self.address,)),
            ds_credentials(pki),
            trust,
            self.store,
            clock,
            SeededEntropy(seed, self.address),
            traced("smds"),
            None if root is None else _LocalRoot(root, pki.ds_tls()),
        )
        self._app = LocalApp(smds_web.application(self.smds), loop)
        kit = traced("kit")
        self.es11 = Caller(self.address, "es11", self.handle, kit)
        self.es12 = Caller(self.address, "es12", self.handle, kit)
        self.es15 = Caller(self.address, "es15", self.handle, kit)

    def handle(self, request: HttpRequest) -> HttpReply:
        """ES11, ES12 and ES15 as a handler."""
        return self._app(request)

    def close(self) -> None:
        """Give the database up."""
        self.store.close()


class _LocalRoot(EventServer):
    """A root SM-DS called in this process over ES15."""

    def __init__(self, root: SimulatedSmds, credential: Credential) -> None:
        self._root = root
        self._credential = credential

    def register_event(self, request: RegisterEventRequest) -> None:
        self._call("registerEvent", request.to_json())

    def delete_event(self, request: DeleteEventRequest) -> None:
        self._call("deleteEvent", request.to_json())

    def _call(self, function: str, body: bytes) -> None:
        answer = self._root.es15.raw(function, body, credential=self._credential)
        if answer.status != 200:
            raise Inaccessible(f"HTTP status {answer.status}")
        check_answer(Reply(answer.status, answer.body), f"ES15.{function[0].upper()}{function[1:]}")
