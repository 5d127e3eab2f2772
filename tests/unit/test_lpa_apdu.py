"""APDUs of the agent, exactly: channels, SELECT, STORE DATA chains, 61xx, 6Cxx, 91xx, stale channels."""

from typing import Any

import pytest

from lpa.core import es10
from lpa.core.actions import Action, ResetCard, Transmit
from lpa.core.apdu_link import Isdr, exchange, open_isdr, with_isdr
from lpa.core.errors import CardRefused, CardRemoved, NotPossible, ProtocolViolation
from lpa.core.settings import LpaSettings
from tests.support.lpa_peers import play
from wire.apdu import Command, Response
from wire.ids import Iccid

ISDR = "A0000005591010FFFFFFFF8900000100"
CAPABILITY = "80AA00000AA9088100820101830107"
OPEN = "0070000001"
SELECT = f"01A4040010{ISDR}"
CLOSE = "00708001"
OPENED = [(CAPABILITY, "9000"), (OPEN, "019000"), (SELECT, "9000")]
SETTINGS = LpaSettings()


def isdr(channel: int = 1, **settings: Any) -> Isdr:
    return Isdr(LpaSettings(**settings), channel, bytes.fromhex(ISDR), b"")


def test_a_procedure_opens_a_channel_selects_the_isdr_and_closes_the_channel() -> None:
    eid = "89049032123451234512345678901235"
    script = [*OPENED, ("81E2910006BF3E035C015A", "6115"), ("01C0000015", f"BF3E125A10{eid}9000"), (CLOSE, "9000")]
    assert play(with_isdr(SETTINGS, es10.get_eid), script) == eid


@pytest.mark.parametrize("capability", ["9000", "6E00", "6D00"])
def test_terminal_capability_may_be_refused(capability: str) -> None:
    play(open_isdr(SETTINGS), [(CAPABILITY, capability), *OPENED[1:]])


def test_the_fci_is_fetched_and_kept() -> None:
    fci = f"6F128410{ISDR}"
    found = play(open_isdr(SETTINGS), [*OPENED[:2], (SELECT, "6114"), ("01C0000014", f"{fci}9000")])
    assert found.fci == bytes.fromhex(fci)
    assert found.aid == bytes.fromhex(ISDR)


@pytest.mark.parametrize(
    ("channel", "select", "store"),
    [(1, "01A4", "81E2"), (3, "03A4", "83E2"), (4, "40A4", "C0E2"), (19, "4FA4", "CFE2")],
)
def test_every_channel_number_is_understood(channel: int, select: str, store: str) -> None:
    script = [
        (CAPABILITY, "9000"),
        (OPEN, f"{channel:02X}9000"),
        (f"{select}040010{ISDR}", "9000"),
        (f"{store}910003BF2E00", f"BF2E128010{'AB' * 16}9000"),
        (f"007080{channel:02X}", "9000"),
    ]
    assert play(with_isdr(SETTINGS, es10.get_euicc_challenge), script) == b"\xab" * 16


def test_the_basic_channel_is_neither_opened_nor_closed() -> None:
    settings = LpaSettings(basic_channel=True)
    script = [
        (CAPABILITY, "9000"),
        (f"00A4040010{ISDR}", "9000"),
        ("80E2910003BF2E00", f"BF2E128010{'00' * 16}9000"),
    ]
    play(with_isdr(settings, es10.get_euicc_challenge), script)


def test_other_aids_are_tried_in_their_order() -> None:
    vendor = "A0000005591010000000008900000300"
    settings = LpaSettings(isdr_aids=(bytes.fromhex(ISDR), bytes.fromhex(vendor)))
    found = play(open_isdr(settings), [*OPENED[:2], (SELECT, "6A82"), (f"01A4040010{vendor}", "9000")])
    assert found.aid.hex().upper() == vendor
    with pytest.raises(CardRefused, match="SELECT ISD-R"):
        play(open_isdr(settings), [*OPENED[:2], (SELECT, "6A82"), (f"01A4040010{vendor}", "6A82"), (CLOSE, "9000")])


@pytest.mark.parametrize("sw", ["6A81", "6881", "6A84"])
def test_a_card_without_a_free_channel_is_reset_once(sw: str) -> None:
    script: list[tuple[Action | str, object]] = [(CAPABILITY, "9000"), (OPEN, sw), (ResetCard(), b"\x3b\x00"), *OPENED]
    play(open_isdr(SETTINGS), script)
    with pytest.raises(CardRefused, match="MANAGE CHANNEL"):
        play(open_isdr(SETTINGS), [*script[:3], (CAPABILITY, "9000"), (OPEN, sw)])


