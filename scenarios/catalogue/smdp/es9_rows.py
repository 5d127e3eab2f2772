"""ES9+: each status row of InitiateAuthentication, AuthenticateClient, GetBoundProfilePackage and CancelSession."""

import json
from base64 import b64encode
from datetime import timedelta
from typing import Any

from scenarios import Stage, scenario
from scenarios.faults import (
    AfterSignature,
    BeforeSignature,
    DamagedSignature,
    ForeignKey,
    OnWire,
    Remove,
    Set,
    WithoutSuffix,
)
from scenarios.grounds import EID
from scenarios.kit.euicc import confirmation_hash
from scenarios.kit.profile import NotificationRecipient
from scenarios.kit.read import dig, find, whole
from scenarios.parties.smdp import Ordered
from scenarios.stock import Limits
from smdp.core.records import Requirements
from smdp.core.settings import KeyMode
from wire.codes import ES9P, StatusCode
from wire.es10 import BppCommandId, CancelSessionReason, ErrorReason, NotificationEvent, PprIds, ProfileClass
from wire.tlv import tlv

INITIATE, AUTHENTICATE = "SGP.22 v2.5 section 5.6.1", "SGP.22 v2.5 section 5.6.3"
PACKAGE, CANCEL = "SGP.22 v2.5 section 5.6.2", "SGP.22 v2.5 section 5.6.5"
NOTIFY = "SGP.22 v2.5 section 5.6.4, 3.5"
INIT, AUTH, BPP = ES9P.INITIATE_AUTHENTICATION, ES9P.AUTHENTICATE_CLIENT, ES9P.GET_BOUND_PROFILE_PACKAGE
OTHER_EID = "89049032000000000000000000000163"
TEST_KEY = bytes.fromhex("000102030405060708090A0B0C0D0E0F")

# InitiateAuthentication


def _initiate(name: str, title: str, code: StatusCode | None, **euicc: Any) -> None:
    def body(s: Stage) -> None:
        answer = s.session(**euicc).initiate()
        if code is None:
            s.accepted(answer)
        else:
            s.refused(answer, code)

    told = "accepted" if code is None else f"refused with {code.subject}/{code.reason}"
    body.__doc__ = f"{title} is {told}."
    scenario(f"smdp.es9.initiate.{name}", spec=INITIATE, tests="smdp")(body)


_initiate("svn_1", "An eUICC of SVN 1.0", INIT.SVN_NOT_SUPPORTED, svn=b"\x01\x00\x00")
_initiate("svn_2_2", "An eUICC of SVN 2.2.2", None, svn=b"\x02\x02\x02")
_initiate("ci_unknown", "An eUICC that signs under an unknown CI only", INIT.CI_PK_NOT_SUPPORTED, signing=(bytes(20),))
_initiate("signing_empty", "An eUICC with an empty list for signing", INIT.CI_PK_NOT_SUPPORTED, signing=())
_initiate(
    "no_certificate",
    "An eUICC that verifies under an unknown CI only",
    INIT.NO_CERTIFICATE_FOR_CI,
    verification=(bytes(20),),
)


@scenario("smdp.es9.initiate.priority", spec=INITIATE, tests="smdp", needs="brainpool")
def priority(s: Stage) -> None:
    """The eUICC's first CI that the server trusts is chosen, unknown ones before it are skipped."""
    brainpool, nist = s.pki.ci("BRP").ski, s.pki.ci("NIST").ski
    answer = s.accepted(s.session(signing=(bytes(20), brainpool, nist)).initiate())
    s.equal("euiccCiPKIdToBeUsed", tlv(0x04, brainpool), answer.octets("euiccCiPKIdToBeUsed"))


@scenario("smdp.es9.initiate.verification_apart", spec=INITIATE, tests="smdp", needs="brainpool")
def verification_apart(s: Stage) -> None:
    """The server's certificate is one that the eUICC can verify, even under another CI than it signs under."""
    session = s.session(verification=(s.pki.ci("BRP").ski,), trust=(s.pki.ci("BRP").certificate,))
    answer = s.accepted(session.initiate())
    s.equal("euiccCiPKIdToBeUsed", tlv(0x04, s.pki.ci("NIST").ski), answer.octets("euiccCiPKIdToBeUsed"))


@scenario("smdp.es9.initiate.fresh", spec=INITIATE, tests="smdp")
def fresh(s: Stage) -> None:
    """Every session has its own transactionId and serverChallenge, 16 octets, in upper-case hex."""
    answers = [s.accepted(s.session().initiate()) for _ in range(3)]
    identifiers = {answer.text("transactionId") for answer in answers}
    challenges = {dig(whole(answer.octets("serverSigned1"), 0x30), 0x84).value for answer in answers}
    s.equal("different transactionIds and challenges", (3, 3), (len(identifiers), len(challenges)))
    s.check(all(one == one.upper() for one in identifiers), "upper case")


@scenario("smdp.es9.initiate.address_spelling", spec=INITIATE, tests="smdp")
def spelling(s: Stage) -> None:
    """The server knows its address in any case of letters and with a port; serverSigned1 leads back to it."""
    for address in (s.smdp.address.upper(), f"{s.smdp.address}:8443"):
        s.accepted(s.session().initiate(address=address))


@scenario("smdp.es9.initiate.same_challenge", spec=INITIATE, tests="smdp")
def same_challenge(s: Stage) -> None:
    """A repeated request opens another session."""
    session = s.session()
    first = s.accepted(session.initiate())
    challenge = session.euicc.challenge
    again = s.smdp.es9("initiateAuthentication", euiccChallenge=challenge, euiccInfo1=session.euicc.info1(),
                       smdpAddress=s.smdp.address)  # fmt: skip
    s.check(s.accepted(again).text("transactionId") != first.text("transactionId"), "another transactionId")


