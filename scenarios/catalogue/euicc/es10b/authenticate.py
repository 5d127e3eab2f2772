"""ES10b.AuthenticateServer."""

from scenarios import Stage, scenario
from scenarios.faults import BeforeSignature, Certificate, DamagedSignature, OnWire, Remove, Set
from scenarios.kit.read import dig, find
from scenarios.parties.euicc import error_of
from wire.es10 import AuthenticateErrorCode, DownloadErrorCode

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


@scenario("euicc.es10b.authenticate.without_challenge", spec=SPEC, tests="euicc")
def without_challenge(s: Stage) -> None:
    """AuthenticateServer without a session is refused with noSessionContext."""
    response = s.card.es10(s.server().authenticate_server(bytes(16)))
    s.result("AuthenticateServer", error_of(response), AuthenticateErrorCode.noSessionContext)


@scenario("euicc.es10b.authenticate.twice", spec=SPEC, tests="euicc")
def authenticated_twice(s: Stage) -> None:
    """A challenge serves once: the same AuthenticateServer again is refused."""
    server = s.server()
    request = server.authenticate_server(s.card.challenge())
    s.result("AuthenticateServer", error_of(s.card.es10(request)), None)
    s.check(error_of(s.card.es10(request)) is not None, "the same request again is refused")


@scenario("euicc.es10b.authenticate.context_copied", spec=f"{SPEC}, 4.2", tests="euicc")
def context_copied(s: Stage) -> None:
    """A ctxParams1 without matchingId is signed as it came."""
    server = s.server()
    signed = server.check_authentication(s.card.authenticate(server, matching_id=None).raw)
    s.check(find(dig(signed, 0xA0), 0x80) is None, "no matchingId is made up")


@scenario("euicc.es10b.authenticate.malformed", spec=SPEC, tests="euicc")
def malformed(s: Stage) -> None:
    """AuthenticateServer without its certificate is refused, and the next session works."""
    server = s.server(OnWire("AuthenticateServerRequest", Remove("BF38.30[1]")))
    answer = s.card.send(server.authenticate_server(s.card.challenge()))
    refused = answer.sw != 0x9000 or b"\xa0" not in answer.data[:5]
    s.check(refused, "the malformed request is refused")
    s.card.power_on()
    good = s.server()
    good.check_authentication(s.card.authenticate(good).raw)


@scenario("euicc.es10b.authenticate.ci_unknown", spec=SPEC, tests="euicc")
def ci_unknown(s: Stage) -> None:
    """An euiccCiPKIdToBeUsed under which the card has no chain: ciPKUnknown."""
    server = s.server()
    server.ci_pkid = bytes(20)
    s.result("AuthenticateServer", s.card.authentication_error(server), AuthenticateErrorCode.ciPKUnknown)


@scenario("euicc.es10b.authenticate.refused_keeps_challenge", spec=SPEC, tests="euicc")
def refused_keeps(s: Stage) -> None:
    """A refused server leaves no session: PrepareDownload is refused with noSessionContext."""
    server = s.server(Certificate("DPauth", "bad_signature"))
    s.check(s.card.authentication_error(server) is not None, "the server is refused")
    s.result("PrepareDownload", error_of(s.card.prepare(server)), DownloadErrorCode.noSessionContext)


@scenario("euicc.es10b.authenticate.no_clock", spec="SGP.22 v2.5 section 4.5.2", tests="euicc")
def no_clock(s: Stage) -> None:
    """A card has no clock: an expired CERT.DPauth alone doesn't make it refuse the server."""
    s.result("AuthenticateServer", s.card.authentication_error(s.server(Certificate("DPauth", "expired"))), None)


@scenario("euicc.es10b.authenticate.short_transaction", spec=SPEC, tests="euicc")
def short_transaction(s: Stage) -> None:
    """A transactionId may have one octet."""
    server = s.server(transaction_id_octets=1)
    s.card.reach("prepared", server)
    s.equal("its length", 1, len(server.transaction_id))


@scenario("euicc.es10b.authenticate.cross_ci", spec=f"{SPEC}, 3.0.1", tests="euicc", needs="brainpool")
def cross_ci(s: Stage) -> None:
    """A NIST server may ask for the card's Brainpool chain: the card signs under the CI that is named."""
    server = s.server()
    server.ci_pkid, server.ci_certificate = s.pki.ci("BRP").ski, s.pki.ci("BRP").certificate
    server.check_authentication(s.card.authenticate(server).raw)
    s.check(True, "everything signed verifies under the Brainpool CI")
