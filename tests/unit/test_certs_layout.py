"""The directory: what save writes, load reads; and what load says about a directory that is not right."""

import shutil
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat

from certs.errors import PkiError
from certs.keys import CURVES
from certs.pki import Pki, Slot
from certs.roles import Role

NOW = datetime(2026, 11, 1, tzinfo=UTC)
EID = "89049032123451234512345678901332"


@pytest.fixture(scope="module")
def pki() -> Pki:
    pki = Pki.generate(["rsp.example.com"], not_before=NOW)
    pki.add_smdp(2, ["dp2.example.com"])
    pki.add_mno("Operator-1")
    return pki


@pytest.fixture
def directory(pki: Pki, tmp_path: Path) -> Path:
    pki.save(tmp_path)
    return tmp_path


def load(directory: Path) -> Pki:
    return Pki.load(directory, not_before=NOW)


def test_round_trip(pki: Pki, directory: Path) -> None:
    loaded = load(directory)
    assert loaded.curves == pki.curves
    for curve in CURVES:
        for ours, theirs in ((pki.ci(curve), loaded.ci(curve)), (pki.eum(curve), loaded.eum(curve))):
            assert theirs.certificate == ours.certificate
            assert theirs.require_key().private_numbers() == ours.require_key().private_numbers()
    assert set(loaded.credentials) == set(pki.credentials)
    for slot, credential in pki.credentials.items():
        again = loaded.credentials[slot]
        assert (again.certificate, again.chain) == (credential.certificate, credential.chain)
        assert again.key.private_numbers() == credential.key.private_numbers()


def test_the_second_smdp_and_the_operator_are_found_again(directory: Path) -> None:
    loaded = load(directory)
    assert loaded.dp_auth("BRP", 2).fields.registered_id == "2.999.12"
    assert loaded.dp_tls("NIST", 2).fields.registered_id == "2.999.12"
    assert Slot(Role.MNO, "NIST", "Operator-1") in loaded.credentials
    assert loaded.mno(operator="Operator-1") != loaded.mno()


def test_names_are_those_of_sgp26(directory: Path) -> None:
    for name in (
        "CertificateIssuer/CERT_CI_ECDSA_NIST.der",
        "CertificateIssuer/CERT_CI_ECDSA_BRP.pem",
        "CertificateIssuer/SK_CI_ECDSA_BRP.pem",
        "EUM/CERT_EUM_ECDSA_NIST.der",
        "EUM/PK_EUM_ECDSA_NIST.pem",
        "eUICC/CERT_EUICC_ECDSA_BRP.der",
        "eUICC/SK_EUICC_ECDSA_BRP.pem",
        "DPauth/CERT_S_SM_DPauth_ECDSA_NIST.der",
        "DPauth/SK_S_SM_DP2auth_ECDSA_BRP.pem",
        "DPpb/CERT_S_SM_DP2pb_ECDSA_NIST.der",
        "DPtls/CERT_S_SM_DP_VARO_TLS_NIST.der",
        "DPtls/CERT_S_SM_DP2_TLS.der",
        "DPtls/SK_S_SM_DP_TLS_BRP.pem",
        "DPtls/SK_S_SM_DP2_TLS_NIST.pem",
        "DSauth/CERT_S_SM_DSauth_ECDSA_NIST.der",
        "DStls/CERT_S_SM_DS_VARO_TLS_NIST.der",
        "MNO/CERT_MNO_ECDSA_NIST.der",
        "MNO/CERT_MNO_Operator-1_ECDSA_NIST.der",
    ):
        assert (directory / name).is_file(), name


def test_private_keys_are_for_the_owner_only_even_when_overwritten(pki: Pki, directory: Path) -> None:
    secrets = list(directory.rglob("SK_*.pem"))
    assert len(secrets) == len(pki.credentials) + 4
    secrets[0].chmod(0o644)
    pki.save(directory)
    assert {stat.S_IMODE(path.stat().st_mode) for path in secrets} == {0o600}


def test_an_operator_name_must_fit_a_file_name(pki: Pki) -> None:
    with pytest.raises(PkiError, match="cannot stand in a file name"):
        pki.add_mno("../evil")


def test_no_directory_and_no_root_say_so(directory: Path, tmp_path: Path) -> None:
    with pytest.raises(PkiError, match=r"nowhere/CertificateIssuer is missing"):
        load(tmp_path / "nowhere")
    for path in (directory / "CertificateIssuer").glob("CERT_*"):
        path.unlink()
    with pytest.raises(PkiError, match=r"holds no CERT_CI_ECDSA_NIST\.der"):
        load(directory)


