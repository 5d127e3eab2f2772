"""Profile metadata: a StoreMetadataRequest as received, checked against its type.

Spec: SGP.22 v2.5 sections 4.4 and 5.5.3
"""

from dataclasses import dataclass

from euicc_sim.core.elements import ICCID_OCTETS, bits, in_order, integer, octets, ranks, refuse, text
from euicc_sim.core.rules import NO_PPRS, Operator, parse_operator
from wire.es10 import IconType, NotificationEvent, PprIds, ProfileClass
from wire.tlv import Tlv, parse

STORE_METADATA = 0xBF25
ICCID, SERVICE_PROVIDER_NAME, PROFILE_NAME, ICON_TYPE, ICON, CLASS = 0x5A, 0x91, 0x92, 0x93, 0x94, 0x95
NOTIFICATION_CONFIGURATION, OWNER, PPRS, SERVICE_SPECIFIC_DATA = 0xB6, 0xB7, 0x99, 0xBF22
SERVICE_SPECIFIC_DATA_NOT_STORED = 0xBF23
MAX_ICON_OCTETS = 1024
_ORDER = ranks(
    *(ICCID, SERVICE_PROVIDER_NAME, PROFILE_NAME, ICON_TYPE, ICON, CLASS, NOTIFICATION_CONFIGURATION, OWNER, PPRS),
    *(SERVICE_SPECIFIC_DATA, SERVICE_SPECIFIC_DATA_NOT_STORED),
)


@dataclass(frozen=True, slots=True)
class Metadata:
    """Checked metadata; `elements` are the known members as received, by tag."""

    elements: dict[int, Tlv]
    iccid: bytes
    profile_class: ProfileClass
    pprs: PprIds
    owner: Operator | None


def parse_metadata(raw: bytes) -> Metadata:
    """A complete StoreMetadataRequest; DecodeError where it breaks its type."""
    request = parse(raw, STORE_METADATA)
    elements = in_order(request, _ORDER)
    for mandatory in (ICCID, SERVICE_PROVIDER_NAME, PROFILE_NAME):
        request.child(mandatory)
    text(elements[SERVICE_PROVIDER_NAME], 32)
    text(elements[PROFILE_NAME], 64)
    _check_icon(request, elements)
    if NOTIFICATION_CONFIGURATION in elements:
        notification_configuration(elements[NOTIFICATION_CONFIGURATION])
    owner = elements.get(OWNER)
    return Metadata(
        elements,
        iccid_of(elements[ICCID]),
        profile_class(elements.get(CLASS)),
        bits(elements[PPRS], PprIds) if PPRS in elements else NO_PPRS,
        parse_operator(owner.value) if owner else None,
    )


def _check_icon(request: Tlv, elements: dict[int, Tlv]) -> None:
    if (ICON in elements) != (ICON_TYPE in elements):
        raise refuse(request, "icon and iconType come together or not at all")
    if ICON in elements:
        octets(elements[ICON], 0, MAX_ICON_OCTETS)
        if integer(elements[ICON_TYPE]) not in list(IconType):
            raise refuse(elements[ICON_TYPE], "neither jpg nor png")


def iccid_of(element: Tlv) -> bytes:
    """An Iccid: ten octets of decimal digits, nibble-swapped, padded with F."""
    value = octets(element, ICCID_OCTETS)
    digits = "".join(pair[1] + pair[0] for pair in (f"{octet:02X}" for octet in value)).rstrip("F")
    if not digits.isdecimal():
        raise refuse(element, "not decimal digits")
    return value


def profile_class(element: Tlv | None) -> ProfileClass:
    """A ProfileClass; absent means operational."""
    if element is None:
        return ProfileClass.operational
    try:
        return ProfileClass(integer(element))
    except ValueError as error:
        raise refuse(element, "unknown profile class") from error


def notification_configuration(element: Tlv) -> tuple[tuple[NotificationEvent, str], ...]:
    """NotificationConfigurationInformation: (events, address) in the order given."""
    entries = []
    for entry in element.children:
        if entry.tag != 0x30:
            raise refuse(entry, "not a NotificationConfigurationInformation")
        entries.append((bits(entry.at(0, 0x80), NotificationEvent), text(entry.at(1, 0x81))))
    return tuple(entries)
