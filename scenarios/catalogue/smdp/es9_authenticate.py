"""ES9+.AuthenticateClient."""

from scenarios import Stage, scenario
from scenarios.faults import BeforeSignature, DamagedSignature, Set
from wire.codes import ES9P

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
