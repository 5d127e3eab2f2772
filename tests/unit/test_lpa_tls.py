"""Both HTTP clients of the agent against real TLS servers on loopback: who is accepted, who is refused and why."""

import ssl
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from certs import roles
from certs.authority import self_signed
from certs.crl import Revoked, issue_crl
from certs.pki import Pki
from certs.roles import Role
from certs.variants import v3_policy
from certs.x509 import POLICIES, extended_key_usage, name
from certs.zoo import zoo
from lpa.core.certificate import public_key_info
from lpa.core.errors import (
    CertificateExpired,
    CertificateRevoked,
    PinMismatch,
    TlsRefused,
    UnfitCertificate,
    UnknownRoot,
    WrongHost,
)
from lpa.core.procedures.download import download
from lpa.core.settings import LpaSettings
from lpa.core.tls_certificate import TlsRole, Unfit, role_of
from lpa.drive import run
from lpa.http.blocking import BlockingHttpClient
from lpa.http.trust import TlsTrust
from lpa.user import ScriptedUser
from tests.support.echo_server import HOST, NOW, Client, new_pki, serving, trusting
from tests.support.outside_data import DATA
from wire.activation_code import ActivationCode

_SPKI = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


@pytest.fixture(scope="module")
def pki() -> Pki:
    return new_pki()


@pytest.fixture(params=["blocking", "asyncio"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


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


async def test_allowing_plain_http_does_not_weaken_https(pki: Pki, tmp_path: Path, kind: str) -> None:
    with serving(zoo(pki, Role.DP_TLS, "wrong_root", now=NOW, hosts=[HOST]), tmp_path) as server:
        client = Client(kind, trusting(pki, server.server_port, insecure_plain_http=True))
        with pytest.raises(UnknownRoot):
            await client.post(f"https://{HOST}/echo")
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
