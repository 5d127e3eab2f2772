"""A person at a terminal: consent, rejection, postponement, confirmation code."""

import os
import pty
import select
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.background import command_line, environment
from tests.support.lab import CliLab, new_lab


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CliLab]:
    lab = new_lab(tmp_path_factory.mktemp("terminal") / "lab")
    lab("card", "create", "c1")
    with lab.serving("--no-trace"):
        yield lab


def type_at(lab: CliLab, *words: str, answers: dict[str, str], timeout_s: float = 60.0) -> tuple[int, str]:
    """Run a command on a pseudo terminal and answer its prompts; exit code and everything that was shown."""
    master, slave = pty.openpty()
    process = subprocess.Popen(
        command_line("--lab", str(lab.path), *words), stdin=slave, stdout=slave, stderr=slave, env=environment()
    )
    os.close(slave)
    seen, deadline, pending = "", time.monotonic() + timeout_s, dict(answers)
    try:
        while time.monotonic() < deadline:
            if not select.select([master], [], [], 0.1)[0]:
                continue
            try:
                octets = os.read(master, 65536)
            except OSError:  # the other end is closed
                break
            if not octets:
                break
            seen += octets.decode("utf-8", "replace")
            for prompt in [prompt for prompt in pending if prompt in seen]:
                os.write(master, (pending.pop(prompt) + "\n").encode())
        else:
            process.kill()
    finally:
        os.close(master)
    assert not pending, f"never asked for {list(pending)}:\n{seen}"
    return process.wait(), seen


def download(lab: CliLab, order: dict[str, str], answers: dict[str, str]) -> tuple[int, str]:
    return type_at(lab, "lpa", "--card", "c1", "profile", "download", order["activation_code"], answers=answers)


def state_of(lab: CliLab, order: dict[str, str]) -> str:
    state: str = lab.json("order", "show", order["order_id"])["state"]
    return state


def test_yes_installs(lab: CliLab) -> None:
    order = lab.order()
    code, seen = download(lab, order, {"Download this profile?": "y"})
    assert (code, state_of(lab, order)) == (0, "Installed"), seen
    assert order["iccid"] in seen
    assert "100%" in seen


def test_no_ends_the_order(lab: CliLab) -> None:
    order = lab.order()
    code, _ = download(lab, order, {"Download this profile?": "n"})
    assert (code, state_of(lab, order)) == (4, "Error")


def test_later_leaves_it(lab: CliLab) -> None:
    order = lab.order()
    code, _ = download(lab, order, {"Download this profile?": "l"})
    assert (code, state_of(lab, order)) == (4, "Released")


def test_the_confirmation_code_is_asked_for_again(lab: CliLab) -> None:
    order = lab.order("--confirmation-code", "4711")
    answers = {"Download this profile?": "y", "Confirmation code : ": "0815", "was refused; again: ": "4711"}
    code, seen = download(lab, order, answers)
    assert (code, state_of(lab, order)) == (0, "Installed"), seen


def test_deleting_is_asked_for(lab: CliLab, tmp_path: Path) -> None:
    order = lab.order()
    lab.lpa("profile", "download", order["activation_code"], "--yes")
    words = ("lpa", "--card", "c1", "profile", "delete", order["iccid"])
    code, _ = type_at(lab, *words, answers={"cannot be undone": "n"})
    assert code == 4
    code, _ = type_at(lab, *words, answers={"cannot be undone": "y"})
    assert code == 0
    assert order["iccid"] not in [profile["iccid"] for profile in lab.lpa("profile", "list").json]
