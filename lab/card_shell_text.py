"""What the shell prints of files: control parameters, lines of a listing, and the meaning of well-known contents."""

from dataclasses import dataclass
from typing import Self

from euicc_sim.profile.tree import TreeFile
from wire.tlv import parse

STRUCTURES = {1: "transparent", 2: "linear fixed", 6: "cyclic", 0x39: "BER-TLV", 0x38: "directory"}


@dataclass(frozen=True, slots=True)
class FileControl:
    """A file control parameter template.

    Spec: ETSI TS 102 221 section 11.1.1.3
    """

    descriptor: int
    fid: bytes
    aid: bytes
    size: int
    record_octets: int
    records: int
    raw: bytes

    @classmethod
    def read(cls, raw: bytes) -> Self:
        """From the answer to SELECT; DecodeError if it is none."""
        template = parse(raw, 0x62)
        descriptor = template.child(0x82).value
        values = {tag: found.value if (found := template.find(tag)) else b"" for tag in (0x80, 0x83, 0x84)}
        return cls(
            descriptor=descriptor[0] & 0x3F if descriptor else 0,
            fid=values[0x83],
            aid=values[0x84],
            size=int.from_bytes(values[0x80], "big"),
            record_octets=int.from_bytes(descriptor[2:4], "big"),
            records=descriptor[4] if len(descriptor) > 4 else 0,
            raw=raw,
        )

    @property
    def is_directory(self) -> bool:
        """MF, DF or ADF."""
        return self.descriptor == 0x38

    @property
    def is_ber_tlv(self) -> bool:
        """A BER-TLV structured file."""
        return self.descriptor == 0x39

    def lines(self) -> list[str]:
        """For people, with the octets at the end."""
        structure = STRUCTURES.get(self.descriptor if self.descriptor >= 0x38 else self.descriptor & 7, "unknown")
        name = self.aid.hex().upper() or self.fid.hex().upper()
        records = f", {self.records} records of {self.record_octets} octets" if self.record_octets else ""
        size = "" if self.is_directory else f", {self.size} octets"
        return [f"{name}: {structure}{size}{records}", self.raw.hex().upper()]


def tree_line(file: TreeFile) -> str:
    """One file of a listing."""
    records = f" = {file.size // file.record_octets} x {file.record_octets}" if file.record_octets else ""
    size = f"{file.size}{records}" if file.size else ""
    sfi = f"SFI {file.sfi:02X}" if file.sfi else ""
    state = "" if file.is_active else "deactivated"
    link = f"-> {file.link}" if file.link else ""
    return f"{file.fid:<6} {file.name:<24} {file.kind:<13} {size:<14} {sfi:<7}{state}{link}".rstrip()


def decoded(name: str, content: bytes) -> str:
    """The meaning of EF.ICCID, EF.IMSI and EF.SPN; "" for everything else."""
    if name == "EF.ICCID":
        return _swapped(content).rstrip("F")
    if name == "EF.IMSI" and content and 0 < content[0] < len(content):
        return _swapped(content[1 : 1 + content[0]])[1:].rstrip("F")
    if name == "EF.SPN" and content[1:2].isascii():
        return content[1:].rstrip(b"\xff").decode("ascii", "replace")
    return ""


def _swapped(octets: bytes) -> str:
    """The digits of octets with swapped nibbles."""
    return "".join(f"{octet & 0x0F:X}{octet >> 4:X}" for octet in octets)
