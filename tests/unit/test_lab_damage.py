"""Files of a lab that something has destroyed: named, with what to do, and never called a defect."""

from pathlib import Path

from tests.support.lab import new_lab


def test_a_database_that_is_none(tmp_path: Path) -> None:
    lab = new_lab(tmp_path / "lab")
    (lab.path / "smdp.db").write_bytes(b"\x00\x17" * 5000)
    answer = lab("order", "list", expect=3)
    assert "database" in answer.stderr
    assert "backup" in answer.stderr
    assert "defect" not in answer.stderr


def test_a_card_that_is_none(tmp_path: Path) -> None:
    lab = new_lab(tmp_path / "lab")
    lab("card", "create", "c1")
    (lab.path / "cards" / "c1.card").write_text("nonsense")
    answer = lab("lpa", "--card", "c1", "info", expect=2)
    assert "c1.card" in answer.stderr
    assert "rsplab card delete c1" in answer.stderr
    lab("card", "delete", "c1", "--yes")
    lab("card", "create", "c1")
    assert lab.lpa("info").json["eid"]
