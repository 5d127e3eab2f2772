"""Types shared by several functions: identifiers, metadata, notification metadata.

Spec: SGP.22 v2.5 annex H
"""

from wire import es10
from wire.asn1 import (
    OPTIONAL,
    BitString,
    Integer,
    ObjectIdentifier,
    OctetString,
    OpenType,
    Sequence,
    SequenceOf,
    UTF8String,
    at,
    octets,
    own,
    text,
)


class Octet8(OctetString, size=8):
    """OCTET STRING of 8 octets."""


class Octet4(OctetString, size=4):
    """OCTET STRING of 4 octets."""


class Octet16(OctetString, size=16):
    """OCTET STRING of 16 octets."""


class OctetTo16(OctetString, size=(1, 16)):
    """OCTET STRING of 1 to 16 octets."""


class Octet32(OctetString, size=32):
    """OCTET STRING of 32 octets."""


class Octet1(OctetString, size=1):
    """OCTET STRING of 1 octet."""


class Octet2(OctetString, size=2):
    """OCTET STRING of 2 octets."""


class VersionType(OctetString, size=3):
    """OCTET STRING of 3 octets."""


class Iccid(OctetString, size=10, wire_tag=0x5A):
    """OCTET STRING of 10 octets."""


class TransactionId(OctetString, size=(1, 16)):
    """OCTET STRING of 1 to 16 octets."""


class SubjectKeyIdentifier(OctetString):
    """OCTET STRING."""


class IconType(Integer, of=es10.IconType):
    """INTEGER with the names of wire.es10."""


class ProfileState(Integer, of=es10.ProfileState):
    """INTEGER with the names of wire.es10."""


class ProfileClass(Integer, of=es10.ProfileClass):
    """INTEGER with the names of wire.es10."""


class PprIds(BitString, of=es10.PprIds):
    """BIT STRING with the names of wire.es10."""


class OperatorId(Sequence):
    _fields = [
        ("mccMnc", octets(3, 3), at(0x80)),
        ("gid1", OctetString, at(0x81, OPTIONAL)),
        ("gid2", OctetString, at(0x82, OPTIONAL)),
    ]


class NotificationEvent(BitString, of=es10.NotificationEvent):
    """BIT STRING with the names of wire.es10."""


class NotificationConfigurationInformation(Sequence):
    _fields = [
        ("profileManagementOperation", NotificationEvent, at(0x80)),
        ("notificationAddress", UTF8String, at(0x81)),
    ]


class VendorSpecificItem(Sequence):
    _fields = [
        ("vendorOid", ObjectIdentifier, at(0x80)),
        ("vendorSpecificData", OpenType, at(0x81)),
    ]


class VendorSpecificExtension(SequenceOf, of=VendorSpecificItem):
    """SEQUENCE OF SEQUENCE."""


class DpProprietaryData(Sequence):
    _fields = [
        ("dpOid", ObjectIdentifier, at(0x80)),
    ]


class NotificationMetadata(Sequence, wire_tag=0xBF2F):
    _fields = [
        ("seqNumber", Integer, at(0x80)),
        ("profileManagementOperation", NotificationEvent, at(0x81)),
        ("notificationAddress", UTF8String),
        ("iccid", Iccid, own(OPTIONAL)),
    ]


class NotificationConfigurationInfo(SequenceOf, of=NotificationConfigurationInformation):
    """SEQUENCE OF NotificationConfigurationInformation."""


class StoreMetadataRequest(Sequence, wire_tag=0xBF25):
    _fields = [
        ("iccid", Iccid),
        ("serviceProviderName", text(0, 32), at(0x91)),
        ("profileName", text(0, 64), at(0x92)),
        ("iconType", IconType, at(0x93, OPTIONAL)),
        ("icon", octets(0, 1024), at(0x94, OPTIONAL)),
        ("profileClass", ProfileClass, at(0x95, default="operational")),
        ("notificationConfigurationInfo", NotificationConfigurationInfo, at(0xB6, OPTIONAL)),
        ("profileOwner", OperatorId, at(0xB7, OPTIONAL)),
        ("profilePolicyRules", PprIds, at(0x99, OPTIONAL)),
        ("serviceSpecificDataStoredInEuicc", VendorSpecificExtension, at(0xBF22, OPTIONAL)),
        ("serviceSpecificDataNotStoredInEuicc", VendorSpecificExtension, at(0xBF23, OPTIONAL)),
    ]


class UpdateMetadataRequest(Sequence, wire_tag=0xBF2A):
    _fields = [
        ("serviceProviderName", text(0, 32), at(0x91, OPTIONAL)),
        ("profileName", text(0, 64), at(0x92, OPTIONAL)),
        ("iconType", IconType, at(0x93, OPTIONAL)),
        ("icon", octets(0, 1024), at(0x94, OPTIONAL)),
        ("profilePolicyRules", PprIds, at(0x99, OPTIONAL)),
        ("serviceSpecificDataStoredInEuicc", VendorSpecificExtension, at(0xBF22, OPTIONAL)),
    ]