@scenario("smdp.es9.headers", spec="SGP.22 v2.5 section 6.3, 6.5", tests="smdp")
def headers(s: Stage) -> None:
    """Answers carry X-Admin-Protocol of version 2 and the JSON content type."""
    answer = s.session().initiate()
    s.check(answer.headers.get("x-admin-protocol", "").startswith("gsma/rsp/v2."), "X-Admin-Protocol")
    s.check(answer.headers.get("content-type", "").startswith("application/json"), "Content-Type")


@scenario("smdp.es9.headers_refused", spec="SGP.22 v2.5 section 6.3, 6.5", tests="smdp")
def headers_refused(s: Stage) -> None:
    """A refusal is HTTP 200 with a header only: no member of the answer leaks."""
    answer = s.session().initiate(address="stranger.example.com")
    s.equal("status and members", (200, {"header"}), (answer.status, set(answer.members)))


# malformed members


def _malformed(function: str, name: str, title: str, **members: Any) -> None:
    def body(s: Stage) -> None:
        session, order = s.session(), s.smdp.order()
        if function == "initiate":
            answer = session.initiate(**members)
        elif function == "authenticate":
            answer = session.reach("initiated", order).authenticate(order, **members)
        elif function == "package":
            answer = session.reach("authenticated", order).get_package(**members)
        else:
            answer = session.reach("authenticated", order).cancel(CancelSessionReason.endUserRejection, **members)
        refused = answer.status == 400 or (answer.status == 200 and answer.execution == "Failed")
        s.check(refused, f"{answer.function} is refused", "HTTP 400, or Failed", str(answer))
        s.equal("the order's state", "Released", s.smdp.state(order))

    body.__doc__ = f"{title}: refused, and the order stays Released."
    scenario(f"smdp.es9.malformed.{function}_{name}", spec="SGP.22 v2.5 section 6.5.2, 5.2.6", tests="smdp",
             needs="orders")(body)  # fmt: skip


_malformed("initiate", "no_challenge", "InitiateAuthentication without euiccChallenge", euiccChallenge=None)
_malformed(
    "initiate", "short_challenge", "InitiateAuthentication with a challenge of 15 octets", euiccChallenge=bytes(15)
)
_malformed("initiate", "no_info1", "InitiateAuthentication without euiccInfo1", euiccInfo1=None)
_malformed(
    "initiate", "info1_other_tag", "InitiateAuthentication with BF22 as euiccInfo1", euiccInfo1=bytes.fromhex("BF2200")
)
_malformed(
    "initiate", "info1_cut", "InitiateAuthentication with a euiccInfo1 cut off", euiccInfo1=bytes.fromhex("BF20058203")
)
_malformed(
    "initiate",
    "info1_short_svn",
    "InitiateAuthentication with an SVN of two octets",
    euiccInfo1=bytes.fromhex("BF200482020205"),
)
_malformed("initiate", "no_address", "InitiateAuthentication without smdpAddress", smdpAddress=None)
_malformed("initiate", "no_base64", "InitiateAuthentication with a challenge that isn't base64", euiccChallenge="!!!!")
_malformed("authenticate", "no_response", "AuthenticateClient without its response", authenticateServerResponse=None)
_malformed(
    "authenticate",
    "other_tag",
    "AuthenticateClient with a BF21",
    authenticateServerResponse=bytes.fromhex("BF2102A000"),
)
_malformed(
    "authenticate", "empty", "AuthenticateClient with an empty BF38", authenticateServerResponse=bytes.fromhex("BF3800")
)
_malformed("authenticate", "no_transaction", "AuthenticateClient without a transactionId", transactionId=None)
_malformed(
    "authenticate", "transaction_no_hex", "AuthenticateClient with a transactionId that isn't hex", transactionId="XYZ"
)
_malformed("package", "no_response", "GetBoundProfilePackage without its response", prepareDownloadResponse=None)
_malformed(
    "package", "other_tag", "GetBoundProfilePackage with a BF38", prepareDownloadResponse=bytes.fromhex("BF3802A000")
)
_malformed("cancel", "no_response", "CancelSession without its response", cancelSessionResponse=None)
_malformed("cancel", "other_tag", "CancelSession with a BF21", cancelSessionResponse=bytes.fromhex("BF2102A000"))


@scenario("smdp.es9.malformed.no_json", spec="SGP.22 v2.5 section 6.5.2", tests="smdp")
def no_json(s: Stage) -> None:
    """A body that isn't JSON, or no object, is refused without an answer to the function."""
    for body in (b"hello", b"[]", b"\xff\xfe"):
        answer = s.smdp.es9_raw("initiateAuthentication", body)
        s.check(not answer.ok, f"{body!r} is refused")


@scenario("smdp.es9.malformed.unknown_members", spec="SGP.22 v2.5 section 6.5.2", tests="smdp")
def unknown_members(s: Stage) -> None:
    """Unknown members are ignored."""
    s.accepted(s.session().initiate(somethingNew="x"))


@scenario("smdp.es9.malformed.lower_case_transaction", spec="SGP.22 v2.5 section 6.5.2", tests="smdp", needs="orders")
def lower_case(s: Stage) -> None:
    """A transactionId in lower-case hex is the same one."""
    order = s.smdp.order()
    session = s.session().reach("initiated", order)
    s.accepted(session.authenticate(order, transactionId=session.transaction_id.lower()))


# AuthenticateClient


@scenario("smdp.es9.authenticate.eid_mismatch", spec=f"{AUTHENTICATE}, 3.1.3", tests="smdp", needs="orders")
def eid_mismatch(s: Stage) -> None:
    """An order for another EID is refused with 8.1.1/3.8; the right eUICC gets it."""
    order = s.smdp.order(eid=EID)
    s.refused(s.session(eid=OTHER_EID).authenticate(order), AUTH.EID_MISMATCH)
    s.accepted(s.session().authenticate(order))


@scenario(
    "smdp.es9.authenticate.default_order", spec=f"{AUTHENTICATE}, 3.1.1.3", tests="smdp", needs="orders, default_orders"
)
def default_order(s: Stage) -> None:
    """Without a Matching ID the eUICC gets the order that is for its EID; another eUICC none."""
    order = s.smdp.order(eid=EID, matching_id="")
    s.check(not s.session(eid=OTHER_EID).authenticate("").ok, "another eUICC is refused")
    for matching_id in ("", None):
        session = s.session()
        s.accepted(session.authenticate(matching_id))
        s.equal("the ICCID", order.iccid.ef, dig(whole(session.euicc.metadata, 0xBF25), 0x5A).value)


