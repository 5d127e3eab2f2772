"""ES2+: an operator orders, confirms, releases and cancels downloads.

Who calls is settled before: by TLS and `caller`. Repeated calls with one functionCallIdentifier get the first answer.
Spec: SGP.22 v2.5 sections 5.3.1 to 5.3.4.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from typing import Final, TypeVar

from smdp.core.effects import Effect, EventDue, EventEnded, Moved
from smdp.core.inventory import hash_confirmation_code, new_matching_id, new_order_id, protected
from smdp.core.procedure import Outcome, Ports, Refusal
from smdp.core.records import Call, Operator, Order, Profile, Record
from smdp.core.registration import Registrar
from smdp.core.states import DOWNLOADABLE, Event, State, after
from smdp.core.tls_peers import is_issuer_of
from smdp.core.unit_of_work import run
from wire.codes import ES2P, GENERIC, StatusCode
from wire.ids import Eid, Iccid, MatchingId
from wire.json_es2 import (
    CancelOrderRequest,
    CancelOrderResponse,
    ConfirmOrderRequest,
    ConfirmOrderResponse,
    DownloadOrderRequest,
    DownloadOrderResponse,
    ReleaseProfileRequest,
    ReleaseProfileResponse,
)
from wire.json_header import Request, Response

_DOWNLOAD, _CONFIRM = ES2P.DOWNLOAD_ORDER, ES2P.CONFIRM_ORDER
_CANCEL, _RELEASE = ES2P.CANCEL_ORDER, ES2P.RELEASE_PROFILE
_HOST_NAME: Final = re.compile(r"(?=.{1,253}(:|$))[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})*(:[0-9]{1,5})?")
RequestT = TypeVar("RequestT", bound=Request)
ResponseT = TypeVar("ResponseT", bound=Response)


class Es2:
    """The ES2+ functions of one SM-DP+. Spec: SGP.22 v2.5 section 5.3.

    registrar: asks the SM-DS before an order is stored; without it, SM-DSs hear of orders through the outbox.
    """

    def __init__(self, ports: Ports, registrar: Registrar | None = None) -> None:
        self.ports = ports
        self.registrar = registrar

    def caller(self, identifier: str, certificate: bytes) -> Operator:
        """The operator behind a functionRequesterIdentifier and a TLS client certificate (DER).

        Raises FunctionRefused 1.1/3.9 for a stranger, for another operator's certificate, and for a revoked one.
        """
        return run(self.ports, lambda: Outcome(_caller(self.ports, identifier, certificate)))

    def download_order(self, request: DownloadOrderRequest) -> DownloadOrderResponse:
        """ES2+.DownloadOrder. Spec: SGP.22 v2.5 section 5.3.1."""
        return self._once(request, DownloadOrderResponse, _download_order)

    def confirm_order(self, request: ConfirmOrderRequest) -> ConfirmOrderResponse:
        """ES2+.ConfirmOrder. Spec: SGP.22 v2.5 section 5.3.2."""
        return self._once(request, ConfirmOrderResponse, _confirm_order)

    def cancel_order(self, request: CancelOrderRequest) -> CancelOrderResponse:
        """ES2+.CancelOrder. Spec: SGP.22 v2.5 section 5.3.3."""
        return self._once(request, CancelOrderResponse, _cancel_order)

    def release_profile(self, request: ReleaseProfileRequest) -> ReleaseProfileResponse:
        """ES2+.ReleaseProfile. Spec: SGP.22 v2.5 section 5.3.4."""
        return self._once(request, ReleaseProfileResponse, _release_profile)

    def _once(
        self, request: RequestT, model: type[ResponseT], procedure: Callable[[Ports, RequestT], Outcome[ResponseT]]
    ) -> ResponseT:
        """Run the procedure, or give the answer that this very call got before."""
        header, content = request.header, sha256(type(request).__name__.encode() + request.to_json()).digest()

        def attempt() -> Outcome[ResponseT]:
            known = self.ports.store.call(header.functionRequesterIdentifier, header.functionCallIdentifier)
            if known is not None:
                if known.content != content:
                    raise Refusal(GENERIC.MALFORMED_ELEMENT, "functionCallIdentifier was used for another call")
                return Outcome(model.model_validate_json(known.answer))
            outcome = procedure(self.ports, request)
            answer = outcome.answer
            if not isinstance(answer, Response):
                return outcome
            if self.registrar is not None:
                outcome = self.registrar.settled(outcome, request)
            call = Call(
                header.functionRequesterIdentifier,
                header.functionCallIdentifier,
                content,
                answer.to_json(),
                self.ports.now(),
            )
            return replace(outcome, saves=(*outcome.saves, call))

        return run(self.ports, attempt)


def _caller(ports: Ports, identifier: str, certificate: bytes) -> Operator:
    operator = ports.store.operator(identifier)
    if operator is None:
        raise Refusal(GENERIC.UNKNOWN_CALLER, f"no operator {identifier} is registered")
    if not _is_certificate_of(ports, operator, certificate):
        raise Refusal(GENERIC.UNKNOWN_CALLER, f"this is not the certificate of {identifier}")
    if ports.trust.revoked(certificate):
        raise Refusal(GENERIC.UNKNOWN_CALLER, f"the certificate of {identifier} is revoked")
    return operator


def _is_certificate_of(ports: Ports, operator: Operator, certificate: bytes) -> bool:
    """Pinned: that certificate, or one that it has issued. Otherwise any of a CI; none where the listener asks none."""
    if operator.certificate:
        return operator.certificate == certificate or is_issuer_of(operator.certificate, certificate)
    return not certificate or ports.trust.issued(certificate)


def _download_order(ports: Ports, request: DownloadOrderRequest) -> Outcome[DownloadOrderResponse]:
    requester, profile_type = request.header.functionRequesterIdentifier, request.profileType
    if request.iccid is None and profile_type is None:
        raise Refusal(_DOWNLOAD.ICCID_OR_PROFILE_TYPE_MISSING)
    if request.iccid is not None:
        profile = _owned(ports, requester, request.iccid, _DOWNLOAD.ICCID_UNKNOWN, _DOWNLOAD.ICCID_NOT_ALLOWED)
        held = ports.store.order_of_profile(profile.iccid) is not None
        if held or profile.state is not State.AVAILABLE:
            raise Refusal(_DOWNLOAD.ICCID_NOT_AVAILABLE, f"profile {profile.iccid} is not Available")
        if profile_type is not None:
            _check_type(ports, requester, profile_type)
            if profile.profile_type != profile_type:
                raise Refusal(_DOWNLOAD.PROFILE_TYPE_MISMATCH, f"profile {profile.iccid} is of another type")
    else:
        assert profile_type is not None
        _check_type(ports, requester, profile_type)
        free = ports.store.free_profile(profile_type, requester)
        if free is None:
            raise Refusal(_DOWNLOAD.PROFILE_TYPE_EXHAUSTED, f"no profile of type {profile_type} is left")
        profile = free
    event = Event.DOWNLOAD_ORDER if request.eid is None else Event.DOWNLOAD_ORDER_WITH_EID
    state = after(State.AVAILABLE, event)
    assert state is not None
    order = Order(
        order_id=new_order_id(ports.entropy),
        iccid=profile.iccid,
        state=state,
        created_at=ports.now(),
        operator=requester,
        profile_type=profile.profile_type,
        eid=request.eid,
        confirmation_limit=ports.settings.confirmation_limit,
        download_limit=ports.settings.download_limit,
    )
    moved = Moved(order, State.AVAILABLE, event)
    return Outcome(DownloadOrderResponse(iccid=Iccid(profile.iccid)), (order,), (moved,))


def _check_type(ports: Ports, requester: str, profile_type: str) -> None:
    owners = ports.store.profile_types().get(profile_type)
    if owners is None:
        raise Refusal(_DOWNLOAD.PROFILE_TYPE_UNKNOWN, f"there is no profile type {profile_type}")
    if not owners & {"", requester}:
        raise Refusal(_DOWNLOAD.PROFILE_TYPE_NOT_ALLOWED, f"profile type {profile_type} is another operator's")


def _confirm_order(ports: Ports, request: ConfirmOrderRequest) -> Outcome[ConfirmOrderResponse]:
    requester = request.header.functionRequesterIdentifier
    profile = _owned(ports, requester, request.iccid, _CONFIRM.ICCID_UNKNOWN, _CONFIRM.ICCID_NOT_ALLOWED)
    event = Event.CONFIRM_AND_RELEASE if request.releaseFlag else Event.CONFIRM_ORDER
    order, state = _step(ports, profile, event, _CONFIRM.INVALID_STATE)
    matching_id, smds_address, eid = request.matchingId, request.smdsAddress, request.eid or order.eid
    if matching_id and ports.store.order_of_matching_id(matching_id) is not None:
        raise Refusal(_CONFIRM.MATCHING_ID_IN_USE, f"Matching ID {matching_id} is in use")
    if eid is None and (smds_address or matching_id == ""):
        raise Refusal(_CONFIRM.EID_MISSING, "this use case needs an EID")
    if request.eid is not None and order.eid not in (None, request.eid):
        raise Refusal(_CONFIRM.EID_MISMATCH, "the order is linked to another EID")
    if smds_address and not _HOST_NAME.fullmatch(smds_address):
        raise Refusal(_CONFIRM.SMDS_INACCESSIBLE, f"{smds_address} is no host name")
    code = request.confirmationCode
    confirmed = order._replace(
        state=state,
        eid=eid,
        matching_id=new_matching_id(ports.entropy) if matching_id is None else matching_id,
        confirmation_code_hash=hash_confirmation_code(code) if code else None,
        smds_address=smds_address or None,
    )
    effects: tuple[Effect, ...] = (Moved(confirmed, order.state, event),)
    if confirmed.smds_address and state is State.RELEASED:
        effects += (EventDue(confirmed),)
    answer = ConfirmOrderResponse(
        eid=None if eid is None else Eid(eid), matchingId=MatchingId(confirmed.matching_id or "")
    )
    return Outcome(answer, (confirmed,), effects)


def _release_profile(ports: Ports, request: ReleaseProfileRequest) -> Outcome[ReleaseProfileResponse]:
    requester = request.header.functionRequesterIdentifier
    profile = _owned(ports, requester, request.iccid, _RELEASE.ICCID_UNKNOWN, _RELEASE.ICCID_NOT_ALLOWED)
    order, state = _step(ports, profile, Event.RELEASE_PROFILE, _RELEASE.INVALID_STATE)
    released = order._replace(state=state)
    effects: tuple[Effect, ...] = (Moved(released, order.state, Event.RELEASE_PROFILE),)
    if released.smds_address:
        effects += (EventDue(released),)
    return Outcome(ReleaseProfileResponse(), (released,), effects)


def _cancel_order(ports: Ports, request: CancelOrderRequest) -> Outcome[CancelOrderResponse]:
    requester = request.header.functionRequesterIdentifier
    profile = _owned(ports, requester, request.iccid, _CANCEL.ICCID_UNKNOWN, _CANCEL.ICCID_NOT_ALLOWED)
    available = request.finalProfileStatusIndicator == "Available"
    event = Event.CANCEL_TO_AVAILABLE if available else Event.CANCEL_TO_UNAVAILABLE
    order, state = _step(ports, profile, event, _CANCEL.INVALID_STATE)
    if request.eid is not None and request.eid != order.eid:
        raise Refusal(_CANCEL.EID_MISMATCH, "the order is for another EID")
    if request.matchingId is not None and request.matchingId != order.matching_id:
        raise Refusal(_CANCEL.MATCHING_ID_MISMATCH, "the order has another Matching ID")
    ended = order._replace(state=state)
    saves: tuple[Record, ...] = (ended, replace(profile, state=state))
    if available and order.bound_in:
        package = ports.store.package(profile.iccid)
        saves += () if package is None else (protected(package, ports.entropy),)
    effects: tuple[Effect, ...] = (Moved(ended, order.state, event),)
    if order.smds_address and order.state in DOWNLOADABLE:
        effects += (EventEnded(ended),)
    return Outcome(CancelOrderResponse(), saves, effects)


def _owned(ports: Ports, requester: str, iccid: Iccid, unknown: StatusCode, not_allowed: StatusCode) -> Profile:
    """The profile, if the caller may use it; one without an owner is for every operator."""
    profile = ports.store.profile(str(iccid))
    if profile is None:
        raise Refusal(unknown, f"there is no profile {iccid}")
    if profile.operator not in ("", requester):
        raise Refusal(not_allowed, f"profile {iccid} is another operator's")
    order = ports.store.order_of_profile(profile.iccid)
    if order is not None and order.operator not in ("", requester):
        raise Refusal(not_allowed, f"profile {iccid} is ordered by another operator")
    return profile


def _step(ports: Ports, profile: Profile, event: Event, refusal: StatusCode) -> tuple[Order, State]:
    order = ports.store.order_of_profile(profile.iccid)
    state = None if order is None else after(order.state, event)
    if order is None or state is None:
        raise Refusal(refusal, f"profile {profile.iccid} is {order.state if order else profile.state}")
    return order, state
