"""The file system of an installed profile: directories, EF contents and life cycle states over the stored image.

Spec: ETSI TS 102 221 section 8
"""

from collections.abc import Callable, Iterator, Mapping

from euicc_sim.profile import image
from euicc_sim.profile.image import FileEntry

Save = Callable[[Mapping[str, bytes | None]], None]

DEACTIVATED = 0x04
ACTIVATED = 0x05
READABLE_WHEN_DEACTIVATED = 0x40

_FID_UMPC = 0x2F08
_UMPC = bytes.fromhex("3C3C000000")


def bare_image() -> dict[str, bytes]:
    """The image of a card with no enabled profile: the MF with EF.UMPC.

    Spec: SGP.22 v2.5 section 3.4.1 (no enabled profile)
    """
    mf = FileEntry(image.ROOT, image.ROOT, image.FID_MF, 0x78)
    umpc = FileEntry(1, image.ROOT, _FID_UMPC, 0x41, size=len(_UMPC), sfi=0x08)
    return {image.FILES: mf.encode() + umpc.encode(), image.content_key(1): _UMPC}


class Store:
    """The image's entries in memory, written through to NVM before anything else sees a change."""

    def __init__(self, entries: Mapping[str, bytes], save: Save) -> None:
        self._entries = dict(entries)
        self._save = save

    def get(self, key: str) -> bytes | None:
        """A stored entry."""
        return self._entries.get(key)

    def keys(self, prefix: str) -> Iterator[str]:
        """The keys of all entries that begin with `prefix`."""
        return (key for key in self._entries if key.startswith(prefix))

    def put(self, changes: Mapping[str, bytes]) -> None:
        """Commit changed entries at once."""
        self._save(changes)
        self._entries.update(changes)


class FileSystem:
    """Files by number, directory and identifier; ADFs are reached by AID, not by their temporary identifiers."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.files = list(FileEntry.decode_all(store.get(image.FILES) or b""))
        self._by_fid: dict[int, dict[int, FileEntry]] = {}
        self._by_sfi: dict[int, dict[int, FileEntry]] = {}
        self.applications: list[FileEntry] = []
        for entry in self.files:
            if entry.aid:
                self.applications.append(entry)
                continue
            if entry.number == image.ROOT:
                continue
            if entry.fid is not None:
                self._by_fid.setdefault(entry.parent, {})[entry.fid] = entry
            if entry.sfi:
                self._by_sfi.setdefault(entry.parent, {}).setdefault(entry.sfi, entry)

    @property
    def mf(self) -> FileEntry:
        """The MF."""
        return self.files[image.ROOT]

    def parent(self, entry: FileEntry) -> FileEntry:
        """The directory that a file is in; the MF is its own."""
        return self.files[entry.parent]

    def child(self, directory: int, fid: int) -> FileEntry | None:
        """The file with this identifier directly in a directory."""
        return self._by_fid.get(directory, {}).get(fid)

    def children(self, directory: int) -> Iterator[FileEntry]:
        """All files of a directory in the order of their creation, applications included."""
        return (entry for entry in self.files if entry.parent == directory and entry.number != directory)

    def by_sfi(self, directory: int, sfi: int) -> FileEntry | None:
        """The EF with this short file identifier in a directory."""
        return self._by_sfi.get(directory, {}).get(sfi)

    def path(self, directory: int, fids: tuple[int, ...]) -> FileEntry | None:
        """The file at the end of a path that begins in a directory."""
        entry = self.files[directory]
        for fid in fids:
            found = self.child(entry.number, fid) if entry.is_directory else None
            if found is None:
                return None
            entry = found
        return entry

    def contains(self, directory: int, entry: FileEntry) -> bool:
        """Whether a file is the directory itself or anywhere below it."""
        while entry.number != directory:
            if entry.number == image.ROOT:
                return False
            entry = self.parent(entry)
        return True

    def _owner(self, entry: FileEntry) -> FileEntry:
        while entry.link is not None:
            entry = self.files[entry.link]
        return entry

    def content(self, entry: FileEntry) -> bytes:
        """The content of an EF, through its link."""
        return self._store.get(image.content_key(self._owner(entry).number)) or b""

    def write(self, entry: FileEntry, content: bytes) -> None:
        """Replace the content of an EF, through its link."""
        self._store.put({image.content_key(self._owner(entry).number): content})

    def life_cycle_state(self, entry: FileEntry) -> int:
        """The file's life cycle state octet."""
        stored = self._store.get(image.state_key(entry.number))
        return stored[0] if stored else entry.lcs

    def set_life_cycle_state(self, entry: FileEntry, state: int) -> None:
        """Activate or deactivate a file."""
        self._store.put({image.state_key(entry.number): bytes((state,))})

    def is_deactivated(self, entry: FileEntry) -> bool:
        """Whether the file is in the operational state, deactivated."""
        return self.life_cycle_state(entry) == DEACTIVATED
