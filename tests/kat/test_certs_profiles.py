"""Certificate profiles per role, on the parser of cryptography.

Provenance: the tables of server.md sections 7.2, 7.3 and 7.9 (SGP.22 section 4.5.2, SGP.26), restated here by hand. The
byte-exact comparison with the genuine files is in tests/unit/test_certs_sgp26.py.
"""

from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from certs.pki import Pki

SKI, KU, SAN, BC = "2.5.29.14", "2.5.29.15", "2.5.29.17", "2.5.29.19"
NC, CRL_DP, CP, AKI, EKU = "2.5.29.30", "2.5.29.31", "2.5.29.32", "2.5.29.35", "2.5.29.37"
SIGNS, CERTIFIES, CERTIFIES_AND_REVOKES = {"digital_signature"}, {"key_cert_sign"}, {"key_cert_sign", "crl_sign"}
SERVER = {SKI: False, AKI: False, SAN: False, KU: True, CP: True, CRL_DP: False}
TLS = {SKI: False, AKI: False, SAN: False, KU: True, EKU: True, CP: False, CRL_DP: False}
USAGES = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
CRL_A, CRL_B = "http://ci.test.example.com/CRL-A.crl", "http://ci.test.example.com/CRL-B.crl"

# role: extensions (OID -> critical), key usage, policy OID, registeredID, CRL URLs, subject
PROFILES = {
    "ci": (
        {SKI: False, BC: True, CP: True, KU: True, SAN: False, CRL_DP: False},
        CERTIFIES_AND_REVOKES,
        "2.23.146.1.2.1.0",
        "2.999.1",
        [CRL_A, CRL_B],
        "CN=Test CI,OU=TESTCERT,O=RSPTEST,C=IT",
    ),
    "eum": (
        {AKI: False, SKI: False, KU: True, CP: True, SAN: False, BC: True, CRL_DP: False, NC: True},
        CERTIFIES,
        "2.23.146.1.2.1.2",
        "2.999.5",
        [CRL_B],
        "C=ES,O=RSP Test EUM,CN=EUM Test",
    ),
    "euicc": (
        {AKI: False, SKI: False, KU: True, CP: True},
        SIGNS,
        "2.23.146.1.2.1.1",
        None,
        [],
        "C=ES,O=RSP Test EUM,serialNumber=89049032123451234512345678901235,CN=Test eUICC",
    ),
    "dp_auth": (SERVER, SIGNS, "2.23.146.1.2.1.4", "2.999.10", [CRL_A, CRL_B], "O=ACME,CN=TEST SM-DP+"),
    "dp_pb": (SERVER, SIGNS, "2.23.146.1.2.1.5", "2.999.10", [CRL_A, CRL_B], "O=ACME,CN=TEST SM-DP+"),
    "ds_auth": (SERVER, SIGNS, "2.23.146.1.2.1.7", "2.999.15", [CRL_A, CRL_B], "O=ACME,CN=TEST SM-DS"),
    "dp_tls": (TLS, SIGNS, "2.23.146.1.2.1.3", "2.999.10", [CRL_A, CRL_B], "O=ACME,CN=testsmdpplus1.example.com"),
    "ds_tls": (TLS, SIGNS, "2.23.146.1.2.1.6", "2.999.15", [CRL_A, CRL_B], "O=ACME,CN=testrootsmds.example.com"),
}
SHORT = {NameOID.SERIAL_NUMBER: "serialNumber"}


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki.generate(["testsmdpplus1.example.com"], not_before=datetime(2026, 11, 1, tzinfo=UTC))


@pytest.mark.parametrize("curve", ["NIST", "BRP"])
@pytest.mark.parametrize("role", PROFILES)
def test_profile(pki: Pki, role: str, curve: str) -> None:
    criticality, usages, policy_oid, registered_id, urls, subject = PROFILES[role]
    certificate = x509.load_der_x509_certificate(getattr(pki, role)(curve).certificate)
    extensions = certificate.extensions
    assert {one.oid.dotted_string: one.critical for one in extensions} == criticality
    usage = extensions.get_extension_for_class(x509.KeyUsage).value
    assert {name for name in (*USAGES, "key_cert_sign", "crl_sign") if getattr(usage, name)} == usages
    (policy,) = extensions.get_extension_for_class(x509.CertificatePolicies).value
    assert policy.policy_identifier.dotted_string == policy_oid
    if registered_id is not None:
        names = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        assert [one.dotted_string for one in names.get_values_for_type(x509.RegisteredID)] == [registered_id]
    if urls:
        points = extensions.get_extension_for_class(x509.CRLDistributionPoints).value
        assert [point.full_name[0].value for point in points if point.full_name] == urls
    attributes = [f"{SHORT.get(one.oid, one.rfc4514_attribute_name)}={one.value}" for one in certificate.subject]
    assert ",".join(attributes) == subject
    assert certificate.signature_algorithm_oid.dotted_string == "1.2.840.10045.4.3.2"
    assert certificate.version is x509.Version.v3


def test_ca_constraints(pki: Pki) -> None:
    ci, eum = (x509.load_der_x509_certificate(one.certificate).extensions for one in (pki.ci(), pki.eum()))
    assert ci.get_extension_for_class(x509.BasicConstraints).value == x509.BasicConstraints(True, None)
    assert eum.get_extension_for_class(x509.BasicConstraints).value == x509.BasicConstraints(True, 0)
    constraints = eum.get_extension_for_class(x509.NameConstraints).value
    assert constraints.excluded_subtrees is None
    (subtree,) = constraints.permitted_subtrees or ()
    assert [(one.oid, one.value) for one in subtree.value] == [
        (NameOID.ORGANIZATION_NAME, "RSP Test EUM"),
        (NameOID.SERIAL_NUMBER, "89049032"),
    ]


def test_tls_purposes(pki: Pki) -> None:
    for credential in (pki.dp_tls(), pki.ds_tls()):
        extensions = x509.load_der_x509_certificate(credential.certificate).extensions
        purposes = extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        assert [one.dotted_string for one in purposes] == ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"]
