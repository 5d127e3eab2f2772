"""What Pki issues, judged by cryptography and by the openssl command."""

import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.oid import NameOID

from certs import roles
from certs.authority import Credential
from certs.errors import PkiError
from certs.keys import CURVES, SystemEntropy
from certs.pki import Pki, Slot
from certs.roles import Role
from certs.zoo import zoo
from tests.support.entropy import SeededEntropy

NOT_BEFORE = datetime(2026, 11, 1, 12, 30, 15, tzinfo=UTC)
SECOND_EID = "89049032123451234512345678901332"
OPENSSL = shutil.which("openssl")


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki.generate(["rsp.example.com", "127.0.0.1"], not_before=NOT_BEFORE, entropy=SeededEntropy(1))


def everything(pki: Pki) -> dict[str, tuple[bytes, bytes]]:
    """Name -> (certificate, its issuer's certificate)."""
    found = {}
    for curve in pki.curves:
        ci = pki.ci(curve).certificate
        found[f"CI {curve}"] = (ci, ci)
        found[f"EUM {curve}"] = (pki.eum(curve).certificate, ci)
    for slot, credential in pki.credentials.items():
        issuer = pki.eum(slot.curve) if slot.role is Role.EUICC else pki.ci(slot.curve)
        found[" ".join(slot)] = (credential.certificate, issuer.certificate)
    return found


def test_a_generated_pki_has_every_role_on_both_curves(pki: Pki) -> None:
    leaves = set(Role) - {Role.CI, Role.EUM}
    assert set(pki.credentials) == {Slot(role, curve) for role in leaves for curve in CURVES}
    assert pki.curves == ("NIST", "BRP")
    assert [ci.curve for ci in pki.cis] == ["NIST", "BRP"]


def test_every_certificate_verifies_under_its_issuer(pki: Pki) -> None:
    for certificate, issuer in everything(pki).values():
        x509.load_der_x509_certificate(certificate).verify_directly_issued_by(x509.load_der_x509_certificate(issuer))


def test_every_private_key_belongs_to_its_certificate_and_curve(pki: Pki) -> None:
    for slot, credential in pki.credentials.items():
        public_key = x509.load_der_x509_certificate(credential.certificate).public_key()
        assert credential.key.public_key() == public_key
        assert credential.curve == slot.curve
        assert load_pem_private_key(credential.key_pem, None).public_key() == public_key
        assert x509.load_pem_x509_certificate(credential.certificate_pem).public_key() == public_key


def test_identifiers_link_the_chain(pki: Pki) -> None:
    for certificate, issuer in everything(pki).values():
        parsed = x509.load_der_x509_certificate(certificate)
        ski = parsed.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
        assert ski == x509.SubjectKeyIdentifier.from_public_key(parsed.public_key())
        if certificate == issuer:
            with pytest.raises(x509.ExtensionNotFound):
                parsed.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier)
        else:
            aki = parsed.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
            above = x509.load_der_x509_certificate(issuer).extensions
            assert aki.key_identifier == above.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest


def test_ci_pkid_is_the_ski(pki: Pki) -> None:
    for ci in pki.cis:
        parsed = x509.load_der_x509_certificate(ci.certificate)
        assert ci.ski == x509.SubjectKeyIdentifier.from_public_key(parsed.public_key()).digest


def test_serial_numbers_are_positive_and_distinct(pki: Pki) -> None:
    serials = [
        x509.load_der_x509_certificate(certificate).serial_number
        for name, (certificate, _) in everything(pki).items()
        if name.endswith("NIST")
    ]
    assert min(serials) > 0
    assert len(set(serials)) == len(serials)


def test_validity_starts_when_the_caller_says(pki: Pki) -> None:
    for certificate, _ in everything(pki).values():
        assert x509.load_der_x509_certificate(certificate).not_valid_before_utc == NOT_BEFORE
    euicc = x509.load_der_x509_certificate(pki.euicc().certificate)
    assert euicc.not_valid_after_utc == NOT_BEFORE + timedelta(days=2_000_000)
    later = NOT_BEFORE + timedelta(days=7)
    assert pki.issue_tls(["a.example"], not_before=later).fields.not_before == later


def test_servers_of_one_smdp_share_their_oid(pki: Pki) -> None:
    for curve in CURVES:
        oids = {one.fields.registered_id for one in (pki.dp_auth(curve), pki.dp_pb(curve), pki.dp_tls(curve))}
        assert oids == {"2.999.10"}
        assert {pki.ds_auth(curve).fields.registered_id, pki.ds_tls(curve).fields.registered_id} == {"2.999.15"}


