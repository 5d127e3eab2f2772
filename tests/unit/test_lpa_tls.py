"""Both HTTP clients of the agent against real TLS servers on loopback: who is accepted, who is refused and why.

Validity is relative to the system clock, because that is the clock the TLS library looks at.
"""

import asyncio
import http.server
import os
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from certs import roles
from certs.authority import Credential, self_signed
from certs.crl import Revoked, issue_crl
from certs.pki import Pki
from certs.roles import Role
from certs.variants import v3_policy
from certs.x509 import POLICIES, extended_key_usage, name
from certs.zoo import zoo
from lpa.core.actions import HttpReply, TlsPeer
from lpa.core.certificate import public_key_info
from lpa.core.errors import (
    BodyTooLarge,
    CertificateExpired,
    CertificateRevoked,
    HttpError,
    HttpTimeout,
    PinMismatch,
    PlainHttpRefused,
    TlsRefused,
    UnfitCertificate,
    UnknownRoot,
    Unreachable,
    WrongHost,
)
from lpa.core.es9 import Server
from lpa.core.procedures.download import download
from lpa.core.settings import LpaSettings
from lpa.core.tls_certificate import TlsRole, Unfit, role_of
from lpa.drive import run
from lpa.http.asynchronous import AsyncioHttpClient
from lpa.http.blocking import BlockingHttpClient
from lpa.http.trust import TlsTrust
from lpa.user import ScriptedUser
from wire.activation_code import ActivationCode

NOW = datetime.now(UTC)
HOST = "rsp.example.com"
_SPKI = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
HEADERS = {"Content-Type": "application/json"}
DATA = Path(os.environ.get("RSPLAB_DATA", Path(__file__).parents[3] / "shared" / "data"))


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki.generate([HOST], not_before=NOW - timedelta(days=1), curves=["NIST"])


class Handler(http.server.BaseHTTPRequestHandler):
    """Echoes; the path chooses the misbehaviour."""

    protocol_version = "HTTP/1.1"
    connections: set[int]
    paths: list[str]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.connections.add(self.client_address[1])
        self.paths.append(self.path)
        if self.path == "/stall":
            threading.Event().wait(2)
            return
        if self.path == "/hang-up":
            self.close_connection = True
            return
        self.send_response(302 if self.path == "/redirect" else 200)
        if self.path == "/redirect":
            self.send_header("Location", "https://elsewhere.example.com/")
        body = b"x" * 5000 if self.path == "/large" else body
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = self.path == "/then-close"

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serving(credential: Credential | None, tmp_path: Path, version: ssl.TLSVersion | None = None) -> Iterator[Any]:
    """An HTTP server; TLS with the credential, plain without. Yields it, with `port` and `connections`."""

    class Connections(Handler):
        connections: set[int] = set()
        paths: list[str] = []

    class Server(http.server.ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            pass

    server = Server(("127.0.0.1", 0), Connections)
    server.daemon_threads = True
    if credential:
        (tmp_path / "chain.pem").write_bytes(credential.chain_pem)
        (tmp_path / "key.pem").write_bytes(credential.key_pem)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tmp_path / "chain.pem", tmp_path / "key.pem")
        if version:
            context.maximum_version = version
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Client:
    """One of the two clients behind the same awaitable face."""

    def __init__(self, kind: str, trust: TlsTrust, **timeouts: float) -> None:
        make: Callable[..., Any] = BlockingHttpClient if kind == "blocking" else AsyncioHttpClient
        self._inner = make(trust, **timeouts)
        self._waits = kind == "asyncio"

    async def connect(self, url: str) -> TlsPeer | None:
        answer = self._inner.connect(url)
        return (await answer) if self._waits else answer

    async def post(self, url: str, body: bytes = b"{}") -> HttpReply:
        answer = self._inner.post(url, HEADERS, body)
        return (await answer) if self._waits else answer

    async def close(self) -> None:
        closed = self._inner.close()
        if self._waits:
            await closed


