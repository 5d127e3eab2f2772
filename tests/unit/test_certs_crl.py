"""CRLs, read by cryptography and used by the openssl command."""

import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from asn1crypto.core import Integer, Void
from asn1crypto.crl import CertificateList
from cryptography import x509

from certs.crl import Revoked, issue_crl, issue_segmented_crl, write_crl
from certs.errors import PkiError
from certs.keys import CURVES
from certs.pki import Pki

NOW = datetime(2026, 11, 1, tzinfo=UTC)
LATER = NOW + timedelta(days=30)
OPENSSL = shutil.which("openssl")


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki.generate(["rsp.example.com"], not_before=NOW)


def numbers(crl: x509.CertificateRevocationList) -> tuple[int, int]:
    """(total, part) of a partial CRL."""
    values = {one.oid.dotted_string: one.value for one in crl.extensions}
    found = []
    for oid in ("2.23.146.1.2.0.2", "2.23.146.1.2.0.3"):
        value = values[oid]
        assert isinstance(value, x509.UnrecognizedExtension)
        found.append(int(Integer.load(value.value).native))
    return found[0], found[1]


@pytest.mark.parametrize("curve", CURVES)
def test_a_crl_lists_what_is_revoked(pki: Pki, curve: str) -> None:
    ci = pki.ci(curve)
    revoked_at = NOW + timedelta(hours=5)
    entry = Revoked.of(pki.dp_auth(curve).certificate, revoked_at)
    der = issue_crl(ci, [entry], number=7, this_update=NOW, next_update=LATER)
    crl = x509.load_der_x509_crl(der)
    issuer = x509.load_der_x509_certificate(ci.certificate)
    assert crl.is_signature_valid(issuer.public_key())
    assert crl.issuer == issuer.subject
    assert (crl.last_update_utc, crl.next_update_utc) == (NOW, LATER)
    assert crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number == 7
    aki = crl.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    assert aki.key_identifier == ci.ski
    found = crl.get_revoked_certificate_by_serial_number(pki.dp_auth(curve).fields.serial)
    assert found is not None
    assert found.revocation_date_utc == revoked_at
    assert found.extensions.get_extension_for_class(x509.CRLReason).value.reason is x509.ReasonFlags.key_compromise
    assert crl.get_revoked_certificate_by_serial_number(pki.dp_pb(curve).fields.serial) is None


def test_an_entry_carries_the_expiration_date(pki: Pki) -> None:
    der = issue_crl(
        pki.ci(), [Revoked(5, NOW, datetime(2054, 3, 24, tzinfo=UTC))], number=1, this_update=NOW, next_update=LATER
    )
    (entry,) = x509.load_der_x509_crl(der)
    (extension,) = entry.extensions
    assert extension.oid.dotted_string == "2.23.146.1.2.0.1"
    assert isinstance(extension.value, x509.UnrecognizedExtension)
    assert extension.value.value == b"\x18\x0f20540324000000Z"


def test_an_empty_crl_has_no_list_and_an_entry_needs_no_extensions(pki: Pki) -> None:
    empty = issue_crl(pki.ci(), [], number=1, this_update=NOW, next_update=LATER)
    assert list(x509.load_der_x509_crl(empty)) == []
    # RFC 5280 section 5.1.2.6: absent, not empty.
    assert isinstance(CertificateList.load(empty)["tbs_cert_list"]["revoked_certificates"], Void)
    bare = issue_crl(pki.ci(), [Revoked(0x8000, NOW)], number=128, this_update=NOW, next_update=LATER)
    (entry,) = x509.load_der_x509_crl(bare)
    assert (entry.serial_number, len(entry.extensions)) == (0x8000, 0)


def test_segments_number_themselves_and_share_the_crl_number(pki: Pki) -> None:
    entries = [Revoked(serial, NOW) for serial in range(1, 8)]
    parts = issue_segmented_crl(pki.ci(), entries, number=9, this_update=NOW, next_update=LATER, entries_per_part=3)
    crls = [x509.load_der_x509_crl(part) for part in parts]
    assert [numbers(crl) for crl in crls] == [(3, 1), (3, 2), (3, 3)]
    assert [[one.serial_number for one in crl] for crl in crls] == [[1, 2, 3], [4, 5, 6], [7]]
    assert {crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number for crl in crls} == {9}


def test_nothing_revoked_is_one_empty_segment(pki: Pki) -> None:
    (part,) = issue_segmented_crl(pki.ci(), [], number=9, this_update=NOW, next_update=LATER, entries_per_part=3)
    assert numbers(x509.load_der_x509_crl(part)) == (1, 1)


def test_a_ci_without_key_cannot_revoke(pki: Pki, tmp_path: Path) -> None:
    pki.save(tmp_path)
    (tmp_path / "CertificateIssuer" / "SK_CI_ECDSA_BRP.pem").unlink()
    ci = Pki.load(tmp_path, not_before=NOW).ci("BRP")
    with pytest.raises(PkiError, match="lacks the private key"):
        issue_crl(ci, [], number=1, this_update=NOW, next_update=LATER)


@pytest.mark.skipif(OPENSSL is None, reason="the openssl command is not installed")
@pytest.mark.parametrize("curve", CURVES)
def test_openssl_refuses_the_revoked_certificate_only(pki: Pki, tmp_path: Path, curve: str) -> None:
    ci = pki.ci(curve)
    revoked, sound = pki.dp_auth(curve), pki.dp_pb(curve)
    der = issue_crl(
        ci,
        [Revoked.of(revoked.certificate, NOW, None)._replace(expires_at=None)],
        number=1,
        this_update=NOW,
        next_update=LATER,
    )
    path = write_crl(tmp_path / "crl", ci, der)
    assert path.name == f"CRL_CI_ECDSA_{curve}.crl"
    (tmp_path / "ci.pem").write_bytes(ci.certificate_pem)
    convert = [str(OPENSSL), "crl", "-inform", "der", "-in", str(path), "-out", str(tmp_path / "crl.pem")]
    subprocess.run(convert, check=True, capture_output=True)

    def verify(certificate_pem: bytes) -> str:
        (tmp_path / "leaf.pem").write_bytes(certificate_pem)
        moment = str(int(NOW.timestamp()) + 3600)
        files = ["-CRLfile", tmp_path / "crl.pem", "-CAfile", tmp_path / "ci.pem", tmp_path / "leaf.pem"]
        command = [str(OPENSSL), "verify", "-no-CApath", "-crl_check", "-attime", moment, *map(str, files)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return done.stdout + done.stderr

    assert verify(sound.certificate_pem).endswith("leaf.pem: OK\n")
    assert "certificate revoked" in verify(revoked.certificate_pem)
