"""The broken-certificate zoo at the LPA: which TLS servers it talks to, with real handshakes."""

from certs.zoo import describe
from lpa.core.errors import CertificateExpired, TlsRefused, UnknownRoot, WrongHost
from scenarios import Stage, scenario
from wire.activation_code import ActivationCode

SPEC = "SGP.22 v2.5 section 2.6.6, 4.5.2"
ERRORS: dict[str, type[TlsRefused]] = {
    "not_yet_valid": CertificateExpired,
    "bad_signature": TlsRefused,
    "wrong_key_usage": TlsRefused,
    "unknown_critical_extension": TlsRefused,
    "wrong_extended_key_usage": TlsRefused,
    "wrong_root": UnknownRoot,
    "wrong_host": WrongHost,
}


def _register(defect: str, error: type[TlsRefused]) -> None:
    def body(s: Stage) -> None:
        front = s.smds_front(address="kit.example.com")
        server = s.tls_server(front, defect, role="DStls")
        s.raised(s.tls_lpa(server).discover("kit.example.com"), error)
        s.equal("requests that the server got", 0, server.requests)

    body.__doc__ = f"CERT.DStls.TLS: {describe(defect)}. The LPA leaves the SM-DS before any request."
    scenario(f"tls.lpa.smds.{defect}", spec=f"{SPEC}, 3.6.2", tests="lpa", needs="sockets, lpa_discovery, lpa_result")(
        body
    )


for _defect, _error in ERRORS.items():
    _register(_defect, _error)


@scenario("tls.lpa.version_1_1", spec="SGP.22 v2.5 section 2.6.6", tests="lpa", needs="sockets")
def old_version(s: Stage) -> None:
    """A server that speaks TLS 1.1 at most is left before any request."""
    front = s.front()
    server = s.tls_server(front, version="1.1")
    s.raised(s.tls_lpa(server).download(ActivationCode(front.kit.address, "MATCHING-1")), TlsRefused)
    s.equal("requests that the server got", 0, server.requests)


@scenario("tls.lpa.version_1_2", spec="SGP.22 v2.5 section 2.6.6", tests="lpa", needs="sockets")
def version_1_2(s: Stage) -> None:
    """A server that speaks TLS 1.2 at most is talked to."""
    front = s.front()
    server = s.tls_server(front, version="1.2")
    s.went_through(s.tls_lpa(server).download(ActivationCode(front.kit.address, "MATCHING-1")))
