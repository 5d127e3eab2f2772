"""ES10b.AuthenticateServer."""

from scenarios import Stage, scenario
from scenarios.faults import BeforeSignature, Certificate, DamagedSignature, Set
from wire.es10 import AuthenticateErrorCode

SPEC = "SGP.22 v2.5 section 5.7.13"


@scenario("euicc.es10b.authenticate.nominal_nist", spec=f"{SPEC}, 3.0.1", tests="euicc", needs="nist")
def nominal_nist(s: Stage) -> None:
    """A good SM-DP+ on NIST P-256 is accepted, and everything that the card signs is good."""
    server = s.server(curve="NIST")
    server.check_authentication(s.card.authenticate(server).raw)
    s.equal("the EID of CERT.EUICC is the card's", s.card.eid, server.eid.hex())


@scenario("euicc.es10b.authenticate.nominal_brainpool", spec=f"{SPEC}, 3.0.1", tests="euicc", needs="brainpool")
def nominal_brainpool(s: Stage) -> None:
    """A good SM-DP+ on brainpoolP256r1 is accepted."""
    server = s.server(curve="BRP")
    server.check_authentication(s.card.authenticate(server).raw)
    s.equal("the EID of CERT.EUICC is the card's", s.card.eid, server.eid.hex())


@scenario("euicc.es10b.authenticate.signature_damaged", spec=SPEC, tests="euicc")
def signature_damaged(s: Stage) -> None:
    """A damaged serverSignature1 is refused with invalidSignature."""
    code = s.card.authentication_error(s.server(DamagedSignature("ServerSigned1")))
    s.result("AuthenticateServer", code, AuthenticateErrorCode.invalidSignature)


@scenario("euicc.es10b.authenticate.challenge", spec=SPEC, tests="euicc")
def challenge(s: Stage) -> None:
    """A well-signed serverSigned1 with another euiccChallenge is refused with euiccChallengeMismatch."""
    code = s.card.authentication_error(s.server(BeforeSignature("ServerSigned1", Set("30.81", bytes(16)))))
    s.result("AuthenticateServer", code, AuthenticateErrorCode.euiccChallengeMismatch)


@scenario("euicc.es10b.authenticate.wrong_root", spec=f"{SPEC}, 4.5.2", tests="euicc")
def wrong_root(s: Stage) -> None:
    """CERT.DPauth of a stranger with the CI's name is refused with invalidCertificate or ciPKUnknown."""
    code = s.card.authentication_error(s.server(Certificate("DPauth", "wrong_root")))
    errors = AuthenticateErrorCode.invalidCertificate, AuthenticateErrorCode.ciPKUnknown
    s.result("AuthenticateServer", code, *errors)
