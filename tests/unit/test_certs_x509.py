"""The DER building blocks; expected octets from RFC 5280, X.690 and the dumps of the genuine SGP.26 certificates."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from cryptography.x509 import ObjectIdentifier, load_der_x509_certificate

from certs import x509
from certs.authority import new_serial, self_signed
from certs.keys import CURVES, key_identifier, new_key, public_key_info, sign
from certs.roles import ci


class Fixed:
    def octets(self, count: int) -> bytes:
        return bytes(range(1, count + 1))


@pytest.mark.parametrize(
    ("text", "octets_hex"),
    [("2.999.10", "88370A"), ("2.23.146.1.2.1.0", "67811201020100"), ("1.2.840.10045.4.3.2", "2A8648CE3D040302")],
)
def test_object_identifiers(text: str, octets_hex: str) -> None:
    assert x509.oid_octets(text).hex().upper() == octets_hex
    assert x509.dotted(bytes.fromhex(octets_hex)) == text


@pytest.mark.parametrize("text", ["", "2", "3.1", "1.40", "1.-2", "a.b", "1..2"])
def test_what_is_no_object_identifier(text: str) -> None:
    with pytest.raises(ValueError, match=r"object identifier|invalid literal"):
        x509.oid_octets(text)


@pytest.mark.parametrize(
    ("usages", "der_hex"),
    [
        (("digitalSignature",), "03020780"),
        (("keyCertSign",), "03020204"),
        (("keyCertSign", "cRLSign"), "03020106"),
        (("contentCommitment",), "03020640"),
        (("decipherOnly",), "0303070080"),
    ],
)
def test_key_usage(usages: tuple[str, ...], der_hex: str) -> None:
    assert x509.key_usage(*usages) == ("2.5.29.15", True, bytes.fromhex(der_hex))


def test_extensions_as_the_genuine_eum_has_them() -> None:
    constraints = x509.name_constraints("RSP Test EUM", ["89049032"])
    assert constraints.value.hex() == (
        "3032a030302ea42c302a31153013060355040a0c0c52535020546573742045554d3111300f060355040513083839303439303332"
    )
    assert x509.basic_constraints(0).value.hex() == "30060101ff020100"
    assert x509.basic_constraints().value.hex() == "30030101ff"
    assert x509.policy("2.23.146.1.2.1.2").value.hex() == "300b3009060767811201020102"
    assert x509.alternative_names(registered_id="2.999.5").value.hex() == "30058803883705"
    assert x509.crl_distribution_points("http://ci.test.example.com/CRL-B.crl").value.hex() == (
        "302c302aa028a0268624687474703a2f2f63692e746573742e6578616d706c652e636f6d2f43524c2d422e63726c"
    )


@pytest.mark.parametrize(
    ("moment", "der"),
    [
        (datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC), b"\x17\x0d491231235959Z"),
        (datetime(2050, 1, 1, tzinfo=UTC), b"\x18\x0f20500101000000Z"),
        (datetime(2050, 1, 1, 1, tzinfo=timezone(timedelta(hours=2))), b"\x17\x0d491231230000Z"),
        (datetime(7496, 1, 24, 9, 48, 58, tzinfo=UTC), b"\x18\x0f74960124094858Z"),
    ],
)
def test_times_switch_to_generalized_time_in_2050(moment: datetime, der: bytes) -> None:
    assert x509.time(moment) == der


@pytest.mark.parametrize(("value", "der_hex"), [(0, "020100"), (127, "02017F"), (128, "02020080"), (256, "02020100")])
def test_integers_are_minimal(value: int, der_hex: str) -> None:
    assert x509.integer(value).hex().upper() == der_hex


def test_templates_change_in_place_and_at_the_end() -> None:
    template = ci()
    order = [extension.oid for extension in template.extensions]
    changed = template.with_extension(x509.key_usage("cRLSign"))
    assert [extension.oid for extension in changed.extensions] == order
    assert next(one for one in changed.extensions if one.oid == x509.KEY_USAGE).value.hex() == "03020102"
    added = template.with_extension(x509.name_constraints("O", ["89"]))
    assert [extension.oid for extension in added.extensions] == [*order, x509.NAME_CONSTRAINTS]
    assert [one.oid for one in template.without(x509.POLICIES).extensions] == [
        oid for oid in order if oid != x509.POLICIES
    ]


@pytest.mark.parametrize(("octet", "serial"), [(0x00, 1), (0xFF, 0x7FFF_FFFF_FFFF_FFFF)])
def test_serial_numbers_are_positive_and_of_at_most_eight_octets(octet: int, serial: int) -> None:
    class Constant:
        def octets(self, count: int) -> bytes:
            return bytes((octet,)) * count

    assert new_serial(Constant()) == serial


@pytest.mark.parametrize("curve", CURVES)
def test_keys_are_what_the_entropy_says(curve: str) -> None:
    order = {
        "NIST": 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
        "BRP": 0xA9FB57DBA1EEA9BC3E660A909D838D718C397AA3B561A6F7901E0E82974856A7,
    }[curve]
    secret = int.from_bytes(bytes(range(1, 41)), "big") % (order - 1) + 1
    assert new_key(curve, Fixed()).private_numbers().private_value == secret


@pytest.mark.parametrize("curve", CURVES)
def test_signatures_are_deterministic(curve: str) -> None:
    key = new_key(curve, Fixed())
    assert sign(key, b"data") == sign(key, b"data") != sign(key, b"other")


def test_a_read_certificate_has_the_fields_that_cryptography_sees() -> None:
    root = self_signed(ci(), "BRP", not_before=datetime(2026, 11, 1, tzinfo=UTC), entropy=Fixed())
    fields, parsed = root.fields, load_der_x509_certificate(root.certificate)
    assert fields.to_be_signed == parsed.tbs_certificate_bytes
    assert fields.signature == parsed.signature
    assert fields.serial == parsed.serial_number
    assert (fields.not_before, fields.not_after) == (parsed.not_valid_before_utc, parsed.not_valid_after_utc)
    assert (fields.issuer, fields.subject) == (parsed.issuer.public_bytes(), parsed.subject.public_bytes())
    assert [(ObjectIdentifier(one.oid), one.critical) for one in fields.extensions] == [
        (one.oid, one.critical) for one in parsed.extensions
    ]
    assert [one.value for one in fields.extensions] == [one.value.public_bytes() for one in parsed.extensions]
    assert fields.ski == key_identifier(public_key_info(root.require_key()))
