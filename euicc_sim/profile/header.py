"""Executing ProfileHeader: can this card take the profile at all?

Spec: SAIP ProfileHeader
"""

from dataclasses import dataclass

from euicc_sim.profile.capabilities import Capabilities
from euicc_sim.profile.status import PeStatus
from euicc_sim.profile.structure import Element, ElementError, bad_format, integer, needed, octets
from euicc_sim.profile.templates import TEMPLATE_OIDS, oid_text
from wire.services import SERVICE_TAGS

_TAGS = (0x80, 0x81, 0x82, 0x83, 0x84, 0xA5, 0xA6, 0x87, 0xA8, 0xA9)


@dataclass(frozen=True, slots=True)
class ProfileHeader:
    """What later elements need of the header: version, ICCID (not swapped) and the services the profile insists on."""

    major_version: int
    minor_version: int
    iccid: bytes
    services: frozenset[str]
    is_iot: bool


def read_header(element: Element, capabilities: Capabilities) -> ProfileHeader:
    """Check the header against what the card offers; ElementError."""
    slots = element.slots(element.tlv, *_TAGS)
    major, minor, profile_type, iccid, _, services, templates, _, applications, iot = slots
    major_version = integer(major, "major-version", 0xFF)
    minor_version = integer(minor, "minor-version", 0xFF)
    if major_version not in capabilities.major_versions:
        raise ElementError(PeStatus.UNSUPPORTED_PROFILE_VERSION, f"version {major_version}.{minor_version}")
    if profile_type is not None:
        octets(profile_type, "profileType", 1, 100)
    names = frozenset(_service(item.tag) for item in needed(services, "eUICC-Mandatory-services").children)
    for oid in needed(templates, "eUICC-Mandatory-GFSTEList").children:
        check_template(capabilities, oid.value)
    for item in applications.children if applications else ():
        aid, version = element.slots(item, 0x80, 0x81)
        if capabilities.applications.get(octets(aid, "aid", 5, 16)) != octets(version, "version", 2):
            raise ElementError(PeStatus.LIB_NOT_SUPPORTED, "a mandatory application is not on the card")
    if iot is not None and "iotminimal" not in capabilities.services:
        raise ElementError(PeStatus.FEATURE_NOT_SUPPORTED, "iotOptions")
    missing = sorted(names - capabilities.services)
    if missing:
        raise ElementError(PeStatus.FEATURE_NOT_SUPPORTED, ", ".join(missing))
    return ProfileHeader(major_version, minor_version, octets(iccid, "iccid", 10), names, iot is not None)


def _service(tag: int) -> str:
    if tag not in SERVICE_TAGS:
        raise ElementError(PeStatus.FEATURE_NOT_SUPPORTED, f"unknown service {tag:X}")
    return SERVICE_TAGS[tag]


def check_template(capabilities: Capabilities, octets_of_oid: bytes) -> str:
    """The dotted identifier of a template that the card has; ElementError for any other."""
    if not octets_of_oid:
        raise bad_format("templateID is empty")
    oid = oid_text(octets_of_oid)
    known = TEMPLATE_OIDS if capabilities.templates is None else capabilities.templates
    if oid is None or oid not in known:
        raise ElementError(PeStatus.TEMPLATE_NOT_SUPPORTED, f"template {oid or octets_of_oid.hex().upper()}")
    return oid
