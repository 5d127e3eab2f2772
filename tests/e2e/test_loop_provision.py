"""What `rsplab provision` sets, a real download finds: each starting state with the answer that belongs to it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.lab import CliLab, new_lab

EID = "89049032123451234512345678901235"
K = 'k = "000102030405060708090A0B0C0D0E0F"\nopc = "F0E0D0C0B0A090807060504030201000"\n'

# case -> keys of its order, and the code that the download is refused with ("" if it goes through)
CASES = {
    "RELEASED": ("", ""),
    "CONFIRMED": ('state = "confirmed"', "8.2/1.2"),
    "ALLOCATED": ('state = "allocated"', "8.2.6/3.8"),
    "INSTALLED": ('state = "installed"', "8.2.6/3.8"),
    "ERROR": ('state = "error"', "8.2.6/3.8"),
    "EXPIRED": ('expires = "-1h"', "8.8.5/4.10"),
    "NOT-YET-EXPIRED": ('expires = "1h"', ""),
    "EXHAUSTED": ("download_attempts = 10\ndownload_limit = 10", "8.8.5/6.4"),
    "LAST-ATTEMPT": ("download_attempts = 9\ndownload_limit = 10", ""),
    "OTHER-EID": ('eid = "89049032000000000000000000000066"', "8.1.1/3.8"),
    "OWN-EID": (f'eid = "{EID}"', ""),
    "LAST-CODE": ('confirmation_code = "4711"\nconfirmation_failures = 2\nconfirmation_limit = 3', "8.2.7/6.4"),
    "FIRST-CODE": ('confirmation_code = "4711"', "8.2.7/3.8"),
}


def file_with_everything() -> str:
    tables = []
    for number, (name, (keys, _)) in enumerate(CASES.items()):
        iccid = f"8999001000000{number:05d}0"
        tables.append(f'[[profile]]\niccid = "{iccid}"\nimsi = "00101{number:010d}"\n{K}profile_name = "{name}"\n')
        tables.append(f'[[order]]\niccid = "{iccid}"\nmatching_id = "{name}"\n{keys}\n')
    return "\n".join(tables)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CliLab]:
    lab = new_lab(tmp_path_factory.mktemp("provision") / "lab")
    lab("card", "create", "c1")
    with lab.serving("--no-trace"):
        yield lab


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "states.toml"
    path.write_text(file_with_everything())
    return str(path)


def outcome(lab: CliLab, name: str, refusal: str) -> None:
    code = next(order["activation_code"] for order in lab.json("order", "list") if order["matching_id"] == name)
    words = ("profile", "download", code, "--yes", "--confirmation-code", "wrong", "--json")
    answer = lab("lpa", "--card", "c1", *words, expect=1 if refusal else 0)
    assert refusal in answer.stderr
    if not refusal:
        lab.lpa("profile", "delete", answer.json["iccid"], "--yes")


def test_every_state_answers_as_it_should_and_again_after_a_reset(lab: CliLab, file: str) -> None:
    first = lab.json("provision", file)
    for name, (_, refusal) in CASES.items():
        outcome(lab, name, refusal)
    changed = {order["matching_id"]: order["state"] for order in lab.json("order", "list")}
    assert (changed["RELEASED"], changed["LAST-CODE"]) == ("Installed", "Error")
    second = lab.json("provision", file)
    assert without_times(second) == without_times(first)
    for name in ("RELEASED", "LAST-CODE", "LAST-ATTEMPT"):
        outcome(lab, name, CASES[name][1])


def without_times(done: dict[str, list[dict[str, object]]]) -> list[dict[str, object]]:
    """Orders but for the times that depend on when the file was loaded."""
    return [
        {key: value for key, value in order.items() if key not in ("created_at", "expires_at")}
        for order in done["orders"]
    ]


def test_a_default_order_waits_for_its_eid(lab: CliLab, tmp_path: Path) -> None:
    path = tmp_path / "default.toml"
    iccid = "8999001000000999990"
    path.write_text(
        f'[[profile]]\niccid = "{iccid}"\nimsi = "001019999999999"\n{K}'
        f'[[order]]\niccid = "{iccid}"\ndefault = true\neid = "{EID}"\n'
    )
    order = lab.json("provision", str(path))["orders"][0]
    assert order["default"]
    assert lab.lpa("profile", "download", order["activation_code"], "--yes").json["iccid"] == iccid
