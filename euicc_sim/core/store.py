"""What the card remembers: typed reading of its memory, and transactions that write it.

Keys: `card/settings`, `default-dp-address`, `sequence` (last notification number), `enabled` and `previous` (profile
indices), `switch` (a profile switch that waits for REFRESH), `profile/INDEX/record|package|image/NAME`,
`notification/NUMBER`, `one-time-key/OID`, `crl/CI`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from euicc_sim.core.elements import encode_integer, integer
from euicc_sim.core.metadata import (
    CLASS,
    ICCID,
    NOTIFICATION_CONFIGURATION,
    OWNER,
    PPRS,
    notification_configuration,
    profile_class,
)
from euicc_sim.core.ports import Nvm
from euicc_sim.core.rules import NO_PPRS, Operator, parse_operator
from euicc_sim.core.settings import CardSettings
from wire.apdu import isd_p_aid
from wire.es10 import NotificationEvent, PprIds, ProfileClass
from wire.ids import Iccid
from wire.tlv import Tlv, parse, tlv

SETTINGS = "card/settings"
DEFAULT_DP_ADDRESS = "default-dp-address"
SEQUENCE = "sequence"
ENABLED = "enabled"
PREVIOUS = "previous"
SWITCH = "switch"
NOTIFICATIONS = "notification/"
PROFILES = "profile/"
CRLS = "crl/"
NICKNAME, PROFILE_STATE, ISDP_AID, DP_DATA = 0x90, 0x9F70, 0x4F, 0xB8
INFO_ORDER = (0x5A, 0x4F, 0x9F70, 0x90, 0x91, 0x92, 0x93, 0x94, 0x95, 0xB6, 0xB7, 0xB8, 0x99, 0xBF22)
"""The members of ProfileInfo in their order."""

Changes = dict[str, bytes | None]


def number(value: int) -> bytes:
    """A small number as it is kept."""
    return value.to_bytes(4, "big")


@dataclass(frozen=True)
class Profile:
    """An installed profile: ISD-P `index`, the members of its ProfileInfo (without the state), its size.

    ci_pkid: the CI of the chain that was used at the download; field_loaded: downloaded, not from the factory.
    """

    index: int
    info: Mapping[int, bytes]
    octets: int
    ci_pkid: bytes
    field_loaded: bool = True

    def encode(self) -> bytes:
        """The record as kept."""
        members = b"".join(self.info[tag] for tag in INFO_ORDER if tag in self.info)
        head = tlv(0x80, self.ci_pkid) + encode_integer(0x81, self.octets) + tlv(0x82, bytes((self.field_loaded,)))
        return tlv(0x30, head, tlv(0xE3, members))

    @classmethod
    def decode(cls, index: int, raw: bytes) -> "Profile":
        """From `encode`."""
        record = parse(raw, 0x30)
        info = {member.tag: member.raw for member in record.child(0xE3).children}
        field_loaded = record.child(0x82).value != b"\x00"
        return cls(index, info, integer(record.child(0x81)), record.child(0x80).value, field_loaded)

    def member(self, tag: int) -> Tlv | None:
        """A member of its ProfileInfo."""
        raw = self.info.get(tag)
        return None if raw is None else parse(raw)

    @cached_property
    def iccid(self) -> bytes:
        """Ten octets, nibble-swapped."""
        return parse(self.info[ICCID]).value

    @property
    def iccid_text(self) -> str:
        """The ICCID's digits."""
        return iccid_text(self.iccid)

    @cached_property
    def aid(self) -> bytes:
        """The AID of its ISD-P."""
        return isd_p_aid(self.index)

    @cached_property
    def profile_class(self) -> ProfileClass:
        """Test, provisioning or operational."""
        return profile_class(self.member(CLASS))

    @cached_property
    def pprs(self) -> PprIds:
        """Its policy rules."""
        member = self.member(PPRS)
        return PprIds.from_bits(member.value) if member else NO_PPRS

    @property
    def owner(self) -> Operator | None:
        """Its operator."""
        member = self.member(OWNER)
        return parse_operator(member.value) if member else None

    @property
    def notification_configuration(self) -> tuple[tuple[NotificationEvent, str], ...]:
        """Who wants to hear of which events."""
        member = self.member(NOTIFICATION_CONFIGURATION)
        return notification_configuration(member) if member else ()


def iccid_text(iccid: bytes) -> str:
    """The digits of ten nibble-swapped octets; anything odd is shown in hex."""
    try:
        return str(Iccid.from_ef(iccid))
    except ValueError:
        return iccid.hex().upper()


class Store:
    """The card's memory, read by name."""

    def __init__(self, nvm: Nvm, settings: CardSettings) -> None:
        self.nvm = nvm
        self.settings = settings

    def profiles(self) -> list[Profile]:
        """All installed profiles in the order of their ISD-P AIDs."""
        return [self.profile(int(key.split("/")[1], 16)) for key in self.nvm.keys(PROFILES) if key.endswith("/record")]

    def profile(self, index: int) -> Profile:
        """One profile; KeyError if there is none."""
        key = profile_key(index, "record")
        raw = self.nvm.get(key)
        if raw is None:
            raise KeyError(key)
        return Profile.decode(index, raw)

    def profile_by_iccid(self, iccid: bytes) -> Profile | None:
        """The profile with that ICCID (ten octets)."""
        return next((profile for profile in self.profiles() if profile.iccid == iccid), None)

    def profile_by_aid(self, aid: bytes) -> Profile | None:
        """The profile whose ISD-P has that AID."""
        return next((profile for profile in self.profiles() if profile.aid == aid), None)

    def image(self, index: int) -> dict[str, bytes]:
        """The entries from which the profile runs as a UICC."""
        prefix = profile_key(index, "image/")
        entries = ((key.removeprefix(prefix), self.nvm.get(key)) for key in self.nvm.keys(prefix))
        return {name: value for name, value in entries if value is not None}

    @property
    def enabled(self) -> int | None:
        """The index of the enabled profile."""
        return self._index(ENABLED)

    @property
    def previous(self) -> int | None:
        """The operational profile that was enabled before the test profile that is enabled now."""
        return self._index(PREVIOUS)

    def _index(self, key: str) -> int | None:
        raw = self.nvm.get(key)
        return None if raw is None else int.from_bytes(raw, "big")

    @property
    def default_dp_address(self) -> str:
        """The default SM-DP+ address, "" if none is set."""
        raw = self.nvm.get(DEFAULT_DP_ADDRESS)
        return "" if raw is None else raw.decode()

    @property
    def last_sequence_number(self) -> int:
        """The number of the newest notification."""
        raw = self.nvm.get(SEQUENCE)
        return self.settings.options.first_sequence_number - 1 if raw is None else int.from_bytes(raw, "big")

    @property
    def used_octets(self) -> int:
        """What profiles and revocation lists take."""
        lists = (self.nvm.get(key) or b"" for key in self.nvm.keys(CRLS))
        return sum(profile.octets for profile in self.profiles()) + sum(map(len, lists))

    @property
    def free_octets(self) -> int:
        """What is left for profiles."""
        return max(0, self.settings.nvm_octets - self.used_octets)

    def free_index(self) -> int:
        """The lowest ISD-P index that no profile has."""
        taken = {profile.index for profile in self.profiles()}
        return next(index for index in range(len(taken) + 1) if index not in taken)


def profile_key(index: int, name: str) -> str:
    """The key of a part of a profile."""
    return f"{PROFILES}{index:04X}/{name}"
