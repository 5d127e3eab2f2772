"""ES9+.CancelSession and HandleNotification."""

from scenarios import Stage, scenario
from scenarios.faults import BeforeSignature, DamagedSignature, Set
from wire.codes import ES9P
from wire.es10 import BppCommandId, CancelSessionReason, ErrorReason, NotificationEvent

SPEC = "SGP.22 v2.5 section 5.6.5, 3.0.2"
NOTIFY = "SGP.22 v2.5 section 5.6.4, 3.5"
CODES = ES9P.CANCEL_SESSION
AFTER_CANCEL = {
    CancelSessionReason.endUserRejection: "Error",
    CancelSessionReason.postponed: "Released",
    CancelSessionReason.timeout: "Released",
    CancelSessionReason.pprNotAllowed: "Error",
}


def _register(reason: CancelSessionReason, expected: str) -> None:
    def body(s: Stage) -> None:
        order = s.smdp.order()
        session = s.session().reach("authenticated", order)
        s.accepted(session.cancel(reason))
        s.equal("the order's state", expected, s.smdp.state(order))
        again = s.session().authenticate(order)
        s.equal("the order can be downloaded again", expected == "Released", again.ok)

    body.__doc__ = f"CancelSession with {reason.name} leaves the order {expected}."
    scenario(f"smdp.es9.cancel.{reason.name.lower()}", spec=SPEC, tests="smdp", needs="orders")(body)


for _reason, _expected in AFTER_CANCEL.items():
    _register(_reason, _expected)


@scenario("smdp.es9.cancel.signature_damaged", spec=SPEC, tests="smdp", needs="orders")
def signature_damaged(s: Stage) -> None:
    """A damaged euiccCancelSessionSignature is refused with 8.1/6.1; the session goes on."""
    order = s.smdp.order()
    session = s.session(DamagedSignature("EuiccCancelSessionSigned")).reach("authenticated", order)
    s.refused(session.cancel(CancelSessionReason.endUserRejection), CODES.EUICC_SIGNATURE_INVALID)
    s.equal("the order's state", "Released", s.smdp.state(order))


@scenario("smdp.es9.cancel.other_oid", spec=SPEC, tests="smdp", needs="orders")
def other_oid(s: Stage) -> None:
    """A well-signed cancellation for another server's OID is refused with 8.8/3.10."""
    order = s.smdp.order()
    lie = BeforeSignature("EuiccCancelSessionSigned", Set("30.81", bytes.fromhex("883763")))
    session = s.session(lie).reach("authenticated", order)
    s.refused(session.cancel(CancelSessionReason.endUserRejection), CODES.SMDP_OID_MISMATCH)


@scenario("smdp.es9.cancel.unknown_transaction", spec=SPEC, tests="smdp", needs="orders")
def unknown_transaction(s: Stage) -> None:
    """An unknown transactionId is refused with 8.10.1/3.9."""
    session = s.session().reach("authenticated", s.smdp.order())
    answer = session.cancel(CancelSessionReason.endUserRejection, transactionId="00" * 16)
    s.refused(answer, CODES.UNKNOWN_TRANSACTION_ID)


@scenario("smdp.es9.notification.install_failed", spec=NOTIFY, tests="smdp", needs="orders")
def install_failed(s: Stage) -> None:
    """A permanent installation error ends the order; it is acknowledged like any notification."""
    order = s.smdp.order()
    session = s.session().reach("bound", order)
    error = BppCommandId.loadProfileElements, ErrorReason.installFailedDueToPEProcessingError
    s.accepted(session.report(error=error))
    s.equal("the order's state", "Error", s.smdp.state(order))


@scenario("smdp.es9.notification.install_interrupted", spec=NOTIFY, tests="smdp", needs="orders")
def install_interrupted(s: Stage) -> None:
    """A temporary installation error leaves the order downloadable."""
    order = s.smdp.order()
    session = s.session().reach("bound", order)
    error = BppCommandId.loadProfileElements, ErrorReason.installFailedDueToInterruption
    s.accepted(session.report(error=error))
    s.equal("the order's state", "Downloaded", s.smdp.state(order))
    s.accepted(s.session_of(session.euicc).authenticate(order))


@scenario("smdp.es9.notification.signature_damaged", spec=NOTIFY, tests="smdp", needs="orders")
def notification_damaged(s: Stage) -> None:
    """An installation result that doesn't verify is acknowledged, and changes nothing."""
    order = s.smdp.order()
    session = s.session(DamagedSignature("ProfileInstallationResultData")).reach("bound", order)
    s.accepted(session.report())
    s.equal("the order's state", "Downloaded", s.smdp.state(order))


@scenario("smdp.es9.notification.enabled", spec=NOTIFY, tests="smdp", needs="orders, inspect")
def enabled(s: Stage) -> None:
    """The enable notification of an installed profile is acknowledged and noted."""
    order = s.smdp.order()
    session = s.session()
    session.download(order)
    s.accepted(session.report_event(NotificationEvent.notificationEnable, order))
    s.equal("what the SM-DP+ knows", "Enabled", s.smdp.installation(order, session.euicc.eid))


@scenario("smdp.es9.notification.late_order", spec=NOTIFY, tests="smdp", needs="orders, inspect")
def late(s: Stage) -> None:
    """Notifications that arrive in the wrong order leave the state of the one with the highest number."""
    order = s.smdp.order()
    session = s.session()
    session.download(order)
    early = session.euicc.notification(NotificationEvent.notificationEnable, s.smdp.address, order.iccid.ef)
    s.accepted(session.report_event(NotificationEvent.notificationDisable, order))
    s.accepted(session.notify(early))
    s.equal("what the SM-DP+ knows", "Disabled", s.smdp.installation(order, session.euicc.eid))
