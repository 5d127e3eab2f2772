"""How much memory a package will take on a card, before any card says so.

Files count at their full size, those that the USIM's template creates unasked too; everything else as it is encoded.
"""

from smdp.profiles.images import declared_octets, limited
from wire.tlv import Tlv

FILE_OVERHEAD_OCTETS = 32
GFM, USIM = 0xA1, 0xB3
TEMPLATES = frozenset((*range(0xB0, 0xBF), 0xBF1F, 0xBF20, 0xBF21))

# Component -> size of the file in the USIM template, which creates all of them
_USIM_OCTETS = {
    0xA3: 9,
    0xA5: 33,
    0xA6: 33,
    0xA7: 1,
    0xA8: 14,
    0xA9: 20 * 26,
    0xAA: 10 * 176,
    0xAB: 38,
    0xAC: 2,
    0xAD: 17,
    0xAE: 1,
    0xAF: 6,
    0xB0: 3,
    0xB1: 14,
    0xB2: 2,
    0xB3: 12,
    0xB4: 11,
    0xB5: 4,
    0xB6: 4,
    0xB7: 128,
    0xB8: 18,
    0xB9: 80,
}


def installed_octets(element: Tlv) -> int:
    """The memory one profile element takes."""
    if element.tag == GFM:
        return sum(_created_octets(commands) for commands in element.at(1, 0xA1).children)
    if element.tag not in TEMPLATES:
        return len(element.raw)
    sizes = {file.tag: _file_octets(file) for file in element.children[2:] if file.constructed}
    if element.tag == USIM:
        for component, octets in _USIM_OCTETS.items():
            listed = next((file for file in element.children[2:] if file.tag == component), None)
            if listed is None or not declared_octets(listed):
                sizes[component] = max(octets, sizes.get(component, 0))
    return sum(FILE_OVERHEAD_OCTETS + octets for octets in sizes.values())


def _file_octets(file: Tlv) -> int:
    content = sum(len(part.value) for part in file.children if part.tag == 0x83)
    return max(declared_octets(file), _maximum_octets(file.find(0xA1)), content)


def _created_octets(commands: Tlv) -> int:
    descriptors = [part for part in commands.children if part.tag == 0x62]
    return sum(FILE_OVERHEAD_OCTETS + max(_number(one, 0x80), _maximum_octets(one)) for one in descriptors)


def _maximum_octets(descriptor: Tlv | None) -> int:
    """maximumFileSize of a BER-TLV file."""
    proprietary = descriptor.find(0xA5) if descriptor else None
    return _number(proprietary, 0x86) if proprietary else 0


def _number(parent: Tlv, tag: int) -> int:
    found = parent.find(tag)
    return limited(int.from_bytes(found.value, "big")) if found else 0
