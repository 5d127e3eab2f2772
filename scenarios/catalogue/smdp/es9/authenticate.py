"""ES9+.AuthenticateClient: sessions, signatures, and which order the eUICC gets."""

from datetime import timedelta

from scenarios import Stage, scenario
from scenarios.faults import AfterSignature, BeforeSignature, DamagedSignature, ForeignKey, OnWire, Remove, Set
from scenarios.grounds import EID, OTHER_EID
from scenarios.kit.read import dig, find, whole
from scenarios.stock import Limits
from wire.codes import ES9P
from wire.es10 import CancelSessionReason
from wire.tlv import tlv

SPEC = "SGP.22 v2.5 section 5.6.3"
CODES = ES9P.AUTHENTICATE_CLIENT


@scenario("smdp.es9.authenticate.nominal", spec=f"{SPEC}, 3.1.3", tests="smdp", needs="orders")
def nominal(s: Stage) -> None:
    """smdpSigned2 is bound to euiccSignature1 by CERT.DPpb, and the metadata is that of the order."""
    order = s.smdp.order()
    session = s.session()
    s.accepted(session.authenticate(order))
    if order.profile:
        s.equal("profileMetadata is the order's", order.profile.metadata, session.euicc.metadata)
    s.equal("no Confirmation Code is asked for", False, session.euicc.code_required)


@scenario("smdp.es9.authenticate.signature_damaged", spec=SPEC, tests="smdp", needs="orders")
def signature_damaged(s: Stage) -> None:
    """A damaged euiccSignature1 is refused with 8.1/6.1; the order stays Released."""
    order = s.smdp.order()
    s.refused(s.session(DamagedSignature("EuiccSigned1")).authenticate(order), CODES.EUICC_SIGNATURE_INVALID)
    s.equal("the order's state", "Released", s.smdp.state(order))


@scenario("smdp.es9.authenticate.server_challenge", spec=SPEC, tests="smdp", needs="orders")
def server_challenge(s: Stage) -> None:
    """A well-signed euiccSigned1 with another serverChallenge is refused with 8.1/6.1."""
    order = s.smdp.order()
    lie = BeforeSignature("EuiccSigned1", Set("30.84", bytes(16)))
    s.refused(s.session(lie).authenticate(order), CODES.EUICC_SIGNATURE_INVALID)


@scenario("smdp.es9.authenticate.matching_id_unknown", spec=SPEC, tests="smdp")
def matching_id_unknown(s: Stage) -> None:
    """A Matching ID that no order has is refused with 8.2.6/3.8."""
    s.refused(s.session().authenticate("NO-SUCH-ORDER"), CODES.MATCHING_ID_REFUSED)


@scenario("smdp.es9.authenticate.eid_mismatch", spec=f"{SPEC}, 3.1.3", tests="smdp", needs="orders")
def eid_mismatch(s: Stage) -> None:
    """An order for another EID is refused with 8.1.1/3.8; the right eUICC gets it."""
    order = s.smdp.order(eid=EID)
    s.refused(s.session(eid=OTHER_EID).authenticate(order), CODES.EID_MISMATCH)
    s.accepted(s.session().authenticate(order))


@scenario("smdp.es9.authenticate.default_order", spec=f"{SPEC}, 3.1.1.3", tests="smdp", needs="orders, default_orders")
def default_order(s: Stage) -> None:
    """Without a Matching ID the eUICC gets the order that is for its EID; another eUICC none."""
    order = s.smdp.order(eid=EID, matching_id="")
    s.check(not s.session(eid=OTHER_EID).authenticate("").ok, "another eUICC is refused")
    for matching_id in ("", None):
        session = s.session()
        s.accepted(session.authenticate(matching_id))
        s.equal("the ICCID", order.iccid.ef, dig(whole(session.euicc.metadata, 0xBF25), 0x5A).value)


@scenario("smdp.es9.authenticate.no_default_order", spec=f"{SPEC}, 3.1.1.3", tests="smdp", needs="orders")
def no_default_order(s: Stage) -> None:
    """Without a Matching ID an order with one isn't handed out: 8.2.6/3.8 or 8.1.1/3.8."""
    nobody_else = "89049032999900000000000000000161"  # no default order of another scenario is for it
    s.smdp.order(eid=nobody_else)
    answer = s.session(eid=nobody_else).authenticate(None)
    s.refused_with(answer, CODES.MATCHING_ID_REFUSED, CODES.EID_MISMATCH)


@scenario("smdp.es9.authenticate.confirmed", spec=f"{SPEC}, 3.1.6", tests="smdp", needs="orders")
def confirmed(s: Stage) -> None:
    """An order that isn't released yet is refused with 8.2/1.2."""
    s.refused(s.session().authenticate(s.smdp.order(release=False)), CODES.PROFILE_NOT_RELEASED)


