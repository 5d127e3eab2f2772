"""Which files a template profile element creates, and what they hold by default.

Spec: SAIP annex "File structure templates creation"
"""

import re
from dataclasses import dataclass
from enum import Enum
from functools import cache
from types import MappingProxyType

from euicc_sim.profile import template_tables as tables
from wire.tlv import tlv

_OID_ARC = bytes.fromhex("67810F0102")
"""2.23.143.1.2, the arc of all template identifiers."""


class Kind(Enum):
    """What a file is; the value is the low six bits of its file descriptor octet."""

    TRANSPARENT = 0x01
    LINEAR = 0x02
    CYCLIC = 0x06
    BER_TLV = 0x39
    DIRECTORY = 0x38

    @property
    def has_records(self) -> bool:
        """Whether the content is made of records."""
        return self in (Kind.LINEAR, Kind.CYCLIC)


class Base(Enum):
    """Where the files of a template are created."""

    NOWHERE = "nowhere"
    MF = "mf"
    USIM = "usim"
    ISIM = "isim"
    CSIM = "csim"
    NAA = "naa"


@dataclass(frozen=True, slots=True)
class Pattern:
    """Initial content: head once, `body` over and over up to `tail` at the end."""

    head: bytes = b""
    body: bytes = b"\xff"
    tail: bytes = b""

    def octets(self, size: int) -> bytes:
        """`size` octets of initial content."""
        room = max(size - len(self.head) - len(self.tail), 0)
        middle = (self.body * (room // len(self.body) + 1))[:room]
        return (self.head + middle + self.tail)[:size]

    @classmethod
    def fill(cls, pattern: bytes) -> "Pattern":
        """fillPattern: the pattern once, then its last octet."""
        return cls(pattern, pattern[-1:])

    @classmethod
    def repeat(cls, pattern: bytes) -> "Pattern":
        """repeatPattern: the whole pattern over and over."""
        return cls(b"", pattern)


EMPTY = Pattern()


@dataclass(frozen=True, slots=True)
class TemplateFile:
    """One entry of a template; None where the profile must say it."""

    component: int
    name: str
    fid: int | None
    kind: Kind | None
    application: bool
    record_octets: int | None
    size: int | None
    arr_record: int | None
    sfi: int | None
    default: Pattern | None
    high_update: bool
    required: bool

    @property
    def tag(self) -> int:
        """The context tag of the component in its profile element."""
        return 0xA0 | self.component if self.component < 31 else 0xBF00 | self.component

    @property
    def is_directory(self) -> bool:
        """True for MF, DF and ADF."""
        return self.kind is Kind.DIRECTORY


@dataclass(frozen=True, slots=True)
class Template:
    """A template: its identifier, the profile element it belongs to, its files by component tag in order."""

    oid: str
    element_tag: int
    base: Base
    by_default: bool
    naa: Base | None
    files: tuple[TemplateFile, ...]

    @property
    def tags(self) -> tuple[int, ...]:
        """The component tags in the order of the profile element."""
        return tuple(entry.tag for entry in self.files)


_ENTRY = re.compile(
    r"(?P<component>\d+) (?P<name>\S+) (?P<fid>----|[0-9A-F]{4})(?P<range>-\w\w)? "
    r"(?P<kind>MF|ADF|DF|[TB](?:\d+|P)|[LC](?:\d+|P)x(?:\d+|P)|\?)"
    r"(?: a(?P<arr>\d+))?(?: s(?P<sfi>\w\w))?(?: =(?P<default>[^H!]+?))?(?P<high> H)?(?P<required> !)?(?P<late> H)?"
)
_KINDS = {"T": Kind.TRANSPARENT, "L": Kind.LINEAR, "C": Kind.CYCLIC, "B": Kind.BER_TLV}


def _literal(text: str) -> bytes:
    """`FFx10 0000FF01` -> ten octets FF, then 0000FF01."""
    parts = (part.partition("x") for part in text.split())
    return b"".join(bytes.fromhex(octets) * int(count or 1) for octets, _, count in parts)


def _pattern(text: str | None) -> Pattern | None:
    if text is None:
        return None
    if text.startswith("("):
        return Pattern.repeat(bytes.fromhex(text[1:-2]))
    head, dots, tail = text.partition("..")
    if dots:
        octets = bytes.fromhex(head)
        return Pattern(octets, octets[-1:], bytes.fromhex(tail))
    return Pattern(_literal(text))


def _count(text: str) -> int | None:
    return None if text == "P" else int(text)


def _entry(text: str) -> TemplateFile:
    match = _ENTRY.fullmatch(text)
    if match is None:
        raise ValueError(f"template entry {text!r}")
    kind_text = match["kind"]
    record_octets = size = None
    if kind_text in ("MF", "DF", "ADF"):
        kind: Kind | None = Kind.DIRECTORY
    elif kind_text == "?":
        kind = None
    else:
        kind = _KINDS[kind_text[0]]
        if kind.has_records:
            records_text, _, octets_text = kind_text[1:].partition("x")
            records, record_octets = _count(records_text), _count(octets_text)
            size = records * record_octets if records and record_octets else None
        else:
            size = _count(kind_text[1:])
    return TemplateFile(
        component=int(match["component"]),
        name=match["name"] if kind is Kind.DIRECTORY else f"EF.{match['name']}",
        fid=None if match["fid"] == "----" or match["range"] else int(match["fid"], 16),
        kind=kind,
        application=kind_text == "ADF",
        record_octets=record_octets,
        size=size,
        arr_record=int(match["arr"]) if match["arr"] else None,
        sfi=int(match["sfi"], 16) if match["sfi"] else None,
        default=_pattern(match["default"]),
        high_update=bool(match["high"] or match["late"]),
        required=bool(match["required"]),
    )


def _entries(text: str) -> list[TemplateFile]:
    return [_entry(item.strip()) for item in re.split(r"[·\n]", text) if item.strip()]


@dataclass(frozen=True, slots=True)
class _Family:
    """All versions of one template: (identifier below the arc, last component, entries that differ from the newest)."""

    table: str
    element_tag: int
    base: Base
    versions: tuple[tuple[str, int, str], ...]
    by_default: bool = False
    naa: Base | None = None


_OLD_NSC = "5 5GS3GPPNSC 4F03 L1x57 a5 s03 =FF.. H · 6 5GSN3GPPNSC 4F04 L1x57 a5 s04 =FF.. H"
_OLD_RI = "12 Routing_Indicator 4F0A T4 a2 s0A =F0FFFFFF"

_FAMILIES = (
    _Family(tables.MF, 0xB0, Base.NOWHERE, (("1", 7, ""),), by_default=True),
    _Family(tables.CD, 0xB1, Base.MF, (("2", 4, ""),)),
    _Family(tables.TELECOM, 0xB2, Base.MF, (("3", 39, ""), ("3.2", 47, ""))),
    _Family(
        tables.USIM,
        0xB3,
        Base.MF,
        (("4", 25, ""), ("4.2", 25, "8 UST 6F38 T17 a2 s04 !")),
        by_default=True,
        naa=Base.USIM,
    ),
    _Family(tables.OPT_USIM, 0xB4, Base.USIM, (("5", 75, ""), ("5.2", 86, ""), ("5.3", 87, ""))),
    _Family(tables.PHONEBOOK, 0xB7, Base.USIM, (("6", 19, ""),)),
    _Family(tables.GSM_ACCESS, 0xB8, Base.USIM, (("7", 6, ""),)),
    _Family(tables.ISIM, 0xB5, Base.MF, (("8", 8, ""),), by_default=True, naa=Base.ISIM),
    _Family(tables.OPT_ISIM, 0xB6, Base.ISIM, (("9", 10, ""), ("9.2", 15, ""))),
    _Family(tables.CSIM, 0xB9, Base.MF, (("10", 36, ""), ("10.2", 36, "")), by_default=True, naa=Base.CSIM),
    _Family(tables.OPT_CSIM, 0xBA, Base.CSIM, (("11", 68, ""), ("11.2", 68, ""))),
    _Family(tables.EAP, 0xBB, Base.NAA, (("12", 9, ""),)),
    _Family(
        tables.DF_5GS,
        0xBC,
        Base.USIM,
        (
            ("13", 12, f"{_OLD_NSC} · {_OLD_RI}"),
            ("13.2", 14, f"{_OLD_NSC} · {_OLD_RI}"),
            ("13.3", 14, _OLD_RI),
            ("13.4", 21, ""),
        ),
    ),
    _Family(tables.DF_SAIP, 0xBD, Base.USIM, (("14", 3, ""),)),
    _Family(tables.DF_SNPN, 0xBE, Base.USIM, (("15", 3, ""),)),
    _Family(tables.DF_5GPROSE, 0xBF1F, Base.USIM, (("16", 8, ""),)),
    _Family(tables.IOT, 0xBF20, Base.NOWHERE, (("17", 23, ""),), by_default=True, naa=Base.USIM),
    _Family(tables.OPT_IOT, 0xBF21, Base.USIM, (("18", 27, ""),)),
)


@cache
def _load(oid: str) -> Template:
    family, last, changes = _VERSIONS[oid]
    changed = {entry.component: entry for entry in _entries(changes)}
    files = tuple(changed.get(entry.component, entry) for entry in _entries(family.table) if entry.component <= last)
    return Template(oid, family.element_tag, family.base, family.by_default, family.naa, files)


def _oid_octets(suffix: str) -> bytes:
    return tlv(0x06, _OID_ARC + bytes(int(arc) for arc in suffix.split(".")))[2:]


_VERSIONS = {
    f"2.23.143.1.2.{suffix}": (family, last, changes)
    for family in _FAMILIES
    for suffix, last, changes in family.versions
}
_BY_OCTETS = {_oid_octets(oid.removeprefix("2.23.143.1.2.")): oid for oid in _VERSIONS}

TEMPLATE_OIDS = tuple(_VERSIONS)
"""The identifiers of all templates known here, dotted."""

ELEMENT_TAGS = MappingProxyType({family.element_tag: family.naa for family in _FAMILIES})
"""Tags of the template profile elements -> the network access application that the element creates, or None."""


def oid_text(octets: bytes) -> str | None:
    """The dotted form of a known template identifier (content octets of the OBJECT IDENTIFIER), None if unknown."""
    return _BY_OCTETS.get(octets)


def template(oid: str) -> Template:
    """The template with this identifier; KeyError if it is not in `TEMPLATE_OIDS`."""
    return _load(oid)