@scenario("smdp.es9.authenticate.no_default_order", spec=f"{AUTHENTICATE}, 3.1.1.3", tests="smdp", needs="orders")
def no_default_order(s: Stage) -> None:
    """Without a Matching ID an order with one isn't handed out: 8.2.6/3.8 or 8.1.1/3.8."""
    nobody_else = "89049032999900000000000000000161"  # no default order of another scenario is for it
    s.smdp.order(eid=nobody_else)
    answer = s.session(eid=nobody_else).authenticate(None)
    s.refused_with(answer, AUTH.MATCHING_ID_REFUSED, AUTH.EID_MISMATCH)


@scenario("smdp.es9.authenticate.confirmed", spec=f"{AUTHENTICATE}, 3.1.6", tests="smdp", needs="orders")
def confirmed(s: Stage) -> None:
    """An order that isn't released yet is refused with 8.2/1.2."""
    s.refused(s.session().authenticate(s.smdp.order(release=False)), AUTH.PROFILE_NOT_RELEASED)


@scenario("smdp.es9.authenticate.installed", spec=f"{AUTHENTICATE}, 3.1.6", tests="smdp", needs="orders")
def already_installed(s: Stage) -> None:
    """The Matching ID of an installed profile is dead: 8.2.6/3.8."""
    order = s.smdp.order()
    s.session().download(order)
    s.refused(s.session().authenticate(order), AUTH.MATCHING_ID_REFUSED)


@scenario("smdp.es9.authenticate.expired", spec=f"{AUTHENTICATE}, 3.1.3", tests="smdp", needs="orders, prepared")
def expired(s: Stage) -> None:
    """An expired order is refused with 8.8.5/4.10 and ends in Error."""
    s.accepted(s.session().authenticate(s.smdp.limited_order(Limits(expires_in=timedelta(days=30)))))
    order = s.smdp.limited_order(Limits(expires_in=timedelta(hours=-1)))
    s.refused(s.session().authenticate(order), AUTH.DOWNLOAD_ORDER_EXPIRED)
    s.equal("the order's state", "Error", s.smdp.state(order))


@scenario("smdp.es9.authenticate.attempts", spec=f"{AUTHENTICATE}, 3.1.3", tests="smdp", needs="orders, prepared")
def attempts(s: Stage) -> None:
    """Attempts are counted: the one after the last allowed is refused with 8.8.5/6.4, the order ends in Error."""
    order = s.smdp.limited_order(Limits(download_limit=2))
    for _ in range(2):
        s.accepted(s.session().authenticate(order))
    s.refused(s.session().authenticate(order), AUTH.DOWNLOAD_ATTEMPTS_EXCEEDED)
    s.equal("the order's state", "Error", s.smdp.state(order))


@scenario("smdp.es9.authenticate.postponed_uncounted", spec=f"{CANCEL}, 3.0.2", tests="smdp", needs="orders, prepared")
def postponed_uncounted(s: Stage) -> None:
    """A download that the user postponed doesn't count as an attempt."""
    order = s.smdp.limited_order(Limits(download_limit=2))
    for _ in range(3):
        session = s.session().reach("authenticated", order)
        s.accepted(session.cancel(CancelSessionReason.postponed))
    s.accepted(s.session().authenticate(order))


@scenario("smdp.es9.authenticate.once", spec=AUTHENTICATE, tests="smdp", needs="orders")
def once(s: Stage) -> None:
    """AuthenticateClient serves once in a session: again it is refused with 8.10.1/3.9."""
    order = s.smdp.order()
    session = s.session()
    s.accepted(session.authenticate(order))
    s.refused(session.authenticate(order), AUTH.UNKNOWN_TRANSACTION_ID)


@scenario("smdp.es9.authenticate.refused_ends", spec=AUTHENTICATE, tests="smdp", needs="orders")
def refused_ends(s: Stage) -> None:
    """A refused AuthenticateClient ends the session: a good one afterwards is refused with 8.10.1/3.9."""
    order = s.smdp.order()
    session = s.session()
    s.refused(session.authenticate("NO-SUCH-ORDER"), AUTH.MATCHING_ID_REFUSED)
    s.refused(session.authenticate(order), AUTH.UNKNOWN_TRANSACTION_ID)


@scenario("smdp.es9.authenticate.unknown_transaction", spec=AUTHENTICATE, tests="smdp", needs="orders")
def unknown_transaction(s: Stage) -> None:
    """A transactionId of no session is refused with 8.10.1/3.9."""
    order = s.smdp.order()
    s.refused(s.session().authenticate(order, transactionId="00" * 16), AUTH.UNKNOWN_TRANSACTION_ID)


@scenario("smdp.es9.authenticate.other_session", spec=AUTHENTICATE, tests="smdp", needs="orders")
def other_session(s: Stage) -> None:
    """What was signed for one session doesn't serve in another."""
    order, first, second = s.smdp.order(), s.session(), s.session()
    first.initiate()
    second.initiate()
    answer = first.authenticate(order, transactionId=second.transaction_id)
    s.refused_with(answer, AUTH.UNKNOWN_TRANSACTION_ID, AUTH.EUICC_SIGNATURE_INVALID)


@scenario("smdp.es9.authenticate.signed_transaction", spec=AUTHENTICATE, tests="smdp", needs="orders")
def signed_transaction(s: Stage) -> None:
    """A well-signed euiccSigned1 of another transaction is refused with 8.10.1/3.9."""
    lie = BeforeSignature("EuiccSigned1", Set("30.80", bytes(16)))
    s.refused(s.session(lie).authenticate(s.smdp.order()), AUTH.UNKNOWN_TRANSACTION_ID)


