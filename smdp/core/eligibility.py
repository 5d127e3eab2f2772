"""May this eUICC have this profile? Spec: SGP.22 v2.5 section 3.1.3 (eligibility check), annex F."""

from typing import Final, NamedTuple

from smdp.core.records import Profile
from wire.services import UICC_CAPABILITIES
from wire.tlv import Tlv, parse, parse_all

_POSITIONS: Final = {name: position for position, name in enumerate(UICC_CAPABILITIES)}
_TEST_PROFILE_SUPPORT = 3
_PPR1, _PPR2 = 1, 2


class Obstacle(NamedTuple):
    """Why not; `memory` tells lack of room from all else."""

    why: str
    memory: bool = False


def obstacle(profile: Profile, info: Tlv) -> Obstacle | None:
    """What in EUICCInfo2 (BF22) stands against this profile, or None; DecodeError if that can't be read."""
    needs, metadata = profile.requirements, parse(profile.metadata, 0xBF25)
    version = tuple(info.child(0x81).value)
    if version[:1] != needs.package_version[:1] or version[:2] < needs.package_version[:2]:
        return Obstacle(f"the package is of version {needs.package_version}, the eUICC supports {version}")
    capabilities = info.child(0x85).value
    for name in needs.services:
        if name not in _POSITIONS or not _bit(capabilities, _POSITIONS[name]):
            return Obstacle(f"the eUICC lacks {name}")
    if _class(metadata) == 0 and not _bit(info.child(0x88).value, _TEST_PROFILE_SUPPORT):
        return Obstacle("the eUICC takes no test profiles")
    rules, forbidden = metadata.find(0x99), info.find(0x99)
    if rules is not None and forbidden is not None:
        for position in (_PPR1, _PPR2):
            if _bit(rules.value, position) and _bit(forbidden.value, position):
                return Obstacle(f"the eUICC forbids PPR{position}")
    free = _free_memory(info)
    if free is not None and free < needs.install_octets:
        return Obstacle(f"{needs.install_octets} octets needed, {free} free", memory=True)
    return None


def _bit(bit_string: bytes, position: int) -> bool:
    index = 1 + position // 8
    return index < len(bit_string) and bool(bit_string[index] & 0x80 >> position % 8)


def _class(metadata: Tlv) -> int:
    element = metadata.find(0x95)
    return 2 if element is None else int.from_bytes(element.value, "big")


def _free_memory(info: Tlv) -> int | None:
    resources = parse_all(info.child(0x84).value, "BF22.84")
    for element in resources:
        if element.tag == 0x82:
            return int.from_bytes(element.value, "big")
    return None
