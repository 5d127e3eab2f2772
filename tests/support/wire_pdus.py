"""One valid example of every PDU, put together TLV by TLV: material for codec tests, never an oracle for values."""

from datetime import UTC, datetime
from functools import cache

from asn1crypto.core import Asn1Value
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from wire import rsp, saip
from wire.rsp import ES8_PDUS, ES9_PDUS, PDUS
from wire.tlv import tlv

TID = tlv(0x80, bytes(range(16)))
ICCID = bytes.fromhex("5A0A98001032547698103214")
AID = bytes.fromhex("4F10A0000005591010FFFFFFFF8900001000")
ADDRESS = b"smdp.example.com"
SIGNATURE = tlv(0x5F37, bytes(range(64)))
OTPK = tlv(0x5F49, b"\x04" + bytes(range(64)))
SKI = tlv(0x04, bytes(range(20)))
OID = bytes.fromhex("88370A")
MCC_MNC = bytes.fromhex("800300F110")
INSTALL, DELETE = bytes.fromhex("81020780"), bytes.fromhex("81020410")


@cache
def certificate() -> bytes:
    """A self-signed P-256 certificate with the extensions that RSP certificates have."""
    key = ec.derive_private_key(7, ec.SECP256R1())
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "RSP Test"),
            x509.NameAttribute(NameOID.SERIAL_NUMBER, "89049032123451234512345678901235"),
        ]
    )
    role = x509.PolicyInformation(x509.ObjectIdentifier("2.23.146.1.2.1.4"), None)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(0x0100)
        .not_valid_before(datetime(2020, 4, 1, tzinfo=UTC))
        .not_valid_after(datetime(2055, 4, 1, tzinfo=UTC))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.CertificatePolicies([role]), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.RegisteredID(x509.ObjectIdentifier("2.999.10"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    return built.public_bytes(serialization.Encoding.DER)


@cache
def crl() -> bytes:
    """A CRL with one revoked certificate."""
    key = ec.derive_private_key(7, ec.SECP256R1())
    revoked = (
        x509.RevokedCertificateBuilder().serial_number(5).revocation_date(datetime(2021, 1, 1, tzinfo=UTC)).build()
    )
    built = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "CI")]))
        .last_update(datetime(2021, 1, 1, tzinfo=UTC))
        .next_update(datetime(2022, 1, 1, tzinfo=UTC))
        .add_revoked_certificate(revoked)
        .sign(key, hashes.SHA256())
    )
    return built.public_bytes(serialization.Encoding.DER)


def _server_signed1() -> bytes:
    return tlv(0x30, TID, tlv(0x81, bytes(16)), tlv(0x83, ADDRESS), tlv(0x84, bytes(16)))


def _device_info() -> bytes:
    capabilities = tlv(
        0xA1,
        *(tlv(tag, b"\x0f\x00\x00") for tag in range(0x80, 0x8C)),
        bytes.fromhex("8C020780 8D0101"),
        tlv(0xAE, tlv(0x80, b"\x01\x00\x00")),
    )
    return tlv(0xA1, tlv(0x80, bytes.fromhex("35290611")), capabilities, tlv(0x82, bytes(8)))


def _ctx_params1() -> bytes:
    return tlv(0xA0, tlv(0x80, b"ABC-1"), _device_info())


def _euicc_info1() -> bytes:
    return tlv(0xBF20, tlv(0x82, b"\x02\x05\x00"), tlv(0xA9, SKI, SKI), tlv(0xAA, SKI))


def _euicc_info2() -> bytes:
    return tlv(
        0xBF22,
        tlv(0x81, b"\x02\x03\x01"),
        tlv(0x82, b"\x02\x05\x00"),
        tlv(0x83, b"\x01\x00\x00"),
        tlv(0x84, bytes.fromhex("8101008204000A0000830400002000")),
        bytes.fromhex("8505077B801B80"),
        tlv(0x86, b"\x09\x02\x00"),
        tlv(0x87, b"\x02\x03\x00"),
        bytes.fromhex("88020490"),
        tlv(0xA9, SKI),
        tlv(0xAA, SKI),
        bytes.fromhex("8B0102 99020640"),
        tlv(0x04, b"\x01\x00\x00"),
        tlv(0x0C, b"XX-YY-UP-0000"),
        tlv(0xAC, tlv(0x80, b"label"), tlv(0x81, b"https://example.com")),
        bytes.fromhex("8D020780"),
        tlv(0x8E, "modèle".encode()),
        tlv(0xAF, tlv(0x04, b"\x03\x03\x01")),
    )


