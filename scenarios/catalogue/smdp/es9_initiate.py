"""ES9+.InitiateAuthentication."""

from scenarios import Stage, scenario
from wire.codes import ES9P

SPEC = "SGP.22 v2.5 section 5.6.1"


@scenario("smdp.es9.initiate.nominal_nist", spec=f"{SPEC}, 3.0.1", tests="smdp", needs="nist")
def nominal_nist(s: Stage) -> None:
    """The answer is signed by CERT.DPauth on NIST P-256 and returns the eUICC's challenge."""
    session = s.session(curve="NIST")
    s.accepted(session.initiate())
    s.equal("the transactionId has 1 to 16 octets", True, 1 <= len(session.euicc.transaction_id) <= 16)


@scenario("smdp.es9.initiate.nominal_brainpool", spec=f"{SPEC}, 3.0.1", tests="smdp", needs="brainpool")
def nominal_brainpool(s: Stage) -> None:
    """An eUICC that signs on brainpoolP256r1 only is offered CERT.DPauth on that curve."""
    s.accepted(s.session(curve="BRP").initiate())


@scenario("smdp.es9.initiate.wrong_address", spec=SPEC, tests="smdp")
def wrong_address(s: Stage) -> None:
    """An smdpAddress that isn't the server's own is refused with 8.8.1/3.8."""
    s.refused(s.session().initiate(address="stranger.example.com"), ES9P.INITIATE_AUTHENTICATION.INVALID_DP_ADDRESS)