@scenario("smdp.es9.authenticate.signed_address", spec=AUTHENTICATE, tests="smdp", needs="orders")
def signed_address(s: Stage) -> None:
    """A well-signed euiccSigned1 for another server's address is refused with 8.1/6.1."""
    lie = BeforeSignature("EuiccSigned1", Set("30.83", b"other.example.com"))
    s.refused(s.session(lie).authenticate(s.smdp.order()), AUTH.EUICC_SIGNATURE_INVALID)


@scenario("smdp.es9.authenticate.changed_after_signing", spec=AUTHENTICATE, tests="smdp", needs="orders")
def changed(s: Stage) -> None:
    """EUICCInfo2 that was changed after signing is refused with 8.1/6.1."""
    lie = AfterSignature("EuiccSigned1", Set("30.BF22.81", b"\x02\x01\x00"))
    s.refused(s.session(lie).authenticate(s.smdp.order()), AUTH.EUICC_SIGNATURE_INVALID)


@scenario("smdp.es9.authenticate.foreign_key", spec=AUTHENTICATE, tests="smdp", needs="orders")
def foreign_key(s: Stage) -> None:
    """A signature by another key than CERT.EUICC's is refused with 8.1/6.1."""
    s.refused(s.session(ForeignKey("EuiccSigned1")).authenticate(s.smdp.order()), AUTH.EUICC_SIGNATURE_INVALID)


@scenario("smdp.es9.authenticate.euicc_error", spec=AUTHENTICATE, tests="smdp", needs="orders")
def euicc_error(s: Stage) -> None:
    """An eUICC that refused the server: the session ends, the order stays."""
    order = s.smdp.order()
    session = s.session().reach("initiated", order)
    answer = session.authenticate(order, authenticateServerResponse=session.euicc.refuse_server(2))
    s.equal("the answer", "Failed", answer.execution)
    s.refused(session.authenticate(order), AUTH.UNKNOWN_TRANSACTION_ID)
    s.accepted(s.session().authenticate(order))


@scenario("smdp.es9.authenticate.tac_of_8", spec="SGP.22 v2.5 section 4.2", tests="smdp", needs="orders")
def tac_of_8(s: Stage) -> None:
    """deviceInfo with unknown members and an IMEI is accepted: it is not the server's to encode again."""
    info = tlv(0xA1, tlv(0x80, bytes.fromhex("35290611")), tlv(0xA1, tlv(0x9F, b"\x01")), tlv(0x82, bytes(8)))
    s.accepted(s.session(device_info=info).authenticate(s.smdp.order()))


@scenario("smdp.es9.authenticate.session_lifetime", spec=AUTHENTICATE, tests="smdp", needs="orders, clock")
def lifetime(s: Stage) -> None:
    """A session that is too old is unknown: 8.10.1/3.9; the order can be downloaded in a new one."""
    order = s.smdp.order()
    session = s.session().reach("initiated", order)
    s.advance(hours=24)
    s.refused(session.authenticate(order), AUTH.UNKNOWN_TRANSACTION_ID)
    s.accepted(s.session().authenticate(order))


@scenario("smdp.es9.authenticate.matching_id_case", spec=f"{AUTHENTICATE}, 4.1", tests="smdp", needs="orders")
def matching_id_case(s: Stage) -> None:
    """Matching IDs are compared exactly: one in lower case is another one."""
    order = s.smdp.order(matching_id="ABC-DEF")
    s.check(not s.session().authenticate("abc-def").ok, "lower case is refused")
    s.accepted(s.session().authenticate(order))


# eligibility


def _eligible(name: str, title: str, code: StatusCode | None, euicc: dict[str, Any], **profile: Any) -> None:
    def body(s: Stage) -> None:
        order = s.smdp.order(**profile)
        answer = s.session(**euicc).authenticate(order)
        if code is None:
            s.accepted(answer)
        else:
            s.refused(answer, code)
            s.equal("the order's state", "Released", s.smdp.state(order))

    told = "is offered" if code is None else f"is refused with {code.subject}/{code.reason}, the order stays"
    body.__doc__ = f"{title} {told}."
    scenario(f"smdp.es9.eligibility.{name}", spec=f"{AUTHENTICATE}, 3.1.3; SGP.22 v2.5 annex F", tests="smdp",
             needs="orders, prepared")(body)  # fmt: skip


NOT_ELIGIBLE, FULL = AUTH.NO_ELIGIBLE_PROFILE, AUTH.INSUFFICIENT_MEMORY
_eligible("version_newer", "A package of version 2.3 for an eUICC of 2.1", NOT_ELIGIBLE,
          {"profile_version": b"\x02\x01\x00"}, requirements=Requirements(package_version=(2, 3, 0)))  # fmt: skip
_eligible("version_major", "A package of version 2 for an eUICC of version 3", NOT_ELIGIBLE,
          {"profile_version": b"\x03\x01\x00"}, requirements=Requirements(package_version=(2, 3, 0)))  # fmt: skip
_eligible("version_equal", "A package of exactly the eUICC's version", None,
          {"profile_version": b"\x02\x03\x00"}, requirements=Requirements(package_version=(2, 3, 0)))  # fmt: skip
_eligible(
    "service",
    "A package that needs Tuak for an eUICC without it",
    NOT_ELIGIBLE,
    {"uicc_capability": bytes.fromhex("0348")},
    requirements=Requirements(services=frozenset({"akaTuak256"})),
)
_eligible("memory", "A profile larger than the free memory", FULL,
          {"free_octets": 9_999}, requirements=Requirements(install_octets=10_000))  # fmt: skip
_eligible("memory_exact", "A profile as large as the free memory", None,
          {"free_octets": 10_000}, requirements=Requirements(install_octets=10_000))  # fmt: skip
_eligible("test_profile", "A test profile for an eUICC that takes none", NOT_ELIGIBLE,
          {"rsp_capability": b"\x07\x80"}, profile_class=ProfileClass.test, k=TEST_KEY)  # fmt: skip
_eligible("test_profile_supported", "A test profile for an eUICC that takes them", None, {},
          profile_class=ProfileClass.test, k=TEST_KEY)  # fmt: skip