def _authenticate_server_ok() -> bytes:
    signed = tlv(0x30, TID, tlv(0x83, ADDRESS), tlv(0x84, bytes(16)), _euicc_info2(), _ctx_params1())
    return tlv(0xBF38, tlv(0xA0, signed, SIGNATURE, certificate(), certificate()))


def _prepare_download_ok() -> bytes:
    return tlv(0xBF21, tlv(0xA0, tlv(0x30, TID, OTPK, tlv(0x04, bytes(32))), SIGNATURE))


def _smdp_signed2() -> bytes:
    return tlv(0x30, TID, bytes.fromhex("0101FF"), OTPK)


def _cancel_ok() -> bytes:
    return tlv(0xA0, tlv(0x30, TID, tlv(0x81, OID), bytes.fromhex("820100")), SIGNATURE)


def _notification_metadata(events: bytes) -> bytes:
    return tlv(0xBF2F, bytes.fromhex("80020080"), events, tlv(0x0C, ADDRESS), ICCID)


def _installation_result() -> bytes:
    final = tlv(0xA2, tlv(0xA0, AID, tlv(0x04, bytes.fromhex("3007A0053003800100"))))
    return tlv(0xBF37, tlv(0xBF27, TID, _notification_metadata(INSTALL), tlv(0x06, OID), final), SIGNATURE)


def _other_notification() -> bytes:
    return tlv(0x30, _notification_metadata(DELETE), SIGNATURE, certificate(), certificate())


def _extension(tag: int) -> bytes:
    return tlv(tag, tlv(0x30, tlv(0x80, OID), tlv(0x81, b"data")), tlv(0x30, tlv(0x80, OID), tlv(0xA1, SKI)))


def _metadata() -> bytes:
    return tlv(
        0xBF25,
        ICCID,
        tlv(0x91, b"Operator"),
        tlv(0x92, "Größe".encode()),
        bytes.fromhex("930101"),
        tlv(0x94, bytes(300)),
        bytes.fromhex("950100"),
        tlv(0xB6, tlv(0x30, bytes.fromhex("800204F0"), tlv(0x81, ADDRESS))),
        tlv(0xB7, MCC_MNC, tlv(0x81, b"\x01"), tlv(0x82, b"")),
        bytes.fromhex("99020560"),
        _extension(0xBF22),
        _extension(0xBF23),
    )


def _profile_info() -> bytes:
    return tlv(
        0xE3,
        ICCID,
        AID,
        bytes.fromhex("9F700101"),
        tlv(0x90, b"Work"),
        tlv(0x91, b"Operator"),
        tlv(0x92, b"Name"),
        bytes.fromhex("930100"),
        tlv(0x94, bytes(200)),
        bytes.fromhex("950102"),
        tlv(0xB6, tlv(0x30, bytes.fromhex("80020780"), tlv(0x81, ADDRESS))),
        tlv(0xB7, MCC_MNC),
        tlv(0xB8, tlv(0x80, OID)),
        bytes.fromhex("99020640"),
        _extension(0xBF22),
    )


def _bound_profile_package() -> bytes:
    crt = tlv(0xA6, bytes.fromhex("800188810110"), tlv(0x84, bytes(8)))
    isc = tlv(0xBF23, bytes.fromhex("820101"), TID, crt, OTPK, SIGNATURE)
    return tlv(
        0xBF36,
        isc,
        tlv(0xA0, tlv(0x87, bytes(24))),
        tlv(0xA1, tlv(0x88, bytes(40)), tlv(0x88, bytes(9))),
        tlv(0xA2, tlv(0x87, bytes(72))),
        tlv(0xA3, tlv(0x86, bytes(1016)), tlv(0x86, bytes(24))),
    )


def _ok(tag: int, result: str = "00") -> bytes:
    return tlv(tag, tlv(0x80, bytes.fromhex(result)))


def _profile_choice(tag: int) -> bytes:
    return tlv(tag, tlv(0xA0, ICCID), bytes.fromhex("8101FF"))


