"""Each certificate of the zoo has its one defect and no other, judged by a small judge on cryptography's parser."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from certs.authority import Credential
from certs.crl import Revoked
from certs.errors import PkiError
from certs.keys import CURVES
from certs.pki import Pki
from certs.roles import Role
from certs.zoo import DEFECTS, SOUND, describe, zoo
from tests.support.entropy import SeededEntropy

NOW = datetime(2031, 5, 1, tzinfo=UTC)
EID = "89049032123451234512345678901235"
HOST = "rsp.example.com"
TLS = (Role.DP_TLS, Role.DS_TLS)
POLICIES = {
    Role.CI: "2.23.146.1.2.1.0",
    Role.EUICC: "2.23.146.1.2.1.1",
    Role.EUM: "2.23.146.1.2.1.2",
    Role.DP_TLS: "2.23.146.1.2.1.3",
    Role.DP_AUTH: "2.23.146.1.2.1.4",
    Role.DP_PB: "2.23.146.1.2.1.5",
    Role.DS_TLS: "2.23.146.1.2.1.6",
    Role.DS_AUTH: "2.23.146.1.2.1.7",
}
COMPLAINTS: dict[str, set[str]] = {
    "sound": set(),
    "revoked": set(),
    "expired": {"validity"},
    "not_yet_valid": {"validity"},
    "wrong_root": {"authority key identifier", "signature"},
    "bad_signature": {"signature"},
    "wrong_policy": {"policy"},
    "missing_policy": {"policy"},
    "missing_key_usage": {"key usage"},
    "wrong_key_usage": {"key usage"},
    "wrong_curve": {"curve"},
    "unknown_critical_extension": {"unknown critical extension"},
    "variant_mixup": {"policy"},
    "missing_registered_id": {"registered id"},
    "wrong_oid": {"registered id"},
    "wrong_host": {"host"},
    "wrong_extended_key_usage": {"extended key usage"},
    "missing_extended_key_usage": {"extended key usage"},
    "eid_out_of_range": {"range"},
    "wrong_organisation": {"organisation"},
    "missing_name_constraints": {"name constraints"},
    "not_a_ca": {"basic constraints"},
    "path_length": {"path length"},
}
# Where a role's defect shows otherwise than in the table above.
EXCEPTIONS: dict[tuple[Role, str], set[str]] = {
    (Role.EUM, "variant_mixup"): {"policy", "name constraints", "unknown critical extension"},
    **{
        (role, "variant_mixup"): {"policy", "authority key identifier", "signature", "subject"}
        for role in (Role.DP_AUTH, Role.DP_PB, Role.DP_TLS, Role.DS_AUTH, Role.DS_TLS)
    },
}
KNOWN_CRITICAL = {"2.5.29.15", "2.5.29.19", "2.5.29.30", "2.5.29.32", "2.5.29.37"}


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki.generate([HOST], not_before=NOW - timedelta(days=2), entropy=SeededEntropy(7))


def complaints(role: Role, certificate: x509.Certificate, issuer: x509.Certificate, curve: str) -> Iterator[str]:
    """What a strict reader of SGP.22 v2 has against a certificate in this role under this issuer."""
    found = {extension.oid.dotted_string: extension for extension in certificate.extensions}
    if not certificate.not_valid_before_utc <= NOW <= certificate.not_valid_after_utc:
        yield "validity"
    if certificate.issuer != issuer.subject:
        yield "subject"
    issuer_key = issuer.public_key()
    assert isinstance(issuer_key, ec.EllipticCurvePublicKey)
    try:
        issuer_key.verify(certificate.signature, certificate.tbs_certificate_bytes, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        yield "signature"
    issuer_ski = x509.SubjectKeyIdentifier.from_public_key(issuer_key).digest
    if role is not Role.CI and found["2.5.29.35"].value.key_identifier != issuer_ski:
        yield "authority key identifier"
    key = certificate.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    if key.curve.name != {"NIST": "secp256r1", "BRP": "brainpoolP256r1"}[curve]:
        yield "curve"
    if role is not Role.MNO:
        policies = found["2.5.29.32"].value if "2.5.29.32" in found else ()
        if [one.policy_identifier.dotted_string for one in policies] != [POLICIES[role]]:
            yield "policy"
    ca = role in (Role.CI, Role.EUM)
    usage = found["2.5.29.15"].value if "2.5.29.15" in found else None
    if not isinstance(usage, x509.KeyUsage) or not (usage.key_cert_sign if ca else usage.digital_signature):
        yield "key usage"
    if ca and "2.5.29.19" not in found:
        yield "basic constraints"
    if any(one.critical and oid not in KNOWN_CRITICAL for oid, one in found.items()):
        yield "unknown critical extension"
    names = found["2.5.29.17"].value if "2.5.29.17" in found else x509.SubjectAlternativeName([])
    assert isinstance(names, x509.SubjectAlternativeName)
    server_id = {Role.CI: "2.999.1", Role.EUM: "2.999.5", Role.DS_AUTH: "2.999.15", Role.DS_TLS: "2.999.15"}
    if role not in (Role.EUICC, Role.MNO):
        ids = [one.dotted_string for one in names.get_values_for_type(x509.RegisteredID)]
        if ids != [server_id.get(role, "2.999.10")]:
            yield "registered id"
    if role in TLS and names.get_values_for_type(x509.DNSName) != [HOST]:
        yield "host"
    if role in (*TLS, Role.MNO):
        wanted = ExtendedKeyUsageOID.CLIENT_AUTH if role is Role.MNO else ExtendedKeyUsageOID.SERVER_AUTH
        purposes = found["2.5.29.37"].value if "2.5.29.37" in found else ()
        if wanted not in purposes:
            yield "extended key usage"


def euicc_complaints(euicc: x509.Certificate, eum: x509.Certificate) -> Iterator[str]:
    """What the EUM's name constraints say about an eUICC certificate."""
    try:
        constraints = eum.extensions.get_extension_for_class(x509.NameConstraints).value
    except x509.ExtensionNotFound:
        yield "name constraints"
        return
    (subtree,) = constraints.permitted_subtrees or ()
    permitted = {attribute.oid: str(attribute.value) for attribute in subtree.value}
    subject = {attribute.oid: str(attribute.value) for attribute in euicc.subject}
    if not subject[NameOID.SERIAL_NUMBER].startswith(permitted[NameOID.SERIAL_NUMBER]):
        yield "range"
    if subject[NameOID.ORGANIZATION_NAME] != permitted[NameOID.ORGANIZATION_NAME]:
        yield "organisation"


