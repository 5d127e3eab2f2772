"""What an LPA accepts of an SM-DP+'s TLS certificate, with real handshakes."""

from certs.zoo import describe
from lpa.core.errors import CertificateExpired, TlsRefused, UnfitCertificate, UnknownRoot, WrongHost
from scenarios import Stage, scenario
from wire.activation_code import ActivationCode

SPEC = "SGP.22 v2.5 section 2.6.6, 4.5.2"
ERRORS: dict[str, type[TlsRefused]] = {
    "expired": CertificateExpired,
    "not_yet_valid": CertificateExpired,
    "wrong_root": UnknownRoot,
    "wrong_host": WrongHost,
    "bad_signature": TlsRefused,
    "unknown_critical_extension": TlsRefused,
    "wrong_policy": UnfitCertificate,
    "missing_policy": UnfitCertificate,
    "wrong_key_usage": TlsRefused,
    "missing_key_usage": UnfitCertificate,
    "wrong_extended_key_usage": TlsRefused,
    "missing_extended_key_usage": UnfitCertificate,
    "wrong_curve": UnfitCertificate,
}


@scenario("tls.lpa.sound", spec=SPEC, tests="lpa", needs="sockets")
def sound(s: Stage) -> None:
    """A server with a sound CERT.DPtls is talked to, and the download goes through."""
    server = s.tls_server()
    front = s.front(behind=server)
    s.went_through(s.tls_lpa(server).download(ActivationCode(front.kit.address, "MATCHING-1")))
    s.check(server.requests > 0, "the server got requests")


def _register(defect: str, error: type[TlsRefused]) -> None:
    def body(s: Stage) -> None:
        server = s.tls_server(defect)
        front = s.front(behind=server)
        s.raised(s.tls_lpa(server).download(ActivationCode(front.kit.address, "MATCHING-1")), error)
        s.equal("requests that the server got", 0, server.requests)

    body.__doc__ = f"CERT.DPtls: {describe(defect)}. The LPA leaves the SM-DP+ before any request."
    scenario(f"tls.lpa.{defect}", spec=SPEC, tests="lpa", needs="sockets")(body)


for _defect, _error in ERRORS.items():
    _register(_defect, _error)


@scenario("tls.lpa.other_role", spec=f"{SPEC}, 3.0.1", tests="lpa", needs="sockets")
def other_role(s: Stage) -> None:
    """CERT.DStls in front of an SM-DP+: the LPA stops at the latest when it authenticates as SM-DP+."""
    server = s.tls_server(role="DStls")
    front = s.front(behind=server)
    outcome = s.tls_lpa(server).download(ActivationCode(front.kit.address, "MATCHING-1"))
    s.check(not outcome.is_known or not outcome.ok, "the LPA's procedure ends with an error", "an error", outcome)
    s.equal("authenticateClient", 0, len(front.of("authenticateClient")))


@scenario("tls.lpa.version_1_1", spec="SGP.22 v2.5 section 2.6.6", tests="lpa", needs="sockets")
def old_version(s: Stage) -> None:
    """A server that speaks TLS 1.1 at most is left before any request."""
    server = s.tls_server(version="1.1")
    front = s.front(behind=server)
    s.raised(s.tls_lpa(server).download(ActivationCode(front.kit.address, "MATCHING-1")), TlsRefused)
    s.equal("requests that the server got", 0, server.requests)


@scenario("tls.lpa.version_1_2", spec="SGP.22 v2.5 section 2.6.6", tests="lpa", needs="sockets")
def version_1_2(s: Stage) -> None:
    """A server that speaks TLS 1.2 at most is talked to."""
    server = s.tls_server(version="1.2")
    front = s.front(behind=server)
    s.went_through(s.tls_lpa(server).download(ActivationCode(front.kit.address, "MATCHING-1")))
    s.check(server.requests > 0, "the server got requests")
