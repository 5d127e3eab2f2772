"""ES9+.InitiateAuthentication."""

from typing import Any

from scenarios import Stage, scenario
from scenarios.kit.read import dig, whole
from wire.codes import ES9P, StatusCode
from wire.tlv import tlv

SPEC = "SGP.22 v2.5 section 5.6.1"
CODES = ES9P.INITIATE_AUTHENTICATION


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
    s.refused(s.session().initiate(address="stranger.example.com"), CODES.INVALID_DP_ADDRESS)


def _initiate(name: str, title: str, code: StatusCode | None, **euicc: Any) -> None:
    def body(s: Stage) -> None:
        answer = s.session(**euicc).initiate()
        if code is None:
            s.accepted(answer)
        else:
            s.refused(answer, code)

    told = "accepted" if code is None else f"refused with {code.subject}/{code.reason}"
    body.__doc__ = f"{title} is {told}."
    scenario(f"smdp.es9.initiate.{name}", spec=SPEC, tests="smdp")(body)


_initiate("svn_1", "An eUICC of SVN 1.0", CODES.SVN_NOT_SUPPORTED, svn=b"\x01\x00\x00")


_initiate("svn_2_2", "An eUICC of SVN 2.2.2", None, svn=b"\x02\x02\x02")


_initiate("ci_unknown", "An eUICC that signs under an unknown CI only", CODES.CI_PK_NOT_SUPPORTED, signing=(bytes(20),))


_initiate("signing_empty", "An eUICC with an empty list for signing", CODES.CI_PK_NOT_SUPPORTED, signing=())


_initiate(
    "no_certificate",
    "An eUICC that verifies under an unknown CI only",
    CODES.NO_CERTIFICATE_FOR_CI,
    verification=(bytes(20),),
)


@scenario("smdp.es9.initiate.priority", spec=SPEC, tests="smdp", needs="brainpool")
def priority(s: Stage) -> None:
    """The eUICC's first CI that the server trusts is chosen, unknown ones before it are skipped."""
    brainpool, nist = s.pki.ci("BRP").ski, s.pki.ci("NIST").ski
    answer = s.accepted(s.session(signing=(bytes(20), brainpool, nist)).initiate())
    s.equal("euiccCiPKIdToBeUsed", tlv(0x04, brainpool), answer.octets("euiccCiPKIdToBeUsed"))


@scenario("smdp.es9.initiate.verification_apart", spec=SPEC, tests="smdp", needs="brainpool")
def verification_apart(s: Stage) -> None:
    """The server's certificate is one that the eUICC can verify, even under another CI than it signs under."""
    session = s.session(verification=(s.pki.ci("BRP").ski,), trust=(s.pki.ci("BRP").certificate,))
    answer = s.accepted(session.initiate())
    s.equal("euiccCiPKIdToBeUsed", tlv(0x04, s.pki.ci("NIST").ski), answer.octets("euiccCiPKIdToBeUsed"))


@scenario("smdp.es9.initiate.fresh", spec=SPEC, tests="smdp")
def fresh(s: Stage) -> None:
    """Every session has its own transactionId and serverChallenge, 16 octets, in upper-case hex."""
    answers = [s.accepted(s.session().initiate()) for _ in range(3)]
    identifiers = {answer.text("transactionId") for answer in answers}
    challenges = {dig(whole(answer.octets("serverSigned1"), 0x30), 0x84).value for answer in answers}
    s.equal("different transactionIds and challenges", (3, 3), (len(identifiers), len(challenges)))
    s.check(all(one == one.upper() for one in identifiers), "upper case")


@scenario("smdp.es9.initiate.address_spelling", spec=SPEC, tests="smdp")
def spelling(s: Stage) -> None:
    """The server knows its address in any case of letters and with a port; serverSigned1 leads back to it."""
    for address in (s.smdp.address.upper(), f"{s.smdp.address}:8443"):
        s.accepted(s.session().initiate(address=address))


@scenario("smdp.es9.initiate.same_challenge", spec=SPEC, tests="smdp")
def same_challenge(s: Stage) -> None:
    """A repeated request opens another session."""
    session = s.session()
    first = s.accepted(session.initiate())
    challenge = session.euicc.challenge
    again = s.smdp.es9("initiateAuthentication", euiccChallenge=challenge, euiccInfo1=session.euicc.info1(),
                       smdpAddress=s.smdp.address)  # fmt: skip
    s.check(s.accepted(again).text("transactionId") != first.text("transactionId"), "another transactionId")