def test_further_tls_certificates_and_the_zoo_keep_the_servers_own_oid() -> None:
    pki = Pki.generate(["a.example"], not_before=NOT_BEFORE, curves=["NIST"], oid="2.999.77", ds_oid="2.999.78")
    dp = (pki.dp_auth(), pki.dp_pb(), pki.dp_tls(), pki.issue_tls(["b.example"]))
    ds = (pki.ds_auth(), pki.ds_tls(), pki.issue_ds_tls(["c.example"]))
    broken = zoo(pki, Role.DP_PB, "expired", now=NOT_BEFORE)
    assert {one.fields.registered_id for one in (*dp, broken)} == {"2.999.77"}
    assert {one.fields.registered_id for one in ds} == {"2.999.78"}


def test_tls_certificate_names_hosts_and_addresses(pki: Pki) -> None:
    parsed = x509.load_der_x509_certificate(pki.dp_tls().certificate)
    names = parsed.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["rsp.example.com"]
    assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1"]
    assert [one.dotted_string for one in names.get_values_for_type(x509.RegisteredID)] == ["2.999.10"]


def test_a_host_name_too_long_for_a_common_name_stands_in_the_alternative_names(pki: Pki) -> None:
    host = "a" * 60 + ".example.com"
    parsed = x509.load_der_x509_certificate(pki.issue_tls([host]).certificate)
    assert parsed.subject.get_attributes_for_oid(NameOID.COMMON_NAME) == []
    names = parsed.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == [host]


@pytest.mark.parametrize("host", ["rsp.example.com:8443", "https://rsp.example.com", "", "bücher.example"])
def test_what_is_no_host_name_is_refused(pki: Pki, host: str) -> None:
    with pytest.raises(ValueError, match="is not a host name"):
        pki.issue_tls([host])


def test_tls_needs_a_host_and_times_need_a_zone(pki: Pki) -> None:
    with pytest.raises(ValueError, match="at least one host"):
        pki.issue_tls([])
    with pytest.raises(ValueError, match="no time zone"):
        pki.issue_tls(["a.example"], not_before=datetime(2026, 1, 1))  # noqa: DTZ001 - without a zone, to be refused


def test_an_euicc_gets_its_eid_and_its_chain(pki: Pki) -> None:
    for curve in CURVES:
        credential = pki.issue_euicc(SECOND_EID, curve)
        parsed = x509.load_der_x509_certificate(credential.certificate)
        assert [one.value for one in parsed.subject.get_attributes_for_oid(NameOID.SERIAL_NUMBER)] == [SECOND_EID]
        assert credential.chain == (pki.eum(curve).certificate,)
        parsed.verify_directly_issued_by(x509.load_der_x509_certificate(credential.chain[0]))


def test_an_eid_outside_the_range_or_with_wrong_check_digits_is_refused_unless_told(pki: Pki) -> None:
    outside = "89033023426100000000000000000004"
    with pytest.raises(ValueError, match="outside the EUM's range, which is 89049032"):
        pki.issue_euicc(outside)
    with pytest.raises(ValueError, match="check digits"):
        pki.issue_euicc(roles.EID[:-1] + "6")
    subject = x509.load_der_x509_certificate(pki.issue_euicc(outside, any_eid=True).certificate).subject
    assert [one.value for one in subject.get_attributes_for_oid(NameOID.SERIAL_NUMBER)] == [outside]


def test_a_second_smdp_has_its_own_oid(pki: Pki) -> None:
    auth, pb = pki.issue_dp_pair("2.999.12", "BRP", "TEST SM-DP+2")
    assert (auth.fields.registered_id, pb.fields.registered_id) == ("2.999.12", "2.999.12")
    policies = [
        x509.load_der_x509_certificate(one.certificate)
        .extensions.get_extension_for_class(x509.CertificatePolicies)
        .value[0]
        .policy_identifier.dotted_string
        for one in (auth, pb)
    ]
    assert policies == ["2.23.146.1.2.1.4", "2.23.146.1.2.1.5"]


def test_the_same_entropy_makes_the_same_certificates(pki: Pki) -> None:
    again = Pki.generate(["rsp.example.com", "127.0.0.1"], not_before=NOT_BEFORE, entropy=SeededEntropy(1))
    other = Pki.generate(["rsp.example.com", "127.0.0.1"], not_before=NOT_BEFORE, entropy=SeededEntropy(2))
    fresh = Pki.generate(["rsp.example.com"], not_before=NOT_BEFORE)
    # The module's PKI has issued more since; what it generated at first is unaffected.
    assert everything(again) == everything(pki)
    for name in everything(pki):
        assert everything(other)[name] != everything(pki)[name]
        assert everything(fresh)[name] != everything(pki)[name]


def test_system_entropy_does_not_repeat() -> None:
    assert len({SystemEntropy().octets(16) for _ in range(8)}) == 8


