"""A real TLS handshake on loopback: what a client that trusts only the CI makes of issued certificates.

Validity is relative to the system clock, because that is the clock the TLS library looks at.
"""

import socket
import ssl
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from certs.authority import Credential
from certs.pki import Pki
from certs.roles import Role
from certs.variants import Variant
from certs.zoo import zoo
from tests.support.outside_data import SGP26

NOW = datetime.now(UTC)
HOST = "rsp.example.com"


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki.generate([HOST, "127.0.0.1"], not_before=NOW - timedelta(days=1))


@pytest.fixture
def server_context(tmp_path: Path) -> Callable[[Credential], ssl.SSLContext]:
    def make(credential: Credential) -> ssl.SSLContext:
        (tmp_path / "chain.pem").write_bytes(credential.chain_pem)
        (tmp_path / "key.pem").write_bytes(credential.key_pem)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tmp_path / "chain.pem", tmp_path / "key.pem")
        return context

    return make


def client_context(pki: Pki) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    context.load_verify_locations(cadata="".join(ci.certificate_pem.decode() for ci in pki.cis))
    return context


def handshake(server: ssl.SSLContext, client: ssl.SSLContext, host: str = HOST) -> str:
    """The TLS version agreed on; ssl.SSLError of the client if it refuses."""
    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as pool:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.settimeout(10)
                try:
                    with server.wrap_socket(connection, server_side=True) as tls:
                        tls.sendall(tls.recv(1))
                except (ssl.SSLError, OSError):
                    return

        served = pool.submit(serve)
        try:
            with (
                socket.create_connection(listener.getsockname(), timeout=10) as plain,
                client.wrap_socket(plain, server_hostname=host) as tls,
            ):
                tls.sendall(b"?")
                assert tls.recv(1) == b"?"
                return tls.version() or ""
        finally:
            served.result(timeout=10)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("host", [HOST, "127.0.0.1"])
def test_the_issued_certificate_is_accepted(
    pki: Pki, server_context: Callable[[Credential], ssl.SSLContext], version: ssl.TLSVersion, host: str
) -> None:
    client = client_context(pki)
    client.minimum_version = client.maximum_version = version
    assert handshake(server_context(pki.dp_tls()), client, host) == version.name.replace("_", ".")


def test_a_brainpool_certificate_is_accepted_where_tls_1_2_offers_the_curve(
    pki: Pki, server_context: Callable[[Credential], ssl.SSLContext]
) -> None:
    client, server = client_context(pki), server_context(pki.dp_tls("BRP"))
    client.maximum_version = ssl.TLSVersion.TLSv1_2
    client.set_ecdh_curve("brainpoolP256r1")
    server.set_ecdh_curve("brainpoolP256r1")
    assert handshake(server, client) == "TLSv1.2"


@pytest.mark.parametrize("variant", ["A", "B", "C"])
def test_a_chain_with_sub_cas_is_accepted(
    pki: Pki, server_context: Callable[[Credential], ssl.SSLContext], variant: str
) -> None:
    credential = Variant(pki, variant).tls_server(Role.DP_TLS, "2.999.10", [HOST])
    handshake(server_context(credential), client_context(pki))


def test_mutual_tls_with_the_operators_certificate(
    pki: Pki, server_context: Callable[[Credential], ssl.SSLContext], tmp_path: Path
) -> None:
    server = server_context(pki.dp_tls())
    server.verify_mode = ssl.CERT_REQUIRED
    server.load_verify_locations(cadata=pki.ci().certificate_pem.decode())
    (tmp_path / "mno.pem").write_bytes(pki.mno().chain_pem + pki.mno().key_pem)
    client = client_context(pki)
    with pytest.raises(OSError, match=r"(?i)certificate required|reset|EOF"):
        handshake(server, client)
    client.load_cert_chain(tmp_path / "mno.pem")
    handshake(server, client)


@pytest.mark.skipif(not SGP26.is_dir(), reason=f"the SGP.26 test PKI is not at {SGP26}")
@pytest.mark.parametrize("order", [1, -1], ids=["NIST first", "BRP first"])
def test_the_genuine_cis_share_name_and_serial_number_and_yet_are_told_apart(
    server_context: Callable[[Credential], ssl.SSLContext], order: int
) -> None:
    genuine = Pki.load(SGP26, not_before=NOW - timedelta(days=1))
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    for ci in genuine.cis[::order]:
        client.load_verify_locations(cadata=ci.certificate)
    assert handshake(server_context(genuine.issue_tls([HOST])), client) == "TLSv1.3"


def test_another_host_name_is_refused(pki: Pki, server_context: Callable[[Credential], ssl.SSLContext]) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        handshake(server_context(pki.dp_tls()), client_context(pki), "other.example.com")


@pytest.mark.parametrize(
    ("defect", "reason"),
    [
        ("expired", "certificate has expired"),
        ("not_yet_valid", "not yet valid"),
        ("wrong_host", "Hostname mismatch"),
        ("wrong_root", "unable to get local issuer certificate"),
        ("bad_signature", "certificate signature failure"),
        ("wrong_extended_key_usage", "unsuitable certificate purpose|unsupported certificate purpose"),
        ("unknown_critical_extension", "unhandled critical extension"),
        ("wrong_key_usage", "unsuitable certificate purpose|unsupported certificate purpose"),
    ],
)
@pytest.mark.parametrize("role", [Role.DP_TLS, Role.DS_TLS])
def test_the_zoo_is_refused(
    pki: Pki, server_context: Callable[[Credential], ssl.SSLContext], role: Role, defect: str, reason: str
) -> None:
    credential = zoo(pki, role, defect, now=NOW, hosts=[HOST])
    with pytest.raises(ssl.SSLCertVerificationError, match=reason):
        handshake(server_context(credential), client_context(pki))


def test_a_sound_certificate_of_the_zoo_is_accepted(
    pki: Pki, server_context: Callable[[Credential], ssl.SSLContext]
) -> None:
    handshake(server_context(zoo(pki, Role.DP_TLS, "sound", now=NOW, hosts=[HOST])), client_context(pki))
