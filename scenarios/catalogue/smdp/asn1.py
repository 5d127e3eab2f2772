"""ES9+ over the ASN.1 binding: the five functions on both curves, and what can be refused with which integer."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from scenarios import Stage, scenario
from scenarios.faults import BeforeSignature, Certificate, DamagedSignature, Set
from scenarios.grounds import EID, OTHER_EID
from scenarios.kit import ecc
from scenarios.kit.read import dig, whole
from scenarios.kit.session import Asn1Session
from scenarios.parties.asn1 import (
    Asn1Answer,
    AuthenticateClientError,
    CancelSessionError,
    GetBoundProfilePackageError,
    InitiateAuthenticationError,
)
from scenarios.stock import Limits
from smdp.core.records import Requirements
from wire.es10 import CancelSessionReason, NotificationEvent
from wire.tlv import tlv

BINDING = "SGP.22 v2.5 section 6.6"
INITIATE, AUTHENTICATE = f"{BINDING}, 5.6.1", f"{BINDING}, 5.6.3"
PACKAGE, CANCEL, NOTIFY = f"{BINDING}, 5.6.2", f"{BINDING}, 5.6.5", f"{BINDING}, 5.6.4"
INIT, AUTH, BPP, END = (
    InitiateAuthenticationError,
    AuthenticateClientError,
    GetBoundProfilePackageError,
    CancelSessionError,
)


# the five functions, on each curve


def _nominal(name: str, title: str, spec: str, body: Callable[[Stage, str], None]) -> None:
    for curve, named, need in (("NIST", "nist", "nist"), ("BRP", "brainpool", "brainpool")):

        def on_curve(s: Stage, curve: str = curve) -> None:
            body(s, curve)

        on_curve.__doc__ = f"{title} ({'NIST P-256' if curve == 'NIST' else 'brainpoolP256r1'})."
        scenario(f"smdp.asn1.{name}.nominal_{named}", spec=spec, tests="smdp", needs=f"asn1, orders, {need}")(on_curve)


def _initiate(s: Stage, curve: str) -> None:
    one = s.asn1_session(curve=curve)
    answer = s.accepted(one.initiate())
    s.equal("euiccCiPKIdToBeUsed", tlv(0x04, s.pki.ci(curve).ski), answer.octets("euiccCiPKIdToBeUsed"))
    s.equal("the curve of serverCertificate", one.euicc.curve.name, _curve(answer.octets("serverCertificate")))


def _curve(certificate: bytes) -> str:
    return ecc.public_key(certificate).curve.name


def _authenticate(s: Stage, curve: str) -> None:
    order = s.smdp.order()
    one = s.asn1_session(curve=curve)
    answer = s.accepted(one.authenticate(order))
    s.equal("transactionId", one.transaction_id, answer.text("transactionId"))
    s.equal("the ICCID", order.iccid.ef, dig(whole(one.euicc.metadata, 0xBF25), 0x5A).value)
    s.equal("the curve of smdpCertificate", one.euicc.curve.name, _curve(answer.octets("smdpCertificate")))


def _package(s: Stage, curve: str) -> None:
    order = s.smdp.order(confirmation_code="4711")
    one = s.asn1_session(curve=curve).reach("authenticated", order)
    answer = s.accepted(one.get_package("4711"))
    s.equal("transactionId", one.transaction_id, answer.text("transactionId"))
    assert one.opened is not None
    if order.profile:
        s.equal("the package is the ordered profile", order.profile.package, one.opened.package)


def _cancel(s: Stage, curve: str) -> None:
    order = s.smdp.order()
    one = s.asn1_session(curve=curve).reach("authenticated", order)
    s.equal("the answer", bytes.fromhex("A205BF4102A000"), one.cancel(CancelSessionReason.postponed).body)
    s.accepted(s.asn1_session(curve=curve).authenticate(order))


def _notify(s: Stage, curve: str) -> None:
    order = s.smdp.order()
    one = s.asn1_session(curve=curve).reach("bound", order)
    for answer in (one.report(), one.report_event(NotificationEvent.notificationEnable, order)):
        s.equal("HTTP status and body", (204, b""), (answer.status, answer.body))
    if (reported := s.smdp.installation(order, one.euicc.eid)) is not None:
        s.equal("what the SM-DP+ knows", "Enabled", reported)
    s.equal("the order's state", "Installed", s.smdp.state(order))


_nominal(
    "initiate", "InitiateAuthentication answers the five elements, signed under the eUICC's CI", INITIATE, _initiate
)
_nominal("authenticate", "AuthenticateClient answers metadata, smdpSigned2 and CERT.DPpb", AUTHENTICATE, _authenticate)
_nominal("package", "GetBoundProfilePackage, with a Confirmation Code, answers a package that opens", PACKAGE, _package)
_nominal("cancel", "CancelSession, whose [1] stands for BF41, answers an empty Ok", CANCEL, _cancel)
_nominal("notification", "Both kinds of notification are answered 204 and believed", NOTIFY, _notify)


# InitiateAuthentication


def _initiation(
    name: str, title: str, error: InitiateAuthenticationError, address: str | None = None, **euicc: Any
) -> None:
    def body(s: Stage) -> None:
        s.refused_by_integer(s.asn1_session(**euicc).initiate(address), error)

    body.__doc__ = f"{title}: {error.name} ({error})."
    scenario(f"smdp.asn1.initiate.{name}", spec=INITIATE, tests="smdp", needs="asn1")(body)


_initiation(
    "wrong_address", "An smdpAddress that isn't the server's own", INIT.invalidDpAddress, "stranger.example.com"
)
_initiation("svn", "An eUICC of SVN 1.0", INIT.euiccVersionNotSupportedByDp, svn=b"\x01\x00\x00")
_initiation("ci_unknown", "An eUICC that signs under an unknown CI only", INIT.ciPKNotSupported, signing=(bytes(20),))
_initiation("no_certificate", "An eUICC that verifies under an unknown CI only", INIT.ciPKNotSupported,
            verification=(bytes(20),))  # fmt: skip


# AuthenticateClient


def _authentication(name: str, title: str, error: AuthenticateClientError, *faults: Any, **euicc: Any) -> None:
    def body(s: Stage) -> None:
        order = s.smdp.order()
        s.refused_by_integer(s.asn1_session(*faults, **euicc).authenticate(order), error)
        s.equal("the order's state", "Released", s.smdp.state(order))

    body.__doc__ = f"{title}: {error.name} ({error}); the order stays Released."
    scenario(f"smdp.asn1.authenticate.{name}", spec=AUTHENTICATE, tests="smdp", needs="asn1, orders")(body)


_authentication(
    "eum_invalid", "CERT.EUM of another role", AUTH.eumCertificateInvalid, Certificate("EUM", "wrong_policy")
)
_authentication("eum_expired", "An expired CERT.EUM", AUTH.eumCertificateExpired, Certificate("EUM", "expired"))
_authentication("euicc_invalid", "CERT.EUICC of another role", AUTH.euiccCertificateInvalid,
                Certificate("eUICC", "wrong_policy"))  # fmt: skip
_authentication("euicc_expired", "An expired CERT.EUICC", AUTH.euiccCertificateExpired, Certificate("eUICC", "expired"))
_authentication("signature", "A damaged euiccSignature1", AUTH.euiccSignatureInvalid, DamagedSignature("EuiccSigned1"))
_authentication("transaction", "A well-signed euiccSigned1 of another transaction", AUTH.invalidTransactionId,
                BeforeSignature("EuiccSigned1", Set("30.80", bytes(16))))  # fmt: skip


@scenario("smdp.asn1.authenticate.other_ci", spec=AUTHENTICATE, tests="smdp", needs="asn1, orders, brainpool")
def other_ci(s: Stage) -> None:
    """A chain that doesn't lead to the CI that the server chose: ciPKUnknown (9)."""
    signing = s.pki.ci("BRP").ski, s.pki.ci("NIST").ski
    s.refused_by_integer(s.asn1_session(signing=signing).authenticate(s.smdp.order()), AUTH.ciPKUnknown)