_REQUESTS: dict[int, bytes] = {
    0xBF20: tlv(0xBF20),
    0xBF21: tlv(0xBF21, _smdp_signed2(), SIGNATURE, tlv(0x04, bytes(32)), certificate()),
    0xBF22: tlv(0xBF22),
    0xBF28: tlv(0xBF28, DELETE),
    0xBF29: tlv(0xBF29, ICCID, tlv(0x90, "Büro".encode())),
    0xBF2B: tlv(0xBF2B, tlv(0xA0, bytes.fromhex("800200FF"))),
    0xBF2D: tlv(0xBF2D, tlv(0xA0, bytes.fromhex("950102")), tlv(0x5C, bytes.fromhex("5A4F9F70"))),
    0xBF2E: tlv(0xBF2E),
    0xBF30: tlv(0xBF30, bytes.fromhex("800105")),
    0xBF31: _profile_choice(0xBF31),
    0xBF32: _profile_choice(0xBF32),
    0xBF33: tlv(0xBF33, AID),
    0xBF34: tlv(0xBF34, bytes.fromhex("820205E0")),
    0xBF35: tlv(0xBF35, b"\xa0" + crl()[1:]),
    0xBF36: _bound_profile_package(),
    0xBF38: tlv(0xBF38, _server_signed1(), SIGNATURE, SKI, certificate(), _ctx_params1()),
    0xBF3C: tlv(0xBF3C),
    0xBF3E: tlv(0xBF3E, bytes.fromhex("5C015A")),
    0xBF3F: tlv(0xBF3F, tlv(0x80, ADDRESS)),
    0xBF41: tlv(0xBF41, TID, bytes.fromhex("810104")),
    0xBF42: tlv(0xBF42, bytes.fromhex("80020640")),
    0xBF43: tlv(0xBF43),
}

_RESPONSES: dict[int, bytes] = {
    0xBF20: _euicc_info1(),
    0xBF21: _prepare_download_ok(),
    0xBF22: _euicc_info2(),
    0xBF28: tlv(0xBF28, tlv(0xA0, _notification_metadata(INSTALL), _notification_metadata(DELETE))),
    0xBF29: _ok(0xBF29),
    0xBF2B: tlv(0xBF2B, tlv(0xA0, _installation_result(), _other_notification())),
    0xBF2D: tlv(0xBF2D, tlv(0xA0, _profile_info(), tlv(0xE3, ICCID))),
    0xBF2E: tlv(0xBF2E, tlv(0x80, bytes(range(16)))),
    0xBF30: _ok(0xBF30, "01"),
    0xBF31: _ok(0xBF31, "05"),
    0xBF32: _ok(0xBF32, "03"),
    0xBF33: _ok(0xBF33, "7F"),
    0xBF34: _ok(0xBF34, "01"),
    0xBF35: tlv(0xBF35, tlv(0xA0, tlv(0xA0, bytes.fromhex("020101020200FF")))),
    0xBF36: _installation_result(),
    0xBF38: _authenticate_server_ok(),
    0xBF3C: tlv(0xBF3C, tlv(0x80, ADDRESS), tlv(0x81, b"ds.example.com")),
    0xBF3E: tlv(0xBF3E, tlv(0x5A, bytes.fromhex("89049032123451234512345678901235"))),
    0xBF3F: _ok(0xBF3F),
    0xBF41: tlv(0xBF41, _cancel_ok()),
    0xBF42: _ok(0xBF42, "01"),
    0xBF43: tlv(
        0xBF43,
        tlv(
            0xA0,
            tlv(0x30, bytes.fromhex("80020560"), tlv(0xA1, tlv(0x30, MCC_MNC)), bytes.fromhex("82020780")),
        ),
    ),
}

_ES8: dict[int, bytes] = {
    0xBF23: tlv(
        0xBF23,
        bytes.fromhex("820101"),
        TID,
        tlv(0xA6, bytes.fromhex("800188810110"), tlv(0x84, bytes(16))),
        OTPK,
        SIGNATURE,
    ),
    0xBF24: tlv(0xBF24, tlv(0xB8, tlv(0x80, OID))),
    0xBF25: _metadata(),
    0xBF26: tlv(0xBF26, *(tlv(tag, bytes(16)) for tag in (0x80, 0x81, 0x82))),
    0xBF2A: tlv(0xBF2A, tlv(0x91, b"New"), tlv(0x92, b"Name"), bytes.fromhex("930100"), tlv(0x94, b"\xff")),
    0xBF37: _installation_result(),
}

_OK = tlv(0xA0, TID, _server_signed1(), SIGNATURE, SKI, certificate())
_ES9_REQUESTS: dict[int, bytes] = {
    0xBF39: tlv(0xBF39, tlv(0x81, bytes(16)), tlv(0x83, ADDRESS), _euicc_info1()),
    0xBF3A: tlv(0xBF3A, TID, _prepare_download_ok()),
    0xBF3B: tlv(0xBF3B, TID, _authenticate_server_ok()),
    0xBF3D: tlv(0xBF3D, tlv(0xA0, _other_notification())),
    0xBF41: tlv(0xBF41, TID, tlv(0xA1, _cancel_ok())),
}
_ES9_RESPONSES: dict[int, bytes] = {
    0xBF39: tlv(0xBF39, _OK),
    0xBF3A: tlv(0xBF3A, tlv(0xA0, TID, _bound_profile_package())),
    0xBF3B: tlv(0xBF3B, tlv(0xA0, TID, _metadata(), _smdp_signed2(), SIGNATURE, certificate())),
    0xBF40: tlv(
        0xBF40,
        tlv(0xA0, TID, tlv(0xA1, tlv(0x30, tlv(0x80, b"EVENT-1"), tlv(0x81, ADDRESS)))),
    ),
    0xBF41: bytes.fromhex("BF4102A000"),
}