def test_a_ci_without_its_key_loads_but_issues_nothing(directory: Path) -> None:
    (directory / "CertificateIssuer" / "SK_CI_ECDSA_NIST.pem").unlink()
    loaded = load(directory)
    assert loaded.ci().key is None
    assert loaded.issue_euicc(EID).curve == "NIST"
    with pytest.raises(PkiError, match=r"lacks the private key of CN=Test CI.*\(NIST\)"):
        loaded.issue_tls(["a.example"])


@pytest.mark.parametrize("folder", ["EUM", "eUICC", "DPauth", "DPpb", "DPtls", "DSauth", "DStls", "MNO"])
def test_what_is_missing_is_completed(directory: Path, folder: str) -> None:
    gone = ("EUM", "eUICC") if folder == "EUM" else (folder,)
    for one in gone:
        shutil.rmtree(directory / one)
    loaded = load(directory)
    loaded.complete(["a.example"])
    assert {slot.role for slot in loaded.credentials} == set(Role) - {Role.CI, Role.EUM}
    assert loaded.issue_euicc(EID, "BRP").chain == (loaded.eum("BRP").certificate,)


def test_a_certificate_without_its_key_is_refused_by_name(directory: Path) -> None:
    (directory / "DPpb" / "SK_S_SM_DPpb_ECDSA_BRP.pem").unlink()
    with pytest.raises(PkiError, match=r"DPpb/CERT_S_SM_DPpb_ECDSA_BRP\.der: no SK_\*\.pem beside it holds"):
        load(directory)


def test_a_file_that_is_no_certificate_is_refused_by_name(directory: Path) -> None:
    (directory / "DPauth" / "CERT_S_SM_DPauth_ECDSA_NIST.der").write_bytes(b"\x30\x03hello")
    with pytest.raises(PkiError, match=r"CERT_S_SM_DPauth_ECDSA_NIST\.der is not a certificate"):
        load(directory)


def test_a_certificate_under_the_wrong_curves_name_is_refused(directory: Path) -> None:
    shutil.copy(directory / "EUM" / "CERT_EUM_ECDSA_BRP.der", directory / "EUM" / "CERT_EUM_ECDSA_NIST.der")
    with pytest.raises(PkiError, match=r"CERT_EUM_ECDSA_NIST\.der says NIST in its name but its key is on BRP"):
        load(directory)


@pytest.mark.parametrize(
    ("folder", "name", "issuer"),
    [
        ("EUM", "CERT_EUM_ECDSA_NIST", "CI"),
        ("DPtls", "CERT_S_SM_DP_VARO_TLS_BRP", "CI"),
        ("eUICC", "CERT_EUICC_ECDSA_BRP", "EUM"),
    ],
)
def test_a_certificate_of_another_pki_is_refused(
    directory: Path, tmp_path: Path, folder: str, name: str, issuer: str
) -> None:
    other = tmp_path / "other"
    Pki.generate(["rsp.example.com"], not_before=NOW).save(other)
    shutil.copytree(other / folder, directory / folder, dirs_exist_ok=True)
    with pytest.raises(PkiError, match=rf"{folder}/CERT_\w+\.der was not issued by the {issuer} of this directory"):
        load(directory)
    assert (directory / folder / f"{name}.der").read_bytes() == (other / folder / f"{name}.der").read_bytes()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"hello", "not an unencrypted PEM private key"),
        (
            ec.derive_private_key(7, ec.SECP256R1()).private_bytes(
                Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")
            ),
            "not an unencrypted PEM private key",
        ),
        (
            ec.derive_private_key(7, ec.SECP384R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
            "the key is on secp384r1",
        ),
        (
            rsa.generate_private_key(65537, 2048).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
            "not an EC private key",
        ),
    ],
    ids=["text", "encrypted", "P-384", "RSA"],
)
def test_an_odd_private_key_is_refused_by_name(directory: Path, content: bytes, reason: str) -> None:
    (directory / "DPauth" / "SK_S_SM_DPauth_ECDSA_NIST.pem").write_bytes(content)
    with pytest.raises(PkiError, match=rf"SK_S_SM_DPauth_ECDSA_NIST\.pem: {reason}"):
        load(directory)
