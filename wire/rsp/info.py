"""What an eUICC and a device say about themselves.

Spec: SGP.22 v2.5 annex H
"""

from wire import es10
from wire.asn1 import OPTIONAL, BitString, Integer, OctetString, Sequence, SequenceOf, UTF8String, at, own, text
from wire.rsp.common import Octet4, Octet8, PprIds, SubjectKeyIdentifier, VersionType
from wire.services import UICC_CAPABILITIES


class UICCCapability(BitString):
    """BIT STRING."""

    _map = dict(enumerate(UICC_CAPABILITIES))


class RspCapability(BitString, of=es10.RspCapability):
    """BIT STRING with the names of wire.es10."""


class CertificationDataObject(Sequence):
    _fields = [
        ("platformLabel", UTF8String, at(0x80)),
        ("discoveryBaseURL", UTF8String, at(0x81)),
    ]


class CertificateInfo(BitString):
    """BIT STRING."""

    _map = {
        0: "reserved",
        1: "certSigningX509",
        2: "rfu2",
        3: "rfu3",
        4: "reserved2",
        5: "certVerificationX509",
    }


class CatSupportedClasses(BitString):
    """BIT STRING."""


class EuiccFormFactorType(Integer):
    """INTEGER."""


class DeviceAdditionalFeatureSupport(Sequence):
    _fields = [
        ("naiSupport", VersionType, at(0x80, OPTIONAL)),
    ]


class DeviceCapabilities(Sequence):
    _fields = [
        ("gsmSupportedRelease", VersionType, at(0x80, OPTIONAL)),
        ("utranSupportedRelease", VersionType, at(0x81, OPTIONAL)),
        ("cdma2000onexSupportedRelease", VersionType, at(0x82, OPTIONAL)),
        ("cdma2000hrpdSupportedRelease", VersionType, at(0x83, OPTIONAL)),
        ("cdma2000ehrpdSupportedRelease", VersionType, at(0x84, OPTIONAL)),
        ("eutranEpcSupportedRelease", VersionType, at(0x85, OPTIONAL)),
        ("contactlessSupportedRelease", VersionType, at(0x86, OPTIONAL)),
        ("rspCrlSupportedVersion", VersionType, at(0x87, OPTIONAL)),
        ("nrEpcSupportedRelease", VersionType, at(0x88, OPTIONAL)),
        ("nr5gcSupportedRelease", VersionType, at(0x89, OPTIONAL)),
        ("eutran5gcSupportedRelease", VersionType, at(0x8A, OPTIONAL)),
        ("lpaSvn", VersionType, at(0x8B, OPTIONAL)),
        ("catSupportedClasses", CatSupportedClasses, at(0x8C, OPTIONAL)),
        ("euiccFormFactorType", EuiccFormFactorType, at(0x8D, OPTIONAL)),
        ("deviceAdditionalFeatureSupport", DeviceAdditionalFeatureSupport, at(0xAE, OPTIONAL)),
    ]


class DeviceInfo(Sequence):
    _fields = [
        ("tac", Octet4, at(0x80)),
        ("deviceCapabilities", DeviceCapabilities, at(0xA1)),
        ("imei", Octet8, at(0x82, OPTIONAL)),
    ]


class GetEuiccInfo1Request(Sequence, wire_tag=0xBF20):
    """No fields."""


class CiPKIdList(SequenceOf, of=SubjectKeyIdentifier):
    """SEQUENCE OF SubjectKeyIdentifier."""


class EUICCInfo1(Sequence, wire_tag=0xBF20):
    _fields = [
        ("svn", VersionType, at(0x82)),
        ("euiccCiPKIdListForVerification", CiPKIdList, at(0xA9)),
        ("euiccCiPKIdListForSigning", CiPKIdList, at(0xAA)),
    ]


class GetEuiccInfo2Request(Sequence, wire_tag=0xBF22):
    """No fields."""


class EuiccCategory(Integer):
    """`euiccCategory` of EUICCInfo2."""

    _map = {
        0: "other",
        1: "basicEuicc",
        2: "mediumEuicc",
        3: "contactlessEuicc",
    }


class TreProperties(BitString):
    """`treProperties` of EUICCInfo2."""

    _map = {
        0: "isDiscrete",
        1: "isIntegrated",
        2: "usesRemoteMemory",
    }


class VersionTypes(SequenceOf, of=VersionType):
    """SEQUENCE OF VersionType."""


class EUICCInfo2(Sequence, wire_tag=0xBF22):
    _fields = [
        ("profileVersion", VersionType, at(0x81)),
        ("svn", VersionType, at(0x82)),
        ("euiccFirmwareVer", VersionType, at(0x83)),
        ("extCardResource", OctetString, at(0x84)),
        ("uiccCapability", UICCCapability, at(0x85)),
        ("ts102241Version", VersionType, at(0x86, OPTIONAL)),
        ("globalplatformVersion", VersionType, at(0x87, OPTIONAL)),
        ("rspCapability", RspCapability, at(0x88)),
        ("euiccCiPKIdListForVerification", CiPKIdList, at(0xA9)),
        ("euiccCiPKIdListForSigning", CiPKIdList, at(0xAA)),
        ("euiccCategory", EuiccCategory, at(0x8B, OPTIONAL)),
        ("forbiddenProfilePolicyRules", PprIds, at(0x99, OPTIONAL)),
        ("ppVersion", VersionType),
        ("sasAcreditationNumber", text(0, 64)),
        ("certificationDataObject", CertificationDataObject, at(0xAC, OPTIONAL)),
        ("treProperties", TreProperties, at(0x8D, OPTIONAL)),
        ("treProductReference", UTF8String, at(0x8E, OPTIONAL)),
        ("additionalEuiccProfilePackageVersions", VersionTypes, at(0xAF, OPTIONAL)),
    ]


class LpaeSupport(BitString):
    """`lpaeSupport` of ISDRProprietaryApplicationTemplate."""

    _map = {
        0: "lpaeUsingCat",
        1: "lpaeUsingScws",
    }


class ISDRProprietaryApplicationTemplate(Sequence, wire_tag=0xE0):
    _fields = [
        ("svn", VersionType, at(0x82)),
        ("lpaeSupport", LpaeSupport, own(OPTIONAL)),
    ]
