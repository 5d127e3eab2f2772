"""Records as people and scripts see them: one flat object with snake_case keys."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from lpa.core.metadata import ProfileInfo, ProfileMetadata
from smdp.core.records import Order, Profile
from wire.activation_code import ActivationCode
from wire.es10 import PprIds, ProfileClass
from wire.ids import Iccid

PROFILE_COLUMNS: Mapping[str, str] = {
    "iccid": "ICCID",
    "name": "Name",
    "service_provider_name": "Provider",
    "state": "State",
    "profile_class": "Class",
}
ORDER_COLUMNS: Mapping[str, str] = {
    "order_id": "Order",
    "state": "State",
    "iccid": "ICCID",
    "eid": "EID",
    "activation_code": "Activation code",
}


def activation_code(order: Order, address: str) -> str:
    """`LPA:1$address$matching id`, with the confirmation-code flag where the order has a code."""
    return ActivationCode(
        smdp_address=address,
        matching_id=order.matching_id or "",
        confirmation_code_required=order.confirmation_code_hash is not None,
    ).lpa_uri


def order_view(order: Order, address: str) -> dict[str, Any]:
    """An order; activation_code leads an LPA to it, None before ConfirmOrder has given it a matching id."""
    return {
        "order_id": order.order_id,
        "activation_code": None if order.matching_id is None else activation_code(order, address),
        "matching_id": order.matching_id,
        "iccid": order.iccid,
        "eid": order.eid,
        "state": str(order.state),
        "profile_type": order.profile_type or None,
        "confirmation_code_required": order.confirmation_code_hash is not None,
        "confirmation_failures": order.confirmation_failures,
        "confirmation_limit": order.confirmation_limit,
        "default": order.matching_id == "",
        "reusable": order.reusable,
        "smds_address": order.smds_address,
        "download_attempts": order.download_attempts,
        "download_limit": order.download_limit,
        "created_at": _time(order.created_at),
        "expires_at": _time(order.expires_at),
    }


def profile_view(profile: Profile, state: str) -> dict[str, Any]:
    """A profile in the inventory, from its metadata."""
    metadata = ProfileMetadata.read(profile.metadata)
    return {
        "iccid": profile.iccid,
        "name": metadata.profile_name,
        "service_provider_name": metadata.service_provider_name,
        "state": state,
        "profile_class": class_name(metadata.profile_class),
        "profile_type": profile.profile_type or None,
        "policy_rules": rule_names(metadata.policy_rules),
        "owner": metadata.owner.plmn if metadata.owner else None,
        "icon": metadata.icon is not None,
        "notification_addresses": sorted({entry.address for entry in metadata.notifications}),
        "operator": profile.operator or None,
        "required_services": sorted(profile.requirements.services),
        "estimated_installed_octets": profile.requirements.install_octets,
    }


def package_view(upp: bytes) -> dict[str, Any]:
    """What a profile package holds, its keys left out."""
    from smdp.profiles import read_package

    info = read_package(upp)
    return {
        "package_octets": len(upp),
        "package_version": ".".join(map(str, info.version)),
        "imsi": info.imsi,
        "spn": info.spn,
        "algorithm": str(info.algorithm) if info.algorithm else None,
        "aids": [str(aid) for aid in info.aids],
        "services": list(info.services),
        "elements": [{"name": name, "octets": octets} for name, octets in info.elements],
    }


def installed_view(info: ProfileInfo) -> dict[str, Any]:
    """A profile on a card, as GetProfilesInfo tells it."""
    return {
        "iccid": str(info.iccid) if info.iccid else None,
        "name": info.profile_name,
        "service_provider_name": info.service_provider_name,
        "nickname": info.nickname,
        "state": "enabled" if info.enabled else "disabled",
        "profile_class": class_name(info.profile_class),
        "isdp_aid": info.isdp_aid.hex().upper() if info.isdp_aid else None,
        "policy_rules": rule_names(info.policy_rules),
        "owner": info.owner.plmn if info.owner else None,
    }


def preview_view(metadata: ProfileMetadata) -> dict[str, Any]:
    """A profile that waits at a server."""
    return {
        "iccid": str(metadata.iccid),
        "name": metadata.profile_name,
        "service_provider_name": metadata.service_provider_name,
        "profile_class": class_name(metadata.profile_class),
        "policy_rules": rule_names(metadata.policy_rules),
        "owner": metadata.owner.plmn if metadata.owner else None,
        "icon_octets": None if metadata.icon is None else len(metadata.icon),
        "notification_addresses": sorted({entry.address for entry in metadata.notifications}),
    }


def class_name(profile_class: int) -> str:
    """`test`, `provisioning`, `operational`, or the number of a class the standard doesn't know."""
    try:
        return ProfileClass(profile_class).name
    except ValueError:
        return str(profile_class)


def rule_names(rules: PprIds) -> list[str]:
    """The names of the policy rules that are set."""
    return list(rules.names)


def same_iccid(one: str, other: str) -> bool:
    """True if both are the same ICCID, filler or not."""
    return Iccid(one) == Iccid(other)


def _time(at: datetime | None) -> str | None:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z") if at else None
