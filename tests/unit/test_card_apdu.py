"""The card's transport: classes, channels, selection, answers in pieces, STORE DATA chains (card.md chapter 1)."""

from typing import Any

import pytest

from euicc_sim.core.options import CardOptions
from tests.support.card_bench import EID, ISD_R, Bench, card_settings

FCI = "6F1F8410A0000005591010FFFFFFFF8900000100A5049F6501FFE0058203020500"


@pytest.fixture
def bench() -> Bench:
    return Bench()


def with_options(**options: Any) -> Bench:
    return Bench(card_settings(options=CardOptions(**options)))


def sw(response: bytes) -> str:
    return response[-2:].hex().upper()


def test_the_atr_is_well_formed_and_says_euicc(bench: Bench) -> None:
    atr = bench.card.reset()
    check = 0
    for octet in atr[1:]:
        check ^= octet
    assert check == 0
    assert atr[:8].hex().upper() == "3B9E96803FC78280"
    assert atr[7 - 1] & 0x82 == 0x82, "b8 and b2 of TB3: eUICC-related functions"
    historical = atr[7:-1]
    assert historical[:3].hex().upper() == "8031E0"
    assert historical[3:6].hex().upper() == "73FE21"
    assert historical[6] == 0x57, "extended lengths, channels assigned by the card, 8 or more"


def test_the_atr_follows_the_options() -> None:
    assert with_options(channels=4, extended_length=False).card.reset()[7:-1][6] == 0x13


def test_no_power_no_answer(bench: Bench) -> None:
    bench.card.power_off()
    with pytest.raises(RuntimeError):
        bench.apdu("00A40004023F00")


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("", "6700"),
        ("00", "6700"),
        ("00A40004023F", "6700"),
        ("80E291000000", "6700"),
        ("A0A40000023F00", "6E00"),
        ("FFA40000023F00", "6E00"),
        ("20A40000023F00", "6E00"),
        ("04A40004023F00", "6882"),
        ("60A40004023F00", "6882"),
        ("10A40004023F00", "6884"),
        ("02A40004023F00", "6881"),
        ("4FA40004023F00", "6881"),
        ("C0E2910003BF2E00", "6881"),
    ],
)
def test_headers_that_are_not_served(bench: Bench, command: str, expected: str) -> None:
    assert sw(bench.apdu(command)) == expected


def test_select_isd_r_answers_its_fci_in_pieces(bench: Bench) -> None:
    assert bench.apdu("01A4040010" + ISD_R.hex()).hex() == "6121"
    assert bench.apdu("01C0000021").hex().upper() == FCI + "9000"
    assert bench.apdu("01A4040010" + ISD_R.hex() + "00").hex() == "6121"
    assert bench.apdu("81C0000010").hex().upper() == FCI[:32] + "6111"
    assert bench.apdu("01C0000020").hex().upper() == "6C11", "too much is asked for: the exact length, data kept"
    assert bench.apdu("01C0000011").hex().upper() == FCI[32:] + "9000"
    assert sw(bench.apdu("01C0000000")) == "6985"


def test_select_isd_r_without_data_cut_off_and_next(bench: Bench) -> None:
    assert bench.apdu("01A4040C10" + ISD_R.hex()).hex() == "9000"
    assert bench.apdu("01A4040005" + ISD_R[:5].hex()).hex() == "6121"
    assert sw(bench.apdu("01A4040210" + ISD_R.hex())) == "6A82"
    assert sw(bench.apdu("01A4040110" + ISD_R.hex())) == "6121"
    assert sw(bench.apdu("01A4040810" + ISD_R.hex())) == "6A86"


@pytest.mark.parametrize("aid", ["A0000005591010FFFFFFFF8900000200", "A0000005591010FFFFFFFF8900001000"])
def test_ecasd_and_isd_p_are_not_selectable(bench: Bench, aid: str) -> None:
    assert sw(bench.apdu("01A4040010" + aid)) == "6A82"
    assert bench.es10("BF2D00").hex().upper() == "BF2D02A000", "the ISD-R stays selected"


