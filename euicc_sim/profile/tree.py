"""A read-only walk through a profile's files, for `rsplab card tree` and the console."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from euicc_sim.profile import image as stored
from euicc_sim.profile.filesystem import FileSystem, Store
from euicc_sim.profile.image import FileEntry
from euicc_sim.profile.staging import naa_of
from euicc_sim.profile.templates import TEMPLATE_OIDS, Base, Kind, template

_BASE_NAMES = {Base.MF: "MF", Base.USIM: "ADF.USIM", Base.ISIM: "ADF.ISIM", Base.CSIM: "ADF.CSIM"}
_KIND_NAMES = {
    Kind.TRANSPARENT: "transparent",
    Kind.LINEAR: "linear fixed",
    Kind.CYCLIC: "cyclic",
    Kind.BER_TLV: "BER-TLV",
}


@dataclass(frozen=True, slots=True)
class TreeFile:
    """One file of the tree.

    path: identifiers from the MF, `3F00/7F10/6F3A`, an ADF as its AID; name: as in the standards, or the identifier;
    kind: MF, DF, ADF, transparent, linear fixed, cyclic, BER-TLV; size and record_octets in octets; sfi: None for none;
    arr: EF.ARR identifier and record, `6F06/4`; link: path of the file whose content this one shares.
    """

    depth: int
    path: str
    fid: str
    name: str
    kind: str
    size: int
    record_octets: int
    sfi: int | None
    arr: str
    is_active: bool
    link: str
    content: bytes


def walk(image: Mapping[str, bytes]) -> Iterator[TreeFile]:
    """All files of an installed profile, each directory before what it holds."""
    files = FileSystem(Store(image, lambda _: None))
    yield from _walk(files, files.mf, 0)


def walk_files(files: FileSystem) -> Iterator[TreeFile]:
    """All files of the profile in use (`Uicc.files`)."""
    yield from _walk(files, files.mf, 0)


def _walk(files: FileSystem, entry: FileEntry, depth: int) -> Iterator[TreeFile]:
    yield _describe(files, entry, depth)
    if entry.is_directory:
        for child in sorted(files.children(entry.number), key=lambda child: (child.is_directory, bool(child.aid))):
            yield from _walk(files, child, depth + 1)


def _describe(files: FileSystem, entry: FileEntry, depth: int) -> TreeFile:
    return TreeFile(
        depth=depth,
        path=_path(files, entry),
        fid=_identifier(entry),
        name=_name(files, entry),
        kind=_directory_kind(entry) if entry.is_directory else _KIND_NAMES[entry.kind],
        size=entry.size,
        record_octets=entry.record_octets,
        sfi=entry.sfi or None,
        arr=f"{entry.arr[:2].hex().upper()}/{entry.arr[2]}" if entry.arr else "",
        is_active=not files.is_deactivated(entry),
        link="" if entry.link is None else _path(files, files.files[entry.link]),
        content=b"" if entry.is_directory else files.content(entry),
    )


def _identifier(entry: FileEntry) -> str:
    return entry.aid.hex().upper() if entry.aid else f"{entry.fid or 0:04X}"


def _path(files: FileSystem, entry: FileEntry) -> str:
    parts = [_identifier(entry)]
    while entry.number != stored.ROOT:
        entry = files.parent(entry)
        parts.append(_identifier(entry))
    return "/".join(reversed(parts))


def _directory_kind(entry: FileEntry) -> str:
    if entry.number == stored.ROOT:
        return "MF"
    return "ADF" if entry.aid else "DF"


def _name(files: FileSystem, entry: FileEntry) -> str:
    if entry.number == stored.ROOT:
        return "MF"
    if entry.aid:
        naa = naa_of(entry.aid)
        return _BASE_NAMES[naa] if naa is not None else f"ADF {entry.aid.hex().upper()}"
    directory = _name(files, files.parent(entry))
    known = _names().get((directory, entry.fid or 0))
    return known or f"{'DF' if entry.is_directory else 'EF'} {entry.fid or 0:04X}"


@cache
def _names() -> dict[tuple[str, int], str]:
    """(name of the directory, identifier) -> name, from the templates."""
    names: dict[tuple[str, int], str] = {}
    for oid in TEMPLATE_OIDS:
        files = template(oid)
        base = top = directory = _BASE_NAMES.get(files.base, "MF")
        for entry in files.files:
            if entry.is_directory:
                if entry.fid is not None:
                    names[base if entry is files.files[0] else top, entry.fid] = entry.name
                directory = entry.name
                top = directory if entry is files.files[0] else top
            elif entry.fid is not None:
                names.setdefault((directory, entry.fid), entry.name)
    return names