@scenario("smdp.asn1.authenticate.matching_id", spec=AUTHENTICATE, tests="smdp", needs="asn1")
def matching_id(s: Stage) -> None:
    """A Matching ID that no order has: matchingIdRefused (6); the session is over: invalidTransactionId (10)."""
    one = s.asn1_session()
    s.refused_by_integer(one.authenticate("NO-SUCH-ORDER"), AUTH.matchingIdRefused)
    s.refused_by_integer(one.authenticate("NO-SUCH-ORDER"), AUTH.invalidTransactionId)


@scenario("smdp.asn1.authenticate.eid", spec=AUTHENTICATE, tests="smdp", needs="asn1, orders")
def other_eid(s: Stage) -> None:
    """An order for another EID: eidMismatch (7); the right eUICC gets it."""
    order = s.smdp.order(eid=EID)
    s.refused_by_integer(s.asn1_session(eid=OTHER_EID).authenticate(order), AUTH.eidMismatch)
    s.accepted(s.asn1_session().authenticate(order))


def _eligible(name: str, title: str, error: AuthenticateClientError, requirements: Requirements, **euicc: Any) -> None:
    def body(s: Stage) -> None:
        order = s.smdp.order(requirements=requirements)
        s.refused_by_integer(s.asn1_session(**euicc).authenticate(order), error)

    body.__doc__ = f"{title}: {error.name} ({error})."
    needs = "asn1, orders, prepared"
    scenario(f"smdp.asn1.authenticate.{name}", spec=f"{AUTHENTICATE}, 3.1.3", tests="smdp", needs=needs)(body)


