"""What an LPA accepts of an SM-DS's TLS certificate, with real handshakes."""

from certs.zoo import describe
from lpa.core.errors import TlsRefused, UnfitCertificate
from scenarios import Stage, scenario
from scenarios.catalogue.tls.lpa import ERRORS
from scenarios.grounds import KIT_HOST

SPEC = "SGP.22 v2.5 section 2.6.6, 4.5.2, 3.6.2"
NEEDS = "sockets, lpa_discovery, lpa_result"


def _leaves(s: Stage, error: type[TlsRefused], defect: str = "sound", role: str = "DStls") -> None:
    server = s.tls_server(defect, role=role)
    s.smds_front(address=KIT_HOST, behind=server)
    s.raised(s.tls_lpa(server).discover(KIT_HOST), error)
    s.equal("requests that the server got", 0, server.requests)


@scenario("tls.lpa.smds.sound", spec=SPEC, tests="lpa", needs=NEEDS)
def sound(s: Stage) -> None:
    """An SM-DS with a sound CERT.DStls is asked for events."""
    server = s.tls_server(role="DStls")
    s.smds_front(address=KIT_HOST, events=[("E-1", "smdp.example.com")], behind=server)
    outcome = s.tls_lpa(server).discover(KIT_HOST)
    s.went_through(outcome)
    s.equal("the events", ["E-1"], [one.eventId for one in outcome.value])


@scenario("tls.lpa.smds.other_role", spec=SPEC, tests="lpa", needs=NEEDS)
def other_role(s: Stage) -> None:
    """CERT.DPtls in front of an SM-DS: the LPA leaves it before any request."""
    _leaves(s, UnfitCertificate, role="DPtls")


def _register(defect: str, error: type[TlsRefused]) -> None:
    def body(s: Stage) -> None:
        _leaves(s, error, defect)

    body.__doc__ = f"CERT.DStls: {describe(defect)}. The LPA leaves the SM-DS before any request."
    scenario(f"tls.lpa.smds.{defect}", spec=SPEC, tests="lpa", needs=NEEDS)(body)


for _defect, _error in ERRORS.items():
    _register(_defect, _error)