_eligible("ppr1_forbidden", "A profile with PPR1 for an eUICC that forbids it", NOT_ELIGIBLE,
          {"forbidden_rules": b"\x06\x40"}, pprs=PprIds.ppr1)  # fmt: skip
_eligible("ppr2_forbidden", "A profile with PPR2 for an eUICC that forbids it", NOT_ELIGIBLE,
          {"forbidden_rules": b"\x05\x20"}, pprs=PprIds.ppr2)  # fmt: skip
_eligible("other_rule_forbidden", "A profile with PPR2 for an eUICC that forbids PPR1", None,
          {"forbidden_rules": b"\x06\x40"}, pprs=PprIds.ppr2)  # fmt: skip


# GetBoundProfilePackage


@scenario("smdp.es9.package.before_authentication", spec=PACKAGE, tests="smdp", needs="orders")
def before_authentication(s: Stage) -> None:
    """GetBoundProfilePackage before AuthenticateClient is refused with 8.10.1/3.9."""
    session = s.session().reach("initiated", s.smdp.order())
    answer = session.get_package(prepareDownloadResponse=session.euicc.refuse_download(127))
    s.refused(answer, BPP.UNKNOWN_TRANSACTION_ID)


def _package_lie(name: str, title: str, code: StatusCode, *faults: Any) -> None:
    def body(s: Stage) -> None:
        order = s.smdp.order()
        session = s.session(*faults).reach("authenticated", order)
        s.refused(session.get_package(), code)
        s.equal("the order's state", "Released", s.smdp.state(order))
        s.refused(session.get_package(), BPP.UNKNOWN_TRANSACTION_ID)

    body.__doc__ = f"{title} is refused with {code.subject}/{code.reason}; the session is over, the order stays."
    scenario(f"smdp.es9.package.{name}", spec=PACKAGE, tests="smdp", needs="orders")(body)


_package_lie(
    "signature_damaged", "A damaged euiccSignature2", BPP.EUICC_SIGNATURE_INVALID, DamagedSignature("EuiccSigned2")
)
_package_lie(
    "signature_unbound",
    "A euiccSignature2 that doesn't cover smdpSignature2",
    BPP.EUICC_SIGNATURE_INVALID,
    WithoutSuffix("EuiccSigned2"),
)
_package_lie("foreign_key", "A euiccSignature2 by another key", BPP.EUICC_SIGNATURE_INVALID, ForeignKey("EuiccSigned2"))
_package_lie(
    "signed_transaction",
    "A well-signed euiccSigned2 of another transaction",
    BPP.UNKNOWN_TRANSACTION_ID,
    BeforeSignature("EuiccSigned2", Set("30.80", bytes(16))),
)
_package_lie(
    "no_point",
    "A one-time key that is no point of the curve",
    BPP.EUICC_SIGNATURE_INVALID,
    BeforeSignature("EuiccSigned2", Set("30.5F49", b"\x04" + b"\x01" * 64)),
)


@scenario("smdp.es9.package.euicc_error", spec=PACKAGE, tests="smdp", needs="orders")
def download_error(s: Stage) -> None:
    """An eUICC that refused PrepareDownload: the session ends, the order stays."""
    order = s.smdp.order()
    session = s.session().reach("authenticated", order)
    answer = session.get_package(prepareDownloadResponse=session.euicc.refuse_download(2))
    s.equal("the answer", "Failed", answer.execution)
    s.refused(session.get_package(), BPP.UNKNOWN_TRANSACTION_ID)
    s.accepted(s.session().authenticate(order))


@scenario("smdp.es9.package.code_missing", spec=f"{PACKAGE}, 4.7", tests="smdp", needs="orders, confirmation_code")
def code_missing(s: Stage) -> None:
    """Without the Confirmation Code: 8.2.7/2.2; smdpSigned2 had asked for it."""
    order = s.smdp.order(confirmation_code="4711")
    session = s.session().reach("authenticated", order)
    s.equal("ccRequiredFlag", True, session.euicc.code_required)
    s.refused(session.get_package(), BPP.CONFIRMATION_CODE_MISSING)


@scenario("smdp.es9.package.code_right", spec=f"{PACKAGE}, 4.7", tests="smdp", needs="orders, confirmation_code")
def code_right(s: Stage) -> None:
    """With the right Confirmation Code the package comes."""
    s.accepted(s.session().reach("authenticated", s.smdp.order(confirmation_code="4711")).get_package("4711"))


@scenario("smdp.es9.package.code_not_asked", spec=f"{PACKAGE}, 4.7", tests="smdp", needs="orders")
def code_not_asked(s: Stage) -> None:
    """A hashCc that nobody asked for is ignored."""
    s.accepted(s.session().reach("authenticated", s.smdp.order()).get_package("0000"))


@scenario(
    "smdp.es9.package.code_of_other_session", spec=f"{PACKAGE}, 4.7", tests="smdp", needs="orders, confirmation_code"
)
def code_replayed(s: Stage) -> None:
    """hashCc belongs to its transactionId: one of another session is refused with 8.2.7/3.8."""
    order = s.smdp.order(confirmation_code="4711")
    replayed = confirmation_hash("4711", bytes(16))
    session = s.session(BeforeSignature("EuiccSigned2", Set("30.04", replayed))).reach("authenticated", order)
    s.refused(session.get_package("4711"), BPP.CONFIRMATION_CODE_REFUSED)


@scenario(
    "smdp.es9.package.code_attempts", spec=f"{PACKAGE}, 4.7", tests="smdp", needs="orders, confirmation_code, prepared"
)
def code_attempts(s: Stage) -> None:
    """The last allowed wrong code is refused with 8.2.7/6.4 and ends the order, the right one comes too late."""
    order = s.smdp.limited_order(Limits(confirmation_limit=2), confirmation_code="4711")
    first = s.session().reach("authenticated", order)
    s.refused(first.get_package("1"), BPP.CONFIRMATION_CODE_REFUSED)
    second = s.session().reach("authenticated", order)
    s.refused(second.get_package("2"), BPP.CONFIRMATION_CODE_RETRIES_EXCEEDED)
    s.equal("the order's state", "Error", s.smdp.state(order))
    s.check(not s.session().authenticate(order).ok, "the order is dead")