def _profile_elements() -> dict[str, bytes]:
    header = tlv(0xA0, bytes.fromhex("8000"), bytes.fromhex("810105"))
    template = tlv(0x81, bytes.fromhex("67810F010201"))
    fcp = tlv(
        0xA1,
        bytes.fromhex("82044221001A 83026F3B 8B036F0602 800204 00 880108"),
        tlv(0xA5, bytes.fromhex("C00140 C101FF")),
        tlv(0xC7, b""),
    )
    file = fcp + tlv(0x83, bytes(40)) + bytes.fromhex("82020100") + tlv(0x83, b"\x01")
    services = tlv(0xA5, bytes.fromhex("81008400"))
    templates = tlv(0xA6, tlv(0x06, bytes.fromhex("67810F010201")))
    iccid = tlv(0x83, bytes.fromhex("89000123456789012341"))
    algorithm = tlv(0xA1, bytes.fromhex("800101810102"), tlv(0x82, bytes(16)), tlv(0x83, bytes(16)))
    pin = tlv(0x30, bytes.fromhex("800101"), tlv(0x81, b"0000\xff\xff\xff\xff"), bytes.fromhex("830106 840133"))
    instance = tlv(
        0xA1,
        tlv(0x4F, bytes(7)),
        tlv(0x4F, bytes(8)),
        tlv(0x4F, bytes(9)),
        bytes.fromhex("820382DC00 83010F C9048102 8000"),
        tlv(0xEA, tlv(0x80, bytes(4))),
    )
    key = tlv(
        0x30,
        bytes.fromhex("950118 820101 830101"),
        tlv(0x30, tlv(0x30, bytes.fromhex("800188"), tlv(0x86, bytes(16)), bytes.fromhex("870108"))),
    )
    command = tlv(0x30, tlv(0x80, b""), tlv(0x62, fcp[2:]), bytes.fromhex("020101"), tlv(0x81, bytes(3)))
    return {
        "header": tlv(0xA0, bytes.fromhex("800102810103"), tlv(0x82, b"Test"), iccid, services, templates),
        "mf": tlv(0xB0, header, template, *(tlv(tag, file) for tag in range(0xA2, 0xA8))),
        "opt-usim": tlv(0xB4, header, template, tlv(0xBE, file), tlv(0xBF1F, file), tlv(0xBF57, tlv(0x80))),
        "genericFileManagement": tlv(0xA1, header, tlv(0xA1, command)),
        "akaParameter": tlv(0xA4, header, tlv(0xA1, algorithm), tlv(0xA5, *[tlv(0x04, bytes(6))] * 32)),
        "pinCodes": tlv(0xA2, header, tlv(0xA1, tlv(0xA0, pin))),
        "securityDomain": tlv(0xA6, header, instance, tlv(0xA2, key), tlv(0xA3, tlv(0x04, bytes(5)))),
        "end": tlv(0xAA, header),
    }


@cache
def examples() -> dict[str, tuple[type[Asn1Value], bytes]]:
    """Name -> (class, octets) of every PDU of the registries, and some profile elements."""
    found: dict[str, tuple[type[Asn1Value], bytes]] = {}
    for tag, pdu in PDUS.items():
        found[f"{pdu.function} request"] = (pdu.request, _REQUESTS[tag])
        assert pdu.response is not None
        found[f"{pdu.function} response"] = (pdu.response, _RESPONSES[tag])
    for tag, spec in ES8_PDUS.items():
        found[f"ES8+ {spec.__name__}"] = (spec, _ES8[tag])
    for tag, pdu in ES9_PDUS.items():
        if tag in _ES9_REQUESTS:
            found[f"{pdu.function} request"] = (
                rsp.RemoteProfileProvisioningRequest,
                tlv(0xA2, _ES9_REQUESTS[tag]),
            )
        if tag in _ES9_RESPONSES:
            found[f"{pdu.function} response"] = (
                rsp.RemoteProfileProvisioningResponse,
                tlv(0xA2, _ES9_RESPONSES[tag]),
            )
    for name, raw in _profile_elements().items():
        found[f"PE {name}"] = (saip.ProfileElement, raw)
    found["EUICCResponse"] = (saip.EUICCResponse, bytes.fromhex("300CA00830068001038101098100"))
    return found