@pytest.mark.parametrize("answer", ["9000", "009000", "149000", "01019000"])
def test_what_is_no_channel_number_breaks_the_standard(answer: str) -> None:
    with pytest.raises(ProtocolViolation, match="MANAGE CHANNEL"):
        play(open_isdr(SETTINGS), [(CAPABILITY, "9000"), (OPEN, answer)])


def test_the_channel_is_closed_after_a_refusal() -> None:
    with pytest.raises(CardRefused, match="6985"):
        play(with_isdr(SETTINGS, es10.get_eid), [*OPENED, ("81E2910006BF3E035C015A", "6985"), (CLOSE, "9000")])


def test_nothing_more_is_sent_to_a_card_that_is_gone() -> None:
    get_eid = Transmit(bytes.fromhex("81E2910006BF3E035C015A"))
    with pytest.raises(CardRemoved):
        play(with_isdr(SETTINGS, es10.get_eid), [*OPENED, (get_eid, CardRemoved("taken out"))])


def test_long_commands_are_chained_and_block_numbers_start_again() -> None:
    payload = bytes(range(250))
    script = [
        (f"81E2110064{payload[:100].hex()}", "9000"),
        (f"81E2110164{payload[100:200].hex()}", "9000"),
        (f"81E2910232{payload[200:].hex()}", "9000"),
    ]
    card = isdr(segment_octets=100)
    assert play(card.store_data(payload), script) == Response(b"", 0x9000)
    assert play(card.store_data(payload), script) == Response(b"", 0x9000)


def test_segments_too_small_for_256_blocks_are_the_agents_own_fault() -> None:
    with pytest.raises(NotPossible, match="segment_octets"):
        play(isdr(segment_octets=1).store_data(bytes(257)), [])


@pytest.mark.parametrize("answer", ["6A80", "AABB9000"])
def test_a_chain_ends_at_the_first_data_or_error(answer: str) -> None:
    response = play(isdr(segment_octets=100).store_data(bytes(250)), [(f"81E2110064{'00' * 100}", answer)])
    assert response.encode() == bytes.fromhex(answer)


def test_a_long_answer_is_fetched_piece_by_piece() -> None:
    # card.md 1.3: a real log of 381 octets: 6100, then 617D, then 9000
    script = [
        ("81E2910000", "6100"),
        ("01C0000000", f"{'11' * 256}617D"),
        ("01C000007D", f"{'22' * 125}9000"),
    ]
    response = play(exchange(Command(0x81, 0xE2, 0x91, 0x00, le=256)), script)
    assert response == Response(b"\x11" * 256 + b"\x22" * 125, 0x9000)


def test_the_right_le_is_used_where_the_card_names_it() -> None:
    script = [
        ("01A4040002AABB", "6C10"),
        ("01A4040002AABB10", "6103"),
        ("01C0000003", "6C02"),
        ("01C0000002", "CCDD9110"),
    ]
    response = play(exchange(Command(0x01, 0xA4, 0x04, 0x00, b"\xaa\xbb")), script)
    assert response == Response(b"\xcc\xdd", 0x9110)


def test_a_waiting_proactive_command_is_no_error() -> None:
    script = [("81E2910014BF3111A00C5A0A980010325476981032148101FF", "BF31038001009110")]
    play(es10.enable_profile(isdr(), Iccid("89000123456789012341"), True), script)


def test_an_answer_that_never_ends_is_given_up() -> None:
    with pytest.raises(ProtocolViolation, match="sends none"):
        play(exchange(Command(0x01, 0xA4, 0, 0)), [("01A40000", "6110"), ("01C0000010", "6110")])
    more: list[tuple[str, object]] = [("01C0000000", "00" * 256 + "6100")] * 600
    with pytest.raises(ProtocolViolation, match="more than"):
        play(exchange(Command(0x01, 0xA4, 0, 0)), [("01A40000", "6100"), *more])


@pytest.mark.parametrize("answer", ["", "90"])
def test_an_answer_without_status_word_breaks_the_standard(answer: str) -> None:
    with pytest.raises(ProtocolViolation, match="status word"):
        play(exchange(Command(0x01, 0xA4, 0, 0)), [("01A40000", answer)])


@pytest.mark.parametrize("answer", ["9000", "BF2E9000", "BF20039000", "BF2E0380010000009000", "BF2E128011" + "00" * 17])
def test_an_answer_that_is_not_the_functions_breaks_the_standard(answer: str) -> None:
    with pytest.raises(ProtocolViolation):
        play(
            es10.get_euicc_challenge(isdr()),
            [("81E2910003BF2E00", answer + ("" if answer.endswith("9000") else "9000"))],
        )