@scenario("smdp.es9.package.repeated", spec=f"{PACKAGE}, 3.1.3", tests="smdp", needs="orders")
def repeated(s: Stage) -> None:
    """The same request again in the session: the same package, or 8.10.1/3.9."""
    session = s.session().reach("bound", s.smdp.order())
    assert session.bound is not None
    again = session.get_package()
    if again.ok:
        first, second = (whole(one.octets("boundProfilePackage"), 0xBF36) for one in (session.bound, again))
        s.equal("the protected sequences", first.children[1:], second.children[1:])
    else:
        s.refused(again, BPP.UNKNOWN_TRANSACTION_ID)


@scenario("smdp.es9.package.retry_same_key", spec=f"{PACKAGE}, 3.1.3.2", tests="smdp", needs="orders")
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


@scenario("smdp.es9.package.retry_new_key", spec=f"{PACKAGE}, 3.1.3.2", tests="smdp", needs="orders")
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
        s.refused(answer, BPP.BPP_REBINDING_REFUSED)


@scenario("smdp.es9.package.rebinding_refused", spec=f"{PACKAGE}, 3.1.3.2", tests="smdp", needs="orders, settings")
def rebinding_refused(s: Stage) -> None:
    """A server that doesn't bind anew refuses another one-time key with 8.2/3.7."""
    s.smdp.change(rebinding=False)
    order = s.smdp.order()
    first = s.session(keep_one_time_key=False).reach("bound", order)
    second = s.session_of(first.euicc).reach("authenticated", order)
    s.refused(second.get_package(), BPP.BPP_REBINDING_REFUSED)


@scenario("smdp.es9.package.bound_to_eid", spec=f"{PACKAGE}, 3.1.3", tests="smdp", needs="orders")
def bound_to_eid(s: Stage) -> None:
    """Once bound, an order belongs to its eUICC: another one is refused with 8.1.1/3.8."""
    order = s.smdp.order()
    s.session().reach("bound", order)
    s.refused(s.session(eid=OTHER_EID).authenticate(order), AUTH.EID_MISMATCH)


@scenario("smdp.es9.package.race", spec=f"{PACKAGE}, 3.1.3", tests="smdp", needs="orders")
def race(s: Stage) -> None:
    """Of two eUICCs that are both authenticated for one order, one gets the package; the other is refused."""
    order = s.smdp.order()
    first, second = (s.session(eid=eid).reach("authenticated", order) for eid in (EID, OTHER_EID))
    s.accepted(first.get_package())
    s.check(not second.get_package().ok, "the second one is refused")


@scenario("smdp.es9.package.expired_meanwhile", spec=PACKAGE, tests="smdp", needs="prepared, clock")
def expired_meanwhile(s: Stage) -> None:
    """An order that expires while the user thinks is refused with 8.8.5/4.10."""
    order = s.smdp.limited_order(Limits(expires_in=timedelta(minutes=10)))
    session = s.session().reach("authenticated", order)
    s.advance(minutes=11)
    s.refused(session.get_package(), BPP.DOWNLOAD_ORDER_EXPIRED)


@scenario("smdp.es9.package.session_keys", spec=f"{PACKAGE}, 2.5.3", tests="smdp", needs="orders, settings")
def session_keys(s: Stage) -> None:
    """A server that protects under session keys sends no ReplaceSessionKeys, and the package opens."""
    s.smdp.change(key_mode=KeyMode.SESSION_KEYS)
    order: Ordered = s.smdp.order()
    opened = s.session().download(order)
    s.equal("profile protection keys", False, opened.has_profile_keys)
    if order.profile:
        s.equal("the package", order.profile.package, opened.package)


@scenario("smdp.es9.package.brainpool", spec=f"{PACKAGE}, 2.6", tests="smdp", needs="orders, brainpool")
def brainpool(s: Stage) -> None:
    """The whole download on brainpoolP256r1: keys agreed on that curve, the package opens."""
    order: Ordered = s.smdp.order()
    opened = s.session(curve="BRP").download(order)
    s.equal("the one-time key", 65, len(opened.otpk_dp))
    if order.profile:
        s.equal("the package", order.profile.package, opened.package)


@scenario("smdp.es9.package.host_id", spec=f"{PACKAGE}; SGP.22 v2.5 annex G", tests="smdp", needs="orders, settings")
def host_id(s: Stage) -> None:
    """The HostID in the control reference template is the one that the keys are derived with, 16 octets long or 1."""
    for octets in (b"X", b"0123456789ABCDEF"):
        s.smdp.change(host_id=octets)
        opened = s.session().download(s.smdp.order())
        s.equal("the HostID", octets, opened.host_id)


@scenario("smdp.es9.package.restart", spec=PACKAGE, tests="smdp", needs="orders, crash")
def restart(s: Stage) -> None:
    """A server that was restarted in the middle of a session goes on with it."""
    order = s.smdp.order()
    session = s.session().reach("authenticated", order)
    s.smdp.restart()
    s.accepted(session.get_package())
    s.smdp.restart()
    s.accepted(session.report())
    s.equal("the order's state", "Installed", s.smdp.state(order))


@scenario("smdp.es9.package.large_metadata", spec=f"{PACKAGE}, 2.5.4", tests="smdp", needs="orders, prepared")
def large_metadata(s: Stage) -> None:
    """Metadata of more than 1008 octets travels in several 88, and is put together again."""
    recipients = tuple(NotificationRecipient(f"host-{n}.{'x' * 40}.example.com") for n in range(25))
    order = s.smdp.order(notifications=recipients)
    opened = s.session().download(order)
    s.check(len(opened.metadata) > 1008, "the metadata is large")
    if order.profile:
        s.equal("the metadata", order.profile.metadata, opened.metadata)