@scenario("smdp.es9.authenticate.installed", spec=f"{SPEC}, 3.1.6", tests="smdp", needs="orders")
def already_installed(s: Stage) -> None:
    """The Matching ID of an installed profile is dead: 8.2.6/3.8."""
    order = s.smdp.order()
    s.session().download(order)
    s.refused(s.session().authenticate(order), CODES.MATCHING_ID_REFUSED)


@scenario("smdp.es9.authenticate.expired", spec=f"{SPEC}, 3.1.3", tests="smdp", needs="orders, prepared")
def expired(s: Stage) -> None:
    """An expired order is refused with 8.8.5/4.10 and ends in Error."""
    s.accepted(s.session().authenticate(s.smdp.limited_order(Limits(expires_in=timedelta(days=30)))))
    order = s.smdp.limited_order(Limits(expires_in=timedelta(hours=-1)))
    s.refused(s.session().authenticate(order), CODES.DOWNLOAD_ORDER_EXPIRED)
    s.equal("the order's state", "Error", s.smdp.state(order))


@scenario("smdp.es9.authenticate.attempts", spec=f"{SPEC}, 3.1.3", tests="smdp", needs="orders, prepared")
def attempts(s: Stage) -> None:
    """Attempts are counted: the one after the last allowed is refused with 8.8.5/6.4, the order ends in Error."""
    order = s.smdp.limited_order(Limits(download_limit=2))
    for _ in range(2):
        s.accepted(s.session().authenticate(order))
    s.refused(s.session().authenticate(order), CODES.DOWNLOAD_ATTEMPTS_EXCEEDED)
    s.equal("the order's state", "Error", s.smdp.state(order))


@scenario(
    "smdp.es9.authenticate.postponed_uncounted",
    spec="SGP.22 v2.5 section 5.6.5, 3.0.2",
    tests="smdp",
    needs="orders, prepared",
)
def postponed_uncounted(s: Stage) -> None:
    """A download that the user postponed doesn't count as an attempt."""
    order = s.smdp.limited_order(Limits(download_limit=2))
    for _ in range(3):
        session = s.session().reach("authenticated", order)
        s.accepted(session.cancel(CancelSessionReason.postponed))
    s.accepted(s.session().authenticate(order))


@scenario("smdp.es9.authenticate.once", spec=SPEC, tests="smdp", needs="orders")
def once(s: Stage) -> None:
    """AuthenticateClient serves once in a session: again it is refused with 8.10.1/3.9."""
    order = s.smdp.order()
    session = s.session()
    s.accepted(session.authenticate(order))
    s.refused(session.authenticate(order), CODES.UNKNOWN_TRANSACTION_ID)


@scenario("smdp.es9.authenticate.refused_ends", spec=SPEC, tests="smdp", needs="orders")
def refused_ends(s: Stage) -> None:
    """A refused AuthenticateClient ends the session: a good one afterwards is refused with 8.10.1/3.9."""
    order = s.smdp.order()
    session = s.session()
    s.refused(session.authenticate("NO-SUCH-ORDER"), CODES.MATCHING_ID_REFUSED)
    s.refused(session.authenticate(order), CODES.UNKNOWN_TRANSACTION_ID)


@scenario("smdp.es9.authenticate.unknown_transaction", spec=SPEC, tests="smdp", needs="orders")
def unknown_transaction(s: Stage) -> None:
    """A transactionId of no session is refused with 8.10.1/3.9."""
    order = s.smdp.order()
    s.refused(s.session().authenticate(order, transactionId="00" * 16), CODES.UNKNOWN_TRANSACTION_ID)


@scenario("smdp.es9.authenticate.other_session", spec=SPEC, tests="smdp", needs="orders")
def other_session(s: Stage) -> None:
    """What was signed for one session doesn't serve in another."""
    order, first, second = s.smdp.order(), s.session(), s.session()
    first.initiate()
    second.initiate()
    answer = first.authenticate(order, transactionId=second.transaction_id)
    s.refused_with(answer, CODES.UNKNOWN_TRANSACTION_ID, CODES.EUICC_SIGNATURE_INVALID)


@scenario("smdp.es9.authenticate.signed_transaction", spec=SPEC, tests="smdp", needs="orders")
def signed_transaction(s: Stage) -> None:
    """A well-signed euiccSigned1 of another transaction is refused with 8.10.1/3.9."""
    lie = BeforeSignature("EuiccSigned1", Set("30.80", bytes(16)))
    s.refused(s.session(lie).authenticate(s.smdp.order()), CODES.UNKNOWN_TRANSACTION_ID)