_eligible("not_eligible", "A package of version 2.3 for an eUICC of 2.1", AUTH.noEligibleProfile,
          Requirements(package_version=(2, 3, 0)), profile_version=b"\x02\x01\x00")  # fmt: skip
_eligible("memory", "A profile larger than the free memory", AUTH.insufficientMemory,
          Requirements(install_octets=10_000), free_octets=9_999)  # fmt: skip


@scenario("smdp.asn1.authenticate.not_released", spec=f"{AUTHENTICATE}, 3.1.6", tests="smdp", needs="asn1, orders")
def not_released(s: Stage) -> None:
    """An order that isn't released yet has no integer of its own: undefinedError (127)."""
    s.refused_by_integer(s.asn1_session().authenticate(s.smdp.order(release=False)), AUTH.undefinedError)


@scenario("smdp.asn1.authenticate.order_expired", spec=f"{AUTHENTICATE}, 3.1.3", tests="smdp", needs="asn1, prepared")
def order_expired(s: Stage) -> None:
    """An expired order: downloadOrderExpired (18), or undefinedError (127) from servers older than version 2.6."""
    order = s.smdp.limited_order(Limits(expires_in=timedelta(hours=-1)))
    answer = s.asn1_session().authenticate(order)
    assert isinstance(answer, Asn1Answer)
    s.result("AuthenticateClient", answer.error, AUTH.downloadOrderExpired, AUTH.undefinedError)
    s.check(not answer.members, "nothing is said of the profile")


# GetBoundProfilePackage


@scenario("smdp.asn1.package.signature", spec=PACKAGE, tests="smdp", needs="asn1, orders")
def package_signature(s: Stage) -> None:
    """A damaged euiccSignature2: euiccSignatureInvalid (1); the session is over: invalidTransactionId (95)."""
    one = s.asn1_session(DamagedSignature("EuiccSigned2")).reach("authenticated", s.smdp.order())
    s.refused_by_integer(one.get_package(), BPP.euiccSignatureInvalid)
    s.refused_by_integer(one.get_package(), BPP.invalidTransactionId)


