"""Every status word has an answer."""

import pytest

from wire.sw import SW, describe, is_success


def test_every_value_is_described() -> None:
    for sw in range(0x6000, 0xA000):
        text = describe(sw)
        assert text
        if sw not in set(SW) and "unknown" in text:
            assert f"{sw:04X}" in text


@pytest.mark.parametrize(
    ("sw", "words"),
    [
        (0x9000, "normal ending"),
        (0x910B, "proactive command of 11"),
        (0x6100, "at least 256"),
        (0x617D, "125 octets"),
        (0x6C10, "Le 10"),
        (0x63C2, "2 tries left"),
        (0x63C1, "1 try left"),
        (0x6A88, "referenced data not found"),
        (0x6AFF, "wrong parameters (6AFF)"),
        (0x1234, "unknown status word (1234)"),
    ],
)
def test_describe(sw: int, words: str) -> None:
    assert words in describe(sw)


def test_success_means_executed() -> None:
    assert [sw for sw in (0x9000, 0x9110, 0x9200, 0x9300, 0x6100, 0x6283, 0x6A88) if is_success(sw)] == [
        0x9000,
        0x9110,
        0x9200,
    ]
