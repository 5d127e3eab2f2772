"""ES9+.GetBoundProfilePackage: Confirmation Code, one-time keys, retries, what is bound."""

from datetime import timedelta

from scenarios import Stage, scenario
from scenarios.faults import BeforeSignature, DamagedSignature, Fault, ForeignKey, Set, WithoutSuffix
from scenarios.grounds import EID, OTHER_EID
from scenarios.kit.euicc import confirmation_hash
from scenarios.kit.profile import NotificationRecipient
from scenarios.kit.read import whole
from scenarios.parties.smdp import Ordered
from scenarios.stock import Limits
from smdp.core.settings import KeyMode
from wire.codes import ES9P, StatusCode

SPEC = "SGP.22 v2.5 section 5.6.2"
CODES = ES9P.GET_BOUND_PROFILE_PACKAGE


@scenario(
    "smdp.es9.package.nominal", spec=f"{SPEC}, 2.5.3, 2.5.4; SGP.22 v2.5 section 5.5", tests="smdp", needs="orders"
)
def nominal(s: Stage) -> None:
    """The bound package opens with the agreed keys, holds the ordered profile, and its result ends the order."""
    order = s.smdp.order()
    session = s.session()
    opened = session.download(order)
    if order.profile:
        s.equal("the package is the ordered profile", order.profile.package, opened.package)
    s.equal("ConfigureISDP", bytes.fromhex("BF2400"), opened.configure_isdp)
    s.equal("the order's state", "Installed", s.smdp.state(order))


@scenario("smdp.es9.package.code_wrong", spec=f"{SPEC}, 4.7", tests="smdp", needs="orders, confirmation_code")
def code_wrong(s: Stage) -> None:
    """A wrong Confirmation Code is refused with 8.2.7/3.8; the right one works in the next session."""
    order = s.smdp.order(confirmation_code="4711")
    session = s.session()
    s.accepted(session.authenticate(order))
    s.equal("a Confirmation Code is asked for", True, session.euicc.code_required)
    s.refused(session.get_package("0815"), CODES.CONFIRMATION_CODE_REFUSED)
    again = s.session()
    s.accepted(again.authenticate(order))
    s.accepted(again.get_package("4711"))


@scenario("smdp.es9.package.before_authentication", spec=SPEC, tests="smdp", needs="orders")
def before_authentication(s: Stage) -> None:
    """GetBoundProfilePackage before AuthenticateClient is refused with 8.10.1/3.9."""
    session = s.session().reach("initiated", s.smdp.order())
    answer = session.get_package(prepareDownloadResponse=session.euicc.refuse_download(127))
    s.refused(answer, CODES.UNKNOWN_TRANSACTION_ID)


def _package_lie(name: str, title: str, code: StatusCode, *faults: Fault) -> None:
    def body(s: Stage) -> None:
        order = s.smdp.order()
        session = s.session(*faults).reach("authenticated", order)
        s.refused(session.get_package(), code)
        s.equal("the order's state", "Released", s.smdp.state(order))
        s.refused(session.get_package(), CODES.UNKNOWN_TRANSACTION_ID)

    body.__doc__ = f"{title} is refused with {code.subject}/{code.reason}; the session is over, the order stays."
    scenario(f"smdp.es9.package.{name}", spec=SPEC, tests="smdp", needs="orders")(body)


_package_lie(
    "signature_damaged", "A damaged euiccSignature2", CODES.EUICC_SIGNATURE_INVALID, DamagedSignature("EuiccSigned2")
)


_package_lie(
    "signature_unbound",
    "A euiccSignature2 that doesn't cover smdpSignature2",
    CODES.EUICC_SIGNATURE_INVALID,
    WithoutSuffix("EuiccSigned2"),
)


_package_lie(
    "foreign_key", "A euiccSignature2 by another key", CODES.EUICC_SIGNATURE_INVALID, ForeignKey("EuiccSigned2")
)


_package_lie(
    "signed_transaction",
    "A well-signed euiccSigned2 of another transaction",
    CODES.UNKNOWN_TRANSACTION_ID,
    BeforeSignature("EuiccSigned2", Set("30.80", bytes(16))),
)


_package_lie(
    "no_point",
    "A one-time key that is no point of the curve",
    CODES.EUICC_SIGNATURE_INVALID,
    BeforeSignature("EuiccSigned2", Set("30.5F49", b"\x04" + b"\x01" * 64)),
)


@scenario("smdp.es9.package.euicc_error", spec=SPEC, tests="smdp", needs="orders")
def euicc_error(s: Stage) -> None:
    """An eUICC that refused PrepareDownload: the session ends, the order stays."""
    order = s.smdp.order()
    session = s.session().reach("authenticated", order)
    answer = session.get_package(prepareDownloadResponse=session.euicc.refuse_download(2))
    s.equal("the answer", "Failed", answer.execution)
    s.refused(session.get_package(), CODES.UNKNOWN_TRANSACTION_ID)
    s.accepted(s.session().authenticate(order))


