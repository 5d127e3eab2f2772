"""Against the genuine SGP.26 test certificates: our templates rebuild them byte for byte; their directory loads."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509

from certs import layout, roles
from certs import x509 as der
from certs.errors import PkiError
from certs.keys import CURVES
from certs.pki import Pki
from certs.roles import Role
from certs.x509 import Template
from tests.support.outside_data import SGP26 as DATA

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"the SGP.26 test PKI is not at {DATA}")
NOW = datetime(2026, 11, 23, tzinfo=UTC)
SECOND_EID = "89049032123451234512345678901332"
V3_CRLS = der.crl_distribution_points("http://ci.test.example.com/CRL-1.crl", "http://ci.test.example.com/CRL-2.crl")

ONLY_NIST = ("CERT_S_SM_DP2_TLS", "CERT_S_SM_DP4_TLS", "CERT_S_SM_DP8_TLS")
# Subject, OID and host by file name: server.md section 7.9.
TEMPLATES: dict[str, tuple[Role, Template]] = {
    "CERT_CI_ECDSA": (Role.CI, roles.ci()),
    "CERT_EUM_ECDSA": (Role.EUM, roles.eum()),
    "CERT_EUICC_ECDSA": (Role.EUICC, roles.euicc("89049032123451234512345678901235")),
    "CERT_S_SM_DPauth_ECDSA": (Role.DP_AUTH, roles.signing_server(Role.DP_AUTH, "2.999.10", "TEST SM-DP+")),
    "CERT_S_SM_DP2auth_ECDSA": (Role.DP_AUTH, roles.signing_server(Role.DP_AUTH, "2.999.12", "TEST SM-DP+2")),
    "CERT_S_SM_DPpb_ECDSA": (Role.DP_PB, roles.signing_server(Role.DP_PB, "2.999.10", "TEST SM-DP+")),
    "CERT_S_SM_DP2pb_ECDSA": (Role.DP_PB, roles.signing_server(Role.DP_PB, "2.999.12", "TEST SM-DP+2")),
    "CERT_S_SM_DP2_TLS": (Role.DP_TLS, roles.tls_server(Role.DP_TLS, "2.999.12", ["testsmdpplus2.example.com"])),
    "CERT_S_SM_DP4_TLS": (Role.DP_TLS, roles.tls_server(Role.DP_TLS, "2.999.14", ["testsmdpplus4.example.com"])),
    "CERT_S_SM_DP8_TLS": (Role.DP_TLS, roles.tls_server(Role.DP_TLS, "2.999.18", ["testsmdpplus8.example.com"])),
    "CERT_S_SM_DP_VARO_TLS": (
        Role.DP_TLS,
        replace(
            roles.tls_server(Role.DP_TLS, "2.999.10", ["testsmdpplus1.example.com"]).with_extension(V3_CRLS), days=200
        ),
    ),
}


@pytest.fixture(scope="module")
def genuine() -> Pki:
    return Pki.load(DATA, not_before=NOW)


@pytest.mark.parametrize(
    ("stem", "curve"),
    [(stem, curve) for stem in TEMPLATES for curve in CURVES if stem not in ONLY_NIST or curve == "NIST"],
)
def test_our_template_rebuilds_the_genuine_certificate(stem: str, curve: str) -> None:
    role, template = TEMPLATES[stem]
    path = DATA / role / (f"{stem}.der" if stem in ONLY_NIST else f"{stem}_{curve}.der")
    fields = der.read(path.read_bytes())
    issuer = Role.EUM if role is Role.EUICC else Role.CI
    issuer_path = DATA / issuer / f"CERT_{issuer.name}_ECDSA_{curve}.der"
    above = der.read(issuer_path.read_bytes())
    rebuilt = der.to_be_signed(
        template,
        serial=fields.serial,
        issuer=above.subject,
        issuer_ski=above.ski,
        not_before=fields.not_before,
        not_after=fields.not_after,
        spki=fields.spki,
    )
    assert rebuilt == fields.to_be_signed
    assert (fields.not_after - fields.not_before).days == template.days


def test_every_genuine_certificate_has_a_template() -> None:
    stems = {path.stem.removesuffix("_NIST").removesuffix("_BRP") for path in DATA.glob("*/CERT_*.der")}
    assert stems == set(TEMPLATES)


def test_the_genuine_directory_loads(genuine: Pki) -> None:
    assert genuine.ci("NIST").ski.hex().upper() == "F54172BDF98A95D65CBEB88A38A1C11D800A85C3"
    assert genuine.ci("BRP").ski.hex().upper() == "C0BC70BA36929D43B467FF57570530E57AB8FCD8"
    assert genuine.euicc("NIST").ski.hex().upper() == "A52476AF5D50AA376437CCB1DA2172EF45F484F0"
    assert genuine.dp_auth("NIST").ski.hex().upper() == "BD5A82CC1A96602118BA7560A1FF83A78B210BE5"
    assert genuine.dp_pb("BRP").ski.hex().upper() == "A8C68DF449EB71EC723EAC132E40E4B6F54644FE"
    assert {slot.label for slot in genuine.credentials if slot.role is Role.DP_TLS} == {"", "2", "4", "8"}
    assert genuine.eum().permitted == (("RSP Test EUM", "89049032"),)


@pytest.mark.parametrize("curve", CURVES)
def test_what_the_genuine_directory_lacks_is_issued(genuine: Pki, curve: str) -> None:
    euicc = genuine.issue_euicc(SECOND_EID, curve)
    tls = genuine.issue_tls(["lab.example"], curve)
    ds_tls = genuine.issue_ds_tls(["ds.example"], curve)
    for credential, issuer in (
        (euicc, genuine.eum(curve)),
        (tls, genuine.ci(curve)),
        (ds_tls, genuine.ci(curve)),
        (genuine.issue_ds_auth(curve=curve), genuine.ci(curve)),
        (genuine.issue_mno("Operator", curve), genuine.ci(curve)),
    ):
        above = x509.load_der_x509_certificate(issuer.certificate)
        x509.load_der_x509_certificate(credential.certificate).verify_directly_issued_by(above)


def test_completing_keeps_the_genuine_servers_and_renews_tls() -> None:
    genuine, completed = Pki.load(DATA, not_before=NOW), Pki.load(DATA, not_before=NOW)
    with pytest.raises(PkiError, match="no DSauth NIST certificate"):
        completed.ds_auth()
    completed.complete(["lab.example"], ds_hosts=["ds.example"])
    for curve in CURVES:
        assert completed.dp_auth(curve).certificate == genuine.dp_auth(curve).certificate
        assert completed.euicc(curve).certificate == genuine.euicc(curve).certificate
        assert completed.dp_tls(curve).certificate != genuine.dp_tls(curve).certificate
        assert completed.dp_tls(curve).fields.registered_id == "2.999.10"
        assert completed.ds_tls(curve).fields.not_before == NOW
        assert completed.mno(curve).curve == curve


def test_a_loaded_directory_saves_and_loads_again(genuine: Pki, tmp_path: Path) -> None:
    genuine.save(tmp_path)
    again = Pki.load(tmp_path, not_before=NOW)
    assert {slot: one.certificate for slot, one in again.credentials.items()} == {
        slot: one.certificate for slot, one in genuine.credentials.items()
    }
    genuine_certificates = {path.relative_to(DATA) for path in DATA.glob("*/CERT_*.der")}
    assert {path.relative_to(tmp_path) for path in tmp_path.glob("*/CERT_*.der")} == genuine_certificates
    assert all((DATA / path).read_bytes() == (tmp_path / path).read_bytes() for path in genuine_certificates)


def test_the_entries_say_where_they_came_from() -> None:
    assert {entry.path for entry in layout.read(DATA)} == set(DATA.glob("*/CERT_*.der"))
