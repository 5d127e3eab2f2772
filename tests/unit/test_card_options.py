"""Card options: what a table may say, and that every preset makes a card that works."""

import tomllib

import pytest

from euicc_sim.core.card import Card
from euicc_sim.core.options import PRESETS, CardOptions, OptionError, options_from_table
from tests.support.card_bench import EID, Bench, SeededEntropy, TraceLog


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_answers(preset: str) -> None:
    options = PRESETS[preset]
    bench = Bench.bare(options)
    assert bench.apdu("0070000001").hex() == "019000"
    answer = bench.apdu(b"\x01\xa4\x04\x00\x10" + options.isd_r_aid)
    assert answer.hex() == ("6121" if options.isd_r_fci else "9000")
    assert bench.es10("BF3E035C015A").hex() == f"bf3e125a10{EID}"


def test_a_table() -> None:
    table = tomllib.loads('preset = "t0-card"\nblock_octets = 100\nisd_r_aid = "A06573746B6D65FFFFFFFF4953442D52"')
    expected = CardOptions(
        isd_r_aid=bytes.fromhex("A06573746B6D65FFFFFFFF4953442D52"), channels=4, extended_length=False, block_octets=100
    )
    assert options_from_table(table) == expected
    assert options_from_table({}) == CardOptions()


@pytest.mark.parametrize(
    ("table", "option"),
    [
        ({"preset": "x"}, "preset"),
        ({"speed": 1}, "speed"),
        ({"channels": "4"}, "channels"),
        ({"channels": True}, "channels"),
        ({"channels": 21}, "channels"),
        ({"refresh": 1}, "refresh"),
        ({"isd_r_aid": "xyz"}, "isd_r_aid"),
        ({"isd_r_aid": "A000"}, "isd_r_aid"),
        ({"block_octets": 0}, "block_octets"),
        ({"answer_octets": 257}, "answer_octets"),
    ],
)
def test_a_wrong_table(table: dict[str, object], option: str) -> None:
    with pytest.raises(OptionError) as caught:
        options_from_table(table)
    assert caught.value.option == option


def test_options_may_be_given_to_a_card_that_has_others() -> None:
    bench = Bench()
    card = Card(bench.nvm, SeededEntropy(), TraceLog(), options=PRESETS["t0-card"])
    assert card.settings.options.channels == 4
    assert card.reset() != bench.card.reset()
    assert card.settings.eid == bench.card.settings.eid
