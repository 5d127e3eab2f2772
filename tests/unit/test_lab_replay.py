"""Recorded cards: what the log knows is answered, what it doesn't is said with its place."""

import json
from pathlib import Path

import pytest

from lab.errors import LabError
from lab.replay import ReplayedCard, load_recording
from lpa.card.record import Recording

ATR = bytes.fromhex("3B9E96803FC7828031E073FE21136653494D45303169")
OPEN, CLOSE, EID = (bytes.fromhex(text) for text in ("0070000001", "0070800100", "81E2910006BF3E035C015A"))
RECORDING = Recording(ATR, ((OPEN, b"\x01\x90\x00"), (EID, b"\x61\x15"), (CLOSE, b"\x90\x00")))
NOT_RECORDED = b"\x6f\x00"


def replayed(strict: bool) -> tuple[ReplayedCard, list[str]]:
    said: list[str] = []
    return ReplayedCard(RECORDING, strict, said.append), said


def test_in_any_order_and_again() -> None:
    card, said = replayed(strict=False)
    assert card.reset() == ATR
    for command, response in (*RECORDING.exchanges[::-1], *RECORDING.exchanges):
        assert card.transmit(command) == response
    assert said == []


def test_what_was_never_recorded_is_named() -> None:
    card, said = replayed(strict=False)
    assert card.transmit(bytes.fromhex("81E2910003BF2E00")) == NOT_RECORDED
    assert card.transmit(OPEN) == b"\x01\x90\x00"
    assert said == ["the recording has no STORE DATA 81E2910003BF2E00"]


def test_strictly_in_order() -> None:
    card, said = replayed(strict=True)
    for command, response in RECORDING.exchanges:
        card.power_off()
        card.reset()
        assert card.transmit(command) == response
    assert said == []
    assert card.transmit(OPEN) == NOT_RECORDED
    assert said == ["the recording ends after exchange 3, before MANAGE CHANNEL 0070000001"]


def test_a_mismatch_says_where_and_from_which_octet_on() -> None:
    card, said = replayed(strict=True)
    card.transmit(OPEN)
    assert card.transmit(bytes.fromhex("81E2910006BF3E035C014F")) == NOT_RECORDED
    assert said == [
        "exchange 2 of 3 is STORE DATA 81E2910006BF3E035C015A, but STORE DATA 81E2910006BF3E035C014F came: "
        "they differ from octet 10 on"
    ]
    assert card.transmit(EID) == b"\x61\x15", "the place in the recording is kept"


def test_long_commands_are_cut_and_short_ones_shown() -> None:
    card, said = replayed(strict=True)
    card.transmit(bytes.fromhex("81E29100FF") + bytes(255))
    card.transmit(b"")
    assert "..." in said[0]
    assert len(said[0]) < 250
    assert "an empty command" in said[1]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"\xff\xfe", "not a text file"),
        (b"{}\n", "line 1"),
        (b'{"format": "rsplab-apdu-log", "version": 1}\n{"event": "transmit"}\n', "line 2"),
    ],
)
def test_a_broken_log_is_said_with_its_line(tmp_path: Path, content: bytes, said: str) -> None:
    file = tmp_path / "log"
    file.write_bytes(content)
    with pytest.raises(LabError, match=said):
        load_recording(file)


def test_a_log_as_it_is_documented(tmp_path: Path) -> None:
    lines = [
        {"format": "rsplab-apdu-log", "version": 1},
        {"event": "connect", "atr_hex": ATR.hex()},
        {"event": "transmit", "command_hex": OPEN.hex(), "response_hex": "019000", "duration_ms": 1.5},
        {"event": "disconnect"},
    ]
    file = tmp_path / "log"
    file.write_text("\n".join(map(json.dumps, lines)))
    assert load_recording(file) == Recording(ATR, ((OPEN, b"\x01\x90\x00"),))
