"""`rsplab serve` killed at random points of downloads; `python -m tests.support.killing 500` is the long version."""

from pathlib import Path

from tests.support.killing import run


def test_every_order_ends_as_its_euicc_says(tmp_path: Path) -> None:
    report = run(tmp_path, downloads=30, kills=4, seed=3)
    assert report.wrong == []
    assert report.kills == 4 + 1
    assert set(report.found.values()) == {"Installed", "Error", "Downloaded"}
    assert report.told