@scenario("smdp.es9.package.code_missing", spec=f"{SPEC}, 4.7", tests="smdp", needs="orders, confirmation_code")
def code_missing(s: Stage) -> None:
    """Without the Confirmation Code: 8.2.7/2.2; smdpSigned2 had asked for it."""
    order = s.smdp.order(confirmation_code="4711")
    session = s.session().reach("authenticated", order)
    s.equal("ccRequiredFlag", True, session.euicc.code_required)
    s.refused(session.get_package(), CODES.CONFIRMATION_CODE_MISSING)


@scenario("smdp.es9.package.code_right", spec=f"{SPEC}, 4.7", tests="smdp", needs="orders, confirmation_code")
def code_right(s: Stage) -> None:
    """With the right Confirmation Code the package comes."""
    s.accepted(s.session().reach("authenticated", s.smdp.order(confirmation_code="4711")).get_package("4711"))


@scenario("smdp.es9.package.code_not_asked", spec=f"{SPEC}, 4.7", tests="smdp", needs="orders")
def code_not_asked(s: Stage) -> None:
    """A hashCc that nobody asked for is ignored."""
    s.accepted(s.session().reach("authenticated", s.smdp.order()).get_package("0000"))


@scenario(
    "smdp.es9.package.code_of_other_session", spec=f"{SPEC}, 4.7", tests="smdp", needs="orders, confirmation_code"
)
def code_replayed(s: Stage) -> None:
    """hashCc belongs to its transactionId: one of another session is refused with 8.2.7/3.8."""
    order = s.smdp.order(confirmation_code="4711")
    replayed = confirmation_hash("4711", bytes(16))
    session = s.session(BeforeSignature("EuiccSigned2", Set("30.04", replayed))).reach("authenticated", order)
    s.refused(session.get_package("4711"), CODES.CONFIRMATION_CODE_REFUSED)


@scenario(
    "smdp.es9.package.code_attempts", spec=f"{SPEC}, 4.7", tests="smdp", needs="orders, confirmation_code, prepared"
)
def code_attempts(s: Stage) -> None:
    """The last allowed wrong code is refused with 8.2.7/6.4 and ends the order, the right one comes too late."""
    order = s.smdp.limited_order(Limits(confirmation_limit=2), confirmation_code="4711")
    first = s.session().reach("authenticated", order)
    s.refused(first.get_package("1"), CODES.CONFIRMATION_CODE_REFUSED)
    second = s.session().reach("authenticated", order)
    s.refused(second.get_package("2"), CODES.CONFIRMATION_CODE_RETRIES_EXCEEDED)
    s.equal("the order's state", "Error", s.smdp.state(order))
    s.check(not s.session().authenticate(order).ok, "the order is dead")


@scenario("smdp.es9.package.repeated", spec=f"{SPEC}, 3.1.3", tests="smdp", needs="orders")
def repeated(s: Stage) -> None:
    """The same request again in the session: the same package, or 8.10.1/3.9."""
    session = s.session().reach("bound", s.smdp.order())
    assert session.bound is not None
    again = session.get_package()
    if again.ok:
        first, second = (whole(one.octets("boundProfilePackage"), 0xBF36) for one in (session.bound, again))
        s.equal("the protected sequences", first.children[1:], second.children[1:])
    else:
        s.refused(again, CODES.UNKNOWN_TRANSACTION_ID)


@scenario("smdp.es9.package.retry_same_key", spec=f"{SPEC}, 3.1.3.2", tests="smdp", needs="orders")
def retry_same_key(s: Stage) -> None:
    """A retry of the same eUICC is offered its key; with it, the same otPK.DP and protected sequences come."""
    order = s.smdp.order()
    first = s.session().reach("bound", order)
    assert first.bound
    assert first.opened
    second = s.session_of(first.euicc).reach("authenticated", order)
    s.equal("bppEuiccOtpk", first.euicc.one_time_point, second.euicc.proposed)
    s.accepted(second.get_package())
    assert second.bound
    assert second.opened
    s.equal("otPK.DP", first.opened.otpk_dp, second.opened.otpk_dp)
    one, two = (whole(answer.octets("boundProfilePackage"), 0xBF36) for answer in (first.bound, second.bound))
    s.equal("the protected sequences", [part.raw for part in one.children[1:]], [part.raw for part in two.children[1:]])


@scenario("smdp.es9.package.retry_new_key", spec=f"{SPEC}, 3.1.3.2", tests="smdp", needs="orders")
def retry_new_key(s: Stage) -> None:
    """A retry with another one-time key: bound anew with another otPK.DP (or refused with 8.2/3.7)."""
    order = s.smdp.order()
    first = s.session(keep_one_time_key=False).reach("bound", order)
    second = s.session_of(first.euicc).reach("authenticated", order)
    answer = second.get_package()
    if answer.ok:
        assert first.opened
        assert second.opened
        s.check(first.opened.otpk_dp != second.opened.otpk_dp, "another otPK.DP")
    else:
        s.refused(answer, CODES.BPP_REBINDING_REFUSED)


