"""Break both ends of the protocol alike: the closed loop agrees with itself, and a guard from outside turns red."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from mutations import MUTATIONS, SEEN_BY_THE_LPA

ROOT = Path(__file__).resolve().parents[2]
LOOP = "tests/e2e/test_lpa_loop.py::test_a_profile_lives_its_life"
# Vectors from outside, and peers that share no code with the product.
GUARDS = (
    "tests/kat/test_card_bsp.py",
    "tests/kat/test_smdp_vectors.py",
    "tests/unit/test_smdp_session.py::test_the_package_arrives_as_it_was",
    "tests/unit/test_card_session.py::test_preparation",
)


def outcomes(mutation: str | None) -> tuple[str, set[str]]:
    """The loop's outcome and those of the guards, run together by a Python in which the mutation is at work."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    if mutation:
        environment["RSPLAB_MUTATION"] = mutation
        environment["PYTHONPATH"] = f"{Path(__file__).parent / 'mutant'}{os.pathsep}{ROOT}"
    command = [sys.executable, "-m", "pytest", "-q", "-rA", "--tb=no", LOOP, *GUARDS]
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)
    told = dict(
        reversed(line.split(maxsplit=2)[:2]) for line in run.stdout.splitlines() if "test_" in line and "::" in line
    )
    assert LOOP in told, run.stdout + run.stderr
    return told.pop(LOOP), set(told.values())


def test_loop_and_guards_are_green_on_the_product() -> None:
    assert outcomes(None) == ("PASSED", {"PASSED"})


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_loop_is_blind_and_guards_are_not(mutation: str) -> None:
    loop, guards = outcomes(mutation)
    assert loop == ("FAILED" if mutation in SEEN_BY_THE_LPA else "PASSED")
    assert "FAILED" in guards
