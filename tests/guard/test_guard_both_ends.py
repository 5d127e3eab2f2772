"""Break both ends of the protocol alike: the closed loop agrees with itself, and a guard from outside turns red."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from mutations import MUTATIONS, SEEN_BY_THE_LPA

ROOT = Path(__file__).resolve().parents[2]
# Vectors from outside, and peers that share no code with the product.
GUARDS = [
    "tests/kat/test_card_bsp.py",
    "tests/kat/test_smdp_bsp.py",
    "tests/unit/test_smdp_session.py",
    "tests/unit/test_card_download.py",
]


def run(mutation: str | None, *command: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    if mutation:
        environment["RSPLAB_MUTATION"] = mutation
        environment["PYTHONPATH"] = f"{Path(__file__).parent / 'mutant'}{os.pathsep}{ROOT}"
    return subprocess.run(
        [sys.executable, *command], cwd=cwd, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


def guards(mutation: str | None) -> subprocess.CompletedProcess[str]:
    existing = [guard for guard in GUARDS if (ROOT / guard).exists()]
    return run(mutation, "-m", "pytest", "-q", "-x", *existing)


def test_guards_are_green_on_the_product() -> None:
    result = guards(None)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_loop_is_blind_and_guards_are_not(mutation: str, tmp_path: Path) -> None:
    loop = run(mutation, "-m", "lab", "demo", cwd=tmp_path)
    assert (loop.returncode == 0) is (mutation not in SEEN_BY_THE_LPA), (
        f"the two ends no longer agree:\n{loop.stdout}{loop.stderr}"
    )
    result = guards(mutation)
    assert result.returncode == 1, f"no guard noticed:\n{result.stdout}{result.stderr}"
