"""APDU cases, channel coding and STORE DATA chains."""

import pytest

from wire.apdu import (
    AID_ISD_P_BASE,
    Command,
    Response,
    class_octet,
    get_response,
    isd_p_aid,
    store_data,
)
from wire.errors import DecodeError

CASES = [
    ("00A40004", "1", b"", None),
    ("00B0000000", "2S", b"", 256),
    ("00B000007F", "2S", b"", 127),
    ("00D6000002AABB", "3S", b"\xaa\xbb", None),
    ("00A4040002AABB00", "4S", b"\xaa\xbb", 256),
    ("00A4040002AABB10", "4S", b"\xaa\xbb", 16),
    ("00B00000000000", "2E", b"", 65536),
    ("00B00000000100", "2E", b"", 256),
    ("00D60000000002AABB", "3E", b"\xaa\xbb", None),
    ("00A40400000002AABB0000", "4E", b"\xaa\xbb", 65536),
]


@pytest.mark.parametrize(("octets", "case", "data", "le"), CASES)
def test_cases(octets: str, case: str, data: bytes, le: int | None) -> None:
    command = Command.parse(bytes.fromhex(octets))
    assert (command.case, command.data, command.le) == (case, data, le)
    assert command.encode().hex().upper() == octets


@pytest.mark.parametrize(
    "octets",
    [
        "",
        "00",
        "00A404",
        "00A4040003AABB",
        "00A4040002AABB0000",
        "00A404000000",
        "00A40400000000AA",
        "00A40400000002AA",
        "00A40400000002AABB00",
        "00A40400000002AABB000000",
    ],
)
def test_lengths_that_do_not_add_up(octets: str) -> None:
    with pytest.raises(DecodeError):
        Command.parse(bytes.fromhex(octets))


def test_long_data_makes_an_extended_command() -> None:
    command = Command(0x80, 0xE2, 0x91, 0x00, bytes(256))
    assert command.case == "3E"
    assert command.encode()[:7].hex() == "80e29100000100"
    assert Command.parse(command.encode()).data == bytes(256)
    with pytest.raises(ValueError, match="too long"):
        Command(0, 0, 0, 0, bytes(65536)).encode()
    with pytest.raises(ValueError, match="too long"):
        Command(0, 0, 0, 0, le=65537).encode()


@pytest.mark.parametrize(
    ("base", "channel", "cla"),
    [(0x00, 0, 0x00), (0x80, 3, 0x83), (0x00, 4, 0x40), (0x80, 4, 0xC0), (0x80, 19, 0xCF), (0x00, 19, 0x4F)],
)
def test_channel_coding(base: int, channel: int, cla: int) -> None:
    assert class_octet(base, channel) == cla
    command = Command(cla, 0xC0, 0, 0)
    assert (command.channel, command.base_class) == (channel, base)


@pytest.mark.parametrize("channel", [-1, 20])
def test_channels_that_do_not_exist(channel: int) -> None:
    with pytest.raises(ValueError, match="logical channel"):
        class_octet(0x80, channel)


def test_secure_messaging_is_not_taken_for_a_plain_class() -> None:
    assert Command(0x84, 0xE2, 0, 0).base_class == 0x84
    assert Command(0xE0, 0xE2, 0, 0).base_class == 0xA0


@pytest.mark.parametrize("block_octets", [1, 120, 254, 255])
def test_store_data_blocks(block_octets: int) -> None:
    payload = bytes(index % 251 for index in range(250))
    blocks = store_data(5, payload, block_octets)
    assert b"".join(block.data for block in blocks) == payload
    assert [block.p2 for block in blocks] == list(range(len(blocks)))
    assert [block.p1 for block in blocks] == [0x11] * (len(blocks) - 1) + [0x91]
    assert {(block.cla, block.ins, block.le) for block in blocks} == {(0xC1, 0xE2, None)}
    assert max(len(block.data) for block in blocks) <= block_octets


def test_store_data_limits() -> None:
    assert len(store_data(0, bytes(65280))) == 256
    with pytest.raises(ValueError, match="do not fit"):
        store_data(0, bytes(65281))
    with pytest.raises(ValueError, match="do not fit"):
        store_data(0, b"")
    for wrong in (0, 256):
        with pytest.raises(ValueError, match=r"1\.\.255"):
            store_data(0, b"1", wrong)


def test_store_data_with_le() -> None:
    (block,) = store_data(0, bytes.fromhex("BF2E00"), le=256)
    assert block.encode().hex().upper() == "80E2910003BF2E0000"


def test_get_response_of_at_least_256() -> None:
    assert get_response(0, 0).encode().hex().upper() == "00C0000000"
    assert get_response(4, 16).encode().hex().upper() == "40C0000010"


def test_response() -> None:
    response = Response.parse(bytes.fromhex("AABB617D"))
    assert (response.data, response.sw, response.sw1, response.sw2) == (b"\xaa\xbb", 0x617D, 0x61, 0x7D)
    assert response.encode().hex() == "aabb617d"
    for short in (b"", b"\x90"):
        with pytest.raises(DecodeError, match="status word"):
            Response.parse(short)


def test_isd_p_aids() -> None:
    assert isd_p_aid(0) == AID_ISD_P_BASE
    assert isd_p_aid(1).hex().upper() == "A0000005591010FFFFFFFF8900001100"
    with pytest.raises(ValueError, match="no ISD-P"):
        isd_p_aid(-1)
