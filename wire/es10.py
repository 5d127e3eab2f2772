"""ES10 results: every result, reason and event code of the card's functions, with words for people.

Names and numbers are those of RSPDefinitions. A code that is not listed here stays a number: use
`describe_result`, which has an answer for every value.
Spec: SGP.22 v2.5 section 5.7 and annex H
"""

from enum import IntEnum, IntFlag
from typing import Self

from wire.es10_text import COMMON, TEXT


class AuthenticateErrorCode(IntEnum):
    invalidCertificate = 1
    invalidSignature = 2
    unsupportedCurve = 3
    noSessionContext = 4
    invalidOid = 5
    euiccChallengeMismatch = 6
    ciPKUnknown = 7
    undefinedError = 127


class DownloadErrorCode(IntEnum):
    invalidCertificate = 1
    invalidSignature = 2
    unsupportedCurve = 3
    noSessionContext = 4
    invalidTransactionId = 5
    undefinedError = 127


class CancelSessionReason(IntEnum):
    endUserRejection = 0
    postponed = 1
    timeout = 2
    pprNotAllowed = 3
    metadataMismatch = 4
    loadBppExecutionError = 5
    undefinedReason = 127


class CancelSessionError(IntEnum):
    invalidTransactionId = 5
    undefinedError = 127


class BppCommandId(IntEnum):
    initialiseSecureChannel = 0
    configureISDP = 1
    storeMetadata = 2
    storeMetadata2 = 3
    replaceSessionKeys = 4
    loadProfileElements = 5


class ErrorReason(IntEnum):
    incorrectInputValues = 1
    invalidSignature = 2
    invalidTransactionId = 3
    unsupportedCrtValues = 4
    unsupportedRemoteOperationType = 5
    unsupportedProfileClass = 6
    scp03tStructureError = 7
    scp03tSecurityError = 8
    installFailedDueToIccidAlreadyExistsOnEuicc = 9
    installFailedDueToInsufficientMemoryForProfile = 10
    installFailedDueToInterruption = 11
    installFailedDueToPEProcessingError = 12
    installFailedDueToDataMismatch = 13
    testProfileInstallFailedDueToInvalidNaaKey = 14
    pprNotAllowed = 15
    installFailedDueToUnknownError = 127


TEMPORARY_ERROR_REASONS = frozenset(
    {ErrorReason.installFailedDueToInsufficientMemoryForProfile, ErrorReason.installFailedDueToInterruption}
)
"""The reasons after which the same order may be tried again; every other one is permanent."""


class EnableResult(IntEnum):
    ok = 0
    iccidOrAidNotFound = 1
    profileNotInDisabledState = 2
    disallowedByPolicy = 3
    wrongProfileReenabling = 4
    catBusy = 5
    undefinedError = 127


class DisableResult(IntEnum):
    ok = 0
    iccidOrAidNotFound = 1
    profileNotInEnabledState = 2
    disallowedByPolicy = 3
    catBusy = 5
    undefinedError = 127


class DeleteResult(IntEnum):
    ok = 0
    iccidOrAidNotFound = 1
    profileNotInDisabledState = 2
    disallowedByPolicy = 3
    undefinedError = 127


class ResetResult(IntEnum):
    ok = 0
    nothingToDelete = 1
    catBusy = 5
    undefinedError = 127


class SetNicknameResult(IntEnum):
    ok = 0
    iccidNotFound = 1
    undefinedError = 127


class SetDefaultDpAddressResult(IntEnum):
    ok = 0
    undefinedError = 127


class DeleteNotificationStatus(IntEnum):
    ok = 0
    nothingToDelete = 1
    undefinedError = 127


class ProfileInfoListError(IntEnum):
    incorrectInputValues = 1
    undefinedError = 127


class ListNotificationsResultError(IntEnum):
    undefinedError = 127


class NotificationsListResultError(IntEnum):
    undefinedError = 127


class LoadCRLResponseError(IntEnum):
    invalidSignature = 1
    invalidCRLFormat = 2
    notEnoughMemorySpace = 3
    verificationKeyNotFound = 4
    fresherCrlAlreadyLoaded = 5
    baseCrlMissing = 6
    undefinedError = 127


class LpaeActivationResult(IntEnum):
    ok = 0
    notSupported = 1


class ProfileState(IntEnum):
    disabled = 0
    enabled = 1


class ProfileClass(IntEnum):
    test = 0
    provisioning = 1
    operational = 2


class IconType(IntEnum):
    jpg = 0
    png = 1


