"""The file system of a profile on a simulated card, as `rsplab card tree` shows it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from euicc_sim.core.store import Store
from euicc_sim.io.nvm_file import FileNvm
from euicc_sim.profile.filesystem import bare_image
from euicc_sim.profile.tree import TreeFile, walk
from lab.card_memory import settings_of
from lab.cards import open_memory
from lab.desk import check_iccid
from lab.directory import Lab
from lab.errors import LabError
from wire.ids import Iccid


def profile_files(nvm: FileNvm, iccid: str | None = None) -> Iterator[TreeFile]:
    """The files of the enabled profile (of the bare card, if none is), or of the profile with this ICCID."""
    raw = {key: nvm.get(key) or b"" for key in nvm.keys("card/")}
    store = Store(nvm, settings_of(raw))
    if iccid is None:
        index = store.enabled
    else:
        profile = store.profile_by_iccid(Iccid(check_iccid(iccid)).ef)
        if profile is None:
            raise LabError(f"profile {iccid} is not on this card", "rsplab card show NAME lists what is")
        index = profile.index
    return walk(bare_image() if index is None else store.image(index))


def tree_view(lab: Lab, name: str, iccid: str | None = None) -> list[dict[str, Any]]:
    """One object a file, directories before what they hold."""
    with open_memory(lab, name) as nvm:
        return [file_view(file) for file in profile_files(nvm, iccid)]


def file_view(file: TreeFile) -> dict[str, Any]:
    """A file as people and scripts see it; contents are for `rsplab card shell`."""
    return {
        "path": file.path,
        "name": file.name,
        "depth": file.depth,
        "kind": file.kind,
        "size": file.size or None,
        "record_octets": file.record_octets or None,
        "sfi": file.sfi,
        "arr": file.arr or None,
        "active": file.is_active,
        "link": file.link or None,
    }


def tree_lines(files: Sequence[Mapping[str, Any]]) -> list[str]:
    """The tree for people; the columns behind the names: identifier, structure and size, SFI, what is special."""
    labels = [f"{_branches(files, place)}{file['name']}" for place, file in enumerate(files)]
    width = max(map(len, labels), default=0) + 2
    return [f"{label:<{width}}{_details(file)}".rstrip() for label, file in zip(labels, files, strict=True)]


def _branches(files: Sequence[Mapping[str, Any]], place: int) -> str:
    """The lines of the tree that lead to a file."""
    depth, text = files[place]["depth"], ""
    for level in range(1, depth + 1):
        later = next((file["depth"] for file in files[place + 1 :] if file["depth"] <= level), 0)
        goes_on = later == level
        text += ("├── " if goes_on else "└── ") if level == depth else ("│   " if goes_on else "    ")
    return text


def _details(file: Mapping[str, Any]) -> str:
    identifier = file["path"].rpartition("/")[2]
    if file["kind"] in ("MF", "DF", "ADF"):
        return f"{identifier}{_special(file)}"
    octets, record = file["size"] or 0, file["record_octets"]
    size = f"{octets // record} x {record}" if record else str(octets)
    sfi = f"SFI {file['sfi']:02X}" if file["sfi"] else ""
    return f"{identifier}  {file['kind']:<12}  {size:>9}  {sfi:<6}{_special(file)}"


def _special(file: Mapping[str, Any]) -> str:
    state = "" if file["active"] else "  deactivated"
    return f"{state}  = {file['link']}" if file["link"] else state
