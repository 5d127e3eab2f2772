"""The summary that `rsplab certs show` prints."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding

from certs.inspect import summary
from certs.pki import Pki
from certs.roles import Role
from certs.variants import Variant
from wire.errors import DecodeError

NOW = datetime(2026, 11, 1, tzinfo=UTC)
EID = "89049032123451234512345678901235"


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki.generate(["rsp.example.com", "127.0.0.1"], not_before=NOW)


def test_a_tls_certificate(pki: Pki) -> None:
    tls = pki.dp_tls()
    found = summary(tls.certificate, NOW + timedelta(days=8))
    assert found == {
        "role": "DPtls",
        "generation": "v2",
        "policy_oids": ["2.23.146.1.2.1.3"],
        "subject": "O=ACME, CN=rsp.example.com",
        "issuer": "CN=Test CI, OU=TESTCERT, O=RSPTEST, C=IT",
        "serial_hex": tls.fields.serial.to_bytes(8, "big").lstrip(b"\x00").hex().upper(),
        "oid": "2.999.10",
        "eid": "",
        "eid_ranges": [],
        "not_before": "2026-11-01T00:00:00+00:00",
        "not_after": "2027-12-04T00:00:00+00:00",
        "days_left": 390,
        "valid_now": True,
        "ski_hex": tls.ski.hex().upper(),
        "aki_hex": pki.ci().ski.hex().upper(),
        "curve": "NIST",
        "key_usage": ["digitalSignature"],
        "extended_key_usage": ["serverAuth", "clientAuth"],
        "hosts": ["rsp.example.com", "127.0.0.1"],
        "crl_urls": ["http://ci.test.example.com/CRL-A.crl", "http://ci.test.example.com/CRL-B.crl"],
        "path_length": None,
        "is_ca": False,
        "fingerprint_hex": tls.fingerprint.hex().upper(),
    }
    assert json.loads(json.dumps(found)) == found


def test_ci_eum_and_euicc(pki: Pki) -> None:
    ci, eum, euicc = (
        summary(one, NOW)
        for one in (pki.ci("BRP").certificate, pki.eum("BRP").certificate, pki.euicc("BRP").certificate)
    )
    assert (ci["role"], ci["is_ca"], ci["path_length"], ci["aki_hex"]) == ("CI", True, None, "")
    assert (ci["key_usage"], ci["curve"]) == (["keyCertSign", "cRLSign"], "BRP")
    assert (eum["role"], eum["eid_ranges"], eum["path_length"]) == ("EUM", ["89049032"], 0)
    assert (euicc["role"], euicc["eid"], euicc["crl_urls"], euicc["oid"]) == ("eUICC", EID, [], "")


def test_v3_roles_are_named(pki: Pki) -> None:
    variant = Variant(pki, "C")
    server, euicc = variant.signing_server(Role.DP_PB, "2.999.10"), variant.euicc(EID)
    roles = [
        (found["role"], found["generation"])
        for found in (
            summary(one, NOW) for one in (server.certificate, *server.chain, euicc.certificate, *euicc.chain[:2])
        )
    ]
    assert roles == [
        ("DPpb", "v3"),
        ("DP subCA", "v3"),
        ("CI subCA", "v3"),
        ("eUICC", "v3"),
        ("EUM subCA", "v3"),
        ("EUM", "v3"),
    ]
    assert summary(variant.eum.certificate, NOW)["eid_ranges"] == ["89049032"]


def test_expiry_is_judged_by_the_clock_given(pki: Pki) -> None:
    tls = pki.dp_tls().certificate
    assert summary(tls, NOW - timedelta(seconds=1))["valid_now"] is False
    late = summary(tls, datetime(2027, 12, 5, tzinfo=UTC))
    assert (late["valid_now"], late["days_left"]) == (False, -1)


def test_a_certificate_of_another_world_is_shown_too() -> None:
    key = rsa.generate_private_key(65537, 2048)
    subject = x509.Name(
        [
            x509.NameAttribute(x509.NameOID.COMMON_NAME, "elsewhere"),
            x509.NameAttribute(x509.NameOID.EMAIL_ADDRESS, "a@b.example"),
        ]
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(0xFF)
        .not_valid_before(NOW)
        .not_valid_after(NOW + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    found = summary(certificate.public_bytes(Encoding.DER), NOW)
    assert (found["role"], found["curve"], found["serial_hex"]) == ("", "other", "00FF")
    assert found["subject"] == "CN=elsewhere, 1.2.840.113549.1.9.1=a@b.example"
    assert (found["key_usage"], found["hosts"], found["is_ca"]) == ([], [], False)


@pytest.mark.parametrize("raw", [b"", b"\x30\x00", b"\x30\x03\x02\x01\x00", b"hello world"])
def test_what_is_no_certificate_is_a_decode_error(raw: bytes) -> None:
    with pytest.raises(DecodeError):
        summary(raw, NOW)
