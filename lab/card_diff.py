"""What differs between two states of a card, in a card's words. Keys and codes are named, never shown."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from euicc_sim.core.store import DEFAULT_DP_ADDRESS, NICKNAME, SETTINGS, Profile, Store, iccid_text
from euicc_sim.io.nvm_memory import MemoryNvm
from euicc_sim.profile.tree import TreeFile, walk
from lab.card_memory import Memory, settings_of

SECRETS = {
    "pin": "PIN or its tries",
    "puk": "unblocking PIN or its tries",
    "aka": "authentication parameters",
    "sqn": "sequence numbers of AKA",
    "data": "security domain or application",
    "state": "life cycle state",
}


@dataclass(frozen=True, slots=True)
class Difference:
    """before, after: None where there was or is nothing, or where it may not be shown."""

    what: str
    before: str | None = None
    after: str | None = None


def compare(before: Memory, after: Memory) -> list[Difference]:
    """Every difference, from the whole to the parts."""
    return list(_compare(_Side(before), _Side(after)))


class _Side:
    """One of the two cards."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory
        self.store = Store(MemoryNvm(memory), settings_of(memory))
        self.profiles = {profile.index: profile for profile in self.store.profiles()}

    def text(self, key: str) -> str | None:
        value = self.memory.get(key)
        return None if value is None else value.decode()

    def of_profile(self, index: int | None) -> str | None:
        return None if index is None else iccid_text(self.profiles[index].iccid)

    def keys(self, prefix: str) -> dict[str, bytes]:
        return {key: value for key, value in self.memory.items() if key.startswith(prefix)}


def _compare(before: _Side, after: _Side) -> Iterator[Difference]:
    old, new = before.store.settings, after.store.settings
    if old.eid != new.eid:
        yield Difference("EID", str(old.eid), str(new.eid))
    elif before.memory[SETTINGS] != after.memory[SETTINGS]:
        yield Difference("settings")
    yield from _value("default SM-DP+ address", before.text(DEFAULT_DP_ADDRESS), after.text(DEFAULT_DP_ADDRESS))
    yield from _value("enabled profile", before.of_profile(before.store.enabled), after.of_profile(after.store.enabled))
    for index in sorted(before.profiles.keys() | after.profiles.keys()):
        yield from _profile(before, after, index)
    numbers = [side.store.last_sequence_number for side in (before, after)]
    yield from _value("last notification number", str(numbers[0]), str(numbers[1]))
    for prefix, what in (("notification/", "notification"), ("crl/", "revocation list of"), ("one-time-key/", "otPK")):
        yield from _members(what, before.keys(prefix), after.keys(prefix))


def _value(what: str, before: str | None, after: str | None) -> Iterator[Difference]:
    if before != after:
        yield Difference(what, before, after)


def _members(what: str, before: Mapping[str, bytes], after: Mapping[str, bytes]) -> Iterator[Difference]:
    for key in sorted(before.keys() | after.keys()):
        if before.get(key) != after.get(key):
            name = key.partition("/")[2]
            name = str(int(name)) if what == "notification" else name
            yield Difference(
                f"{what} {name}",
                "there" if key in before else None,
                "changed" if key in before and key in after else "there" if key in after else None,
            )


def _profile(before: _Side, after: _Side, index: int) -> Iterator[Difference]:
    old, new = before.profiles.get(index), after.profiles.get(index)
    if old is None or new is None or old.iccid != new.iccid:
        for profile, is_new in ((old, False), (new, True)):
            if profile is not None:
                text = iccid_text(profile.iccid)
                yield Difference(f"profile at {profile.aid.hex().upper()}", *((None, text) if is_new else (text, None)))
        return
    name = f"profile {iccid_text(new.iccid)}"
    yield from _value(f"{name}: nickname", _nickname(old), _nickname(new))
    images = [side.store.image(index) for side in (before, after)]
    if images[0] == images[1]:
        return
    yield from _files(name, *images)
    yield from _secrets(name, *images)


def _nickname(profile: Profile) -> str | None:
    member = profile.member(NICKNAME)
    return None if member is None else member.value.decode("utf-8", "replace")


def _files(name: str, before: Mapping[str, bytes], after: Mapping[str, bytes]) -> Iterator[Difference]:
    old, new = ({file.path: file for file in walk(image)} for image in (before, after))
    for path in [*old, *(path for path in new if path not in old)]:
        file = new.get(path) or old[path]
        what = f"{name}: {file.name} ({path})"
        contents = [_hex(side.get(path)) for side in (old, new)]
        if contents[0] != contents[1] and _is_secret(file):
            yield Difference(what)
        else:
            yield from _value(what, *contents)


def _hex(file: TreeFile | None) -> str | None:
    return None if file is None else file.content.hex().upper()


def _is_secret(file: TreeFile) -> bool:
    """Files with session keys: EF.Keys, EF.KeysPS, EF.5GAUTHKEYS, the NAS security contexts."""
    return "key" in file.name.lower() or "NSC" in file.name


def _secrets(name: str, before: Mapping[str, bytes], after: Mapping[str, bytes]) -> Iterator[Difference]:
    for key in sorted(before.keys() | after.keys()):
        kind, _, which = key.partition("/")
        if kind in SECRETS and before.get(key) != after.get(key):
            yield Difference(f"{name}: {SECRETS[kind]} {which}")
