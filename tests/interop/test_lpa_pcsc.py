"""`PcscLink` against a real pcscd with the vpcd reader, in a network and mount namespace of its own.

Needs root, pcscd, vsmartcard-vpcd and pyscard; skipped with the reason where one is missing.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.pcscd import need_a_reader

ROOT = Path(__file__).resolve().parents[2]
CHILD = "tests.support.lpa_pcsc_child"
SETUP = 'mount -t tmpfs none /run && mkdir /run/pcscd && ip link set lo up && exec "$0" -m "$1"'
READERS = [["Virtual PCD 00 00", ""], ["Virtual PCD 00 01", ""]]
ATR = "3B9E96803FC7828031E073FE21136653494D45303169"


@pytest.fixture(scope="module")
def seen() -> dict[str, Any]:
    need_a_reader()
    finished = subprocess.run(
        ["unshare", "-n", "-m", "sh", "-c", SETUP, sys.executable, CHILD],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
        timeout=90,
    )
    assert finished.returncode == 0, finished.stderr
    return dict(json.loads(finished.stdout))


def test_readers_are_listed_with_and_without_cards(seen: dict[str, Any]) -> None:
    assert seen["empty"] == READERS


def test_a_card_is_found_by_a_part_of_its_readers_name_and_answers(seen: dict[str, Any]) -> None:
    assert (seen["name"], seen["atr"], seen["reset"]) == ("Virtual PCD 00 00", ATR, ATR)
    assert seen["eid"] == "89049032123451234512345678901235"


def test_a_profile_lives_its_life_through_the_reader(seen: dict[str, Any]) -> None:
    assert seen["life"]["states"] == [[True], [False], [True], []]
    assert seen["life"]["order"] == "Installed"
    print(f"download through pcscd and vpcd: {seen['life']['seconds']:.3f} s")


def test_both_protocols_connect_where_the_card_offers_them(seen: dict[str, Any]) -> None:
    assert seen["T=0"] == ["none", ""]


@pytest.mark.parametrize(
    ("case", "error", "hint"),
    [
        ("no service", "NoReader", "start pcscd"),
        ("no card", "NoReader", "put a card"),
        ("no reader", "NoReader", "list the readers"),
        ("two readers", "NoReader", "list the readers"),
        ("taken", "NoReader", "another program"),
        ("after", "CardLinkError", ""),
        ("removed", "CardRemoved", "put the card back"),
        ("slow", "CardTimeout", "reset the card"),
    ],
)
def test_every_failure_has_its_name_and_what_to_do(seen: dict[str, Any], case: str, error: str, hint: str) -> None:
    assert seen[case][0] == error
    assert hint in seen[case][1]
