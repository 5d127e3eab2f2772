"""ES9+.CancelSession."""

from scenarios import Stage, scenario
from scenarios.faults import AfterSignature, BeforeSignature, DamagedSignature, Set
from wire.codes import ES9P
from wire.es10 import CancelSessionReason

SPEC = "SGP.22 v2.5 section 5.6.5"
CODES = ES9P.CANCEL_SESSION
AFTER_AUTHENTICATION = {
    CancelSessionReason.endUserRejection: "Error",
    CancelSessionReason.postponed: "Released",
    CancelSessionReason.timeout: "Released",
    CancelSessionReason.pprNotAllowed: "Error",
}
AFTER_BINDING = {
    CancelSessionReason.metadataMismatch: "Error",
    CancelSessionReason.loadBppExecutionError: "Error",
    CancelSessionReason.undefinedReason: "Error",
}


def _cancelled_authenticated(reason: CancelSessionReason, expected: str) -> None:
    def body(s: Stage) -> None:
        order = s.smdp.order()
        session = s.session().reach("authenticated", order)
        s.accepted(session.cancel(reason))
        s.equal("the order's state", expected, s.smdp.state(order))
        again = s.session().authenticate(order)
        s.equal("the order can be downloaded again", expected == "Released", again.ok)

    body.__doc__ = f"CancelSession with {reason.name} leaves the order {expected}."
    scenario(f"smdp.es9.cancel.{reason.name.lower()}", spec=f"{SPEC}, 3.0.2", tests="smdp", needs="orders")(body)


for _reason, _expected in AFTER_AUTHENTICATION.items():
    _cancelled_authenticated(_reason, _expected)


def _cancelled_bound(reason: CancelSessionReason, expected: str) -> None:
    def body(s: Stage) -> None:
        order = s.smdp.order()
        session = s.session().reach("bound", order)
        s.accepted(session.cancel(reason))
        s.equal("the order's state", expected, s.smdp.state(order))

    body.__doc__ = f"CancelSession with {reason.name} after the package was fetched: the order is {expected}."
    scenario(f"smdp.es9.cancel.{reason.name.lower()}", spec=f"{SPEC}, 3.0.2", tests="smdp", needs="orders")(body)


for _reason, _expected in AFTER_BINDING.items():
    _cancelled_bound(_reason, _expected)


@scenario("smdp.es9.cancel.signature_damaged", spec=f"{SPEC}, 3.0.2", tests="smdp", needs="orders")
def signature_damaged(s: Stage) -> None:
    """A damaged euiccCancelSessionSignature is refused with 8.1/6.1; the session goes on."""
    order = s.smdp.order()
    session = s.session(DamagedSignature("EuiccCancelSessionSigned")).reach("authenticated", order)
    s.refused(session.cancel(CancelSessionReason.endUserRejection), CODES.EUICC_SIGNATURE_INVALID)
    s.equal("the order's state", "Released", s.smdp.state(order))


@scenario("smdp.es9.cancel.other_oid", spec=f"{SPEC}, 3.0.2", tests="smdp", needs="orders")
def other_oid(s: Stage) -> None:
    """A well-signed cancellation for another server's OID is refused with 8.8/3.10."""
    order = s.smdp.order()
    lie = BeforeSignature("EuiccCancelSessionSigned", Set("30.81", bytes.fromhex("883763")))
    session = s.session(lie).reach("authenticated", order)
    s.refused(session.cancel(CancelSessionReason.endUserRejection), CODES.SMDP_OID_MISMATCH)


@scenario("smdp.es9.cancel.unknown_transaction", spec=f"{SPEC}, 3.0.2", tests="smdp", needs="orders")
def unknown_transaction(s: Stage) -> None:
    """An unknown transactionId is refused with 8.10.1/3.9."""
    session = s.session().reach("authenticated", s.smdp.order())
    answer = session.cancel(CancelSessionReason.endUserRejection, transactionId="00" * 16)
    s.refused(answer, CODES.UNKNOWN_TRANSACTION_ID)


@scenario("smdp.es9.cancel.signed_transaction", spec=SPEC, tests="smdp", needs="orders")
def signed_transaction(s: Stage) -> None:
    """A well-signed cancellation of another transaction is refused with 8.10.1/3.9; the order stays."""
    order = s.smdp.order()
    lie = BeforeSignature("EuiccCancelSessionSigned", Set("30.80", bytes(16)))
    session = s.session(lie).reach("authenticated", order)
    s.refused(session.cancel(CancelSessionReason.endUserRejection), CODES.UNKNOWN_TRANSACTION_ID)
    s.equal("the order's state", "Released", s.smdp.state(order))


@scenario("smdp.es9.cancel.ends_session", spec=SPEC, tests="smdp", needs="orders")
def ends_session(s: Stage) -> None:
    """A cancelled session is over: GetBoundProfilePackage and another CancelSession get 8.10.1/3.9."""
    session = s.session().reach("authenticated", s.smdp.order())
    s.accepted(session.cancel(CancelSessionReason.postponed))
    s.refused(session.get_package(), ES9P.GET_BOUND_PROFILE_PACKAGE.UNKNOWN_TRANSACTION_ID)
    s.refused(session.cancel(CancelSessionReason.postponed), CODES.UNKNOWN_TRANSACTION_ID)


@scenario("smdp.es9.cancel.changed_reason", spec=SPEC, tests="smdp", needs="orders")
def changed_reason(s: Stage) -> None:
    """A reason that was changed after signing is refused with 8.1/6.1."""
    lie = AfterSignature("EuiccCancelSessionSigned", Set("30.82", b"\x00"))
    session = s.session(lie).reach("authenticated", s.smdp.order())
    s.refused(session.cancel(CancelSessionReason.postponed), CODES.EUICC_SIGNATURE_INVALID)


@scenario("smdp.es9.cancel.euicc_error", spec=SPEC, tests="smdp", needs="orders")
def euicc_error(s: Stage) -> None:
    """An eUICC that couldn't sign a cancellation doesn't end the order."""
    order = s.smdp.order()
    session = s.session().reach("authenticated", order)
    session.cancel(CancelSessionReason.postponed, cancelSessionResponse=session.euicc.refuse_cancel(127))
    s.accepted(s.session().authenticate(order))
