"""Basic types, the profile header, the end, and what the installer answers.

Spec: TCA eUICC Profile Package: Interoperable Format 3.3.1, annex B (PEDefinitions)
"""

from wire.asn1 import OPTIONAL, Integer, Null, ObjectIdentifier, OctetString, Sequence, SequenceOf, at, octets, text
from wire.services import SERVICE_TAGS


class UInt8(Integer, within=(0, 255)):
    """INTEGER."""


class UInt15(Integer, within=(0, 32767)):
    """INTEGER."""


class UInt16(Integer, within=(0, 65535)):
    """INTEGER."""


class UInt31(Integer, within=(0, 2147483647)):
    """INTEGER."""


class ApplicationIdentifier(OctetString, size=(5, 16)):
    """OCTET STRING of 5 to 16 octets."""


class PEHeader(Sequence):
    _fields = [
        ("mandated", Null, at(0x80, OPTIONAL)),
        ("identification", UInt15, at(0x81)),
    ]


class PE_Dummy(Sequence):
    """No fields."""


class PE_End(Sequence):
    _fields = [
        ("end-header", PEHeader, at(0xA0)),
    ]


class PE_NonStandard(Sequence):
    _fields = [
        ("nonStandard-header", PEHeader, at(0xA0)),
        ("issuerID", ObjectIdentifier, at(0x81)),
        ("content", OctetString, at(0x82)),
    ]


class IotOptions(Sequence):
    _fields = [
        ("pix", octets(7, 11), at(0x80)),
    ]


class ServicesList(Sequence):
    _fields = [(name, Null, at(tag, OPTIONAL)) for tag, name in SERVICE_TAGS.items()]


class EUICC_Mandatory_GFSTEList(SequenceOf, of=ObjectIdentifier):
    """The type of `eUICC-Mandatory-GFSTEList`."""


class MandatoryAid(Sequence):
    _fields = [
        ("aid", ApplicationIdentifier, at(0x80)),
        ("version", octets(2, 2), at(0x81)),
    ]


class EUICC_Mandatory_AIDs(SequenceOf, of=MandatoryAid):
    """The type of `eUICC-Mandatory-AIDs`."""


class ProfileHeader(Sequence):
    _fields = [
        ("major-version", UInt8, at(0x80)),
        ("minor-version", UInt8, at(0x81)),
        ("profileType", text(1, 100), at(0x82, OPTIONAL)),
        ("iccid", octets(10, 10), at(0x83)),
        ("pol", OctetString, at(0x84, OPTIONAL)),
        ("eUICC-Mandatory-services", ServicesList, at(0xA5)),
        ("eUICC-Mandatory-GFSTEList", EUICC_Mandatory_GFSTEList, at(0xA6)),
        ("connectivityParameters", OctetString, at(0x87, OPTIONAL)),
        ("eUICC-Mandatory-AIDs", EUICC_Mandatory_AIDs, at(0xA8, OPTIONAL)),
        ("iotOptions", IotOptions, at(0xA9, OPTIONAL)),
    ]


class PEStatusCode(Integer):
    """The type of `status`."""

    _map = {
        0: "ok",
        1: "pe-not-supported",
        2: "memory-failure",
        3: "bad-values",
        4: "not-enough-memory",
        5: "invalid-request-format",
        6: "invalid-parameter",
        7: "runtime-not-supported",
        8: "lib-not-supported",
        9: "template-not-supported",
        10: "feature-not-supported",
        11: "pin-code-missing",
        31: "unsupported-profile-version",
    }


class PEStatus(Sequence):
    _fields = [
        ("status", PEStatusCode, at(0x80)),
        ("identification", UInt15, at(0x81, OPTIONAL)),
        ("additional-information", UInt8, at(0x82, OPTIONAL)),
        ("offset", UInt31, at(0x83, OPTIONAL)),
    ]


class PeStatus(SequenceOf, of=PEStatus):
    """The type of `peStatus`."""


class EUICCResponse(Sequence):
    _fields = [
        ("peStatus", PeStatus, at(0xA0)),
        ("profileInstallationAborted", Null, at(0x81, OPTIONAL)),
        ("statusMessage", text(2, 64), at(0x82, OPTIONAL)),
    ]
