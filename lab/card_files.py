"""The file system of a profile on a simulated card, as `rsplab card tree` shows it."""

from collections.abc import Iterator
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
