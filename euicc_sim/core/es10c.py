"""ES10c: what an LUId does with installed profiles.

Spec: SGP.22 v2.5 sections 5.7.15 to 5.7.21
"""

from dataclasses import replace

from euicc_sim.core.elements import bits, boolean, octets, text
from euicc_sim.core.euicc import Euicc
from euicc_sim.core.metadata import profile_class
from euicc_sim.core.store import INFO_ORDER, NICKNAME, PROFILE_STATE, Profile, profile_key
from euicc_sim.core.switching import ProfileSwitching
from wire.errors import DecodeError
from wire.es10 import ProfileInfoListError, ProfileState, ResetOptions, SetNicknameResult
from wire.tlv import Tlv, tlv

PROFILES_INFO, ENABLE, DISABLE, DELETE, MEMORY_RESET = 0xBF2D, 0xBF31, 0xBF32, 0xBF33, 0xBF34
GET_EID, SET_NICKNAME = 0xBF3E, 0xBF29
ICCID, AID, CLASS, TAG_LIST = 0x5A, 0x4F, 0x95, 0x5C
DEFAULT_TAGS = frozenset((0x5A, 0x4F, 0x9F70, 0x90, 0x91, 0x92, 0x93, 0x94, 0x95))
MAX_NICKNAME_OCTETS = 64


def get_profiles_info(euicc: Euicc, request: Tlv) -> bytes:
    """GetProfilesInfo: all profiles, or those that match; the members asked for, in the order of the type."""
    try:
        tag_list = request.find(TAG_LIST)
        tags = _tags(tag_list.value) if tag_list and tag_list.value else DEFAULT_TAGS
        criteria = request.find(0xA0)
        found = _matching(euicc, criteria.children[0]) if criteria else euicc.store.profiles()
        if criteria is None and any(request.find(tag) for tag in (ICCID, AID, CLASS)):
            raise DecodeError("searchCriteria", request.offset, "not inside A0")
    except (DecodeError, IndexError):
        error = ProfileInfoListError.incorrectInputValues
        return tlv(PROFILES_INFO, tlv(0x81, bytes((error,))))
    enabled = euicc.store.enabled
    return tlv(PROFILES_INFO, tlv(0xA0, *(_profile_info(profile, profile.index == enabled, tags) for profile in found)))


def _matching(euicc: Euicc, criterion: Tlv) -> list[Profile]:
    if criterion.tag == CLASS:
        wanted = profile_class(criterion)
        return [profile for profile in euicc.store.profiles() if profile.profile_class is wanted]
    profile = find_profile(euicc, criterion)
    return [profile] if profile else []


def find_profile(euicc: Euicc, identifier: Tlv) -> Profile | None:
    """The profile with an ICCID (5A) or ISD-P AID (4F); DecodeError if the identifier is neither."""
    if identifier.tag == ICCID:
        return euicc.store.profile_by_iccid(octets(identifier, 10))
    if identifier.tag == AID:
        return euicc.store.profile_by_aid(octets(identifier, 1, 16))
    raise DecodeError("profileIdentifier", identifier.offset, "neither iccid nor isdpAid")


def _tags(tag_list: bytes) -> frozenset[int]:
    """The tags of a tagList: a bare concatenation of one- and two-octet tags."""
    tags, place = set(), 0
    while place < len(tag_list):
        size = 2 if tag_list[place] & 0x1F == 0x1F else 1
        tags.add(int.from_bytes(tag_list[place : place + size], "big"))
        place += size
    return frozenset(tags)


def _profile_info(profile: Profile, is_enabled: bool, tags: frozenset[int]) -> bytes:
    state = ProfileState.enabled if is_enabled else ProfileState.disabled
    members = dict(profile.info) | {PROFILE_STATE: tlv(PROFILE_STATE, bytes((state,)))}
    return tlv(0xE3, *(members[tag] for tag in INFO_ORDER if tag in tags and tag in members))


class ProfileFunctions:
    """The functions that change profiles."""

    def __init__(self, switching: ProfileSwitching) -> None:
        self._switching = switching

    def enable_profile(self, euicc: Euicc, request: Tlv) -> bytes:
        """EnableProfile."""
        target, refresh = _identified(euicc, request)
        return tlv(ENABLE, tlv(0x80, bytes((self._switching.enable(target, refresh),))))

    def disable_profile(self, euicc: Euicc, request: Tlv) -> bytes:
        """DisableProfile."""
        target, refresh = _identified(euicc, request)
        return tlv(DISABLE, tlv(0x80, bytes((self._switching.disable(target, refresh),))))

    def delete_profile(self, euicc: Euicc, request: Tlv) -> bytes:
        """DeleteProfile."""
        if not request.children:
            raise DecodeError("DeleteProfileRequest", request.offset, "no identifier")
        target = find_profile(euicc, request.children[0])
        return tlv(DELETE, tlv(0x80, bytes((self._switching.delete(target),))))

    def euicc_memory_reset(self, euicc: Euicc, request: Tlv) -> bytes:
        """eUICCMemoryReset."""
        options = bits(request.at(0, 0x82), ResetOptions)
        return tlv(MEMORY_RESET, tlv(0x80, bytes((self._switching.memory_reset(options),))))


def _identified(euicc: Euicc, request: Tlv) -> tuple[Profile | None, bool]:
    identifier = request.at(0, 0xA0)
    if len(identifier.children) != 1:
        raise DecodeError("profileIdentifier", identifier.offset, "exactly one identifier expected")
    return find_profile(euicc, identifier.children[0]), boolean(request.at(1, 0x81))


def get_eid(euicc: Euicc, request: Tlv) -> bytes:
    """GetEID (GetEuiccData); nothing but the EID can be asked for."""
    tags = _tags(request.at(0, TAG_LIST).value)
    return tlv(GET_EID, tlv(ICCID, euicc.settings.eid.to_bytes()) if ICCID in tags else b"")


def set_nickname(euicc: Euicc, request: Tlv) -> bytes:
    """SetNickname, in any state; an empty nickname removes it."""
    iccid, nickname = octets(request.at(0, ICCID), 10), request.at(1, NICKNAME)
    text(nickname)
    profile = euicc.store.profile_by_iccid(iccid)
    if profile is None:
        result = SetNicknameResult.iccidNotFound
    elif len(nickname.value) > MAX_NICKNAME_OCTETS:
        result = SetNicknameResult.undefinedError
    else:
        result = SetNicknameResult.ok
        info = {tag: member for tag, member in profile.info.items() if tag != NICKNAME}
        if nickname.value:
            info[NICKNAME] = nickname.raw
        euicc.store.nvm.commit({profile_key(profile.index, "record"): replace(profile, info=info).encode()})
    return tlv(SET_NICKNAME, tlv(0x80, bytes((result,))))
