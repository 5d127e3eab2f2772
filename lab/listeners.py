"""Where the lab's servers listen: the SM-DP+ on its own port, and what `[[listener]]` tables add."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from lab.errors import LabError


class Interface(StrEnum):
    """What a listener offers, and to whom."""

    ES9P = "es9+"  # SM-DP+ to LPAs
    ES2P = "es2+"  # SM-DP+ to operators, mutual TLS
    ES11 = "es11"  # SM-DS to LPAs
    ES12 = "es12"  # SM-DS to SM-DP+ and other SM-DS, mutual TLS


class Smds(StrEnum):
    """The SM-DSs of a lab."""

    ROOT = "root"
    ALTERNATIVE = "alternative"


@dataclass(frozen=True, slots=True)
class Listener:
    """One port.

    tls_curve: of the lab's own TLS certificate; certificate, key: PEM files of another one, certificate chain first;
    cis: the curves of the CIs offered (all if empty); smds: which SM-DS, if it is one.
    """

    interface: Interface
    port: int
    host: str = ""
    tls: bool = True
    tls_curve: str = ""
    cis: tuple[str, ...] = ()
    lowest_svn: tuple[int, int] | None = None
    highest_svn: tuple[int, int] | None = None
    certificate: Path | None = None
    key: Path | None = None
    smds: Smds = Smds.ROOT


_CURVES = ("NIST", "BRP")
_KEYS: dict[str, type] = {
    "interface": str,
    "port": int,
    "host": str,
    "tls": bool,
    "tls_curve": str,
    "cis": list,
    "lowest_svn": str,
    "highest_svn": str,
    "certificate": str,
    "key": str,
    "smds": str,
}


def read_listener(path: Path, number: int, table: Mapping[str, Any]) -> Listener:
    """One `[[listener]]` table; LabError names file, table and key."""
    where = f"{path}: [[listener]] {number}"
    for key, value in table.items():
        wanted = _KEYS.get(key)
        if wanted is None:
            raise LabError(f"{where}: unknown key {key!r}", f"use {', '.join(_KEYS)}")
        if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
            raise LabError(f"{where}: {key} must be a {wanted.__name__}, not {value!r}", "correct the file by hand")
    interfaces = [interface.value for interface in Interface]
    if table.get("interface", "es9+") not in interfaces:
        raise LabError(f"{where}: interface {table['interface']!r} is unknown", f"use {', '.join(interfaces)}")
    if not 0 <= table.get("port", -1) < 65536:
        raise LabError(f"{where}: port is missing or none", "give 1 to 65535, or 0 for any free one")
    curves = (*table.get("cis", ()), *filter(None, [table.get("tls_curve")]))
    if any(curve not in _CURVES for curve in curves):
        raise LabError(f"{where}: {curves!r} are no curves of this lab", f"use {', '.join(_CURVES)}")
    if ("certificate" in table) != ("key" in table):
        raise LabError(f"{where}: certificate and key belong together", "give both, as PEM files")
    if table.get("smds", Smds.ROOT) not in list(Smds):
        raise LabError(f"{where}: smds {table['smds']!r} is unknown", f"use {', '.join(Smds)}")
    return Listener(
        interface=Interface(table.get("interface", "es9+")),
        port=table["port"],
        host=table.get("host", ""),
        tls=table.get("tls", True),
        tls_curve=table.get("tls_curve", ""),
        cis=tuple(table.get("cis", ())),
        lowest_svn=_version(where, table.get("lowest_svn")),
        highest_svn=_version(where, table.get("highest_svn")),
        certificate=path.parent / table["certificate"] if "certificate" in table else None,
        key=path.parent / table["key"] if "key" in table else None,
        smds=Smds(table.get("smds", Smds.ROOT)),
    )


def _version(where: str, text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    if not (match := re.fullmatch(r"(\d)\.(\d)", text)):
        raise LabError(f"{where}: {text!r} is no SGP.22 version", 'write it as "2.2"')
    return int(match[1]), int(match[2])