@scenario("smdp.asn1.package.codes", spec=f"{PACKAGE}, 4.7", tests="smdp", needs="asn1, prepared, confirmation_code")
def package_codes(s: Stage) -> None:
    """No Confirmation Code, a wrong one, and the last wrong one: confirmationCodeMissing, Refused, RetriesExceeded."""
    order = s.smdp.limited_order(Limits(confirmation_limit=2), confirmation_code="4711")
    errors = BPP.confirmationCodeMissing, BPP.confirmationCodeRefused, BPP.confirmationCodeRetriesExceeded
    for code, error in zip((None, "1", "2"), errors, strict=True):
        s.refused_by_integer(s.asn1_session().reach("authenticated", order).get_package(code), error)


@scenario("smdp.asn1.package.rebinding", spec=f"{PACKAGE}, 3.1.3.2", tests="smdp", needs="asn1, orders, settings")
def package_rebinding(s: Stage) -> None:
    """A server that doesn't bind anew, asked for another one-time key: bppRebindingRefused (5)."""
    s.smdp.change(rebinding=False)
    order = s.smdp.order()
    first = s.asn1_session(keep_one_time_key=False).reach("bound", order)
    second = Asn1Session(first.euicc, s.smdp).reach("authenticated", order)
    s.refused_by_integer(second.get_package(), BPP.bppRebindingRefused)


@scenario("smdp.asn1.package.order_expired", spec=PACKAGE, tests="smdp", needs="asn1, prepared, clock")
def package_order_expired(s: Stage) -> None:
    """An order that expires while the user thinks: downloadOrderExpired (6)."""
    order = s.smdp.limited_order(Limits(expires_in=timedelta(minutes=10)))
    one = s.asn1_session().reach("authenticated", order)
    s.advance(minutes=11)
    s.refused_by_integer(one.get_package(), BPP.downloadOrderExpired)


@scenario("smdp.asn1.package.other_binding", spec=f"{PACKAGE}, 3.1.3.2", tests="smdp", needs="asn1, orders")
def other_binding(s: Stage) -> None:
    """An order bound over JSON is the same over ASN.1: its key is proposed, the protected sequences come again."""
    order = s.smdp.order()
    first = s.session().reach("bound", order)
    second = Asn1Session(first.euicc, s.smdp).reach("bound", order)
    assert first.bound
    assert second.bound
    s.equal("bppEuiccOtpk", first.euicc.one_time_point, second.euicc.proposed)
    one, two = (whole(answer.octets("boundProfilePackage"), 0xBF36) for answer in (first.bound, second.bound))
    s.equal("the protected sequences", [part.raw for part in one.children[1:]], [part.raw for part in two.children[1:]])


# CancelSession


@scenario("smdp.asn1.cancel.transaction", spec=CANCEL, tests="smdp", needs="asn1, orders")
def cancel_transaction(s: Stage) -> None:
    """An unknown transactionId: invalidTransactionId (1); the session can still be cancelled, but once only."""
    one = s.asn1_session().reach("authenticated", s.smdp.order())
    s.refused_by_integer(one.cancel(CancelSessionReason.postponed, transactionId="00" * 16), END.invalidTransactionId)
    s.accepted(one.cancel(CancelSessionReason.postponed))
    s.refused_by_integer(one.cancel(CancelSessionReason.postponed), END.invalidTransactionId)


def _cancellation(name: str, title: str, error: CancelSessionError, fault: Any) -> None:
    def body(s: Stage) -> None:
        order = s.smdp.order()
        one = s.asn1_session(fault).reach("authenticated", order)
        s.refused_by_integer(one.cancel(CancelSessionReason.endUserRejection), error)
        s.equal("the order's state", "Released", s.smdp.state(order))

    body.__doc__ = f"{title}: {error.name} ({error}); the order stays Released."
    scenario(f"smdp.asn1.cancel.{name}", spec=f"{CANCEL}, 3.0.2", tests="smdp", needs="asn1, orders")(body)


SIGNED = "EuiccCancelSessionSigned"
_cancellation("signature", "A damaged signature", END.euiccSignatureInvalid, DamagedSignature(SIGNED))
_cancellation("other_oid", "A cancellation for another server's OID, which has no integer of its own",
              END.undefinedError, BeforeSignature(SIGNED, Set("30.81", bytes.fromhex("883763"))))  # fmt: skip
