"""Snapshots, forks and comparisons of whole cards: everything that a card remembers is in its memory file."""

from datetime import datetime
from pathlib import Path

from euicc_sim.core.settings import CardSettings
from euicc_sim.core.store import SETTINGS
from euicc_sim.io.nvm_file import FileNvm
from lab.cards import open_memory, open_memory_file, options_path
from lab.directory import Lab
from lab.errors import LabError
from lab.sealing import SealedNvm

Memory = dict[str, bytes]


def read_card(lab: Lab, name: str) -> Memory:
    """The whole memory of the card `name`."""
    with open_memory(lab, name) as nvm:
        return _content(nvm)


def read_file(lab: Lab, path: Path) -> Memory:
    """The whole memory in a card or snapshot file of this lab."""
    with open_memory_file(lab, path) as nvm:
        return _content(nvm)


def settings_of(memory: Memory) -> CardSettings:
    """What the card was made of."""
    return CardSettings.decode(memory[SETTINGS])


def snapshots(lab: Lab, name: str) -> list[Path]:
    """The snapshots of a card, oldest first."""
    return sorted(_directory(lab, name).glob("*.card"), key=lambda path: (path.stat().st_mtime_ns, path.name))


def take_snapshot(lab: Lab, name: str, label: str | None, now: datetime) -> Path:
    """Keep the card as it is now under `label` (default: the time)."""
    path = _snapshot_path(lab, name, label or now.strftime("%Y-%m-%dT%H%M%S"))
    if path.exists():
        raise LabError(f"there is already a snapshot {path.stem!r} of {name}", "choose another label")
    memory = read_card(lab, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    _write_new(lab, path, memory)
    return path


def restore(lab: Lab, name: str, label: str | None) -> Path:
    """Make the card again what it was (default: at the last snapshot), in one transaction."""
    path = find_snapshot(lab, name, label)
    wanted = read_file(lab, path)
    with open_memory(lab, name) as nvm:
        mine = CardSettings.decode(nvm.get(SETTINGS) or b"").eid
        if settings_of(wanted).eid != mine:
            raise LabError(
                f"{path} is of another card, EID {settings_of(wanted).eid}", "restore it to its own card, or fork it"
            )
        nvm.commit({**dict.fromkeys(nvm.keys("")), **wanted})
    return path


def read_any(lab: Lab, name: str, other: str | None) -> tuple[str, Memory]:
    """Another card, a snapshot of `name` (default: the last), or a file; with what to call it."""
    if other is not None and other in lab.card_names():
        return f"card {other}", read_card(lab, other)
    path = find_snapshot(lab, name, other)
    return f"snapshot {path.stem}", read_file(lab, path)


def fork(lab: Lab, name: str, new_name: str) -> None:
    """A twin: the same EID, keys, profiles and options under another name."""
    path = lab.card_path(new_name)
    if path.exists():
        raise LabError(f"there is already a card {new_name!r}", "choose another name")
    _write_new(lab, path, read_card(lab, name))
    options = options_path(lab.card_path(name))
    if options.exists():
        options_path(path).write_bytes(options.read_bytes())


def find_snapshot(lab: Lab, name: str, label: str | None) -> Path:
    """The snapshot with this label, or in this file, or the last one."""
    if label is not None and Path(label).is_file():
        return Path(label)
    found = snapshots(lab, name)
    if not found:
        raise LabError(f"there is no snapshot of {name}", f"take one: rsplab card snapshot {name}")
    if label is None:
        return found[-1]
    path = _snapshot_path(lab, name, label)
    if path not in found:
        labels = ", ".join(one.stem for one in found)
        raise LabError(f"there is no snapshot {label!r} of {name}", f"there are: {labels}")
    return path


def _directory(lab: Lab, name: str) -> Path:
    return lab.path / "snapshots" / lab.card_path(name).stem


def _snapshot_path(lab: Lab, name: str, label: str) -> Path:
    lab.card_path(label)  # labels follow the rules of names
    return _directory(lab, name) / f"{label}.card"


def _content(nvm: FileNvm) -> Memory:
    return {key: value for key in nvm.keys("") if (value := nvm.get(key)) is not None}


def _write_new(lab: Lab, path: Path, memory: Memory) -> None:
    with SealedNvm(path, lab.keyring, create=True) as nvm:
        nvm.commit(memory)