@scenario("smdp.es9.authenticate.signed_address", spec=SPEC, tests="smdp", needs="orders")
def signed_address(s: Stage) -> None:
    """A well-signed euiccSigned1 for another server's address is refused with 8.1/6.1."""
    lie = BeforeSignature("EuiccSigned1", Set("30.83", b"other.example.com"))
    s.refused(s.session(lie).authenticate(s.smdp.order()), CODES.EUICC_SIGNATURE_INVALID)


@scenario("smdp.es9.authenticate.changed_after_signing", spec=SPEC, tests="smdp", needs="orders")
def changed(s: Stage) -> None:
    """EUICCInfo2 that was changed after signing is refused with 8.1/6.1."""
    lie = AfterSignature("EuiccSigned1", Set("30.BF22.81", b"\x02\x01\x00"))
    s.refused(s.session(lie).authenticate(s.smdp.order()), CODES.EUICC_SIGNATURE_INVALID)


@scenario("smdp.es9.authenticate.foreign_key", spec=SPEC, tests="smdp", needs="orders")
def foreign_key(s: Stage) -> None:
    """A signature by another key than CERT.EUICC's is refused with 8.1/6.1."""
    s.refused(s.session(ForeignKey("EuiccSigned1")).authenticate(s.smdp.order()), CODES.EUICC_SIGNATURE_INVALID)


@scenario("smdp.es9.authenticate.euicc_error", spec=SPEC, tests="smdp", needs="orders")
def euicc_error(s: Stage) -> None:
    """An eUICC that refused the server: the session ends, the order stays."""
    order = s.smdp.order()
    session = s.session().reach("initiated", order)
    answer = session.authenticate(order, authenticateServerResponse=session.euicc.refuse_server(2))
    s.equal("the answer", "Failed", answer.execution)
    s.refused(session.authenticate(order), CODES.UNKNOWN_TRANSACTION_ID)
    s.accepted(s.session().authenticate(order))


@scenario("smdp.es9.authenticate.tac_of_8", spec="SGP.22 v2.5 section 4.2", tests="smdp", needs="orders")
def tac_of_8(s: Stage) -> None:
    """deviceInfo with unknown members and an IMEI is accepted: it is not the server's to encode again."""
    info = tlv(0xA1, tlv(0x80, bytes.fromhex("35290611")), tlv(0xA1, tlv(0x9F, b"\x01")), tlv(0x82, bytes(8)))
    s.accepted(s.session(device_info=info).authenticate(s.smdp.order()))


@scenario("smdp.es9.authenticate.session_lifetime", spec=SPEC, tests="smdp", needs="orders, clock")
def lifetime(s: Stage) -> None:
    """A session that is too old is unknown: 8.10.1/3.9; the order can be downloaded in a new one."""
    order = s.smdp.order()
    session = s.session().reach("initiated", order)
    s.advance(hours=24)
    s.refused(session.authenticate(order), CODES.UNKNOWN_TRANSACTION_ID)
    s.accepted(s.session().authenticate(order))


@scenario("smdp.es9.authenticate.matching_id_case", spec=f"{SPEC}, 4.1", tests="smdp", needs="orders")
def matching_id_case(s: Stage) -> None:
    """Matching IDs are compared exactly: one in lower case is another one."""
    order = s.smdp.order(matching_id="ABC-DEF")
    s.check(not s.session().authenticate("abc-def").ok, "lower case is refused")
    s.accepted(s.session().authenticate(order))


@scenario("smdp.es9.no_metadata_before_authentication", spec=SPEC, tests="smdp", needs="orders")
def no_leak(s: Stage) -> None:
    """A refused AuthenticateClient tells nothing of the profile."""
    order = s.smdp.order()
    answer = s.session(DamagedSignature("EuiccSigned1")).authenticate(order)
    s.equal("the members", {"header"}, set(answer.members))


@scenario("smdp.es9.chain.eum_missing", spec=f"{SPEC}, 4.5.2", tests="smdp", needs="orders")
def eum_missing(s: Stage) -> None:
    """A response without CERT.EUM is refused."""
    lie = OnWire("AuthenticateServerResponse", Remove("BF38.A0.30[2]"))
    answer = s.session(lie).authenticate(s.smdp.order())
    s.check(not answer.ok, "it is refused", "a refusal", str(answer))


@scenario("smdp.es9.orders_apart", spec=f"{SPEC}, 3.1.3", tests="smdp", needs="orders")
def apart(s: Stage) -> None:
    """Two orders are two profiles: each Matching ID leads to its own ICCID."""
    orders = [s.smdp.order(), s.smdp.order()]
    for order in orders:
        session = s.session()
        s.accepted(session.authenticate(order.matching_id))
        found = find(whole(session.euicc.metadata, 0xBF25), 0x5A)
        s.equal("the ICCID", order.iccid.ef, found.value if found else b"")
