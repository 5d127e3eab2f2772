"""Putting profiles into the SM-DP+'s inventory: built from parameters, or taken from package files.

Both start from a table as a TOML file or the command line gives it. With `upp` it names a package file, which is
kept octet for octet (unless it is to be personalised); without, it holds the build parameters.
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from lab.clock import SystemEntropy
from lab.errors import LabError
from lab.services import capability_bits
from smdp.core.inventory import new_package
from smdp.core.ports import Conflict, Store
from smdp.core.records import Package, Profile, Requirements
from smdp.core.states import State
from smdp.profiles import (
    PackageError,
    PackageInfo,
    ParameterError,
    build_package,
    from_table,
    metadata,
    personalise,
    read_package,
)
from wire.errors import DecodeError
from wire.es10 import PprIds, ProfileClass
from wire.ids import Iccid, IdentifierError
from wire.ports import Entropy
from wire.services import UICC_CAPABILITIES

T = TypeVar("T")

RULES = {"update_control": PprIds.pprUpdateControl, "ppr1": PprIds.ppr1, "ppr2": PprIds.ppr2}
_IDENTITY = ("iccid", "imsi", "k", "opc", "pin1", "pin2", "puk1", "puk2", "adm1")
_DESCRIPTION = ("service_provider_name", "profile_name", "profile_class", "icon", "policy_rules")
_RECORD = ("profile_type", "operator", "state", "requires")
_INVENTORY_ONLY = ("operator", "state", "requires")
_VERSION = re.compile(r"(\d{1,3})\.(\d{1,3})\.(\d{1,3})")


def profile_from_table(table: Mapping[str, Any], directory: Path, address: str) -> tuple[Profile, Package]:
    """The records of one profile; files are relative to `directory`. LabError names the key that is wrong."""
    try:
        if "upp" in table:
            return _from_package(table, directory, address)
        return _from_parameters(table, directory, address)
    except ParameterError as error:
        raise LabError(f"profile: {error.field}: {error.problem}", error.remedy) from None
    except IdentifierError as error:
        raise LabError(f"profile: {error}", "correct the digits") from None


def add_profile(store: Store, profile: Profile, package: Package) -> None:
    """Put both records into the store; LabError if the ICCID is there already."""
    remedy = f"delete it first (rsplab profile delete {profile.iccid}), or take another ICCID"
    if store.profile(profile.iccid) is not None:
        raise LabError(f"profile {profile.iccid} is in the inventory already", remedy)
    try:
        store.commit(profile, package)
    except Conflict:
        raise LabError(f"profile {profile.iccid} is in the inventory already", remedy) from None


def fresh_parameters(entropy: Entropy | None = None) -> dict[str, Any]:
    """Parameters of a subscription on the test network 001/01: random ICCID, IMSI, K and OPc."""
    octets = (entropy or SystemEntropy()).octets(48)
    return {
        "iccid": str(Iccid.with_check_digit(f"8999001{int.from_bytes(octets[:8], 'big') % 10**11:011d}")),
        "imsi": f"00101{int.from_bytes(octets[8:16], 'big') % 10**10:010d}",
        "k": octets[16:32].hex(),
        "opc": octets[32:48].hex(),
    }


def _from_parameters(table: Mapping[str, Any], directory: Path, address: str) -> tuple[Profile, Package]:
    parameters = from_table({key: value for key, value in table.items() if key not in _INVENTORY_ONLY}, directory)
    upp = build_package(parameters)
    return _records(table, upp, read_package(upp), metadata(parameters, address))


def _from_package(table: Mapping[str, Any], directory: Path, address: str) -> tuple[Profile, Package]:
    known = ("upp", *_IDENTITY, *_DESCRIPTION, *_RECORD)
    for key in table:
        if key not in known:
            raise ParameterError(key, "no such key beside upp", f"use {', '.join(known)}")
    path = directory / _read(table, "upp", str, "")
    try:
        upp = _personalised(path.read_bytes(), table)
        info = read_package(upp)
    except OSError as error:
        raise LabError(f"{path}: {error.strerror}", "name a file with a profile package") from None
    except (DecodeError, PackageError) as error:
        raise LabError(f"{path} is no profile package: {error}", "give an unprotected package in DER") from None
    icon = _read(table, "icon", str, "")
    described = metadata(
        info,
        address,
        service_provider_name=table.get("service_provider_name"),
        profile_name=table.get("profile_name"),
        profile_class=_choice(table, "profile_class", ProfileClass.__members__),
        icon=_octets_of(directory / icon) if icon else None,
        policy_rules=_rules(table),
    )
    return _records(table, upp, info, described)


def _personalised(upp: bytes, table: Mapping[str, Any]) -> bytes:
    readers: dict[str, Callable[[str], Any]] = {"iccid": Iccid, "k": bytes.fromhex, "opc": bytes.fromhex}
    identity = {key: readers.get(key, str)(_read(table, key, str, "")) for key in _IDENTITY if key in table}
    return personalise(upp, **identity) if identity else upp


def _records(table: Mapping[str, Any], upp: bytes, info: PackageInfo, described: bytes) -> tuple[Profile, Package]:
    iccid = str(info.iccid)
    states = {str(state).lower(): state for state in (State.AVAILABLE, State.UNAVAILABLE)}
    profile = Profile(
        iccid=iccid,
        metadata=described,
        requirements=_requirements(table, info),
        profile_type=_read(table, "profile_type", str, info.profile_type or ""),
        operator=_read(table, "operator", str, ""),
        state=_choice(table, "state", states) or State.AVAILABLE,
    )
    return profile, new_package(iccid, upp, SystemEntropy())


def _requirements(table: Mapping[str, Any], info: PackageInfo) -> Requirements:
    """What the package says of itself, and instead of it what `requires` says."""
    required = _read(table, "requires", dict, {})
    for key in required:
        if key not in ("package_version", "services", "install_octets"):
            raise ParameterError(f"requires.{key}", "no such key", "use package_version, services, install_octets")
    text = _read(required, "package_version", str, ".".join(str(part) for part in (*info.version, 0)))
    version = _VERSION.fullmatch(text)
    if version is None:
        raise ParameterError("requires.package_version", f"{text!r}", 'write it as "2.3.0"')
    services = _read(required, "services", list, sorted(capability_bits(info.services)))
    if unknown := [name for name in services if name not in UICC_CAPABILITIES]:
        raise ParameterError("requires.services", f"{unknown[0]!r}", f"use {', '.join(UICC_CAPABILITIES)}")
    return Requirements(
        package_version=(int(version[1]), int(version[2]), int(version[3])),
        services=frozenset(services),
        install_octets=_read(required, "install_octets", int, info.estimated_installed_octets),
    )


def _read(table: Mapping[str, Any], key: str, kind: type[T], default: T) -> T:
    value = table.get(key, default)
    if not isinstance(value, kind):
        raise ParameterError(key, f"{value!r} is not of type {kind.__name__}", "correct the value")
    return value


def _choice(table: Mapping[str, Any], key: str, choices: Mapping[str, Any]) -> Any:
    if key not in table:
        return None
    value = str(table[key])
    if value.lower() not in choices:
        raise ParameterError(key, f"{value!r}", f"use {', '.join(choices)}")
    return choices[value.lower()]


def _rules(table: Mapping[str, Any]) -> PprIds | None:
    if "policy_rules" not in table:
        return None
    rules = PprIds(0)
    for name in _read(table, "policy_rules", list, []):
        rules |= _choice({"policy_rules": name}, "policy_rules", RULES)
    return rules


def _octets_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ParameterError("icon", f"{path}: {error.strerror}", "name an existing file") from None
