"""Which profile may come onto the card, and what is written of it: the rules apart from how it arrives.

Spec: SGP.22 v2.5 sections 5.5.3 and 5.5.5
"""

from collections.abc import Callable
from typing import TypeVar

from euicc_sim.core.metadata import Metadata
from euicc_sim.core.policy import names_one_operator, pprs_allowed, rules_of
from euicc_sim.core.store import DP_DATA, INFO_ORDER, ISDP_AID, Changes, Profile, Store, iccid_text, profile_key
from euicc_sim.profile.interpreter import Installed, InstallFailed
from wire.apdu import isd_p_aid
from wire.es10 import ErrorReason, ProfileClass, RspCapability
from wire.ids import Iccid
from wire.tlv import tlv

CLASS, PPRS = 0x95, 0x99
Outcome = TypeVar("Outcome")


class InstallationFailed(Exception):
    """The profile doesn't get onto the card: the errorResult's reason, words for people, the interpreter's response."""

    def __init__(self, reason: ErrorReason, text: str, sima_response: bytes | None = None) -> None:
        super().__init__(text)
        self.reason = reason
        self.text = text
        self.sima_response = sima_response


def check_metadata(store: Store, metadata: Metadata) -> None:
    """Whether the card takes a profile with these metadata; InstallationFailed if not."""
    settings, profiles = store.settings, store.profiles()
    if any(profile.iccid == metadata.iccid for profile in profiles):
        reason = ErrorReason.installFailedDueToIccidAlreadyExistsOnEuicc
        raise InstallationFailed(reason, f"{iccid_text(metadata.iccid)} is installed")
    is_test = metadata.profile_class is ProfileClass.test
    if is_test and not settings.rsp_capability & RspCapability.testProfileSupport:
        raise InstallationFailed(ErrorReason.unsupportedProfileClass, "no test profiles on this card")
    if not rules_of(metadata.pprs):
        return
    owner = metadata.owner
    if owner is None or not names_one_operator(owner):
        raise InstallationFailed(ErrorReason.incorrectInputValues, "policy rules without exactly one owner")
    operational = any(profile.profile_class is ProfileClass.operational for profile in profiles)
    if not pprs_allowed(metadata.pprs, owner, settings.rules, settings.forbidden_pprs, operational):
        raise InstallationFailed(ErrorReason.pprNotAllowed, "policy rules are not allowed on this eUICC")


def interpret(step: Callable[[], Outcome]) -> Outcome:
    """Run a step of the interpreter; its failures as InstallationFailed."""
    try:
        return step()
    except InstallFailed as failed:
        reason = ErrorReason.installFailedDueToPEProcessingError
        if failed.missing_octets is not None:
            reason = ErrorReason.installFailedDueToInsufficientMemoryForProfile
        raise InstallationFailed(reason, str(failed), failed.response) from failed


def check_package(metadata: Metadata, installed: Installed) -> None:
    """Whether an executed package is the one that its metadata describe; InstallationFailed if not."""
    mismatch = _mismatch(metadata, installed)
    if mismatch:
        raise InstallationFailed(ErrorReason.installFailedDueToDataMismatch, mismatch)
    if metadata.profile_class is ProfileClass.test and not installed.has_test_keys:
        reason = ErrorReason.testProfileInstallFailedDueToInvalidNaaKey
        raise InstallationFailed(reason, "a test profile with keys that are no test keys")


def _mismatch(metadata: Metadata, installed: Installed) -> str:
    """Where the package contradicts its metadata, "" if nowhere."""
    if installed.iccid is None or Iccid(installed.iccid).ef != metadata.iccid:
        return f"EF.ICCID is {installed.iccid}, the metadata says {iccid_text(metadata.iccid)}"
    owner = metadata.owner
    if owner is None:
        return ""
    if installed.mcc_mnc != owner.mcc_mnc:
        return "the operator of EF.IMSI is not the profileOwner"
    for name, wanted, found in (("1", owner.gid1, installed.gid1), ("2", owner.gid2, installed.gid2)):
        if wanted is not None and wanted != found and wanted != (found or b"").rstrip(b"\xff"):
            return f"EF.GID{name} is not that of the profileOwner"
    return ""


def add_profile(
    changes: Changes,
    index: int,
    metadata: Metadata,
    installed: Installed,
    package: bytes,
    *,
    ci_pkid: bytes,
    dp_data: bytes = b"",
    field_loaded: bool = True,
) -> Profile:
    """Write a new profile, disabled, into `changes`: its record, the package as decrypted, and its image."""
    info = {tag: element.raw for tag, element in metadata.elements.items() if tag in INFO_ORDER}
    info[CLASS] = tlv(CLASS, bytes((metadata.profile_class,)))
    info[ISDP_AID] = tlv(ISDP_AID, isd_p_aid(index))
    if dp_data:
        info[DP_DATA] = dp_data
    if not rules_of(metadata.pprs):
        info.pop(PPRS, None)
    octets = installed.octets + sum(map(len, info.values()))
    profile = Profile(index, info, octets, ci_pkid, field_loaded)
    changes[profile_key(index, "record")] = profile.encode()
    changes[profile_key(index, "package")] = package
    changes.update({profile_key(index, f"image/{name}"): value for name, value in installed.image.items()})
    return profile
