"""Variants O, Ov3, A, B and C: the shape of the chains and their policy OIDs (server.md sections 7.2 and 7.8)."""

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from cryptography import x509

from certs.errors import PkiError
from certs.keys import CURVES
from certs.pki import Pki
from certs.roles import Role
from certs.variants import VARIANTS, Variant

NOW = datetime(2026, 11, 1, tzinfo=UTC)
EID = "89049032123451234512345678901235"
BASE = "2.23.146.1.2.1."
V2 = {Role.DP_TLS: "3", Role.DP_AUTH: "4", Role.DP_PB: "5", Role.DS_TLS: "6", Role.DS_AUTH: "7"}
V3 = {
    Role.DP_TLS: "0.0.1.0",
    Role.DP_AUTH: "0.0.1.1",
    Role.DP_PB: "0.0.1.2",
    Role.DS_TLS: "0.0.2.0",
    Role.DS_AUTH: "0.0.2.1",
}
CI_SUBCA = "0.0"
EUICC_CHAINS = {
    "O": ["1", "2"],
    "Ov3": ["0.0.0.0.0", "0.0.0"],
    "A": ["0.0.0.0.0", "0.0.0.0", "0.0.0"],
    "B": ["0.0.0.0.0", "0.0.0", CI_SUBCA],
    "C": ["0.0.0.0.0", "0.0.0.0", "0.0.0", CI_SUBCA],
}


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki.generate(["rsp.example.com"], not_before=NOW)


def policy(certificate: x509.Certificate) -> str:
    (only,) = certificate.extensions.get_extension_for_class(x509.CertificatePolicies).value
    return only.policy_identifier.dotted_string.removeprefix(BASE)


def path_length(issuer: x509.Certificate) -> int:
    constraints = issuer.extensions.get_extension_for_class(x509.BasicConstraints).value
    assert constraints.ca
    assert constraints.path_length is not None
    return constraints.path_length


def chain(*certificates: bytes) -> list[x509.Certificate]:
    """Parsed, from the leaf to the root, each verified under the next and within its path length."""
    parsed = [x509.load_der_x509_certificate(one) for one in certificates]
    for certificate, issuer in pairwise(parsed):
        certificate.verify_directly_issued_by(issuer)
        usage = issuer.extensions.get_extension_for_class(x509.KeyUsage).value
        assert usage.key_cert_sign
    for depth, issuer in enumerate(parsed[1:-1]):
        assert path_length(issuer) >= depth
    return parsed


@pytest.mark.parametrize("curve", CURVES)
@pytest.mark.parametrize("variant", VARIANTS)
def test_euicc_chains(pki: Pki, variant: str, curve: str) -> None:
    euicc = Variant(pki, variant, curve).euicc(EID)
    certificates = chain(euicc.certificate, *euicc.chain, pki.ci(curve).certificate)
    assert [policy(one) for one in certificates[:-1]] == EUICC_CHAINS[variant]
    assert [path_length(one) for one in certificates[1:-1]] == list(range(len(certificates) - 2))


@pytest.mark.parametrize("role", V2)
@pytest.mark.parametrize("variant", VARIANTS)
def test_server_chains(pki: Pki, variant: str, role: Role) -> None:
    issued = Variant(pki, variant)
    if role in (Role.DP_TLS, Role.DS_TLS):
        server = issued.tls_server(role, "2.999.10", ["rsp.example.com"])
    else:
        server = issued.signing_server(role, "2.999.10")
    certificates = chain(server.certificate, *server.chain, pki.ci().certificate)
    role_subca = "0.0.2" if role in (Role.DS_TLS, Role.DS_AUTH) else "0.0.1"
    between = {"O": [], "Ov3": [], "A": [role_subca], "B": [CI_SUBCA], "C": [role_subca, CI_SUBCA]}[variant]
    leaf = V2[role] if variant == "O" else V3[role]
    assert [policy(one) for one in certificates[:-1]] == [leaf, *between]
    critical = certificates[0].extensions.get_extension_for_class(x509.CertificatePolicies).critical
    assert critical is (role not in (Role.DP_TLS, Role.DS_TLS))


@pytest.mark.parametrize("variant", ["Ov3", "A", "B", "C"])
def test_a_v3_eum_has_permitted_eins_instead_of_name_constraints(pki: Pki, variant: str) -> None:
    eum = x509.load_der_x509_certificate(Variant(pki, variant, eins=("89049032", "89033")).eum.certificate)
    with pytest.raises(x509.ExtensionNotFound):
        eum.extensions.get_extension_for_class(x509.NameConstraints)
    found = eum.extensions.get_extension_for_oid(x509.ObjectIdentifier("2.23.146.1.2.2.0")).value
    assert isinstance(found, x509.UnrecognizedExtension)
    assert found.value == b"\x30\x11\x13\x0889049032\x13\x0589033"


def test_variant_o_is_the_pki_itself(pki: Pki) -> None:
    assert Variant(pki, "O", "BRP").eum is pki.eum("BRP")


def test_one_variant_shares_its_sub_cas(pki: Pki) -> None:
    variant = Variant(pki, "C")
    auth, pb = (variant.signing_server(role, "2.999.10") for role in (Role.DP_AUTH, Role.DP_PB))
    assert auth.chain == pb.chain
    assert variant.euicc(EID).chain[-1] == auth.chain[-1]


def test_eids_outside_the_range_and_unknown_variants_are_refused(pki: Pki) -> None:
    with pytest.raises(ValueError, match=r"outside the EUM's range, which is 89033\.\.\."):
        Variant(pki, "Ov3", eins=("89033",)).euicc(EID)
    with pytest.raises(PkiError, match="variant 'D' is unknown; there are O, Ov3, A, B, C"):
        Variant(pki, "D")
