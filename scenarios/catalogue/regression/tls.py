"""Real bugs with TLS servers that an LPA must not talk to, with real handshakes over loopback."""

import ssl
from datetime import UTC, datetime, timedelta

from certs.crl import Revoked, issue_crl
from lpa.core.errors import CertificateExpired, CertificateRevoked, UnknownRoot, WrongHost
from scenarios import Stage, scenario
from wire.activation_code import ActivationCode

SPEC = "SGP.22 v2.5 section 2.6.6, 4.5.2"


@scenario("regression.tls_wrong_host", spec=SPEC, tests="lpa", needs="sockets")
def wrong_host(s: Stage) -> None:
    """Sound certificates of a parent, of a child, and of a host that begins like the one dialled: none will do."""
    for other in ("example.com", f"rsp.{s.lpa_host}", f"{s.lpa_host}.example.org"):
        server = s.tls_server(host=other)
        front = s.front(behind=server)
        s.raised(s.tls_lpa(server).download(ActivationCode(front.kit.address, "M-1")), WrongHost)
        s.equal(f"requests that {other} got", 0, server.requests)


@scenario("regression.tls_expired", spec=SPEC, tests="lpa", needs="sockets, retries")
def expired(s: Stage) -> None:
    """An expired certificate is no network failure: the LPA doesn't try again, and keeps nothing of the session."""
    server = s.tls_server("expired")
    front = s.front(behind=server)
    outcome = s.tls_lpa(server, retry_waits_s=(1.0, 1.0)).download(ActivationCode(front.kit.address, "M-1"))
    s.raised(outcome, CertificateExpired)
    s.equal("pauses before another try", (), outcome.waits)
    s.equal("requests that the server got", 0, server.requests)


@scenario("regression.tls_wrong_root", spec=SPEC, tests="lpa", needs="sockets")
def wrong_root(s: Stage) -> None:
    """A stranger who sends the real CI's certificate along with his own: the chain proves nothing, the LPA leaves."""
    server = s.tls_server("wrong_root", chain=(s.pki.ci("NIST").certificate,))
    front = s.front(behind=server)
    s.raised(s.tls_lpa(server).download(ActivationCode(front.kit.address, "M-1")), UnknownRoot)
    s.equal("requests that the server got", 0, server.requests)


@scenario("regression.tls_revoked", spec=f"{SPEC}; RFC 5280 section 5", tests="lpa", needs="sockets, lpa_crl")
def revoked(s: Stage) -> None:
    """A revoked certificate is left by an LPA that has the list, and for the list alone, which may have others."""
    server, now = s.tls_server("revoked"), datetime.now(UTC)
    code = ActivationCode(s.front(behind=server).kit.address, "M-1")
    shown = ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate(("127.0.0.1", server.port)))
    entry = Revoked.of(shown, now - timedelta(hours=1))
    lists = [
        issue_crl(
            s.pki.ci("NIST"), [one], number=1, this_update=now - timedelta(hours=1), next_update=now + timedelta(days=1)
        )
        for one in (entry, entry._replace(serial=entry.serial + 1))
    ]
    s.raised(s.tls_lpa(server, crls=lists[:1]).download(code), CertificateRevoked)
    s.equal("requests that the server got", 0, server.requests)
    s.went_through(s.tls_lpa(server, crls=lists[1:]).download(code))
