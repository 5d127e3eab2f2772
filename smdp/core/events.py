"""What an SM-DS remembers, and what it needs of its store and of the SM-DS above it.

Spec: SGP.22 v2.5 sections 3.6 (discovery), 5.9 (ES12), 5.10 (ES15)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from wire.json_es12 import DeleteEventRequest, RegisterEventRequest


@dataclass(frozen=True, slots=True)
class EventRecord:
    """An event that waits for an eUICC; its key is (eid, event_id).

    owner: OID of the server that registered it. call: its functionCallIdentifier. root_event_id: EventID2, under which
    the root SM-DS knows a forwarded event; the event is only to be seen once the root has confirmed it.
    """

    eid: str
    event_id: str
    rsp_server_address: str
    owner: str
    call: str
    created_at: datetime
    root_event_id: str = ""
    confirmed: bool = True
    sequence: int = 0  # order of registration, given by the store
    version: int = 0


@dataclass(frozen=True, slots=True)
class DsSession:
    """An RSP session between InitiateAuthentication and AuthenticateClient, which ends it in any case."""

    transaction_id: bytes
    created_at: datetime
    server_address: str
    server_challenge: bytes
    euicc_ci_pkid: bytes


class EventStore(Protocol):
    """Every call is one transaction. Implementation: smdp.store.events."""

    in_process: bool

    def add_session(self, session: DsSession) -> None:
        """Remember a new session."""

    def take_session(self, transaction_id: bytes) -> DsSession | None:
        """Forget the session and return it; of two concurrent calls only one gets it."""

    def forget_sessions(self, before: datetime) -> int:
        """Remove the sessions created before this time; returns how many."""

    def add_event(self, event: EventRecord) -> EventRecord:
        """Store a new event and return it as stored; Conflict if (eid, event_id) is taken."""

    def confirm_event(self, event: EventRecord) -> None:
        """Make the event visible; Conflict if it was changed meanwhile."""

    def delete_event(self, event: EventRecord) -> None:
        """Forget the event, if it is still the one that was read."""

    def event(self, eid: str, event_id: str) -> EventRecord | None:
        """The event with this key, confirmed or not."""

    def events(self, eid: str) -> Sequence[EventRecord]:
        """The confirmed events of an eUICC in the order of their registration."""


class Inaccessible(Exception):
    """The other server couldn't be asked, or nobody knows whether it heard; says why."""


class Unreachable(Inaccessible):
    """There was no connection: the other server certainly heard nothing."""


class EventServer(Protocol):
    """An SM-DS as its clients call it; blocks until there is an answer.

    Raises FunctionRefused if it was asked and refused, Inaccessible if it couldn't be asked.
    """

    def register_event(self, request: RegisterEventRequest) -> None:
        """ES12.RegisterEvent or ES15.RegisterEvent."""

    def delete_event(self, request: DeleteEventRequest) -> None:
        """ES12.DeleteEvent or ES15.DeleteEvent."""
