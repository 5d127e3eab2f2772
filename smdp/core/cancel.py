"""ES9+.CancelSession. Spec: SGP.22 v2.5 sections 5.6.5, 3.1.3.1 (what each reason means for the order)."""

from smdp.core import signed
from smdp.core.effects import Effect, NotificationPoint, Progress
from smdp.core.procedure import Outcome, Ports, Refusal, close, live, moved, signature_holds
from smdp.core.records import Order, Session, SessionState
from smdp.core.states import DOWNLOADABLE, Event
from smdp.core.trust import public_key
from wire.codes import ES9P, cancel_outcome
from wire.json_es9 import CancelSessionRequest, CancelSessionResponse

_CODES = ES9P.CANCEL_SESSION


def cancel_session(
    ports: Ports, known: Session | None, request: CancelSessionRequest
) -> Outcome[CancelSessionResponse]:
    """End a session on the user's or the eUICC's behalf, and the order with it where the reason is final."""
    session = live(ports, known, SessionState.AUTHENTICATED, SessionState.BOUND)
    if session is None:
        raise Refusal(_CODES.UNKNOWN_TRANSACTION_ID)
    response = signed.cancel_session_response(request.cancelSessionResponse)
    if isinstance(response, signed.EuiccRefusal):
        return Outcome(CancelSessionResponse(), (close(session),))
    key = public_key(session.euicc_certificate)
    if not signature_holds(
        ports, session.transaction_id, "euiccCancelSessionSigned", key, response.signature, response.signed
    ):
        raise Refusal(_CODES.EUICC_SIGNATURE_INVALID, "euiccCancelSessionSignature")
    if response.transaction_id != session.transaction_id:
        raise Refusal(_CODES.UNKNOWN_TRANSACTION_ID, "transactionId of euiccCancelSessionSigned")
    if response.smdp_oid != ports.credentials[session.dp_ci_pkid].oid:
        raise Refusal(_CODES.SMDP_OID_MISMATCH, "smdpOid is not that of CERT.DPauth")
    order = ports.store.recall_order(session.order_id)
    if order is None or order.reusable or order.state not in DOWNLOADABLE or order.eid not in (None, session.eid):
        return Outcome(CancelSessionResponse(), (close(session),))
    order, effects = _order_after(order, session, response.reason)
    return Outcome(CancelSessionResponse(), (close(session), order), effects)


def _order_after(order: Order, session: Session, reason: int) -> tuple[Order, tuple[Effect, ...]]:
    outcome = cancel_outcome(reason)
    if not outcome.terminal:
        # A download that was only put off doesn't count as an attempt.
        order = order._replace(download_attempts=max(0, order.download_attempts - 1))
        return moved(order, Event.POSTPONED)
    order, effects = moved(order, Event.REJECTED)
    point = NotificationPoint.DOWNLOAD if session.binding else NotificationPoint.CONFIRMATION
    return order, (*effects, Progress(order, point, session.eid, outcome.status))
