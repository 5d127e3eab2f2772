"""Look into a profile package: identity, name, what it needs, how large it is."""

from collections.abc import Iterator
from dataclasses import dataclass

from smdp.profiles import contents
from smdp.profiles.errors import PackageError
from smdp.profiles.estimate import TEMPLATES, installed_octets
from smdp.profiles.images import file_image
from smdp.profiles.values import Algorithm
from wire.ids import Aid, Iccid, IdentifierError
from wire.services import SERVICE_TAGS
from wire.tlv import Tlv, parse_all

ELEMENT_NAMES = {
    0xA0: "header",
    0xA1: "genericFileManagement",
    0xA2: "pinCodes",
    0xA3: "pukCodes",
    0xA4: "akaParameter",
    0xA5: "cdmaParameter",
    0xA6: "securityDomain",
    0xA7: "rfm",
    0xA8: "application",
    0xA9: "nonStandard",
    0xAA: "end",
    0xAB: "rfu1",
    0xAC: "rfu2",
    0xAD: "rfu3",
    0xAE: "rfu4",
    0xAF: "rfu5",
    0xB0: "mf",
    0xB1: "cd",
    0xB2: "telecom",
    0xB3: "usim",
    0xB4: "opt-usim",
    0xB5: "isim",
    0xB6: "opt-isim",
    0xB7: "phonebook",
    0xB8: "gsm-access",
    0xB9: "csim",
    0xBA: "opt-csim",
    0xBB: "eap",
    0xBC: "df-5gs",
    0xBD: "df-saip",
    0xBE: "df-snpn",
    0xBF1F: "df-5gprose",
    0xBF20: "iot",
    0xBF21: "opt-iot",
}
HEADER, AKA, END = 0xA0, 0xA4, 0xAA

# (element, component) that hold a file, and the size its template gives the file
EF_ICCID = (((0xB0, 0xA4), (0xBF20, 0xA4)), 10)
EF_IMSI = (((0xB3, 0xA3), (0xBF20, 0xA9)), 9)
EF_SPN = (((0xB3, 0xAD), (0xBF21, 0xA6)), 17)
EF_AD = (((0xB3, 0xB5), (0xBF20, 0xB5)), 4)
EF_GID1 = (((0xB4, 0xA5),), 8)
EF_GID2 = (((0xB4, 0xA6),), 8)
Place = tuple[tuple[tuple[int, int], ...], int]

_ALGORITHMS = {1: Algorithm.MILENAGE, 2: Algorithm.TUAK, 3: Algorithm.XOR}


@dataclass(frozen=True, slots=True)
class PackageInfo:
    """What a package says about itself; None where it does not.

    iccid: of the header; elements: (name, octets) in order; mcc_mnc: from EF.IMSI, split as EF.AD says;
    gid1, gid2: contents of EF.GID1 and EF.GID2; aids: of the network access applications;
    estimated_installed_octets: what the package will take on a card, see estimate.py.
    """

    iccid: Iccid
    version: tuple[int, int]
    profile_type: str | None
    services: tuple[str, ...]
    elements: tuple[tuple[str, int], ...]
    imsi: str | None
    spn: str | None
    mcc_mnc: tuple[str, str] | None
    gid1: bytes | None
    gid2: bytes | None
    aids: tuple[Aid, ...]
    algorithm: Algorithm | None
    estimated_installed_octets: int


def read_package(upp: bytes) -> PackageInfo:
    """Read a package as far as its identity needs; DecodeError or PackageError if it is none."""
    elements = parse_all(upp)
    check_frame(elements)
    header = elements[0]
    imsi = _imsi(elements)
    spn = ef_content(elements, EF_SPN)
    return PackageInfo(
        iccid=header_iccid(header),
        version=(_integer(header, 0x80), _integer(header, 0x81)),
        profile_type=_text(header, 0x82),
        services=tuple(_service_name(service) for service in header.child(0xA5).children),
        elements=tuple((element_name(element.tag), len(element.raw)) for element in elements),
        imsi=imsi,
        spn=contents.spn_text(spn) if spn else None,
        mcc_mnc=_mcc_mnc(elements, imsi),
        gid1=ef_content(elements, EF_GID1),
        gid2=ef_content(elements, EF_GID2),
        aids=tuple(_aids(elements)),
        algorithm=_algorithm(elements),
        estimated_installed_octets=sum(installed_octets(element) for element in elements),
    )


