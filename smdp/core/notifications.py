"""ES9+.HandleNotification: always acknowledged; acted upon only if signed by the right eUICC.

Spec: SGP.22 v2.5 sections 5.6.4, 3.5, 3.6.
"""

from dataclasses import replace
from typing import Final

from smdp.core import signed
from smdp.core.common_authentication import is_own_address
from smdp.core.effects import Effect, NotificationPoint, Progress
from smdp.core.procedure import Outcome, Ports, close, moved, signature_holds
from smdp.core.records import Installation, Order, Record, Session
from smdp.core.states import ENDED, Event, State
from smdp.core.trust import ChainRefused, public_key
from wire.codes import explain
from wire.es10 import TEMPORARY_ERROR_REASONS
from wire.ids import Iccid
from wire.json_es9 import HandleNotificationRequest

_OPERATIONS: Final = {0x80: "Installed", 0x40: "Enabled", 0x20: "Disabled", 0x10: "Deleted"}


class Unverifiable(Exception):
    """A notification that is acknowledged and otherwise ignored; says why."""


def handle_notification(ports: Ports, request: HandleNotificationRequest) -> Outcome[None]:
    """Let order and profile follow what the eUICC reports; Unverifiable if nothing may follow from it."""
    notification = signed.pending_notification(request.pendingNotification)
    if isinstance(notification, signed.InstallationResult):
        return _installation_result(ports, notification, request.pendingNotification)
    return _other_notification(ports, notification)


def _installation_result(ports: Ports, result: signed.InstallationResult, raw: bytes) -> Outcome[None]:
    session = ports.store.recall_session(result.transaction_id)
    if session is None or session.binding is None:
        raise Unverifiable("no package was bound under this transactionId")
    key = public_key(session.euicc_certificate)
    if not signature_holds(
        ports, session.transaction_id, "profileInstallationResultData", key, result.signature, result.signed
    ):
        raise Unverifiable("euiccSignPIR is wrong")
    if result.smdp_oid != ports.credentials[session.dp_ci_pkid].oid:
        raise Unverifiable("smdpOid names another SM-DP+")
    if result.metadata.iccid is not None and Iccid.from_ef(result.metadata.iccid) != session.iccid:
        raise Unverifiable("the ICCID is not that of the package")
    if session.result:
        return Outcome(None)

    saves: list[Record] = [close(session)._replace(result=raw)]
    if result.succeeded:
        saves.append(
            Installation(session.iccid, session.eid, "Installed", result.metadata.sequence_number, ports.now())
        )
    order = ports.store.recall_order(session.order_id)
    if order is None:
        return Outcome(None, tuple(saves))
    if result.succeeded and order.state in ENDED:
        saves += _buried(ports, order)
    order_after, effects = _order_after(order, session, result)
    if order_after is not order:
        saves.append(order_after)
    status = None if result.succeeded else explain("8.2.10", "4.2")
    progress = Progress(order_after, NotificationPoint.INSTALLATION, session.eid, status, raw)
    return Outcome(None, tuple(saves), (*effects, progress))


def _buried(ports: Ports, order: Order) -> list[Record]:
    """The profile of an order that was cancelled too early: it is on an eUICC and must not be ordered again."""
    profile = ports.store.profile(order.iccid)
    return [] if profile is None else [replace(profile, state=State.UNAVAILABLE)]


def _order_after(order: Order, session: Session, result: signed.InstallationResult) -> tuple[Order, tuple[Effect, ...]]:
    if result.succeeded:
        return moved(order, Event.INSTALLED)
    if order.bound_in != session.transaction_id:
        return order, ()  # the eUICC speaks of an earlier binding; a later one is under way
    if result.error_reason in TEMPORARY_ERROR_REASONS:
        return moved(order, Event.INSTALLATION_INTERRUPTED)
    return moved(order, Event.INSTALLATION_FAILED)


def _other_notification(ports: Ports, notification: signed.OtherNotification) -> Outcome[None]:
    metadata = notification.metadata
    euicc = None
    for ci_pkid in ports.trust.ci_pkids:
        try:
            euicc = ports.trust.verify(
                notification.euicc_certificate,
                notification.eum_certificate,
                notification.other_certificates,
                ci_pkid,
                ports.now(),
            )
            break
        except ChainRefused as refused:
            why = str(refused)
    if euicc is None:
        raise Unverifiable(f"the eUICC's certificate chain: {why}")
    if not signature_holds(
        ports, b"", "tbsOtherNotification", euicc.public_key, notification.signature, notification.signed
    ):
        raise Unverifiable("euiccNotificationSignature is wrong")
    if not is_own_address(metadata.address, ports.settings.addresses):
        raise Unverifiable(f"{metadata.address} is not an address of this SM-DP+")
    state = _OPERATIONS.get(metadata.operation)
    if state is None or metadata.iccid is None:
        raise Unverifiable("not exactly one operation on one profile")
    iccid = Iccid.from_ef(metadata.iccid)
    known = ports.store.installation(iccid, euicc.eid)
    if known is not None and metadata.sequence_number <= known.sequence_number:
        return Outcome(None)
    return Outcome(None, (Installation(iccid, euicc.eid, state, metadata.sequence_number, ports.now()),))
