"""Profile metadata: StoreMetadataRequest, shown to the LPA and stored by the card.

Spec: SGP.22 v2.5 section 5.5.3
"""

from collections.abc import Sequence

from smdp.profiles import contents
from smdp.profiles.errors import ParameterError
from smdp.profiles.icon import icon_type
from smdp.profiles.parameters import ProfileParameters
from smdp.profiles.reader import PackageInfo
from smdp.profiles.values import NotificationRecipient
from wire.es10 import PprIds, ProfileClass
from wire.tlv import tlv

SERVICE_PROVIDER_NAME_OCTETS = 32
PROFILE_NAME_OCTETS = 64


def metadata(
    profile: ProfileParameters | PackageInfo,
    server_address: str,
    *,
    service_provider_name: str | None = None,
    profile_name: str | None = None,
    profile_class: ProfileClass | None = None,
    icon: bytes | None = None,
    policy_rules: PprIds | None = None,
    notifications: Sequence[NotificationRecipient] = (),
) -> bytes:
    """BF25 in DER, from build parameters or from a package that was read; arguments prevail over both.

    A package gives ICCID, EF.SPN as service provider name and profileType as profile name. The server's own address
    is told about all events unless recipients are given. profileOwner is there whenever the package has an IMSI, with
    the group identifiers that are set (all FF means unset).
    Raises ParameterError for a value that metadata cannot carry.
    """
    if isinstance(profile, ProfileParameters):
        default_provider = profile.spn if profile.service_provider_name is None else profile.service_provider_name
        default_name = profile.profile_type if profile.profile_name is None else profile.profile_name
        profile_class = profile.profile_class if profile_class is None else profile_class
        icon = profile.icon if icon is None else icon
        policy_rules = profile.policy_rules if policy_rules is None else policy_rules
        notifications = notifications or profile.notifications
        network: tuple[str, str] | None = (profile.mcc, profile.mnc)
    else:
        default_provider, default_name = profile.spn or "", profile.profile_type or ""
        network = profile.mcc_mnc
    policy_rules = policy_rules or PprIds(0)
    if policy_rules and network is None:
        raise ParameterError("policy_rules", "the profile has no EF.IMSI, so no owner", "leave them out")
    provider = default_provider if service_provider_name is None else service_provider_name
    name = default_name if profile_name is None else profile_name
    recipients = notifications or (NotificationRecipient(server_address),)
    return tlv(
        0xBF25,
        tlv(0x5A, profile.iccid.ef),
        _name(0x91, "service_provider_name", provider, SERVICE_PROVIDER_NAME_OCTETS),
        _name(0x92, "profile_name", name, PROFILE_NAME_OCTETS),
        _icon(icon),
        tlv(0x95, bytes((profile_class,))) if profile_class not in (None, ProfileClass.operational) else b"",
        tlv(0xB6, *(_recipient(recipient) for recipient in recipients)),
        _owner(network, profile.gid1, profile.gid2) if network else b"",
        tlv(0x99, policy_rules.to_bits()) if policy_rules else b"",
    )


def _name(tag: int, field: str, text: str, longest: int) -> bytes:
    octets = text.encode()
    if len(octets) > longest:
        raise ParameterError(field, f"{len(octets)} octets in UTF-8", f"shorten it to {longest} octets")
    return tlv(tag, octets)


def _icon(icon: bytes | None) -> bytes:
    return tlv(0x93, bytes((icon_type(icon),))) + tlv(0x94, icon) if icon else b""


def _recipient(recipient: NotificationRecipient) -> bytes:
    return tlv(0x30, tlv(0x80, recipient.events.to_bits()), tlv(0x81, recipient.address.encode("ascii")))


def _owner(network: tuple[str, str], gid1: bytes | None, gid2: bytes | None) -> bytes:
    groups = (tlv(tag, gid) for tag, gid in ((0x81, gid1), (0x82, gid2)) if gid and gid.strip(b"\xff"))
    return tlv(0xB7, tlv(0x80, contents.plmn_octets("".join(network))), *groups)