def judge(pki: Pki, role: Role, credential: Credential, curve: str) -> set[str]:
    certificate, ci = (
        x509.load_der_x509_certificate(one) for one in (credential.certificate, pki.ci(curve).certificate)
    )
    if role not in (Role.EUM, Role.EUICC):
        return set(complaints(role, certificate, ci, curve))
    eum, *above = (x509.load_der_x509_certificate(one) for one in credential.chain)
    found = set(euicc_complaints(certificate, eum))
    eum_key = eum.public_key()
    assert isinstance(eum_key, ec.EllipticCurvePublicKey)
    if role is Role.EUM:
        # Under a broken EUM the eUICC is sound; its key is on the EUM's curve.
        euicc_curve = {"secp256r1": "NIST", "brainpoolP256r1": "BRP"}[eum_key.curve.name]
        assert set(complaints(Role.EUICC, certificate, eum, euicc_curve)) == set()
        return found | set(complaints(Role.EUM, eum, ci, curve))
    if above:
        assert set(complaints(Role.EUM, eum, above[0], curve)) == set()
        assert above[0].extensions.get_extension_for_class(x509.BasicConstraints).value.path_length == 0
        found.add("path length")
    else:
        assert eum == x509.load_der_x509_certificate(pki.eum(curve).certificate)
    return found | set(complaints(Role.EUICC, certificate, eum, curve))


CASES = [(role, defect) for role, defects in DEFECTS.items() for defect in (SOUND, *defects)]


@pytest.mark.parametrize("curve", CURVES)
@pytest.mark.parametrize(("role", "defect"), CASES)
def test_it_has_its_defect_and_no_other(pki: Pki, role: Role, defect: str, curve: str) -> None:
    credential = zoo(pki, role, defect, now=NOW, curve=curve, hosts=[HOST], eid=EID)
    assert judge(pki, role, credential, curve) == EXCEPTIONS.get((role, defect), COMPLAINTS[defect])
    public_key = x509.load_der_x509_certificate(credential.certificate).public_key()
    assert credential.key.public_key() == public_key


def test_every_role_is_in_the_zoo_with_the_defects_that_conformance_asks_for() -> None:
    assert set(DEFECTS) == set(Role)
    everywhere = {"expired", "not_yet_valid", "missing_key_usage", "wrong_key_usage", "bad_signature"}
    for role, defects in DEFECTS.items():
        assert everywhere <= set(defects)
        if role is not Role.CI:
            assert {"wrong_root", "revoked"} <= set(defects)
        if role is not Role.MNO:
            assert {"wrong_policy", "missing_policy"} <= set(defects)
        assert len(set(defects)) == len(defects)
        assert SOUND not in defects
    assert {"eid_out_of_range", "path_length", "variant_mixup", "wrong_curve"} <= set(DEFECTS[Role.EUICC])
    assert {"wrong_host", "wrong_oid", "missing_registered_id"} <= set(DEFECTS[Role.DP_TLS])


def test_every_defect_says_what_it_is() -> None:
    assert len({describe(defect) for _, defect in CASES}) == len({defect for _, defect in CASES})
    assert all(describe(defect) for _, defect in CASES)


def test_a_role_without_that_defect_names_those_it_has(pki: Pki) -> None:
    with pytest.raises(PkiError, match="eUICC has no defect 'wrong_host'; it has expired, not_yet_valid"):
        zoo(pki, Role.EUICC, "wrong_host", now=NOW)


def test_the_broken_root_keeps_the_chains_below_it(pki: Pki) -> None:
    broken = zoo(pki, Role.CI, "expired", now=NOW)
    assert broken.ski == pki.ci().ski
    certificate = x509.load_der_x509_certificate(broken.certificate)
    x509.load_der_x509_certificate(pki.dp_auth().certificate).verify_directly_issued_by(certificate)


def test_a_revoked_certificate_can_be_put_on_a_crl(pki: Pki) -> None:
    credential = zoo(pki, Role.DP_AUTH, "revoked", now=NOW)
    assert Revoked.of(credential.certificate, NOW).serial == credential.fields.serial


def test_a_loaded_pki_has_a_zoo_too(pki: Pki, tmp_path_factory: pytest.TempPathFactory) -> None:
    directory = tmp_path_factory.mktemp("pki")
    pki.save(directory)
    loaded = Pki.load(directory, not_before=NOW, entropy=SeededEntropy(8))
    for role, defect in ((Role.EUM, "expired"), (Role.EUICC, "wrong_root"), (Role.DP_PB, "wrong_oid")):
        credential = zoo(loaded, role, defect, now=NOW, eid=EID)
        assert judge(loaded, role, credential, "NIST") == COMPLAINTS[defect]
