"""Give an existing package another identity: only the values asked for change, and the lengths around them."""

from collections.abc import Mapping

from smdp.profiles import contents
from smdp.profiles.errors import PackageError, ParameterError
from smdp.profiles.images import file_image
from smdp.profiles.reader import EF_ICCID, EF_IMSI, Place, algorithm_parameters, check_frame, find_files
from wire.ids import Iccid
from wire.tlv import Tlv, parse_all, tlv

PIN_CODES, PUK_CODES = 0xA2, 0xA3
_CODES = {
    "pin1": (PIN_CODES, 0x01),
    "pin2": (PIN_CODES, 0x81),
    "adm1": (PIN_CODES, 0x0A),
    "puk1": (PUK_CODES, 0x01),
    "puk2": (PUK_CODES, 0x81),
}
Edits = dict[int, bytes]


def personalise(
    upp: bytes,
    *,
    iccid: Iccid | None = None,
    imsi: str | None = None,
    k: bytes | None = None,
    opc: bytes | None = None,
    pin1: str | None = None,
    pin2: str | None = None,
    puk1: str | None = None,
    puk2: str | None = None,
    adm1: str | None = None,
) -> bytes:
    """The package with these values and every other octet as it was.

    iccid changes the header and EF.ICCID; k and opc (TOPc for TUAK) change every algorithm configuration, pins every
    code with that key reference. DecodeError or PackageError if `upp` is no package, PackageError if it has no place
    for a value, ParameterError if a value does not fit.
    """
    elements = parse_all(upp)
    check_frame(elements)
    edits: Edits = {}
    if iccid is not None:
        edits[elements[0].child(0x83).offset] = iccid.header
        edits |= _file_edits(elements, EF_ICCID, iccid.ef, "EF.ICCID")
    if imsi is not None:
        if not (imsi.isascii() and imsi.isdigit() and 6 <= len(imsi) <= 15):
            raise ParameterError("imsi", f"{imsi!r}", "give 6 to 15 decimal digits")
        edits |= _file_edits(elements, EF_IMSI, contents.imsi_octets(imsi), "EF.IMSI")
    edits |= _key_edits(elements, "k", 0x82, k)
    edits |= _key_edits(elements, "opc", 0x83, opc)
    codes = {"pin1": pin1, "pin2": pin2, "puk1": puk1, "puk2": puk2, "adm1": adm1}
    for name, digits in codes.items():
        if digits is not None:
            edits |= _code_edits(elements, name, digits)
    return b"".join(_rebuilt(element, edits) for element in elements)


def _rebuilt(node: Tlv, edits: Mapping[int, bytes]) -> bytes:
    if node.offset in edits:
        return tlv(node.tag, edits[node.offset])
    end = node.offset + len(node.raw)
    if not any(node.offset < offset < end for offset in edits):
        return node.raw
    return tlv(node.tag, *(_rebuilt(child, edits) for child in node.children))


def _file_edits(elements: tuple[Tlv, ...], place: Place, content: bytes, name: str) -> Edits:
    files = find_files(elements, place)
    if not files:
        raise PackageError(f"the package has no {name}")
    edits: Edits = {}
    for file in files:
        pieces = [part for part in file.children if part.tag in (0x82, 0x83)]
        if len(pieces) == 1 and pieces[0].tag == 0x83 and len(pieces[0].value) >= len(content):
            edits[pieces[0].offset] = content + pieces[0].value[len(content) :]
            continue
        image = file_image(file, place[1]) or b""
        descriptor = file.find(0xA1)
        edits[file.offset] = (descriptor.raw if descriptor else b"") + tlv(0x83, content + image[len(content) :])
    return edits


def _key_edits(elements: tuple[Tlv, ...], name: str, tag: int, value: bytes | None) -> Edits:
    if value is None:
        return {}
    parameters = algorithm_parameters(elements)
    if not parameters:
        raise PackageError(f"the package has no algorithm configuration for {name}")
    edits: Edits = {}
    for parameter in parameters:
        present = parameter.child(tag)
        if len(present.value) != len(value):
            raise ParameterError(name, f"{len(value)} octets", f"give {len(present.value)}, as the package has")
        edits[present.offset] = value
    return edits


def _code_edits(elements: tuple[Tlv, ...], name: str, digits: str) -> Edits:
    if not (digits.isascii() and digits.isdigit() and 4 <= len(digits) <= 8):
        raise ParameterError(name, f"{digits!r}", "give 4 to 8 decimal digits")
    element_tag, key_reference = _CODES[name]
    value = digits.encode("ascii").ljust(8, b"\xff")
    edits: Edits = {}
    for element in elements:
        if element.tag != element_tag:
            continue
        codes: Tlv | None = element.child(0xA1)
        if codes is not None and element_tag == PIN_CODES:
            codes = codes.find(0xA0)
        for configuration in codes.children if codes else ():
            if int.from_bytes(configuration.child(0x80).value, "big") == key_reference:
                edits[configuration.child(0x81).offset] = value
    if not edits:
        raise PackageError(f"the package has no {name}")
    return edits
