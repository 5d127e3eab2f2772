"""Card options: what a table may say, and that every preset makes a card that works."""

import tomllib

import pytest

from euicc_sim.core.answer_to_reset import answer_to_reset
from euicc_sim.core.card import Card
from euicc_sim.core.options import PRESETS, CardOptions, OptionError, options_from_table
from euicc_sim.core.settings import CardSettings
from lab.atr import parse_atr
from tests.support.card_bench import EID, Bench, Order, TraceLog, card_settings
from tests.support.entropy import SeededEntropy
from tests.support.tlv_by_hand import dig
from wire.es10 import ErrorReason, PprIds
from wire.tlv import tlv


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
        ({"nvm_octets": "big"}, "nvm_octets"),
        ({"nvm_octets": -1}, "nvm_octets"),
        ({"forbidden_pprs": "ppr1"}, "forbidden_pprs"),
        ({"forbidden_pprs": ["ppr3"]}, "forbidden_pprs"),
        ({"rules": ["ppr1"]}, "rules"),
        ({"rules": [{}]}, "rules"),
        ({"rules": [{"pprs": ["ppr1"], "operators": ["00F110"]}]}, "rules"),
        ({"rules": [{"pprs": ["ppr1"], "consent": 1}]}, "rules"),
        ({"rules": [{"pprs": ["ppr1"], "colour": "red"}]}, "rules"),
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


RULES = """
nvm_octets = 20000
forbidden_pprs = ["ppr2"]

[[rules]]
pprs = ["ppr1"]
operators = ["310-410", "001-01", "26E-EE"]
consent = false

[[rules]]
pprs = ["ppr1", "ppr2"]
"""


def test_rules_and_memory_from_a_table() -> None:
    """PLMN octets as in card.md 5.4: 310/410 is 130014, 001/01 is 00F110."""
    bench = Bench.bare(options_from_table(tomllib.loads(RULES)))
    bench.power_on()
    operators = "30058003130014", "3005800300F110", "30058003 62FEEE".replace(" ", "")
    first = bytes.fromhex("".join(f"3009{item[4:]}81008200" for item in operators))
    rule1 = tlv(0x30, bytes.fromhex("80020640"), tlv(0xA1, first), bytes.fromhex("820100"))
    rule2 = bytes.fromhex("301580020560A10B30098003EEEEEE8100820082020780")
    assert bench.es10("BF4300") == tlv(0xBF43, tlv(0xA0, rule1, rule2))
    info2 = bench.es10("BF2200").hex().upper()
    assert "99020520" in info2
    assert bench.free_octets() == 20000


def test_an_empty_table_allows_no_rule() -> None:
    bench = Bench.bare(options_from_table({"rules": []}))
    bench.power_on()
    assert bench.es10("BF4300").hex().upper() == "BF4302A000"
    order = Order(1, pprs=PprIds.ppr2)
    assert dig(bench.download(order), "BF37", "BF27", "A2", "A1", "81") == bytes((ErrorReason.pprNotAllowed,))


def test_options_of_a_card_survive_its_file() -> None:
    options = options_from_table(tomllib.loads(RULES))
    settings = card_settings(options=options)
    assert CardSettings.decode(settings.encode()) == settings


@pytest.mark.parametrize(
    ("options", "protocols"), [(CardOptions(), (0,)), (PRESETS["t0-card"], (0,)), (PRESETS["t1-card"], (0, 1))]
)
def test_the_atr_offers_the_protocols(options: CardOptions, protocols: tuple[int, ...]) -> None:
    answer = parse_atr(answer_to_reset(options))
    assert answer is not None
    assert (answer.protocols, answer.euicc, answer.check_ok) == (protocols, True, True)
