"""What a change of an order means for other servers, as messages that are committed together with the change.

An order's operator hears of its progress, its SM-DS gets or forgets its event. A message is stored in the transaction
that changes the order, so neither exists without the other, and is delivered afterwards as often as it takes
(`smdp.web.outgoing`). Each carries its functionCallIdentifier from the beginning: a repeated call is recognisable.

Spec: SGP.22 v2.5 sections 5.3.5 (HandleDownloadProgressInfo), 5.9 (ES12), 3.6.1, 3.6.3 (event registration, deletion)
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final, Protocol

from smdp.core.effects import Effect, EventDue, EventEnded, Progress
from smdp.core.messages import HANDLE_NOTIFICATION_PATH, Function, Message
from smdp.core.procedure import Ports
from smdp.core.records import Order
from wire.codes import StatusCode
from wire.ids import Eid, Iccid, decode_oid
from wire.json_es2 import HandleDownloadProgressInfoRequest
from wire.json_es12 import DeleteEventRequest, RegisterEventRequest
from wire.json_header import FAILED, SUCCESS, FunctionExecutionStatus, RequestHeader, StatusCodeData
from wire.json_types import Body

CALL_IDENTIFIER_OCTETS: Final = 16


class Outbox(Protocol):
    """What delivery needs of the store. Implementation: smdp.store.outbox."""

    in_process: bool

    def destinations(self, now: datetime) -> Sequence[str]:
        """Where there is something to be sent now."""

    def due(self, destination: str, now: datetime, count: int) -> Sequence[Message]:
        """The first waiting message of each lane to this destination, if it is due; oldest first."""

    def lane(self, lane: str) -> Sequence[Message]:
        """What waits in this lane, oldest first."""

    def messages(self) -> Sequence[Message]:
        """Everything waiting or dead, oldest first."""

    def save(self, message: Message) -> Message:
        """Store a changed message (a done one is forgotten) and return it as stored; Conflict if it is stale."""


def messages(ports: Ports, effects: Sequence[Effect]) -> tuple[Message, ...]:
    """The messages that follow from these effects, in their order."""
    found = (_message(ports, effect) for effect in effects)
    return tuple(message for message in found if message is not None)


def _message(ports: Ports, effect: Effect) -> Message | None:
    if isinstance(effect, Progress):
        return _progress(ports, effect)
    if isinstance(effect, EventDue):
        return registration(ports, effect.order)
    if isinstance(effect, EventEnded):
        return deletion(ports, effect.order)
    return None


def _progress(ports: Ports, effect: Progress) -> Message | None:
    order = effect.order
    operator = ports.store.operator(order.operator) if order.operator else None
    if operator is None or not operator.notification_url:
        return None
    now = ports.now()
    body = HandleDownloadProgressInfoRequest(
        header=_header(ports),
        eid=Eid(effect.eid) if effect.eid else None,
        iccid=Iccid(order.iccid),
        profileType=order.profile_type or _profile_type(ports, order.iccid),
        timestamp=now.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        notificationPointId=effect.point.value,
        notificationPointStatus=SUCCESS if effect.status is None else _failed(effect.status),
        resultData=effect.result or None,
    )
    address = operator.notification_url.rstrip("/")
    destination = address.removesuffix(HANDLE_NOTIFICATION_PATH)
    of_v2 = destination == address
    function = Function.HANDLE_DOWNLOAD_PROGRESS_INFO if of_v2 else Function.HANDLE_NOTIFICATION
    return Message(function, destination, f"{destination} {order.order_id}", order.iccid, body.to_json(), now)


def registration(ports: Ports, order: Order) -> Message | None:
    """ES12.RegisterEvent for an order; None where it has no SM-DS."""
    return _event(ports, order, Function.REGISTER_EVENT, _register_body)


def deletion(ports: Ports, order: Order) -> Message | None:
    """ES12.DeleteEvent for an order; None where it has no SM-DS."""
    return _event(ports, order, Function.DELETE_EVENT, _delete_body)


def _event(
    ports: Ports, order: Order, function: Function, body: Callable[[Ports, Order, str, str], Body]
) -> Message | None:
    if not order.smds_address or not order.eid or not order.matching_id:
        return None
    destination = f"https://{order.smds_address.lower()}"
    request = body(ports, order, order.eid, order.matching_id)
    lane = f"{destination} {order.eid} {order.matching_id}"
    return Message(function, destination, lane, order.matching_id, request.to_json(), ports.now())


def _register_body(ports: Ports, order: Order, eid: str, event_id: str) -> Body:
    roots = map(str.lower, ports.settings.root_smds_addresses)
    return RegisterEventRequest(
        header=_header(ports),
        eid=Eid(eid),
        rspServerAddress=ports.settings.addresses[0],
        eventId=event_id,
        forwardingIndicator=(order.smds_address or "").lower() not in roots,
    )


def _delete_body(ports: Ports, _: Order, eid: str, event_id: str) -> Body:
    return DeleteEventRequest(header=_header(ports), eid=Eid(eid), eventId=event_id)


def _header(ports: Ports) -> RequestHeader:
    """We call ourselves by the OID of our certificates."""
    credentials = next(iter(ports.credentials.values()))
    return RequestHeader(
        functionRequesterIdentifier=decode_oid(credentials.oid),
        functionCallIdentifier=ports.entropy.octets(CALL_IDENTIFIER_OCTETS).hex(),
    )


def _profile_type(ports: Ports, iccid: str) -> str:
    profile = ports.store.profile(iccid)
    return "" if profile is None else profile.profile_type


def _failed(status: StatusCode) -> FunctionExecutionStatus:
    data = StatusCodeData(subjectCode=status.subject, reasonCode=status.reason)
    return FunctionExecutionStatus(status=FAILED, statusCodeData=data)
