"""The SM-DS: events by EID, for the LPAs that poll it (ES11) and the servers that register them (ES12, ES15).

An Alternative SM-DS forwards events to its Root SM-DS under an EventID of its own (EventID2), with its own address:
the LPA finds EventID2 at the root, asks here for it, and gets the address of the SM-DP+.

Where the reference leaves it open, this SM-DS decides so:
- EventIDs are unique for each EID; an event belongs to the OID that registered it, for others it doesn't exist.
- A repeated RegisterEvent (the same functionCallIdentifier, owner and contents) is answered as it was the first time.
- A forwarded event that the root refuses is forgotten. If the root can't be reached, nobody knows whether it has the
  event, so EventID2 is kept, invisible, and another RegisterEvent of the same owner goes on with it.
- The OID of the caller comes from its TLS certificate, functionRequesterIdentifier isn't compared with it.

Spec: SGP.22 v2.5 sections 3.6, 5.8 (ES11), 5.9 (ES12), 5.10 (ES15)
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from smdp.core import signed
from smdp.core.common_authentication import authenticated, choose, is_own_address
from smdp.core.events import DsSession, EventRecord, EventServer, EventStore, Inaccessible
from smdp.core.inventory import new_matching_id
from smdp.core.ports import Conflict
from smdp.core.procedure import Refusal
from smdp.core.trust import TrustStore
from wire.codes import ES11, ES12, ES15, GENERIC, FunctionRefused
from wire.errors import DecodeError
from wire.ids import Eid, IdentifierError, TransactionId
from wire.json_es11 import (
    AuthenticateClientRequest,
    AuthenticateClientResponse,
    EventEntry,
    InitiateAuthenticationRequest,
    InitiateAuthenticationResponse,
)
from wire.json_es12 import DeleteEventRequest, DeleteEventResponse, RegisterEventRequest, RegisterEventResponse
from wire.json_header import RequestHeader
from wire.ports import Clock, Entropy, Signer, Trace
from wire.tlv import tlv

TRANSACTION_ID_OCTETS: Final = 16
CALL_IDENTIFIER_OCTETS: Final = 16
_INIT = ES11.INITIATE_AUTHENTICATION
_AUTH = ES11.AUTHENTICATE_CLIENT
_Register = type[ES12.REGISTER_EVENT] | type[ES15.REGISTER_EVENT]
_Delete = type[ES12.DELETE_EVENT] | type[ES15.DELETE_EVENT]


@dataclass(frozen=True, slots=True)
class SmDsSettings:
    """What an SM-DS is told about itself.

    addresses: the FQDNs it answers to, the first one being the one it registers at its root; identifier: how it calls
    itself on ES15 (functionRequesterIdentifier).
    """

    addresses: tuple[str, ...]
    identifier: str = "rsplab-ds"
    session_lifetime_s: int = 3600
    lowest_svn: tuple[int, int] = (2, 1)
    highest_svn: tuple[int, int] = (2, 7)
    offered_cis: tuple[bytes, ...] | None = None  # InitiateAuthentication chooses among these CIs only
    protocol_version: str = "2.5.0"  # X-Admin-Protocol


@dataclass(frozen=True)
class DsCredentials:
    """DSauth under one CI, named by its SubjectKeyIdentifier."""

    auth_certificate: bytes
    auth_signer: Signer
    ci_pkid: bytes


class SmDs:
    """One SM-DS; an Alternative one if it is given its root, a Root SM-DS otherwise.

    credentials: one DSauth for each CI; trust: the CIs of the eUICCs it serves.
    """

    def __init__(
        self,
        settings: SmDsSettings,
        credentials: Sequence[DsCredentials],
        trust: TrustStore,
        store: EventStore,
        clock: Clock,
        entropy: Entropy,
        trace: Trace,
        root: EventServer | None = None,
    ) -> None:
        self.settings = settings
        self.credentials: Mapping[bytes, DsCredentials] = {one.ci_pkid: one for one in credentials}
        self.trust = trust
        self.store = store
        self.clock = clock
        self.entropy = entropy
        self.trace = trace
        self.root = root

    def now(self) -> datetime:
        """The time by the server's clock."""
        return self.clock.now()

    def verdict(self, session: bytes, check: str, what: str, ok: bool, reason: str = "") -> None:
        """Note a judgement in the trace."""
        self.trace.record("verdict", session.hex().upper(), check=check, what=what, ok=ok, reason=reason)

    def initiate_authentication(self, request: InitiateAuthenticationRequest) -> InitiateAuthenticationResponse:
        """ES11.InitiateAuthentication. Spec: SGP.22 v2.5 section 5.8.1."""
        if not is_own_address(request.smdsAddress, self.settings.addresses):
            raise FunctionRefused(_INIT.INVALID_DS_ADDRESS, f"{request.smdsAddress} is not an address of this SM-DS")
        try:
            choice = choose(self.settings, self.trust.ci_pkids, self.credentials, request.euiccInfo1, _INIT)
        except Refusal as refusal:
            raise FunctionRefused(refusal.code, refusal.message) from None
        except DecodeError as error:
            raise FunctionRefused(GENERIC.MALFORMED_ELEMENT, str(error)) from error
        credentials = self.credentials[choice.server_ci_pkid]
        session = DsSession(
            transaction_id=self.entropy.octets(TRANSACTION_ID_OCTETS),
            created_at=self.now(),
            server_address=request.smdsAddress,
            server_challenge=self.entropy.octets(signed.CHALLENGE_OCTETS),
            euicc_ci_pkid=choice.euicc_ci_pkid,
        )
        server_signed1 = credentials.auth_signer.sign(
            "ServerSigned1",
            signed.server_signed1(
                session.transaction_id, request.euiccChallenge, session.server_address, session.server_challenge
            ),
        )
        self.store.add_session(session)
        return InitiateAuthenticationResponse(
            transactionId=TransactionId(session.transaction_id),
            serverSigned1=server_signed1.data,
            serverSignature1=tlv(0x5F37, server_signed1.signature),
            euiccCiPKIdToBeUsed=tlv(0x04, session.euicc_ci_pkid),
            serverCertificate=credentials.auth_certificate,
        )

    def authenticate_client(self, request: AuthenticateClientRequest) -> AuthenticateClientResponse:
        """ES11.AuthenticateClient: the events of the eUICC that has authenticated itself; ends the session.

        Spec: SGP.22 v2.5 section 5.8.2.
        """
        try:
            session = self.store.take_session(bytes(request.transactionId))
            if session is None or self.now() - session.created_at > timedelta(seconds=self.settings.session_lifetime_s):
                raise Refusal(_AUTH.UNKNOWN_TRANSACTION_ID)
            response = signed.authenticate_server_response(request.authenticateServerResponse)
            if isinstance(response, signed.EuiccRefusal):
                raise Refusal(_AUTH.EUICC_SIGNATURE_INVALID, f"authenticateErrorCode {response.code}")
            euicc = authenticated(self, session, response, _AUTH)
        except Refusal as refusal:
            raise FunctionRefused(refusal.code, refusal.message) from None
        except (DecodeError, IdentifierError) as error:
            raise FunctionRefused(GENERIC.MALFORMED_ELEMENT, str(error)) from error
        events = self._events(euicc.eid, response.matching_id)
        return AuthenticateClientResponse(
            transactionId=request.transactionId,
            eventEntries=[
                EventEntry(eventId=event.event_id, rspServerAddress=event.rsp_server_address) for event in events
            ],
        )

    def _events(self, eid: str, event_id: str | None) -> Sequence[EventRecord]:
        """All events for no or an empty EventID; the one, by the EventID that the owner or this SM-DS gave it."""
        events = self.store.events(eid)
        if not event_id:
            return events
        for event in events:
            if event_id in (event.event_id, event.root_event_id):
                return [event]
        raise FunctionRefused(_AUTH.EVENT_ID_UNKNOWN, "no such event for this eUICC", event_id)

    def register_event(self, request: RegisterEventRequest, caller: str) -> RegisterEventResponse:
        """ES12.RegisterEvent; caller: the OID in the caller's TLS certificate. Spec: SGP.22 v2.5 section 5.9.1."""
        event, known = self._registered(request, caller, ES12.REGISTER_EVENT)
        if not event.confirmed:
            self._forward(event, known)
        return RegisterEventResponse()

    def register_event_of_smds(self, request: RegisterEventRequest, caller: str) -> RegisterEventResponse:
        """ES15.RegisterEvent, called by an Alternative SM-DS. Spec: SGP.22 v2.5 section 5.10.1."""
        self._registered(request, caller, ES15.REGISTER_EVENT)
        return RegisterEventResponse()

    def _registered(self, request: RegisterEventRequest, caller: str, codes: _Register) -> tuple[EventRecord, bool]:
        """The event as it is stored now, and whether it was there before."""
        forwarded = codes is ES12.REGISTER_EVENT and request.forwardingIndicator and self.root is not None
        event = EventRecord(
            eid=request.eid,
            event_id=request.eventId,
            rsp_server_address=request.rspServerAddress,
            owner=caller,
            call=request.header.functionCallIdentifier,
            created_at=self.now(),
            root_event_id=new_matching_id(self.entropy) if forwarded else "",
            confirmed=not forwarded,
        )
        try:
            stored = self.store.add_event(event)
        except Conflict:
            known = self.store.event(event.eid, event.event_id)
            if known is None or not _is_repeated(known, event):
                raise FunctionRefused(codes.EVENT_ALREADY_REGISTERED, "", event.event_id) from None
            return known, True
        if stored.confirmed:
            self._note(stored, "RegisterEvent", "", "Registered")
        return stored, False

    def _forward(self, event: EventRecord, repeated: bool) -> None:
        """Register the event at the root and make it visible."""
        codes = ES12.REGISTER_EVENT
        if self.root is None:
            raise FunctionRefused(codes.SMDS_INACCESSIBLE, "this SM-DS no longer has a root")
        request = RegisterEventRequest(
            header=self._header(),
            eid=Eid(event.eid),
            rspServerAddress=self.settings.addresses[0],
            eventId=event.root_event_id,
            forwardingIndicator=False,
        )
        try:
            self.root.register_event(request)
        except Inaccessible as error:
            raise FunctionRefused(codes.SMDS_INACCESSIBLE, f"the root SM-DS: {error}") from error
        except FunctionRefused as refused:
            if not (repeated and refused.status_code.pair == ES15.REGISTER_EVENT.EVENT_ALREADY_REGISTERED.pair):
                self.store.delete_event(event)
                raise FunctionRefused(codes.SMDS_ERROR, f"the root SM-DS: {refused.status_code.pair}") from refused
        try:
            self.store.confirm_event(event)
        except Conflict:
            raise FunctionRefused(codes.SMDS_ERROR, "the event was changed at the same time") from None
        self._note(event, "RegisterEvent", "", "Registered")

    def delete_event(self, request: DeleteEventRequest, caller: str) -> DeleteEventResponse:
        """ES12.DeleteEvent, at the root as well where the event was forwarded. Spec: SGP.22 v2.5 section 5.9.2."""
        event = self._owned(request, caller, ES12.DELETE_EVENT)
        if event.root_event_id and self.root is not None:
            self._delete_at_root(event, self.root)
        self._delete(event)
        return DeleteEventResponse()

    def delete_event_of_smds(self, request: DeleteEventRequest, caller: str) -> DeleteEventResponse:
        """ES15.DeleteEvent, called by an Alternative SM-DS. Spec: SGP.22 v2.5 section 5.10.2."""
        self._delete(self._owned(request, caller, ES15.DELETE_EVENT))
        return DeleteEventResponse()

    def _owned(self, request: DeleteEventRequest, caller: str, codes: _Delete) -> EventRecord:
        event = self.store.event(request.eid, request.eventId)
        if event is None or event.owner != caller:
            raise FunctionRefused(codes.EVENT_UNKNOWN, "", request.eventId)
        return event

    def _delete_at_root(self, event: EventRecord, root: EventServer) -> None:
        codes = ES12.DELETE_EVENT
        request = DeleteEventRequest(header=self._header(), eid=Eid(event.eid), eventId=event.root_event_id)
        try:
            root.delete_event(request)
        except Inaccessible as error:
            raise FunctionRefused(codes.SMDS_INACCESSIBLE, f"the root SM-DS: {error}") from error
        except FunctionRefused as refused:
            if refused.status_code.pair != ES15.DELETE_EVENT.EVENT_UNKNOWN.pair:
                raise FunctionRefused(codes.SMDS_ERROR, f"the root SM-DS: {refused.status_code.pair}") from refused

    def _delete(self, event: EventRecord) -> None:
        self.store.delete_event(event)
        self._note(event, "DeleteEvent", "Registered" if event.confirmed else "", "")

    def forget_stale_sessions(self) -> int:
        """Remove sessions that are too old to go on; returns how many."""
        return self.store.forget_sessions(self.now() - timedelta(seconds=self.settings.session_lifetime_s))

    def _header(self) -> RequestHeader:
        return RequestHeader(
            functionRequesterIdentifier=self.settings.identifier,
            functionCallIdentifier=self.entropy.octets(CALL_IDENTIFIER_OCTETS).hex(),
        )

    def _note(self, event: EventRecord, function: str, before: str, after: str) -> None:
        self.trace.record(
            "state",
            "",
            entity="event",
            id=event.event_id,
            before=before,
            after=after,
            event=function,
            peer=event.owner,
        )


def _is_repeated(known: EventRecord, event: EventRecord) -> bool:
    """True if the stored event is the same call again, or one that never got through to the root."""
    same = (known.owner, known.rsp_server_address) == (event.owner, event.rsp_server_address)
    return same and (known.call == event.call or not known.confirmed)
