"""TLVs keep their bytes and know their place."""

import pytest

from wire.errors import DecodeError
from wire.tlv import Tlv, length_octets, parse, parse_all, read_header, tag_octets, tlv


@pytest.mark.parametrize(
    ("length", "octets"), [(0, "00"), (127, "7f"), (128, "8180"), (255, "81ff"), (256, "820100"), (65536, "83010000")]
)
def test_lengths(length: int, octets: str) -> None:
    assert length_octets(length).hex() == octets
    assert read_header(b"\x30" + bytes.fromhex(octets)) == (0x30, 1 + len(octets) // 2, length)


@pytest.mark.parametrize("tag", [0x02, 0x30, 0x5F37, 0x9F70, 0xBF38, 0xDF8101, 0xBF1F])
def test_tags(tag: int) -> None:
    raw = tlv(tag, b"12", b"3")
    assert raw == tag_octets(tag) + b"\x03123"
    found = parse(raw, tag)
    assert (found.tag, found.value, found.raw, found.offset) == (tag, b"123", raw, 0)


def test_children_by_tag_and_by_place() -> None:
    raw = tlv(0xBF38, tlv(0xA0, tlv(0x30, tlv(0x80)), tlv(0x5F37, b"\x01")), tlv(0x30, tlv(0x04, b"\x0a\x0b")))
    outer = parse(raw)
    ok = outer.at(0, 0xA0)
    assert [child.tag for child in outer.children] == [0xA0, 0x30]
    assert ok.child(0x5F37).value == b"\x01"
    assert outer.find(0x31) is None
    assert all(raw[child.offset :].startswith(child.raw) for child in (*outer.children, *ok.children))
    assert outer.at(1, 0x30).child(0x04).offset == raw.index(b"\x04\x02")
    assert outer.constructed
    assert not ok.child(0x5F37).constructed
    with pytest.raises(DecodeError, match="element 81 is missing"):
        outer.child(0x81)
    for index, tag in ((0, 0x30), (2, 0x30)):
        with pytest.raises(DecodeError, match="is not"):
            outer.at(index, tag)


def test_equality_is_of_the_bytes() -> None:
    one, other = parse(b"\x30\x00"), parse_all(b"\x31\x00\x30\x00")[1]
    assert one == other
    assert hash(one) == hash(other)
    assert one != parse(b"\x31\x00")
    assert one != b"\x30\x00"
    assert repr(parse(b"\x5f\x37\x01\xaa")) == "Tlv(5F37, AA)"


@pytest.mark.parametrize(
    "octets",
    [
        "",
        "30",
        "1F",
        "1F80",
        "1F8080",
        "BF1E00",
        "DF818180010",
        "30 80",
        "3081",
        "308101",
        "30820080",
        "3002 00",
        "3000 00",
    ],
)
def test_malformed(octets: str) -> None:
    raw = bytes.fromhex(octets if len(octets.replace(" ", "")) % 2 == 0 else octets + "0")
    with pytest.raises(DecodeError):
        parse(raw)


def test_wrong_tag_names_both() -> None:
    with pytest.raises(DecodeError, match="tag 30 expected, found 31"):
        parse(b"\x31\x00", 0x30)


def test_offsets_inside_are_those_of_the_outermost_value() -> None:
    raw = tlv(0x30, tlv(0x31, b"\x02\x05\x00"))
    with pytest.raises(DecodeError) as caught:
        _ = parse(raw).children[0].children
    assert (caught.value.offset, caught.value.path) == (6, "31.2")


def test_built_tlv_compares_like_a_parsed_one() -> None:
    assert Tlv(b"\x80\x01\x05", 0x80, b"\x05") == parse(b"\x80\x01\x05")
