"""ES10a and ES10c: addresses, profile list and local profile management.

Spec: SGP.22 v2.5 annex H
"""

from wire import es10
from wire.asn1 import (
    OPTIONAL,
    BitString,
    Boolean,
    Choice,
    Integer,
    OctetString,
    Sequence,
    SequenceOf,
    UTF8String,
    around,
    at,
    octets,
    own,
    text,
)
from wire.rsp.common import (
    DpProprietaryData,
    Iccid,
    IconType,
    NotificationConfigurationInfo,
    Octet1,
    Octet16,
    OctetTo16,
    OperatorId,
    PprIds,
    ProfileClass,
    ProfileState,
    VendorSpecificExtension,
)


class EuiccConfiguredAddressesRequest(Sequence, wire_tag=0xBF3C):
    """No fields."""


class EuiccConfiguredAddressesResponse(Sequence, wire_tag=0xBF3C):
    _fields = [
        ("defaultDpAddress", UTF8String, at(0x80, OPTIONAL)),
        ("rootDsAddress", UTF8String, at(0x81)),
    ]


class SetDefaultDpAddressRequest(Sequence, wire_tag=0xBF3F):
    _fields = [
        ("defaultDpAddress", UTF8String, at(0x80)),
    ]


class SetDefaultDpAddressResult(Integer, of=es10.SetDefaultDpAddressResult):
    """The type of `setDefaultDpAddressResult`."""


class SetDefaultDpAddressResponse(Sequence, wire_tag=0xBF3F):
    _fields = [
        ("setDefaultDpAddressResult", SetDefaultDpAddressResult, at(0x80)),
    ]


class ProfileInfo(Sequence, wire_tag=0xE3):
    _fields = [
        ("iccid", Iccid, own(OPTIONAL)),
        ("isdpAid", OctetTo16, at(0x4F, OPTIONAL)),
        ("profileState", ProfileState, at(0x9F70, OPTIONAL)),
        ("profileNickname", text(0, 64), at(0x90, OPTIONAL)),
        ("serviceProviderName", text(0, 32), at(0x91, OPTIONAL)),
        ("profileName", text(0, 64), at(0x92, OPTIONAL)),
        ("iconType", IconType, at(0x93, OPTIONAL)),
        ("icon", octets(0, 1024), at(0x94, OPTIONAL)),
        ("profileClass", ProfileClass, at(0x95, OPTIONAL)),
        ("notificationConfigurationInfo", NotificationConfigurationInfo, at(0xB6, OPTIONAL)),
        ("profileOwner", OperatorId, at(0xB7, OPTIONAL)),
        ("dpProprietaryData", DpProprietaryData, at(0xB8, OPTIONAL)),
        ("profilePolicyRules", PprIds, at(0x99, OPTIONAL)),
        ("serviceSpecificDataStoredInEuicc", VendorSpecificExtension, at(0xBF22, OPTIONAL)),
    ]


class ProfileInfoListRequestSearchCriteria(Choice):
    _alternatives = [
        ("isdpAid", OctetTo16, at(0x4F)),
        ("iccid", Iccid),
        ("profileClass", ProfileClass, at(0x95)),
    ]


class ProfileInfoListRequest(Sequence, wire_tag=0xBF2D):
    _fields = [
        ("searchCriteria", ProfileInfoListRequestSearchCriteria, around(0xA0, OPTIONAL)),
        ("tagList", OctetString, at(0x5C, OPTIONAL)),
    ]


class ProfileInfoListError(Integer, of=es10.ProfileInfoListError):
    """INTEGER with the names of wire.es10."""


class ProfileInfoListOk(SequenceOf, of=ProfileInfo):
    """SEQUENCE OF ProfileInfo."""


class ProfileInfoListResponse(Choice, wire_tag=0xBF2D):
    _alternatives = [
        ("profileInfoListOk", ProfileInfoListOk, at(0xA0)),
        ("profileInfoListError", ProfileInfoListError, at(0x81)),
    ]


class ProfileIdentifier(Choice):
    _alternatives = [
        ("isdpAid", OctetTo16, at(0x4F)),
        ("iccid", Iccid),
    ]


class EnableProfileRequest(Sequence, wire_tag=0xBF31):
    _fields = [
        ("profileIdentifier", ProfileIdentifier, around(0xA0)),
        ("refreshFlag", Boolean, at(0x81)),
    ]


class EnableResult(Integer, of=es10.EnableResult):
    """The type of `enableResult`."""


class EnableProfileResponse(Sequence, wire_tag=0xBF31):
    _fields = [
        ("enableResult", EnableResult, at(0x80)),
    ]


class DisableProfileRequest(Sequence, wire_tag=0xBF32):
    _fields = [
        ("profileIdentifier", ProfileIdentifier, around(0xA0)),
        ("refreshFlag", Boolean, at(0x81)),
    ]


class DisableResult(Integer, of=es10.DisableResult):
    """The type of `disableResult`."""


class DisableProfileResponse(Sequence, wire_tag=0xBF32):
    _fields = [
        ("disableResult", DisableResult, at(0x80)),
    ]


class DeleteProfileRequest(Choice, wire_tag=0xBF33):
    _alternatives = [
        ("isdpAid", OctetTo16, at(0x4F)),
        ("iccid", Iccid),
    ]


class DeleteResult(Integer, of=es10.DeleteResult):
    """The type of `deleteResult`."""


class DeleteProfileResponse(Sequence, wire_tag=0xBF33):
    _fields = [
        ("deleteResult", DeleteResult, at(0x80)),
    ]


class ResetOptions(BitString, of=es10.ResetOptions):
    """The type of `resetOptions`."""


class EuiccMemoryResetRequest(Sequence, wire_tag=0xBF34):
    _fields = [
        ("resetOptions", ResetOptions, at(0x82)),
    ]


class ResetResult(Integer, of=es10.ResetResult):
    """The type of `resetResult`."""


class EuiccMemoryResetResponse(Sequence, wire_tag=0xBF34):
    _fields = [
        ("resetResult", ResetResult, at(0x80)),
    ]


class GetEuiccDataRequest(Sequence, wire_tag=0xBF3E):
    _fields = [
        ("tagList", Octet1, at(0x5C)),
    ]


class GetEuiccDataResponse(Sequence, wire_tag=0xBF3E):
    _fields = [
        ("eidValue", Octet16, at(0x5A)),
    ]


class SetNicknameRequest(Sequence, wire_tag=0xBF29):
    _fields = [
        ("iccid", Iccid),
        ("profileNickname", text(0, 64), at(0x90)),
    ]


class SetNicknameResult(Integer, of=es10.SetNicknameResult):
    """The type of `setNicknameResult`."""


class SetNicknameResponse(Sequence, wire_tag=0xBF29):
    _fields = [
        ("setNicknameResult", SetNicknameResult, at(0x80)),
    ]
