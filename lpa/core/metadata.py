"""Profile metadata as the agent reads it: the preview of a download and the list of installed profiles.

Spec: SGP.22 v2.5 section 5.5.3 (StoreMetadataRequest), 5.7.15 (ProfileInfo)
"""

from dataclasses import dataclass
from typing import Self, TypedDict

from lpa.core.reading import integer, optional_text
from wire.es10 import NotificationEvent, PprIds, ProfileState
from wire.ids import Iccid, decode_mcc_mnc
from wire.tlv import Tlv, parse

OPERATIONAL = 2


@dataclass(frozen=True, slots=True)
class OperatorId:
    """profileOwner, or one of a rule's allowed operators; `mcc_mnc` are the three PLMN octets."""

    mcc_mnc: bytes
    gid1: bytes | None
    gid2: bytes | None

    @classmethod
    def read(cls, value: Tlv) -> Self:
        gid1, gid2 = value.find(0x81), value.find(0x82)
        mcc_mnc = value.child(0x80).value
        if len(mcc_mnc) != 3:
            raise ValueError(f"mccMnc has {len(mcc_mnc)} octets, not 3")
        return cls(mcc_mnc, None if gid1 is None else gid1.value, None if gid2 is None else gid2.value)

    @property
    def plmn(self) -> str:
        """MCC and MNC in reading order: 001-01; hex where the octets are no digits."""
        try:
            return "-".join(decode_mcc_mnc(self.mcc_mnc))
        except ValueError:
            return self.mcc_mnc.hex().upper()


@dataclass(frozen=True, slots=True)
class NotificationConfiguration:
    """Which events of a profile are reported where."""

    events: NotificationEvent
    address: str


@dataclass(frozen=True, slots=True)
class ProfileMetadata:
    """The metadata of a profile offered for download; `raw` is the StoreMetadataRequest (BF25) as received.

    profile_class: 0 test, 1 provisioning, 2 operational; other numbers are kept.
    """

    raw: bytes
    iccid: Iccid
    service_provider_name: str
    profile_name: str
    profile_class: int
    icon_type: int | None
    icon: bytes | None
    policy_rules: PprIds
    owner: OperatorId | None
    notifications: tuple[NotificationConfiguration, ...]

    @classmethod
    def read(cls, raw: bytes) -> Self:
        """From a StoreMetadataRequest; ValueError if it is none."""
        request = parse(raw, 0xBF25)
        return cls(
            raw=raw,
            iccid=Iccid.from_ef(request.child(0x5A).value),
            service_provider_name=request.child(0x91).value.decode("utf-8"),
            profile_name=request.child(0x92).value.decode("utf-8"),
            **_common(request),
        )


@dataclass(frozen=True, slots=True)
class ProfileInfo:
    """One installed profile as GetProfilesInfo tells it; elements that were not asked for or not stored are None."""

    raw: bytes
    iccid: Iccid | None
    isdp_aid: bytes | None
    profile_state: int | None
    nickname: str | None
    service_provider_name: str | None
    profile_name: str | None
    profile_class: int
    icon_type: int | None
    icon: bytes | None
    policy_rules: PprIds
    owner: OperatorId | None
    notifications: tuple[NotificationConfiguration, ...]

    @classmethod
    def read(cls, value: Tlv) -> Self:
        """From one E3 of the list; ValueError if it is none."""
        iccid, aid, state = value.find(0x5A), value.find(0x4F), value.find(0x9F70)
        return cls(
            raw=value.raw,
            iccid=None if iccid is None else Iccid.from_ef(iccid.value),
            isdp_aid=None if aid is None else aid.value,
            profile_state=None if state is None else integer(state),
            nickname=optional_text(value, 0x90),
            service_provider_name=optional_text(value, 0x91),
            profile_name=optional_text(value, 0x92),
            **_common(value),
        )

    @property
    def enabled(self) -> bool:
        """True if this is the enabled profile."""
        return self.profile_state == ProfileState.enabled


class _Common(TypedDict):
    """The members that a preview and an installed profile share."""

    profile_class: int
    icon_type: int | None
    icon: bytes | None
    policy_rules: PprIds
    owner: OperatorId | None
    notifications: tuple[NotificationConfiguration, ...]


def _common(value: Tlv) -> _Common:
    icon_type, icon, profile_class = value.find(0x93), value.find(0x94), value.find(0x95)
    rules, owner, notifications = value.find(0x99), value.find(0xB7), value.find(0xB6)
    return _Common(
        profile_class=OPERATIONAL if profile_class is None else integer(profile_class),
        icon_type=None if icon_type is None else integer(icon_type),
        icon=None if icon is None else icon.value,
        policy_rules=PprIds(0) if rules is None else PprIds.from_bits(rules.value),
        owner=None if owner is None else OperatorId.read(owner),
        notifications=() if notifications is None else tuple(map(_notification, notifications.children)),
    )


def _notification(value: Tlv) -> NotificationConfiguration:
    return NotificationConfiguration(
        NotificationEvent.from_bits(value.child(0x80).value), value.child(0x81).value.decode("utf-8")
    )