def check_frame(elements: tuple[Tlv, ...]) -> None:
    """A package begins with its only header and ends with its only end; PackageError otherwise."""
    tags = [element.tag for element in elements]
    if not tags or tags[0] != HEADER:
        raise PackageError("the package does not begin with a header element (A0)")
    if tags[-1] != END:
        raise PackageError("the package does not finish with an end element (AA)")
    for tag in (HEADER, END):
        if tags.count(tag) > 1:
            raise PackageError(f"the package has more than one {element_name(tag)} element")


def element_name(tag: int) -> str:
    """The element's name in ProfileElement; "unknown-TAG" for one that is not there."""
    return ELEMENT_NAMES.get(tag, f"unknown-{tag:X}")


def header_iccid(header: Tlv) -> Iccid:
    """The ICCID of a ProfileHeader; PackageError if it is none."""
    try:
        return Iccid.from_header(header.child(0x83).value)
    except IdentifierError as error:
        raise PackageError(f"header: {error}") from None


def find_files(elements: tuple[Tlv, ...], place: Place) -> list[Tlv]:
    """Every File of the package that stands at `place`."""
    components = dict(place[0])
    found = (element.find(components[element.tag]) for element in elements if element.tag in components)
    return [file for file in found if file is not None]


def ef_content(elements: tuple[Tlv, ...], place: Place) -> bytes | None:
    """The content of the first file at `place`; None if the package leaves it out or to its template."""
    for file in find_files(elements, place):
        content = file_image(file, place[1])
        if content is not None:
            return content
    return None


def _mcc_mnc(elements: tuple[Tlv, ...], imsi: str | None) -> tuple[str, str] | None:
    if imsi is None:
        return None
    access_data = ef_content(elements, EF_AD) or b""
    length = access_data[3] & 0x0F if len(access_data) > 3 else 2
    return imsi[:3], imsi[3 : 3 + (length if length in (2, 3) else 2)]


def _imsi(elements: tuple[Tlv, ...]) -> str | None:
    content = ef_content(elements, EF_IMSI)
    return contents.imsi_digits(content) if content else None


def _aids(elements: tuple[Tlv, ...]) -> Iterator[Aid]:
    for element in elements:
        if element.tag not in TEMPLATES:
            continue
        for file in element.children[2:]:
            descriptor = file.find(0xA1) if file.constructed else None
            name = descriptor.find(0x84) if descriptor else None
            if name is None:
                continue
            try:
                yield Aid(name.value)
            except IdentifierError as error:
                raise PackageError(f"{element_name(element.tag)}: {error}") from None


def _algorithm(elements: tuple[Tlv, ...]) -> Algorithm | None:
    for parameter in algorithm_parameters(elements):
        return _ALGORITHMS.get(_integer(parameter, 0x80))
    return None


def algorithm_parameters(elements: tuple[Tlv, ...]) -> list[Tlv]:
    """Every algoParameter of the package's akaParameter elements."""
    configurations = (element.child(0xA1) for element in elements if element.tag == AKA)
    found = (configuration.find(0xA1) for configuration in configurations)
    return [parameter for parameter in found if parameter is not None]


def _integer(parent: Tlv, tag: int) -> int:
    return int.from_bytes(parent.child(tag).value, "big", signed=True)


def _text(parent: Tlv, tag: int) -> str | None:
    found = parent.find(tag)
    if found is None:
        return None
    try:
        return found.value.decode()
    except UnicodeDecodeError:
        raise PackageError(f"header: element {tag:X} is not UTF-8") from None


def _service_name(service: Tlv) -> str:
    return SERVICE_TAGS.get(service.tag, f"unknown-{service.tag:X}")
