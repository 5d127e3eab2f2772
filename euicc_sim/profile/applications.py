"""Executing PE-SecurityDomain, PE-RFM, PE-Application and PE-CDMAParameter: checked, then kept as data.

This card has no over-the-air channel and no Java Card runtime: AIDs, keys and parameters are stored, not run.
Spec: SAIP sections on security domains, RFM, applications and CDMA parameters
"""

from euicc_sim.profile.staging import DATA_OCTETS, Staging
from euicc_sim.profile.status import PeStatus
from euicc_sim.profile.structure import Element, ElementError, bad_format, bad_values, needed, octets, optional_octets
from euicc_sim.profile.templates import Base
from wire.tlv import Tlv

_AID = 0x4F
_INSTANCE_TAGS = (_AID, _AID, _AID, _AID, 0x82, 0x83, 0xC9, 0xEF, 0xEA, 0x30, 0xB0)
_KEY_TAGS = (0x95, 0x96, 0x82, 0x83, 0x85, 0x30)


def _keep(staging: Staging, element: Element) -> None:
    staging.take(DATA_OCTETS + len(element.tlv.raw))
    staging.data.append(element.tlv.raw)


def _aid(component: Tlv | None, name: str) -> bytes:
    return octets(component, name, 5, 16)


def _new_instance(staging: Staging, aid: bytes) -> None:
    if aid in staging.instances or aid in staging.applications:
        raise bad_values(f"application {aid.hex().upper()} exists already")
    staging.instances.add(aid)


def _instance(staging: Staging, element: Element, tlv: Tlv) -> None:
    """ApplicationInstance: three or four AIDs, privileges, life cycle, parameters."""
    load_package, class_, instance, extradited, privileges, state, parameters, *_ = element.slots(tlv, *_INSTANCE_TAGS)
    _aid(load_package, "applicationLoadPackageAID")
    _aid(class_, "classAID")
    if extradited is not None:
        _aid(extradited, "extraditeSecurityDomainAID")
    if len(octets(privileges, "applicationPrivileges", 1, 3)) == 2:
        raise bad_values("applicationPrivileges has 2 octets")
    optional_octets(state, "lifeCycleState", b"\x07", 1)
    needed(parameters, "applicationSpecificParametersC9")
    _new_instance(staging, _aid(instance, "instanceAID"))


def security_domain(staging: Staging, element: Element, components: list[Tlv | None]) -> None:
    """PE-SecurityDomain; the first one is the MNO-SD."""
    instance, key_list, *_ = components
    _instance(staging, element, needed(instance, "instance"))
    for key in key_list.children if key_list else ():
        usage, access, identifier, version, counter, parts = element.slots(key, *_KEY_TAGS)
        octets(usage, "keyUsageQualifier", 1, 2)
        optional_octets(access, "keyAccess", b"\x00", 1)
        octets(identifier, "keyIdentifier", 1)
        octets(version, "keyVersionNumber", 1)
        optional_octets(counter, "keyCounterValue", b"", 1, 8)
        if not needed(parts, "keyComponents").children:
            raise bad_format("keyComponents is empty")
    _keep(staging, element)


def remote_file_management(staging: Staging, element: Element, components: list[Tlv | None]) -> None:
    """PE-RFM."""
    instance, domain, tars, level, uicc, administration, _ = components
    aid = _aid(instance, "instanceAID")
    if domain is not None and _aid(domain, "securityDomainAID") not in staging.instances:
        raise bad_values("securityDomainAID names no security domain")
    if tars is not None and any(tar.tag != 0x04 or len(tar.value) != 3 for tar in tars.children):
        raise bad_format("tarList")
    octets(level, "minimumSecurityLevel", 1)
    needed(uicc, "uiccAccessDomain")
    needed(administration, "uiccAdminAccessDomain")
    _new_instance(staging, aid)
    _keep(staging, element)


def application(staging: Staging, element: Element, components: list[Tlv | None]) -> None:
    """PE-Application: kept where the card is said to have Java Card, refused where it has not."""
    if "javacard" not in element.services:
        raise ElementError(PeStatus.RUNTIME_NOT_SUPPORTED, "this card has no Java Card runtime")
    load_block, instances = components
    if load_block is not None:
        package, domain, _, _, _, _, block = element.slots(load_block, _AID, _AID, 0xC6, 0xC7, 0xC8, 0xC1, 0xC4)
        _aid(package, "loadPackageAID")
        if domain is not None:
            _aid(domain, "securityDomainAID")
        needed(block, "loadBlockObject")
    for instance in instances.children if instances else ():
        _instance(staging, element, instance)
    _keep(staging, element)


def cdma_parameter(staging: Staging, element: Element, components: list[Tlv | None]) -> None:
    """PE-CDMAParameter, for the CSIM created last; CAVE itself is not on this card."""
    key, ssd, hrpd, simple_ip, mobile_ip = components
    staging.current_naa(Base.CSIM)
    octets(key, "authenticationKey", 8)
    optional_octets(ssd, "ssd", b"", 16)
    optional_octets(hrpd, "hrpdAccessAuthenticationData", b"", 2, 32)
    optional_octets(simple_ip, "simpleIPAuthenticationData", b"", 3, 483)
    optional_octets(mobile_ip, "mobileIPAuthenticationData", b"", 5, 957)
    _keep(staging, element)
