"""A bound profile package in its parts, cut as an LPA cuts it; faults reorder, drop and repeat the cuts."""

from collections.abc import Sequence
from dataclasses import dataclass

from scenarios.faults.model import DroppedSegment, Fault, RepeatedSegment, SwappedSegments
from wire.tlv import tlv


@dataclass(frozen=True, slots=True)
class Package:
    """BF36: InitialiseSecureChannel and the protected sequences of 87, 88, 87 (or none) and 86."""

    initialise: bytes
    configure: tuple[bytes, ...]
    metadata: tuple[bytes, ...]
    replace_keys: tuple[bytes, ...]
    elements: tuple[bytes, ...]
    faults: Sequence[Fault] = ()

    @property
    def raw(self) -> bytes:
        """The whole package."""
        return tlv(0xBF36, self._content)

    @property
    def _content(self) -> bytes:
        replaced = tlv(0xA2, *self.replace_keys) if self.replace_keys else b""
        return (
            self.initialise + tlv(0xA0, *self.configure) + tlv(0xA1, *self.metadata) + replaced
            + tlv(0xA3, *self.elements)
        )  # fmt: skip

    def segments(self) -> list[bytes]:
        """What an LPA sends, one STORE DATA chain each, as the faults say.

        Spec: SGP.22 v2.5 section 2.5.5
        """
        content = self._content
        cut = [tlv(0xBF36, content)[: -len(content)] + self.initialise, tlv(0xA0, *self.configure)]
        cut += [_header(0xA1, self.metadata), *self.metadata]
        if self.replace_keys:
            cut.append(tlv(0xA2, *self.replace_keys))
        cut += [_header(0xA3, self.elements), *self.elements]
        for fault in self.faults:
            match fault:
                case SwappedSegments(at):
                    cut[at], cut[at + 1] = cut[at + 1], cut[at]
                case DroppedSegment(at):
                    del cut[at]
                case RepeatedSegment(at):
                    cut.insert(at, cut[at])
        return cut


def _header(tag: int, parts: tuple[bytes, ...]) -> bytes:
    inner = b"".join(parts)
    return tlv(tag, inner)[: -len(inner)]
