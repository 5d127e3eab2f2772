"""What EF contents say about the subscription, and contents that say nothing."""

import pytest

from euicc_sim.profile.identity import iccid_text, imsi_text, mnc_digits, operator

H = bytes.fromhex


@pytest.mark.parametrize(
    ("content", "digits"),
    [
        ("98001032547698103214", "89000123456789012341"),
        ("981000214365870900F1", "8901001234567890001"),
        ("FFFFFFFFFFFFFFFFFFFF", None),
        ("9800103254769810321A", None),
    ],
)
def test_iccid(content: str, digits: str | None) -> None:
    assert iccid_text(H(content)) == digits


@pytest.mark.parametrize(
    ("content", "digits"),
    [
        ("080910101032547698", "001010123456789"),
        ("0809101010325476F8", "00101012345678"),
        ("0439000101FFFFFFFF", "3001010"),
        ("FFFFFFFFFFFFFFFFFF", None),
        ("080910101032547A98", None),
        ("08", None),
        ("00", None),
        ("", None),
        ("0909101010325476", None),
        ("020910", None),
    ],
)
def test_imsi(content: str, digits: str | None) -> None:
    assert imsi_text(H(content)) == digits


@pytest.mark.parametrize(
    ("content", "length"),
    [("80000002", 2), ("00000003", 3), ("000000F3", 3), ("000000", 2), ("00000000", 2), ("0000000F", 2), ("", 2)],
)
def test_mnc_length(content: str, length: int) -> None:
    assert mnc_digits(H(content)) == length


def test_operator() -> None:
    assert operator("001010123456789", H("00000002")) == H("00F110")
    assert operator("310410123456789", H("00000003")) == H("130014")
