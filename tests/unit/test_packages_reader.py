"""Reading packages that are built by other rules than ours: patterns, offsets, oddities, damage."""

import pytest

from smdp.profiles import PackageError, ProfileParameters, build_package, read_package
from smdp.profiles.images import file_image
from wire.errors import DecodeError
from wire.ids import Iccid
from wire.tlv import parse, parse_all, tlv

PACKAGE = build_package(
    ProfileParameters(iccid=Iccid("89000123456789012341"), imsi="001010123456789", k=bytes(16), opc=bytes(16))
)
HEADER, *OTHERS = [element.raw for element in parse_all(PACKAGE)]


def image(*parts: bytes, template_octets: int = 6) -> bytes | None:
    return file_image(parse(tlv(0xA3, *parts)), template_octets)


def pattern(tag: int, octets: bytes, size: int | None = None) -> bytes:
    declared = tlv(0x80, bytes((size,))) if size is not None else b""
    return tlv(0xA1, declared, tlv(0xA5, tlv(tag, octets)))


def test_content_fills_up_to_the_template() -> None:
    assert image(tlv(0x83, b"\x01\x02")) == bytes.fromhex("0102FFFFFFFF")


def test_fill_pattern_repeats_its_last_octet() -> None:
    assert image(pattern(0xC1, b"\x01\x02\x00")) == bytes.fromhex("010200000000")


def test_repeat_pattern_repeats_whole() -> None:
    assert image(pattern(0xC2, b"\x01\x02", 5)) == bytes.fromhex("0102010201")


def test_offsets_count_from_where_writing_stopped() -> None:
    pieces = (tlv(0x83, b"\x01"), tlv(0x82, b"\x02"), tlv(0x83, b"\x02"))
    assert image(*pieces) == bytes.fromhex("01FFFF02FFFF")
    assert image(pattern(0xC1, b"\x00"), *pieces) == bytes.fromhex("010000020000")


def test_nothing_described() -> None:
    assert image() is None
    assert image(tlv(0xA1, tlv(0x80, b"\x09"))) is None


@pytest.mark.parametrize(
    "parts",
    [
        (tlv(0xA1, tlv(0x80, b"\x01\x00\x00")), tlv(0x83, b"\x01")),
        (tlv(0x82, b"\x01\x00\x00"), tlv(0x83, b"\x01")),
        (tlv(0x82, b"\xff"), tlv(0x83, b"\x01")),
    ],
)
def test_impossible_sizes_are_refused(parts: tuple[bytes, ...]) -> None:
    with pytest.raises(PackageError):
        image(*parts)


@pytest.mark.parametrize(
    ("package", "said"),
    [
        (b"", "does not begin with a header"),
        (b"".join(OTHERS), "does not begin with a header"),
        (HEADER + b"".join(OTHERS[:-1]), "does not finish with an end"),
        (HEADER + HEADER + b"".join(OTHERS), "more than one header"),
        (PACKAGE + OTHERS[-1], "more than one end"),
    ],
)
def test_a_package_needs_its_frame(package: bytes, said: str) -> None:
    with pytest.raises(PackageError, match=said):
        read_package(package)


def test_header_with_an_impossible_iccid() -> None:
    damaged = PACKAGE.replace(Iccid("89000123456789012341").header, bytes.fromhex("8900A123456789012341"), 1)
    with pytest.raises(PackageError, match="ICCID"):
        read_package(damaged)


def test_header_without_iccid_says_so() -> None:
    header = parse(HEADER)
    bare = tlv(0xA0, *(child.raw for child in header.children if child.tag != 0x83))
    with pytest.raises(DecodeError, match="element 83 is missing"):
        read_package(bare + b"".join(OTHERS))


def test_truncated_package() -> None:
    with pytest.raises(DecodeError):
        read_package(PACKAGE[:-1])


def test_unknown_elements_and_services_are_named_by_their_tag() -> None:
    header = parse(HEADER)
    services = header.child(0xA5)
    wider = tlv(
        0xA0, *(child.raw if child.tag != 0xA5 else tlv(0xA5, services.value, b"\x9e\x00") for child in header.children)
    )
    info = read_package(wider + tlv(0xBF55, tlv(0x80)) + b"".join(OTHERS))
    assert info.services[-1] == "unknown-9E"
    assert info.elements[1][0] == "unknown-BF55"


def test_package_without_a_network_access_application() -> None:
    kept = [element for element in OTHERS if parse(element).tag in (0xB0, 0xA3, 0xA2, 0xAA)]
    info = read_package(HEADER + b"".join(kept))
    assert (info.imsi, info.spn, info.mcc_mnc, info.aids, info.algorithm) == (None, None, None, (), None)


def test_larger_files_take_more_room() -> None:
    file = tlv(0xA2, tlv(0xA1, tlv(0x80, b"\x40\x00")))
    element = tlv(0xBC, tlv(0xA0, tlv(0x81, b"\x09")), tlv(0x81, bytes.fromhex("67810F01020D")), file)
    without, within = read_package(PACKAGE), read_package(HEADER + element + b"".join(OTHERS))
    assert within.estimated_installed_octets - without.estimated_installed_octets >= 0x4000