# CancelSession


AFTER = {
    CancelSessionReason.metadataMismatch: "Error",
    CancelSessionReason.loadBppExecutionError: "Error",
    CancelSessionReason.undefinedReason: "Error",
}


def _cancelled(reason: CancelSessionReason) -> None:
    def body(s: Stage) -> None:
        order = s.smdp.order()
        session = s.session().reach("bound", order)
        s.accepted(session.cancel(reason))
        s.equal("the order's state", AFTER[reason], s.smdp.state(order))

    body.__doc__ = f"CancelSession with {reason.name} after the package was fetched: the order is {AFTER[reason]}."
    scenario(f"smdp.es9.cancel.{reason.name.lower()}", spec=f"{CANCEL}, 3.0.2", tests="smdp", needs="orders")(body)


for _reason in AFTER:
    _cancelled(_reason)


@scenario("smdp.es9.cancel.signed_transaction", spec=CANCEL, tests="smdp", needs="orders")
def cancel_signed_transaction(s: Stage) -> None:
    """A well-signed cancellation of another transaction is refused with 8.10.1/3.9; the order stays."""
    order = s.smdp.order()
    lie = BeforeSignature("EuiccCancelSessionSigned", Set("30.80", bytes(16)))
    session = s.session(lie).reach("authenticated", order)
    s.refused(session.cancel(CancelSessionReason.endUserRejection), ES9P.CANCEL_SESSION.UNKNOWN_TRANSACTION_ID)
    s.equal("the order's state", "Released", s.smdp.state(order))


@scenario("smdp.es9.cancel.ends_session", spec=CANCEL, tests="smdp", needs="orders")
def cancel_ends(s: Stage) -> None:
    """A cancelled session is over: GetBoundProfilePackage and another CancelSession get 8.10.1/3.9."""
    session = s.session().reach("authenticated", s.smdp.order())
    s.accepted(session.cancel(CancelSessionReason.postponed))
    s.refused(session.get_package(), BPP.UNKNOWN_TRANSACTION_ID)
    s.refused(session.cancel(CancelSessionReason.postponed), ES9P.CANCEL_SESSION.UNKNOWN_TRANSACTION_ID)


@scenario("smdp.es9.cancel.changed_reason", spec=CANCEL, tests="smdp", needs="orders")
def changed_reason(s: Stage) -> None:
    """A reason that was changed after signing is refused with 8.1/6.1."""
    lie = AfterSignature("EuiccCancelSessionSigned", Set("30.82", b"\x00"))
    session = s.session(lie).reach("authenticated", s.smdp.order())
    s.refused(session.cancel(CancelSessionReason.postponed), ES9P.CANCEL_SESSION.EUICC_SIGNATURE_INVALID)


@scenario("smdp.es9.cancel.euicc_error", spec=CANCEL, tests="smdp", needs="orders")
def cancel_error(s: Stage) -> None:
    """An eUICC that couldn't sign a cancellation doesn't end the order."""
    order = s.smdp.order()
    session = s.session().reach("authenticated", order)
    session.cancel(CancelSessionReason.postponed, cancelSessionResponse=session.euicc.refuse_cancel(127))
    s.accepted(s.session().authenticate(order))


# HandleNotification


FINAL = BppCommandId.loadProfileElements, ErrorReason.installFailedDueToPEProcessingError


@scenario("smdp.es9.notification.memory", spec=f"{NOTIFY}, 2.5.6", tests="smdp", needs="orders")
def memory(s: Stage) -> None:
    """An installation that failed for lack of memory may be tried again."""
    order = s.smdp.order()
    session = s.session().reach("bound", order)
    error = BppCommandId.loadProfileElements, ErrorReason.installFailedDueToInsufficientMemoryForProfile
    s.accepted(session.report(error=error))
    s.accepted(s.session_of(session.euicc).authenticate(order))


@scenario("smdp.es9.notification.repeated", spec=NOTIFY, tests="smdp", needs="orders")
def notified_twice(s: Stage) -> None:
    """The same installation result again is acknowledged and changes nothing."""
    order = s.smdp.order()
    session = s.session().reach("bound", order)
    result = session.euicc.installation_result(s.smdp.address)
    s.accepted(session.notify(result))
    s.accepted(session.notify(result))
    s.equal("the order's state", "Installed", s.smdp.state(order))


@scenario("smdp.es9.notification.told_once", spec=f"{NOTIFY}, 5.3.5", tests="smdp", needs="orders, inspect")
def told_once(s: Stage) -> None:
    """The same installation result again isn't told to the operator again."""
    session = s.session().reach("bound", s.smdp.order())
    result = session.euicc.installation_result(s.smdp.address)
    s.accepted(session.notify(result))
    told = len(s.smdp.messages())
    s.accepted(session.notify(result))
    s.equal("messages to the operator", told, len(s.smdp.messages()))


@scenario("smdp.es9.notification.failure_after_success", spec=NOTIFY, tests="smdp", needs="orders")
def failure_after_success(s: Stage) -> None:
    """A failure that arrives after the success doesn't undo it."""
    order = s.smdp.order()
    session = s.session()
    session.download(order)
    s.accepted(session.report(error=FINAL))
    s.equal("the order's state", "Installed", s.smdp.state(order))


@scenario("smdp.es9.notification.earlier_session", spec=NOTIFY, tests="smdp", needs="orders")
def earlier_session(s: Stage) -> None:
    """A failure of an earlier attempt doesn't end the order, for which a later one is under way."""
    order = s.smdp.order()
    first = s.session().reach("bound", order)
    late = first.euicc.installation_result(s.smdp.address, error=FINAL)
    second = s.session_of(first.euicc).reach("bound", order)
    s.accepted(second.notify(late))
    s.equal("the order's state", "Downloaded", s.smdp.state(order))
    s.accepted(second.report())
    s.equal("after the success", "Installed", s.smdp.state(order))


