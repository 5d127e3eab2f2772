"""What an LPA accepts of a server's TLS certificate, with real handshakes over loopback."""

from lpa.core.errors import CertificateExpired, TlsRefused, UnknownRoot, WrongHost
from scenarios import Stage, scenario
from wire.activation_code import ActivationCode

SPEC = "SGP.22 v2.5 section 2.6.6, 4.5.2"


def meets(s: Stage, defect: str, error: type[TlsRefused]) -> None:
    """The LPA must leave a server with this defect before anything is said."""
    front = s.front()
    server = s.tls_server(front, defect)
    s.raised(s.tls_lpa(server).download(ActivationCode(front.kit.address, "MATCHING-1")), error)
    s.equal("requests that the server got", 0, server.requests)


@scenario("tls.lpa.sound", spec=SPEC, tests="lpa", needs="sockets")
def sound(s: Stage) -> None:
    """A server with a sound CERT.DPtls is talked to, and the download goes through."""
    front = s.front()
    server = s.tls_server(front)
    s.went_through(s.tls_lpa(server).download(ActivationCode(front.kit.address, "MATCHING-1")))


@scenario("tls.lpa.expired", spec=SPEC, tests="lpa", needs="sockets")
def expired(s: Stage) -> None:
    """An expired CERT.DPtls ends the procedure before any request."""
    meets(s, "expired", CertificateExpired)


@scenario("tls.lpa.wrong_root", spec=SPEC, tests="lpa", needs="sockets")
def wrong_root(s: Stage) -> None:
    """CERT.DPtls of a stranger with the CI's name ends the procedure before any request."""
    meets(s, "wrong_root", UnknownRoot)


@scenario("tls.lpa.wrong_host", spec=SPEC, tests="lpa", needs="sockets")
def wrong_host(s: Stage) -> None:
    """CERT.DPtls of another host ends the procedure before any request."""
    meets(s, "wrong_host", WrongHost)