@pytest.fixture(params=["blocking", "asyncio"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def trusting(pki: Pki, port: int, **more: Any) -> TlsTrust:
    """Trusts the PKI's CIs; the test host's names lead to the port on loopback."""
    names = {HOST: f"127.0.0.1:{port}", "other.example.com": f"127.0.0.1:{port}"}
    return TlsTrust([ci.certificate for ci in pki.cis], resolve=names, **more)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_a_good_server_is_verified_and_answers(
    pki: Pki, tmp_path: Path, kind: str, version: ssl.TLSVersion
) -> None:
    with serving(pki.dp_tls(), tmp_path, version) as server:
        client = Client(kind, trusting(pki, server.server_port))
        peer = await client.connect(f"https://{HOST}")
        assert peer is not None
        assert (peer.host, peer.version) == (HOST, version.name.replace("_", ".", 1).replace("_", "."))
        assert peer.certificate == pki.dp_tls().certificate
        reply = await client.post(f"https://{HOST}/echo?x=1", b"octets")
        assert (reply.status, reply.body, reply.headers["content-length"]) == (200, b"octets", "6")
        await client.close()


@pytest.mark.parametrize(
    ("defect", "error"),
    [
        ("expired", CertificateExpired),
        ("not_yet_valid", CertificateExpired),
        ("wrong_root", UnknownRoot),
        ("wrong_host", WrongHost),
        ("bad_signature", TlsRefused),
        ("wrong_extended_key_usage", TlsRefused),
        ("unknown_critical_extension", TlsRefused),
        ("wrong_policy", UnfitCertificate),
        ("missing_policy", UnfitCertificate),
        ("wrong_key_usage", TlsRefused),
        ("missing_key_usage", UnfitCertificate),
        ("missing_extended_key_usage", UnfitCertificate),
        ("wrong_curve", UnfitCertificate),
    ],
)
async def test_a_bad_certificate_is_refused_with_its_reason_and_what_to_do(
    pki: Pki, tmp_path: Path, kind: str, defect: str, error: type[TlsRefused]
) -> None:
    credential = zoo(pki, Role.DP_TLS, defect, now=NOW, hosts=[HOST])
    with serving(credential, tmp_path) as server:
        client = Client(kind, trusting(pki, server.server_port))
        for attempt in (client.connect, client.post):
            with pytest.raises(error) as caught:
                await attempt(f"https://{HOST}/echo")
            assert caught.value.hint
            assert not caught.value.retryable
            assert f"https://{HOST}/echo" in str(caught.value)
        await client.close()
        assert not server.RequestHandlerClass.connections


@pytest.mark.parametrize("role", [Role.DP_TLS, Role.DS_TLS])
async def test_the_role_of_a_good_server_is_told(pki: Pki, tmp_path: Path, kind: str, role: Role) -> None:
    with serving(zoo(pki, role, "sound", now=NOW, hosts=[HOST]), tmp_path) as server:
        client = Client(kind, trusting(pki, server.server_port))
        peer = await client.connect(f"https://{HOST}")
        assert peer is not None
        assert peer.role is {Role.DP_TLS: TlsRole.DP, Role.DS_TLS: TlsRole.DS}[role]
        await client.close()


@pytest.mark.parametrize("purpose", [roles.SERVER_AUTH, roles.CLIENT_AUTH])
def test_half_of_the_extended_key_usage_is_not_enough(pki: Pki, purpose: str) -> None:
    template = roles.tls_server(Role.DP_TLS, "2.999.10", (HOST,)).with_extension(extended_key_usage(purpose))
    certificate = pki.ci().issue(template, not_before=NOW, entropy=pki.entropy).certificate
    other = {roles.SERVER_AUTH: "clientAuth", roles.CLIENT_AUTH: "serverAuth"}[purpose]
    with pytest.raises(Unfit, match=f"extendedKeyUsage: {other} missing"):
        role_of(certificate)


def test_a_v3_role_is_a_role(pki: Pki) -> None:
    template = roles.tls_server(Role.DS_TLS, "2.999.15", (HOST,)).with_extension(v3_policy(Role.DS_TLS))
    assert role_of(pki.ci().issue(template, not_before=NOW, entropy=pki.entropy).certificate) is TlsRole.DS


def test_what_is_no_certificate_is_unfit() -> None:
    with pytest.raises(Unfit, match="certificate"):
        role_of(b"\x30\x03\x02\x01\x01")


async def test_servers_of_a_root_that_is_no_gsma_ci_have_no_role_to_show(pki: Pki, tmp_path: Path, kind: str) -> None:
    plain = replace(roles.ci(), subject=name(("CN", "A public CA"))).without(POLICIES)
    root = self_signed(plain, "NIST", not_before=NOW - timedelta(days=1), entropy=pki.entropy)
    template = roles.tls_server(Role.DP_TLS, "2.999.10", (HOST,)).without(POLICIES)
    web = template.with_extension(extended_key_usage(roles.SERVER_AUTH))
    credential = root.issue(web, not_before=NOW - timedelta(hours=1), entropy=pki.entropy)
    with serving(credential, tmp_path) as server:
        names = {HOST: f"127.0.0.1:{server.server_port}"}
        client = Client(kind, TlsTrust([root.certificate], resolve=names))
        peer = await client.connect(f"https://{HOST}")
        assert peer is not None
        assert peer.role is None
        await client.close()
        strict = Client(kind, TlsTrust([root.certificate, pki.ci().certificate], resolve=names))
        with pytest.raises(UnfitCertificate, match="extendedKeyUsage"):
            await strict.connect(f"https://{HOST}")
        await strict.close()


def test_the_genuine_sgp26_tls_certificates_are_fit() -> None:
    found = sorted((DATA / "sgp26").rglob("CERT*_TLS*.der"))
    if not found:
        pytest.skip(f"no SGP.26 test PKI at {DATA / 'sgp26'}")
    assert {role_of(path.read_bytes()) for path in found} == {TlsRole.DP}


async def test_without_its_ci_a_good_server_has_an_unknown_root(pki: Pki, tmp_path: Path, kind: str) -> None:
    other = Pki.generate([HOST], not_before=NOW - timedelta(days=1), curves=["NIST"])
    with serving(pki.dp_tls(), tmp_path) as server:
        for trust in (
            trusting(other, server.server_port),
            TlsTrust([], resolve={HOST: f"127.0.0.1:{server.server_port}"}),
        ):
            client = Client(kind, trust)
            with pytest.raises(UnknownRoot):
                await client.post(f"https://{HOST}/echo")
            await client.close()


async def test_a_name_that_is_not_in_the_certificate_is_a_wrong_host(pki: Pki, tmp_path: Path, kind: str) -> None:
    with serving(pki.dp_tls(), tmp_path) as server:
        client = Client(kind, trusting(pki, server.server_port))
        with pytest.raises(WrongHost):
            await client.connect("https://other.example.com")
        await client.close()


async def test_pinned_keys_are_demanded_on_top_of_the_chain(pki: Pki, tmp_path: Path, kind: str) -> None:
    pin = sha256(public_key_info(pki.dp_tls().certificate)).digest()
    assert pin == sha256(pki.dp_tls().key.public_key().public_bytes(*_SPKI)).digest()
    with serving(pki.dp_tls(), tmp_path) as server:
        good = Client(kind, trusting(pki, server.server_port, pins=frozenset({bytes(32), pin})))
        assert (await good.post(f"https://{HOST}/echo")).status == 200
        await good.close()
        bad = Client(kind, trusting(pki, server.server_port, pins=frozenset({bytes(32)})))
        for attempt in (bad.connect, bad.post):
            with pytest.raises(PinMismatch) as caught:
                await attempt(f"https://{HOST}/echo")
            assert pin.hex() in str(caught.value)
        await bad.close()


def crl(pki: Pki, *revoked: bytes, age: timedelta = timedelta(0)) -> bytes:
    serials = [x509.load_der_x509_certificate(certificate).serial_number for certificate in revoked]
    return issue_crl(
        pki.ci(),
        [Revoked(serial, NOW - timedelta(hours=1)) for serial in serials],
        number=1,
        this_update=NOW - timedelta(hours=1) - age,
        next_update=NOW + timedelta(days=1) - age,
    )


async def test_a_revoked_server_is_refused_where_the_agent_has_the_list(pki: Pki, tmp_path: Path, kind: str) -> None:
    with serving(pki.dp_tls(), tmp_path) as server:
        for lists, error in (
            ([crl(pki)], None),
            ([crl(pki, pki.dp_tls().certificate)], CertificateRevoked),
            ([crl(pki, age=timedelta(days=2))], TlsRefused),
        ):
            client = Client(kind, trusting(pki, server.server_port, crls=lists))
            if error is None:
                assert (await client.post(f"https://{HOST}/echo")).status == 200
            else:
                with pytest.raises(error):
                    await client.post(f"https://{HOST}/echo")
            await client.close()


async def test_plain_http_needs_the_switch_that_names_it(pki: Pki, tmp_path: Path, kind: str) -> None:
    with serving(None, tmp_path) as server:
        strict = Client(kind, trusting(pki, server.server_port))
        for attempt in (strict.connect, strict.post):
            with pytest.raises(PlainHttpRefused):
                await attempt(f"http://{HOST}/echo")
        await strict.close()
        lab = Client(kind, trusting(pki, server.server_port, insecure_plain_http=True))
        assert await lab.connect(f"http://{HOST}") is None
        assert (await lab.post(f"http://{HOST}/echo", b"hello")).body == b"hello"
        await lab.close()


async def test_allowing_plain_http_does_not_weaken_https(pki: Pki, tmp_path: Path, kind: str) -> None:
    with serving(zoo(pki, Role.DP_TLS, "wrong_root", now=NOW, hosts=[HOST]), tmp_path) as server:
        client = Client(kind, trusting(pki, server.server_port, insecure_plain_http=True))
        with pytest.raises(UnknownRoot):
            await client.post(f"https://{HOST}/echo")
        await client.close()


async def test_redirects_are_reported_not_followed(pki: Pki, tmp_path: Path, kind: str) -> None:
    with serving(pki.dp_tls(), tmp_path) as server:
        client = Client(kind, trusting(pki, server.server_port))
        assert (await client.post(f"https://{HOST}/redirect")).status == 302
        await client.close()


async def test_an_idle_connection_that_the_server_closed_is_opened_again(pki: Pki, tmp_path: Path, kind: str) -> None:
    with serving(pki.dp_tls(), tmp_path) as server:
        client = Client(kind, trusting(pki, server.server_port))
        assert (await client.post(f"https://{HOST}/then-close")).status == 200
        await asyncio.sleep(0.2)
        assert (await client.post(f"https://{HOST}/echo")).status == 200
        assert (await client.post(f"https://{HOST}/echo")).status == 200
        assert len(server.RequestHandlerClass.connections) == 2
        await client.close()


async def test_what_was_sent_is_not_sent_again_when_the_answer_is_lost(pki: Pki, tmp_path: Path, kind: str) -> None:
    with serving(pki.dp_tls(), tmp_path) as server:
        client = Client(kind, trusting(pki, server.server_port))
        assert (await client.post(f"https://{HOST}/echo")).status == 200
        with pytest.raises(Unreachable):
            await client.post(f"https://{HOST}/hang-up")
        assert server.RequestHandlerClass.paths == ["/echo", "/hang-up"]
        await client.close()


async def test_too_large_an_answer_is_refused(
    pki: Pki, tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"lpa.http.{'blocking' if kind == 'blocking' else 'asynchronous'}.MAX_BODY_OCTETS", 4999)
    with serving(pki.dp_tls(), tmp_path) as server:
        client = Client(kind, trusting(pki, server.server_port))
        with pytest.raises(BodyTooLarge):
            await client.post(f"https://{HOST}/large")
        await client.close()


async def test_silence_and_hanging_up_are_errors_that_may_be_tried_again(pki: Pki, tmp_path: Path, kind: str) -> None:
    with serving(pki.dp_tls(), tmp_path) as server:
        client = Client(kind, trusting(pki, server.server_port), answer_timeout_s=0.1)
        with pytest.raises(HttpTimeout) as late:
            await client.post(f"https://{HOST}/stall")
        with pytest.raises(Unreachable) as gone:
            await client.post(f"https://{HOST}/hang-up")
        assert late.value.retryable
        assert gone.value.retryable
        await client.close()


async def test_nobody_there_is_unreachable(pki: Pki, kind: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    client = Client(kind, trusting(pki, port))
    for attempt in (client.connect, client.post):
        with pytest.raises(Unreachable):
            await attempt(f"https://{HOST}/echo")
    await client.close()


async def test_a_server_without_tls_is_refused(pki: Pki, tmp_path: Path, kind: str) -> None:
    with serving(None, tmp_path) as server:
        client = Client(kind, trusting(pki, server.server_port))
        with pytest.raises(HttpError):
            await client.connect(f"https://{HOST}")
        await client.close()


async def test_the_genuine_sgp26_ci_is_accepted_as_a_root(tmp_path: Path, kind: str) -> None:
    directory = DATA / "sgp26"
    if not directory.is_dir():
        pytest.skip(f"no SGP.26 test PKI at {directory}")
    pki = Pki.load(directory, not_before=NOW - timedelta(days=1))
    roots = [(directory / "CertificateIssuer" / f"CERT_CI_ECDSA_{curve}.der").read_bytes() for curve in ("NIST", "BRP")]
    host = "testsmdpplus1.example.com"
    with serving(pki.issue_tls([host]), tmp_path) as server:
        client = Client(kind, TlsTrust(roots, resolve={host: f"127.0.0.1:{server.server_port}"}))
        peer = await client.connect(f"https://{host}")
        assert peer is not None
        assert (await client.post(f"https://{host}/echo", b"1")).body == b"1"
        await client.close()


class NoCard:
    """A link that nothing may be sent to."""

    waits = False

    def __init__(self) -> None:
        self.commands: list[bytes] = []

    def connect(self) -> bytes:
        return b"\x3b\x00"

    def reset(self) -> bytes:
        return b"\x3b\x00"

    def transmit(self, command: bytes) -> bytes:
        self.commands.append(command)
        return b"\x6f\x00"

    def disconnect(self) -> None:
        pass


@pytest.mark.parametrize("defect", ["expired", "wrong_root", "wrong_host"])
def test_a_bad_server_stops_a_download_before_any_apdu(pki: Pki, tmp_path: Path, defect: str) -> None:
    with serving(zoo(pki, Role.DP_TLS, defect, now=NOW, hosts=[HOST]), tmp_path) as server:
        card, client = NoCard(), BlockingHttpClient(trusting(pki, server.server_port))
        with pytest.raises(TlsRefused):
            run(download(LpaSettings(), ActivationCode(HOST, "A")), card, client, ScriptedUser())
        client.close()
        assert card.commands == []


def test_names_may_lead_elsewhere_by_host_or_by_host_and_port() -> None:
    trust = TlsTrust([], resolve={"a.example": "10.0.0.1", "b.example:8443": "[::1]:9", "c.example": "::1"})
    assert (trust.target("https://a.example").connect_host, trust.target("https://a.example").port) == ("10.0.0.1", 443)
    assert (trust.target("https://b.example:8443").connect_host, trust.target("https://b.example:8443").port) == (
        "::1",
        9,
    )
    assert trust.target("https://b.example").connect_host == "b.example"
    assert trust.target("https://c.example:7").connect_host == "::1"
    with pytest.raises(Unreachable):
        trust.target("https://a.example:99999")


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("Lab.example.com:8443", "http://Lab.example.com:8443"),
        ("lab.example.com", "http://lab.example.com"),
        ("smdp.example.com", "https://smdp.example.com"),
        ("xlab.example.com", "https://xlab.example.com"),
    ],
)
def test_plain_http_is_for_the_labs_own_names_only(address: str, url: str) -> None:
    settings = LpaSettings(plain_http_hosts=frozenset({"lab.example.com"}))
    assert Server(settings, address).url == url
    assert Server(LpaSettings(), address).url == f"https://{address}"