@scenario("smdp.es9.package.rebinding_refused", spec=f"{SPEC}, 3.1.3.2", tests="smdp", needs="orders, settings")
def rebinding_refused(s: Stage) -> None:
    """A server that doesn't bind anew refuses another one-time key with 8.2/3.7."""
    s.smdp.change(rebinding=False)
    order = s.smdp.order()
    first = s.session(keep_one_time_key=False).reach("bound", order)
    second = s.session_of(first.euicc).reach("authenticated", order)
    s.refused(second.get_package(), CODES.BPP_REBINDING_REFUSED)


@scenario("smdp.es9.package.bound_to_eid", spec=f"{SPEC}, 3.1.3", tests="smdp", needs="orders")
def bound_to_eid(s: Stage) -> None:
    """Once bound, an order belongs to its eUICC: another one is refused with 8.1.1/3.8."""
    order = s.smdp.order()
    s.session().reach("bound", order)
    s.refused(s.session(eid=OTHER_EID).authenticate(order), ES9P.AUTHENTICATE_CLIENT.EID_MISMATCH)


@scenario("smdp.es9.package.race", spec=f"{SPEC}, 3.1.3", tests="smdp", needs="orders")
def race(s: Stage) -> None:
    """Of two eUICCs that are both authenticated for one order, one gets the package; the other is refused."""
    order = s.smdp.order()
    first, second = (s.session(eid=eid).reach("authenticated", order) for eid in (EID, OTHER_EID))
    s.accepted(first.get_package())
    s.check(not second.get_package().ok, "the second one is refused")


@scenario("smdp.es9.package.expired_meanwhile", spec=SPEC, tests="smdp", needs="prepared, clock")
def expired_meanwhile(s: Stage) -> None:
    """An order that expires while the user thinks is refused with 8.8.5/4.10."""
    order = s.smdp.limited_order(Limits(expires_in=timedelta(minutes=10)))
    session = s.session().reach("authenticated", order)
    s.advance(minutes=11)
    s.refused(session.get_package(), CODES.DOWNLOAD_ORDER_EXPIRED)


@scenario("smdp.es9.package.session_keys", spec=f"{SPEC}, 2.5.3", tests="smdp", needs="orders, settings")
def session_keys(s: Stage) -> None:
    """A server that protects under session keys sends no ReplaceSessionKeys, and the package opens."""
    s.smdp.change(key_mode=KeyMode.SESSION_KEYS)
    order: Ordered = s.smdp.order()
    opened = s.session().download(order)
    s.equal("profile protection keys", False, opened.has_profile_keys)
    if order.profile:
        s.equal("the package", order.profile.package, opened.package)


@scenario("smdp.es9.package.brainpool", spec=f"{SPEC}, 2.6", tests="smdp", needs="orders, brainpool")
def brainpool(s: Stage) -> None:
    """The whole download on brainpoolP256r1: keys agreed on that curve, the package opens."""
    order: Ordered = s.smdp.order()
    opened = s.session(curve="BRP").download(order)
    s.equal("the one-time key", 65, len(opened.otpk_dp))
    if order.profile:
        s.equal("the package", order.profile.package, opened.package)


@scenario("smdp.es9.package.host_id", spec=f"{SPEC}; SGP.22 v2.5 annex G", tests="smdp", needs="orders, settings")
def host_id(s: Stage) -> None:
    """The HostID in the control reference template is the one that the keys are derived with, 16 octets long or 1."""
    for octets in (b"X", b"0123456789ABCDEF"):
        s.smdp.change(host_id=octets)
        opened = s.session().download(s.smdp.order())
        s.equal("the HostID", octets, opened.host_id)


@scenario("smdp.es9.package.restart", spec=SPEC, tests="smdp", needs="orders, crash")
def restart(s: Stage) -> None:
    """A server that was restarted in the middle of a session goes on with it."""
    order = s.smdp.order()
    session = s.session().reach("authenticated", order)
    s.smdp.restart()
    s.accepted(session.get_package())
    s.smdp.restart()
    s.accepted(session.report())
    s.equal("the order's state", "Installed", s.smdp.state(order))


@scenario("smdp.es9.package.large_metadata", spec=f"{SPEC}, 2.5.4", tests="smdp", needs="orders, prepared")
def large_metadata(s: Stage) -> None:
    """Metadata of more than 1008 octets travels in several 88, and is put together again."""
    recipients = tuple(NotificationRecipient(f"host-{n}.{'x' * 40}.example.com") for n in range(25))
    order = s.smdp.order(notifications=recipients)
    opened = s.session().download(order)
    s.check(len(opened.metadata) > 1008, "the metadata is large")
    if order.profile:
        s.equal("the metadata", order.profile.metadata, opened.metadata)