@scenario("smdp.es9.notification.other_oid", spec=f"{NOTIFY}, 2.5.6", tests="smdp", needs="orders")
def other_oid(s: Stage) -> None:
    """A well-signed result with another SM-DP+'s OID is acknowledged, and changes nothing."""
    order = s.smdp.order()
    lie = BeforeSignature("ProfileInstallationResultData", Set("BF27.06", bytes.fromhex("883763")))
    s.accepted(s.session(lie).reach("bound", order).report())
    s.equal("the order's state", "Downloaded", s.smdp.state(order))


@scenario("smdp.es9.notification.other_iccid", spec=f"{NOTIFY}, 2.5.6", tests="smdp", needs="orders")
def other_iccid(s: Stage) -> None:
    """A well-signed result for another ICCID is acknowledged, and changes nothing."""
    order = s.smdp.order()
    session = s.session().reach("bound", order)
    s.accepted(session.report(iccid=bytes.fromhex("98001032547698103214")))
    s.equal("the order's state", "Downloaded", s.smdp.state(order))


@scenario("smdp.es9.notification.unbound", spec=NOTIFY, tests="smdp", needs="orders")
def unbound(s: Stage) -> None:
    """A result for a session in which no package was fetched is acknowledged, and changes nothing."""
    order = s.smdp.order()
    session = s.session().reach("authenticated", order)
    s.accepted(session.report())
    s.equal("the order's state", "Released", s.smdp.state(order))


@scenario("smdp.es9.notification.rubbish", spec=NOTIFY, tests="smdp")
def rubbish(s: Stage) -> None:
    """Whatever comes is acknowledged with 204 and an empty body, so that the LPA forgets it."""
    for pending in (b"\x30\x00", b"rubbish", b"\xbf\x37\x02\x30\x00"):
        answer = s.smdp.es9("handleNotification", pendingNotification=pending)
        s.equal("status and body", (204, b""), (answer.status, answer.body))


def _event(event: NotificationEvent, expected: str) -> None:
    def body(s: Stage) -> None:
        order, session = s.smdp.order(), s.session()
        session.download(order)
        s.accepted(session.report_event(event, order))
        s.equal("what the SM-DP+ knows", expected, s.smdp.installation(order, session.euicc.eid))

    body.__doc__ = f"{event.names[0]} is acknowledged and noted as {expected}."
    scenario(f"smdp.es9.notification.{expected.lower()}", spec=NOTIFY, tests="smdp", needs="orders, inspect")(body)


_event(NotificationEvent.notificationDisable, "Disabled")
_event(NotificationEvent.notificationDelete, "Deleted")


def _unheard(name: str, title: str, *faults: Any, address: str | None = None) -> None:
    def body(s: Stage) -> None:
        order = s.smdp.order()
        good = s.session()
        good.download(order)
        liar = s.session(*faults)
        liar.euicc.sequence_number = 50
        s.accepted(liar.report_event(NotificationEvent.notificationDelete, order, address))
        s.equal("what the SM-DP+ knows", "Installed", s.smdp.installation(order, good.euicc.eid))

    body.__doc__ = f"{title} is acknowledged, and nothing follows from it."
    scenario(f"smdp.es9.notification.{name}", spec=NOTIFY, tests="smdp", needs="orders, inspect")(body)


_unheard("event_damaged", "A notification whose signature is wrong", DamagedSignature("TbsOtherNotification"))
_unheard("event_foreign_key", "A notification that another key signed", ForeignKey("TbsOtherNotification"))
_unheard("event_elsewhere", "A notification for another server", address="stranger.example.com")


@scenario(
    "smdp.es9.notification.operator_told",
    spec="SGP.22 v2.5 section 5.3.5, 3.1.6",
    tests="smdp",
    needs="orders",
)
def operator_told(s: Stage) -> None:
    """The order's failure that is final is no longer downloadable, and its Matching ID is dead."""
    order = s.smdp.order()
    session = s.session().reach("bound", order)
    s.accepted(session.report(error=FINAL))
    s.check(not s.session().authenticate(order).ok, "the Matching ID is dead")


# nothing leaks


@scenario("smdp.es9.no_metadata_before_authentication", spec=AUTHENTICATE, tests="smdp", needs="orders")
def no_leak(s: Stage) -> None:
    """A refused AuthenticateClient tells nothing of the profile."""
    order = s.smdp.order()
    answer = s.session(DamagedSignature("EuiccSigned1")).authenticate(order)
    s.equal("the members", {"header"}, set(answer.members))


@scenario("smdp.es9.chain.eum_missing", spec=f"{AUTHENTICATE}, 4.5.2", tests="smdp", needs="orders")
def eum_missing(s: Stage) -> None:
    """A response without CERT.EUM is refused."""
    lie = OnWire("AuthenticateServerResponse", Remove("BF38.A0.30[2]"))
    answer = s.session(lie).authenticate(s.smdp.order())
    s.check(not answer.ok, "it is refused", "a refusal", str(answer))


@scenario("smdp.es9.orders_apart", spec=f"{AUTHENTICATE}, 3.1.3", tests="smdp", needs="orders")
def apart(s: Stage) -> None:
    """Two orders are two profiles: each Matching ID leads to its own ICCID."""
    orders = [s.smdp.order(), s.smdp.order()]
    for order in orders:
        session = s.session()
        s.accepted(session.authenticate(order.matching_id))
        found = find(whole(session.euicc.metadata, 0xBF25), 0x5A)
        s.equal("the ICCID", order.iccid.ef, found.value if found else b"")


@scenario("smdp.es9.generic.version_header", spec="SGP.22 v2.5 section 6.3", tests="smdp")
def version_header(s: Stage) -> None:
    """On ES9+ the X-Admin-Protocol header is informative: without it the function is executed."""
    euicc = s.session().euicc
    octets = {"euiccChallenge": euicc.new_challenge(), "euiccInfo1": euicc.info1()}
    body = {name: b64encode(value).decode() for name, value in octets.items()} | {"smdpAddress": s.smdp.address}
    headers = {"Content-Type": "application/json"}
    s.accepted(s.smdp.es9_raw("initiateAuthentication", json.dumps(body).encode(), headers))
