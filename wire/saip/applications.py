"""Security domains, applications and remote file management.

Spec: TCA eUICC Profile Package: Interoperable Format 3.3.1, annex B (PEDefinitions)
"""

from wire.asn1 import OPTIONAL, OctetString, Sequence, SequenceOf, at, octets, own
from wire.saip.types import ApplicationIdentifier, PEHeader, UInt8, UInt16


class TS102226AdditionalContactlessParameters(Sequence):
    _fields = [
        ("protocolParameterData", OctetString, at(0x80)),
    ]


class ApplicationSystemParameters(Sequence):
    _fields = [
        ("volatileMemoryQuotaC7", octets(2, 4), at(0xC7, OPTIONAL)),
        ("nonVolatileMemoryQuotaC8", octets(2, 4), at(0xC8, OPTIONAL)),
        ("globalServiceParameters", OctetString, at(0xCB, OPTIONAL)),
        ("implicitSelectionParameter", OctetString, at(0xCF, OPTIONAL)),
        ("volatileReservedMemory", octets(2, 4), at(0xD7, OPTIONAL)),
        ("nonVolatileReservedMemory", octets(2, 4), at(0xD8, OPTIONAL)),
        ("ts102226SIMFileAccessToolkitParameter", OctetString, at(0xCA, OPTIONAL)),
        ("ts102226AdditionalContactlessParameters", TS102226AdditionalContactlessParameters, at(0xA0, OPTIONAL)),
        ("contactlessProtocolParameters", OctetString, at(0xD9, OPTIONAL)),
        ("userInteractionContactlessParameters", OctetString, at(0xDA, OPTIONAL)),
        ("cumulativeGrantedVolatileMemory", octets(2, 4), at(0x82, OPTIONAL)),
        ("cumulativeGrantedNonVolatileMemory", octets(2, 4), at(0x83, OPTIONAL)),
    ]


class UICCApplicationParameters(Sequence):
    _fields = [
        ("uiccToolkitApplicationSpecificParametersField", OctetString, at(0x80, OPTIONAL)),
        ("uiccAccessApplicationSpecificParametersField", OctetString, at(0x81, OPTIONAL)),
        ("uiccAdministrativeAccessApplicationSpecificParametersField", OctetString, at(0x82, OPTIONAL)),
    ]


class ControlReferenceTemplate(Sequence):
    _fields = [
        ("applicationProviderIdentifier", OctetString, at(0x5F20)),
    ]


class ProcessData(SequenceOf, of=OctetString, size=(1, None)):
    """The type of `processData`."""


class ApplicationInstance(Sequence):
    _fields = [
        ("applicationLoadPackageAID", ApplicationIdentifier, at(0x4F)),
        ("classAID", ApplicationIdentifier, at(0x4F)),
        ("instanceAID", ApplicationIdentifier, at(0x4F)),
        ("extraditeSecurityDomainAID", ApplicationIdentifier, at(0x4F, OPTIONAL)),
        ("applicationPrivileges", OctetString, at(0x82)),
        ("lifeCycleState", octets(1, 1), at(0x83, default=bytes.fromhex("07"))),
        ("applicationSpecificParametersC9", OctetString, at(0xC9)),
        ("systemSpecificParameters", ApplicationSystemParameters, at(0xEF, OPTIONAL)),
        ("applicationParameters", UICCApplicationParameters, at(0xEA, OPTIONAL)),
        ("processData", ProcessData, own(OPTIONAL)),
        ("controlReferenceTemplate", ControlReferenceTemplate, at(0xB0, OPTIONAL)),
    ]


class KeyComponent(Sequence):
    _fields = [
        ("keyType", OctetString, at(0x80)),
        ("keyData", OctetString, at(0x86)),
        ("macLength", UInt8, at(0x87, default=8)),
    ]


class KeyComponents(SequenceOf, of=KeyComponent, size=(1, None)):
    """The type of `keyComponents`."""


class KeyObject(Sequence):
    _fields = [
        ("keyUsageQualifier", octets(1, 2), at(0x95)),
        ("keyAccess", octets(1, 1), at(0x96, default=bytes.fromhex("00"))),
        ("keyIdentifier", octets(1, 1), at(0x82)),
        ("keyVersionNumber", octets(1, 1), at(0x83)),
        ("keyCounterValue", OctetString, at(0x85, OPTIONAL)),
        ("keyComponents", KeyComponents),
    ]


class KeyList(SequenceOf, of=KeyObject, size=(1, None)):
    """The type of `keyList`."""


class SdPersoData(SequenceOf, of=OctetString, size=(1, None)):
    """The type of `sdPersoData`."""


class OpenPersoData(Sequence):
    _fields = [
        ("restrictParameter", octets(1, 1), at(0xD9, OPTIONAL)),
        ("contactlessProtocolParameters", OctetString, own(OPTIONAL)),
    ]


class CatTpParameters(Sequence):
    _fields = [
        ("catTpMaxSduSize", UInt16, at(0x80)),
        ("catTpMaxPduSize", UInt16, at(0x81)),
    ]


class PE_SecurityDomain(Sequence):
    _fields = [
        ("sd-Header", PEHeader, at(0xA0)),
        ("instance", ApplicationInstance, at(0xA1)),
        ("keyList", KeyList, at(0xA2, OPTIONAL)),
        ("sdPersoData", SdPersoData, at(0xA3, OPTIONAL)),
        ("openPersoData", OpenPersoData, at(0xA4, OPTIONAL)),
        ("catTpParameters", CatTpParameters, at(0xA5, OPTIONAL)),
    ]


class ApplicationLoadPackage(Sequence):
    _fields = [
        ("loadPackageAID", ApplicationIdentifier, at(0x4F)),
        ("securityDomainAID", ApplicationIdentifier, at(0x4F, OPTIONAL)),
        ("nonVolatileCodeLimitC6", OctetString, at(0xC6, OPTIONAL)),
        ("volatileDataLimitC7", OctetString, at(0xC7, OPTIONAL)),
        ("nonVolatileDataLimitC8", OctetString, at(0xC8, OPTIONAL)),
        ("hashValue", OctetString, at(0xC1, OPTIONAL)),
        ("loadBlockObject", OctetString, at(0xC4)),
    ]


class InstanceList(SequenceOf, of=ApplicationInstance, size=(1, None)):
    """The type of `instanceList`."""


class PE_Application(Sequence):
    _fields = [
        ("app-Header", PEHeader, at(0xA0)),
        ("loadBlock", ApplicationLoadPackage, at(0xA1, OPTIONAL)),
        ("instanceList", InstanceList, at(0xA2, OPTIONAL)),
    ]


class ADFRFMAccess(Sequence):
    _fields = [
        ("adfAID", ApplicationIdentifier, at(0x80)),
        ("adfAccessDomain", OctetString, at(0x81)),
        ("adfAdminAccessDomain", OctetString, at(0x82)),
    ]


class TarList(SequenceOf, of=octets(3, 3), size=(1, None)):
    """The type of `tarList`."""


class PE_RFM(Sequence):
    _fields = [
        ("rfm-header", PEHeader, at(0xA0)),
        ("instanceAID", ApplicationIdentifier, at(0x4F)),
        ("securityDomainAID", ApplicationIdentifier, at(0x4F, OPTIONAL)),
        ("tarList", TarList, at(0xA0, OPTIONAL)),
        ("minimumSecurityLevel", octets(1, 1), at(0x81)),
        ("uiccAccessDomain", OctetString),
        ("uiccAdminAccessDomain", OctetString),
        ("adfRFMAccess", ADFRFMAccess, own(OPTIONAL)),
    ]