def test_one_curve_is_enough_and_the_other_is_named_as_missing() -> None:
    pki = Pki.generate(["a.example"], not_before=NOT_BEFORE, curves=["BRP"], entropy=SeededEntropy(3))
    assert pki.curves == ("BRP",)
    with pytest.raises(PkiError, match="no NIST CI; it has BRP"):
        pki.ci("NIST")
    with pytest.raises(PkiError, match="no DPauth NIST certificate"):
        pki.dp_auth("NIST")
    with pytest.raises(PkiError, match="curve 'P-521' is unknown"):
        Pki.generate(["a.example"], not_before=NOT_BEFORE, curves=["P-521"])


def test_a_credential_does_not_print_its_key(pki: Pki) -> None:
    assert "key" not in repr(pki.euicc())
    assert "key" not in repr(pki.ci())


@pytest.mark.skipif(OPENSSL is None, reason="the openssl command is not installed")
class TestOpenssl:
    """The openssl command as third opinion."""

    def run(self, *arguments: str | Path) -> str:
        assert OPENSSL is not None
        done = subprocess.run([OPENSSL, *map(str, arguments)], capture_output=True, text=True, check=False)
        return done.stdout + done.stderr

    def verify(self, tmp_path: Path, root: bytes, leaf: bytes, *options: str) -> str:
        (tmp_path / "root.pem").write_bytes(root)
        (tmp_path / "leaf.pem").write_bytes(leaf)
        moment = str(int(NOT_BEFORE.timestamp()) + 3600)
        files = ("-CAfile", tmp_path / "root.pem", *options, tmp_path / "leaf.pem")
        return self.run("verify", "-no-CApath", "-x509_strict", "-attime", moment, *files)

    @pytest.mark.parametrize("curve", CURVES)
    def test_chains_to_the_ci(self, tmp_path: Path, pki: Pki, curve: str) -> None:
        ci = pki.ci(curve).certificate_pem
        under_ci = [one for slot, one in pki.credentials.items() if slot.curve == curve and slot.role is not Role.EUICC]
        for credential in (*under_ci, pki.eum(curve)):
            assert self.verify(tmp_path, ci, credential.certificate_pem).endswith("leaf.pem: OK\n")

    def test_the_other_ci_is_refused(self, tmp_path: Path, pki: Pki) -> None:
        stranger = Pki.generate(["a.example"], not_before=NOT_BEFORE, curves=["NIST"]).ci().certificate_pem
        assert "verification failed" in self.verify(tmp_path, stranger, pki.dp_auth().certificate_pem)

    def test_tls_purpose_and_host_name(self, tmp_path: Path, pki: Pki) -> None:
        ci, leaf = pki.ci().certificate_pem, pki.dp_tls().certificate_pem
        for purpose in ("sslserver", "sslclient"):
            answer = self.verify(tmp_path, ci, leaf, "-purpose", purpose, "-verify_hostname", "rsp.example.com")
            assert answer.endswith("leaf.pem: OK\n")
        assert "hostname mismatch" in self.verify(tmp_path, ci, leaf, "-verify_hostname", "other.example.com")

    @pytest.mark.parametrize("curve", CURVES)
    def test_signature_of_the_euicc_certificate(self, tmp_path: Path, pki: Pki, curve: str) -> None:
        # `openssl verify` would refuse the chain: it takes the EID prefix of the name constraints for an exact match.
        euicc: Credential = pki.euicc(curve)
        (tmp_path / "tbs").write_bytes(euicc.fields.to_be_signed)
        (tmp_path / "signature").write_bytes(euicc.fields.signature)
        (tmp_path / "eum.der").write_bytes(pki.eum(curve).certificate)
        public_key = self.run("x509", "-inform", "der", "-in", tmp_path / "eum.der", "-noout", "-pubkey")
        (tmp_path / "eum.pub").write_text(public_key)
        check = ("dgst", "-sha256", "-verify", tmp_path / "eum.pub", "-signature", tmp_path / "signature")
        assert self.run(*check, tmp_path / "tbs") == "Verified OK\n"
        (tmp_path / "tbs").write_bytes(euicc.fields.to_be_signed + b"\x00")
        assert "Verified OK" not in self.run(*check, tmp_path / "tbs")

    def test_year_7496_is_readable(self, tmp_path: Path) -> None:
        pki = Pki.generate(["a.example"], not_before=datetime(2020, 4, 1, 9, 48, 58, tzinfo=UTC), curves=["NIST"])
        (tmp_path / "euicc.der").write_bytes(pki.euicc().certificate)
        text = self.run("x509", "-inform", "der", "-in", tmp_path / "euicc.der", "-noout", "-enddate")
        assert text == "notAfter=Jan 24 09:48:58 7496 GMT\n"
