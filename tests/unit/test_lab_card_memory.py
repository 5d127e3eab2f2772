"""`rsplab card snapshot|restore|fork|diff`: whole cards kept, brought back, doubled, compared."""

from pathlib import Path

import pytest

from tests.support.lab import CliLab
from tests.support.stocked_card import order, put, shell, stocked_lab

ICCID = str(order().iccid)


@pytest.fixture
def lab(tmp_path: Path) -> CliLab:
    return stocked_lab(tmp_path / "lab")


def nicknames(lab: CliLab, card: str = "c1") -> list[str | None]:
    return [profile["nickname"] for profile in lab.lpa("profile", "list", card=card).json]


def test_restore_brings_back_everything(lab: CliLab) -> None:
    shown = lab.json("card", "show", "c1")
    taken = lab.json("card", "snapshot", "c1", "first")
    assert taken["label"] == "first"
    assert lab.json("card", "diff", "c1") == []
    lab.lpa("profile", "nickname", ICCID, "Mine")
    lab.lpa("default-dp", "dp.example.com")
    put(lab, "c1", order(2))
    lab.lpa("profile", "disable", ICCID)
    differences = {item["what"]: (item["before"], item["after"]) for item in lab.json("card", "diff", "c1", "first")}
    assert differences == {
        "default SM-DP+ address": (None, "dp.example.com"),
        "enabled profile": (ICCID, None),
        f"profile {ICCID}: nickname": (None, "Mine"),
        "profile at A0000005591010FFFFFFFF8900001100": (None, str(order(2).iccid)),
        "last notification number": ("1", "2"),
        "notification 2": (None, "there"),
    }
    lab("card", "restore", "c1")
    assert lab.json("card", "diff", "c1") == []
    assert lab.json("card", "show", "c1") == shown


def test_a_fork_is_a_twin_with_a_life_of_its_own(lab: CliLab) -> None:
    twin = lab.json("card", "fork", "c1", "c2")
    assert (twin["eid"], twin["enabled"]) == (lab.json("card", "show", "c1")["eid"], ICCID)
    lab.lpa("profile", "nickname", ICCID, "Twin", card="c2")
    assert (nicknames(lab), nicknames(lab, "c2")) == ([None], ["Twin"])
    assert [(item["before"], item["after"]) for item in lab.json("card", "diff", "c1", "c2")] == [("Twin", None)]
    assert "already a card" in lab("card", "fork", "c1", "c2", expect=2).stderr


def test_a_fork_keeps_its_options(tmp_path: Path) -> None:
    lab = stocked_lab(tmp_path / "lab")
    lab("card", "create", "small", "--preset", "small-buffers")
    lab("card", "fork", "small", "smaller")
    assert lab.json("probe", "smaller")["presets"] == ["small-buffers"]
    lab("card", "delete", "smaller", "--yes")
    assert not (lab.path / "cards" / "smaller.toml").exists()


def test_changed_files_are_shown_but_no_keys(lab: CliLab) -> None:
    lab("card", "snapshot", "c1")
    shell(lab, "cd ADF.USIM", "select EF.LI", "apdu 00D6000002656E", "select EF.Keys", "apdu 00D600000105")
    found = {item["what"].partition(": ")[2]: item for item in lab.json("card", "diff", "c1")}
    language = next(item for what, item in found.items() if what.startswith("EF.LI "))
    keys = next(item for what, item in found.items() if what.startswith("EF.Keys "))
    assert language["after"].startswith("656E")
    assert language["before"] != language["after"]
    assert (keys["before"], keys["after"]) == (None, None)
    assert len(found) == 2


def test_snapshots_are_listed_oldest_first_and_may_be_named_by_file(lab: CliLab) -> None:
    for label in ("b", "a"):
        lab("card", "snapshot", "c1", label)
    listed = lab.json("card", "snapshot", "c1", "--list")
    assert [item["label"] for item in listed] == ["b", "a"]
    lab.lpa("profile", "nickname", ICCID, "Mine")
    lab("card", "restore", "c1", listed[0]["file"])
    assert nicknames(lab) == [None]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("snapshot", "nobody"), "no card"),
        (("snapshot", "c1", "../x"), "can't name"),
        (("snapshot", "c1", "taken"), "already a snapshot"),
        (("restore", "c1", "never"), "there are: taken"),
        (("restore", "c2"), "no snapshot of c2"),
        (("diff", "c1", "never"), "no snapshot"),
    ],
)
def test_what_cannot_be_done_is_said(lab: CliLab, words: tuple[str, ...], said: str) -> None:
    lab("card", "create", "c2")
    lab("card", "snapshot", "c1", "taken")
    assert said in lab("card", *words, expect=2).stderr


def test_a_snapshot_of_another_card_is_not_restored(lab: CliLab) -> None:
    lab("card", "create", "c2")
    file = lab.json("card", "snapshot", "c2")["file"]
    before = lab.json("card", "show", "c1")
    assert "another card" in lab("card", "restore", "c1", file, expect=2).stderr
    assert lab.json("card", "show", "c1") == before