def test_a_card_without_fci_and_under_a_vendor_aid() -> None:
    aid = bytes.fromhex("A06573746B6D65FFFFFFFF4953442D52")
    card = Bench.bare(CardOptions(isd_r_aid=aid, isd_r_fci=False))
    card.apdu("0070000001")
    assert sw(card.apdu("01A4040010" + ISD_R.hex())) == "6A82"
    assert card.apdu("01A4040010" + aid.hex()).hex() == "9000"


def test_channels_are_assigned_lowest_first_and_reused(bench: Bench) -> None:
    assert bench.apdu("0070000001").hex() == "029000"
    assert bench.apdu("0070000000").hex() == "039000"
    assert sw(bench.apdu("0070000001")) == "6A81", "more than three only if the terminal says it can"
    assert bench.apdu("80AA00000AA9088100820101830107").hex() == "9000"
    assert [bench.apdu("0070000001")[0] for _ in range(4, 20)] == list(range(4, 20))
    assert sw(bench.apdu("0070000001")) == "6A81"
    assert bench.apdu("00708002").hex() == "9000"
    assert sw(bench.apdu("02A40004023F00")) == "6881"
    assert bench.apdu("0070000001").hex() == "029000"


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("0070000101", "6A86"),
        ("00700000", "6C01"),
        ("00708000", "6A86"),
        ("00708014", "6A86"),
        ("00708005", "6881"),
        ("0070400001", "6A86"),
        ("8070000001", "6E00"),
        ("00700000020102", "6700"),
    ],
)
def test_manage_channel_refuses(bench: Bench, command: str, expected: str) -> None:
    assert sw(bench.apdu(command)) == expected


def test_every_channel_reaches_the_isd_r(bench: Bench) -> None:
    bench.apdu("80AA00000AA9088100820101830107")
    while bench.apdu("0070000001")[0] != 19:
        pass
    for number in range(20):
        low = number if number < 4 else 0x40 | (number - 4)
        assert sw(bench.apdu(bytes([low]) + bytes.fromhex("A4040010") + ISD_R)) == "6121"
        assert bench.apdu(bytes([0x80 | low]) + bytes.fromhex("E2910006BF3E035C015A")).hex() == "6115"
        expected = f"bf3e125a10{EID}9000"
        assert bench.apdu(bytes([0x80 | low]) + bytes.fromhex("C0000015")).hex() == expected


def test_a_closed_channel_forgets_its_chain_and_selection(bench: Bench) -> None:
    bench.apdu("81E2110002BF3E")
    bench.apdu("00708001")
    bench.apdu("0070000001")
    assert sw(bench.apdu("81E2910104035C015A")) == "6D00", "a new channel has the file system selected"


@pytest.mark.parametrize("size", [1, 2, 3, 5, 6])
def test_a_command_may_come_in_any_pieces(bench: Bench, size: int) -> None:
    bench.block = size
    assert bench.es10("BF3E035C015A").hex() == f"bf3e125a10{EID}"


def test_blocks_out_of_sequence_drop_the_chain(bench: Bench) -> None:
    assert sw(bench.apdu("81E2110003BF3E03")) == "9000"
    assert sw(bench.apdu("81E29102035C015A")) == "6A86"
    assert sw(bench.apdu("81E29101035C015A")) == "6A86", "the chain is gone"
    assert sw(bench.apdu("81E2110003BF3E03")) == "9000"
    assert sw(bench.apdu("81E2910006BF3E035C015A")) == "6115", "block 00 starts again"


def test_another_command_in_the_middle_drops_the_chain(bench: Bench) -> None:
    bench.apdu("81E2110003BF3E03")
    bench.apdu("01A4040C10" + ISD_R.hex())
    assert sw(bench.apdu("81E29101035C015A")) == "6A86"


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("81E2810003BF2E00", "6A86"),
        ("81E2900003BF2E00", "6A86"),
        ("81E29100", "6700"),
        ("01E2910003BF2E00", "6E00"),
        ("81CA0000", "6D00"),
        ("80E2910003BF2E00", "6D00"),
    ],
)
def test_store_data_refuses(bench: Bench, command: str, expected: str) -> None:
    assert sw(bench.apdu(command)) == expected


