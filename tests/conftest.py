"""What every test shares: the project on the path, and the outside test data where it exists."""

import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The directory with sgp26/ and ts48/; a test that needs it is skipped where there is none."""
    from tests.support.outside_data import DATA, SGP26, TS48

    if not SGP26.is_dir() or not TS48.is_dir():
        pytest.skip(f"no test data in {DATA}; set RSPLAB_DATA to a directory with sgp26/ and ts48/")
    return DATA


@pytest.fixture(autouse=True)
def _no_lab_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test touches the lab of whoever runs it."""
    monkeypatch.delenv("RSPLAB_LAB", raising=False)
    monkeypatch.delenv("RSPLAB_DEBUG", raising=False)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """How often power was cut (tests/property/test_card_power_cut.py)."""
    reports = terminalreporter.stats.get("passed", [])
    cuts = [value for report in reports for name, value in report.user_properties if name == "cut_points"]
    if cuts:
        terminalreporter.write_line(f"power was cut at {sum(cuts)} points of {len(cuts)} stories: no violation")
