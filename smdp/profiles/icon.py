"""Profile icons: JPEG or PNG, 64 x 64 pixels, at most 1024 octets."""

from smdp.profiles.errors import ParameterError
from wire.es10 import IconType

ICON_OCTETS = 1024
ICON_PIXELS = (64, 64)
_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8\xff"
_JPEG_FRAMES = frozenset((*range(0xC0, 0xD0),)) - {0xC4, 0xC8, 0xCC}


def icon_type(icon: bytes) -> IconType:
    """The type of an icon that metadata may carry; ParameterError if it may not.

    Spec: SGP.22 v2.5 section 2.4a.1.1
    """
    if len(icon) > ICON_OCTETS:
        raise ParameterError("icon", f"{len(icon)} octets", f"shrink it to {ICON_OCTETS} octets")
    if icon.startswith(_PNG):
        kind, size = IconType.png, _png_size(icon)
    elif icon.startswith(_JPEG):
        kind, size = IconType.jpg, _jpeg_size(icon)
    else:
        raise ParameterError("icon", "neither JPEG nor PNG", "convert it to one of the two")
    if size != ICON_PIXELS:
        found = f"{size[0]} x {size[1]} pixels" if size else "its size cannot be read"
        raise ParameterError("icon", found, "make it 64 x 64 pixels")
    return kind


def _png_size(icon: bytes) -> tuple[int, int] | None:
    if icon[12:16] != b"IHDR" or len(icon) < 24:
        return None
    return int.from_bytes(icon[16:20], "big"), int.from_bytes(icon[20:24], "big")


def _jpeg_size(icon: bytes) -> tuple[int, int] | None:
    position = 2
    while position + 9 <= len(icon) and icon[position] == 0xFF:
        marker = icon[position + 1]
        if marker in _JPEG_FRAMES:
            height, width = icon[position + 5 : position + 7], icon[position + 7 : position + 9]
            return int.from_bytes(width, "big"), int.from_bytes(height, "big")
        position += 2 + int.from_bytes(icon[position + 2 : position + 4], "big")
    return None
