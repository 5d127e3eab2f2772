"""The bound profile package as the agent handles it: its segments, and the metadata inside.

Spec: SGP.22 v2.5 section 2.5.5 (segmentation), 5.5.3 (StoreMetadata is protected by a MAC only)
"""

from wire.errors import DecodeError
from wire.tlv import Tlv, parse

MAC_OCTETS = 8


def _parts(bpp: bytes) -> tuple[Tlv, Tlv, Tlv, Tlv | None, Tlv]:
    """InitialiseSecureChannel, A0, A1, A2 or None, A3: in this order and nothing else."""
    package = parse(bpp, 0xBF36)
    children = package.children
    tags = [child.tag for child in children]
    if tags not in ([0xBF23, 0xA0, 0xA1, 0xA3], [0xBF23, 0xA0, 0xA1, 0xA2, 0xA3]):
        found = ", ".join(f"{tag:X}" for tag in tags)
        raise DecodeError("BF36", package.offset, f"BF23, A0, A1, [A2], A3 expected, found {found or 'nothing'}")
    for sequence, element in zip(children[1:], (0x87, 0x88, *([0x87] if len(tags) == 5 else []), 0x86), strict=True):
        if not sequence.children or any(child.tag != element for child in sequence.children):
            raise DecodeError(f"BF36.{sequence.tag:X}", sequence.offset, f"one or more {element:X} expected")
    replaced = children[3] if len(tags) == 5 else None
    return children[0], children[1], children[2], replaced, children[-1]


def _header(value: Tlv) -> bytes:
    return value.raw[: len(value.raw) - len(value.value)]


def segments(bpp: bytes) -> tuple[bytes, ...]:
    """What goes to the card, one STORE DATA chain each: BF36 header with BF23, A0, A1 header, each 88, A2, A3 header,
    each 86.

    DecodeError if the package is not built like that.
    """
    initialise, configure, metadata, replaced, elements = _parts(bpp)
    package_header = bpp[: parse(bpp).children[0].offset]
    return (
        package_header + initialise.raw,
        configure.raw,
        _header(metadata),
        *(child.raw for child in metadata.children),
        *([replaced.raw] if replaced else []),
        _header(elements),
        *(child.raw for child in elements.children),
    )


def store_metadata(bpp: bytes) -> bytes:
    """The StoreMetadataRequest inside the package: the 88s without their MACs, which the card will check."""
    metadata = _parts(bpp)[2]
    for child in metadata.children:
        if len(child.value) < MAC_OCTETS:
            raise DecodeError("BF36.A1.88", child.offset, "shorter than a MAC")
    return b"".join(child.value[:-MAC_OCTETS] for child in metadata.children)