def test_the_longest_chain_is_65280_octets(bench: Bench) -> None:
    block = bytes(255)
    for number in range(255):
        assert sw(bench.apdu(bytes([0x81, 0xE2, 0x11, number, 255]) + block)) == "9000"
    assert sw(bench.apdu(bytes([0x81, 0xE2, 0x91, 255, 255]) + block)) in ("6A80", "6A88")
    assert bench.es10("BF2D00")


def test_a_short_block_limit() -> None:
    bench = with_options(block_octets=128)
    assert sw(bench.apdu(bytes.fromhex("81E2110081") + bytes(129))) == "6700"
    assert sw(bench.apdu(bytes.fromhex("81E2110080") + bytes(128))) == "9000"


def test_long_answers_come_in_pieces_of_256_or_less(bench: Bench) -> None:
    whole = bench.es10("BF2200")
    assert len(whole) < 256
    assert bench.apdu("81E2910003BF2200").hex() == f"61{len(whole):02x}"
    small = with_options(answer_octets=100)
    assert small.apdu("81E2910003BF2200").hex() == "6164"
    assert sw(small.apdu("81C0000064")) == f"61{min(100, len(whole) - 100):02X}"
    assert small.es10("BF2200") == whole


def test_direct_answers_where_the_options_say_so() -> None:
    bench = with_options(direct_answers=True)
    assert bench.apdu("81E2910006BF3E035C015A00").hex() == f"bf3e125a10{EID}9000"
    assert bench.apdu("81E2910006BF3E035C015A").hex() == "6115", "no Le: only GET RESPONSE can fetch it"


def test_extended_lengths() -> None:
    command = "81E29100000006BF3E035C015A"
    assert with_options(direct_answers=True).apdu(command + "0000").hex() == f"bf3e125a10{EID}9000"
    assert with_options().apdu(command).hex() == "6115"
    assert with_options(extended_length=False).apdu(command).hex() == "6700"


def test_any_other_command_discards_the_waiting_answer(bench: Bench) -> None:
    bench.apdu("81E2910006BF3E035C015A")
    assert bench.apdu("0070000001").hex() == "029000", "another channel doesn't matter"
    assert sw(bench.apdu("81C0000000")) == "9000"
    bench.apdu("81E2910006BF3E035C015A")
    bench.apdu("01A4040C10" + ISD_R.hex())
    assert sw(bench.apdu("81C0000000")) == "6985"


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("80AA00000AA9088100820101830107", "9000"),
        ("80AA000002A900", "9000"),
        ("80AA000003A90281", "6A80"),
        ("80AA000003A80000", "6A80"),
        ("80AA0000", "6700"),
        ("80AA010002A900", "6A86"),
        ("00AA000002A900", "6E00"),
    ],
)
def test_terminal_capability(bench: Bench, command: str, expected: str) -> None:
    assert sw(bench.apdu(command)) == expected


def test_what_lpac_sends_in_its_order(bench: Bench) -> None:
    """clients.md: the opening of every lpac run, and its way of fetching answers."""
    bench.card.reset()
    bench.apdu("80AA00000AA9088100820101830107")
    assert bench.apdu("0070000001").hex() == "019000"
    assert bench.apdu("01A4040010A0000005591010FFFFFFFF8900000100")[0] in (0x90, 0x61)
    assert bench.apdu("81E2910006BF3E035C015A").hex() == "6115"
    assert bench.apdu("81C0000015").hex() == f"bf3e125a10{EID}9000"
    assert bench.apdu("81E2910003BF2D00").hex() == "6105"
    assert bench.apdu("81C0000005").hex() == "bf2d02a0009000"
    assert bench.apdu("0070800100").hex() == "9000"


def test_the_trace_has_every_apdu(bench: Bench) -> None:
    bench.trace.events.clear()
    bench.apdu("81E2910003BF2E00")
    command, response = bench.trace.events
    assert (command["kind"], command["direction"], command["channel"]) == ("apdu", "command", 1)
    assert command["raw"].hex() == "81e2910003bf2e00"
    assert (response["direction"], response["raw"].hex()) == ("response", "6115")
