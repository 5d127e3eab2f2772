"""The profile under construction: files, PINs, keys and the memory they take, until PE-End makes an image of it.

Memory account, in octets: a file 32 + its AID and key references + its content (BER-TLV: the maximum size), a PIN 16,
an unblocking PIN 12, authentication parameters 320 (32 where they are shared), kept data its own length + 16.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from euicc_sim.profile import image
from euicc_sim.profile.aka import AkaParameters
from euicc_sim.profile.image import FileEntry, Pin, Puk
from euicc_sim.profile.status import PeStatus
from euicc_sim.profile.structure import ElementError, bad_values
from euicc_sim.profile.templates import Base

FILE_OCTETS = 32
PIN_OCTETS = 16
PUK_OCTETS = 12
AKA_OCTETS = 320
SHARED_AKA_OCTETS = 32
DATA_OCTETS = 16
MAX_FILES = 4096

FID_CURRENT_APPLICATION = 0x7FFF
_RESERVED_FIDS = frozenset((image.FID_MF, FID_CURRENT_APPLICATION, 0x3FFF, 0xFFFF))
_NAA_BY_AID = {
    bytes.fromhex("A0000000871002"): Base.USIM,
    bytes.fromhex("A0000000871004"): Base.ISIM,
    bytes.fromhex("A0000003431002"): Base.CSIM,
}


def naa_of(aid: bytes) -> Base | None:
    """Which network access application an AID names, by its registered start."""
    return next((naa for start, naa in _NAA_BY_AID.items() if aid.startswith(start)), None)


@dataclass(slots=True)
class Staging:
    """Everything that the elements executed so far have created."""

    free_octets: int
    octets: int = 0
    files: list[FileEntry] = field(default_factory=list)
    contents: dict[int, bytes] = field(default_factory=dict)
    children: dict[int, dict[int, int]] = field(default_factory=dict)
    applications: dict[bytes, int] = field(default_factory=dict)
    naas: list[tuple[Base | None, int]] = field(default_factory=list)
    pins: dict[tuple[int, int], Pin] = field(default_factory=dict)
    puks: dict[int, Puk] = field(default_factory=dict)
    aka: dict[int, tuple[AkaParameters, bytes]] = field(default_factory=dict)
    data: list[bytes] = field(default_factory=list)
    instances: set[bytes] = field(default_factory=set)
    pin_context: int | None = None

    def take(self, octets: int) -> None:
        """Account memory; the element fails where the card is full."""
        missing = self.octets + octets - self.free_octets
        if missing > 0:
            raise ElementError(PeStatus.NOT_ENOUGH_MEMORY, f"{missing} octets of memory are missing", missing)
        self.octets += octets

    def add_file(self, entry: FileEntry, content: bytes | None = None) -> None:
        """Create a file in its directory; number and parent are those of `entry`. Memory for it is already taken."""
        siblings = self.children.setdefault(entry.parent, {}) if self.files else {}
        if entry.fid is not None and self.files:
            if entry.fid in siblings:
                raise bad_values(f"file {entry.fid:04X} exists already")
            if entry.fid in _RESERVED_FIDS:
                raise bad_values(f"file identifier {entry.fid:04X} is reserved")
            siblings[entry.fid] = entry.number
        if entry.aid:
            if entry.aid in self.applications:
                raise bad_values(f"application {entry.aid.hex().upper()} exists already")
            self.applications[entry.aid] = entry.number
        self.files.append(entry)
        if entry.is_directory:
            self.children[entry.number] = {}
        if content is not None:
            self.contents[entry.number] = content

    def next_number(self) -> int:
        """The number of the next file."""
        if len(self.files) >= MAX_FILES:
            raise ElementError(PeStatus.NOT_ENOUGH_MEMORY, f"more than {MAX_FILES} files")
        return len(self.files)

    @property
    def has_mf(self) -> bool:
        """Whether the MF exists."""
        return bool(self.files)

    def find(self, path: bytes) -> FileEntry | None:
        """The file at an absolute path of identifiers below MF (empty for the MF); None if there is none."""
        if not self.files:
            return None
        number = image.ROOT
        for at in range(0, len(path), 2):
            found = self.children.get(number, {}).get(int.from_bytes(path[at : at + 2], "big"))
            if found is None:
                return None
            number = found
        return self.files[number]

    def current_naa(self, naa: Base) -> FileEntry:
        """The application of this kind that was created last (NAA: of any kind)."""
        for kind, number in reversed(self.naas):
            if naa in (kind, Base.NAA):
                return self.files[number]
        raise bad_values(f"no {naa.value} application was created before")

    def is_inside(self, directory: int, number: int) -> bool:
        """Whether a file is the directory itself or below it."""
        while number not in (directory, image.ROOT):
            number = self.files[number].parent
        return number == directory

    def inside_application(self, number: int) -> bool:
        """Whether the default EF.ARR of files in this directory is 6F06: inside an ADF or DF.TELECOM."""
        while number != image.ROOT:
            entry = self.files[number]
            if entry.aid or (entry.parent == image.ROOT and entry.fid == 0x7F10):
                return True
            number = entry.parent
        return False

    def pin_for(self, directory: int, reference: int) -> Pin | None:
        """The PIN that a key reference means in a directory: local ones are sought upwards, global ones in the MF."""
        for number in self._contexts(directory) if 0x81 <= reference <= 0x88 else (image.ROOT,):
            pin = self.pins.get((number, reference))
            if pin is not None:
                return pin
        return None

    def _contexts(self, directory: int) -> Iterator[int]:
        while True:
            entry = self.files[directory]
            yield directory if entry.pin_context is None else entry.pin_context
            if directory == image.ROOT:
                return
            directory = entry.parent

    def content_of(self, directory: int, fid: int) -> bytes | None:
        """The content of an EF in a directory, links followed."""
        number = self.children.get(directory, {}).get(fid)
        while number is not None and self.files[number].link is not None:
            number = self.files[number].link
        return None if number is None else self.contents.get(number)

    def image(self) -> dict[str, bytes]:
        """The NVM entries of the finished profile."""
        entries = {image.FILES: b"".join(entry.encode() for entry in self.files)}
        for number, content in self.contents.items():
            entries[image.content_key(number)] = content
        for (context, reference), pin in self.pins.items():
            entries[image.pin_key(context, reference)] = pin.encode()
        for reference, puk in self.puks.items():
            entries[image.puk_key(reference)] = puk.encode()
        for number, (parameters, sequence_numbers) in self.aka.items():
            entries[image.aka_key(number)] = parameters.encode()
            if parameters.shared_with is None:
                entries[image.sqn_key(number)] = sequence_numbers
        for number, element in enumerate(self.data):
            entries[f"data/{number:04X}"] = element
        return entries