class NamedBits(IntFlag):
    """Named bits of an ASN.1 BIT STRING; bit 0 is the most significant bit of the first octet."""

    def to_bits(self) -> bytes:
        """The BIT STRING's value in DER: the number of unused bits, then the octets without trailing zero bits."""
        value = int(self)
        if not value:
            return b"\x00"
        highest = value.bit_length() - 1
        octets = bytearray(highest // 8 + 1)
        for bit in range(highest + 1):
            if value >> bit & 1:
                octets[bit // 8] |= 0x80 >> bit % 8
        return bytes((7 - highest % 8,)) + bytes(octets)

    @classmethod
    def from_bits(cls, value: bytes) -> Self:
        """From a BIT STRING's value (unused-bits octet first); bits without a name are kept."""
        if not value or value[0] > 7 or (len(value) == 1 and value[0]):
            raise ValueError("not the value of a BIT STRING")
        flags = 0
        for bit in range((len(value) - 1) * 8 - value[0]):
            if value[1 + bit // 8] & 0x80 >> bit % 8:
                flags |= 1 << bit
        return cls(flags)

    @property
    def names(self) -> list[str]:
        """The names of the set bits, in bit order."""
        return [member.name for member in type(self) if member in self and member.name]


class NotificationEvent(NamedBits):
    notificationInstall = 1 << 0
    notificationEnable = 1 << 1
    notificationDisable = 1 << 2
    notificationDelete = 1 << 3


class PprIds(NamedBits):
    pprUpdateControl = 1 << 0
    ppr1 = 1 << 1
    ppr2 = 1 << 2


class PprFlags(NamedBits):
    consentRequired = 1 << 0


class ResetOptions(NamedBits):
    deleteOperationalProfiles = 1 << 0
    deleteFieldLoadedTestProfiles = 1 << 1
    resetDefaultSmdpAddress = 1 << 2


class RspCapability(NamedBits):
    additionalProfile = 1 << 0
    crlSupport = 1 << 1
    rpmSupport = 1 << 2
    testProfileSupport = 1 << 3
    deviceInfoExtensibilitySupport = 1 << 4
    serviceSpecificDataSupport = 1 << 5


RESULTS: dict[str, type[IntEnum]] = {
    "AuthenticateServer": AuthenticateErrorCode,
    "PrepareDownload": DownloadErrorCode,
    "CancelSession": CancelSessionError,
    "CancelSessionReason": CancelSessionReason,
    "LoadBoundProfilePackage": ErrorReason,
    "BppCommandId": BppCommandId,
    "EnableProfile": EnableResult,
    "DisableProfile": DisableResult,
    "DeleteProfile": DeleteResult,
    "eUICCMemoryReset": ResetResult,
    "SetNickname": SetNicknameResult,
    "SetDefaultDpAddress": SetDefaultDpAddressResult,
    "RemoveNotificationFromList": DeleteNotificationStatus,
    "GetProfilesInfo": ProfileInfoListError,
    "ListNotification": ListNotificationsResultError,
    "RetrieveNotificationsList": NotificationsListResultError,
    "LoadCRL": LoadCRLResponseError,
    "LpaeActivation": LpaeActivationResult,
}
"""Function name as in the standard -> the enum of its result (or error) codes."""

_ALIASES = {
    "loadboundprofilepackage": "LoadBoundProfilePackage",
    "profileinstallationresult": "LoadBoundProfilePackage",
    "notificationsent": "RemoveNotificationFromList",
    "enable": "EnableProfile",
    "disable": "DisableProfile",
    "delete": "DeleteProfile",
    "memoryreset": "eUICCMemoryReset",
    "euiccmemoryreset": "eUICCMemoryReset",
    "nickname": "SetNickname",
    "getprofilesinfo": "GetProfilesInfo",
    "profileinfolist": "GetProfilesInfo",
}


def function_named(name: str) -> str | None:
    """The standard's spelling of an ES10 function, whatever the case; None if there is none."""
    wanted = name.strip().lower()
    known = {function.lower(): function for function in RESULTS}
    return known.get(wanted) or _ALIASES.get(wanted)


def result_name(function: str, code: int) -> str:
    """The code's name in the standard, or "unknown"."""
    enum = RESULTS[function_named(function) or function]
    try:
        return enum(code).name
    except ValueError:
        return "unknown"


def describe_result(function: str, code: int) -> str:
    """ "invalidSignature(2): ..." for a result of `function`; unknown codes and functions are shown as such."""
    known = function_named(function)
    if known is None:
        return f"unknown({code}): {function} is no ES10 function"
    name = result_name(known, code)
    if name == "unknown":
        return f"unknown({code}): the standard (v2.5) does not define this value for {known}"
    text = TEXT[known].get(name) or COMMON[name]
    return f"{name}({code}): {text}"
