"""A human at a foreign LPA: told what to do, scenario by scenario, through the terminal of `rsplab run`.

The LPA is `rsplab lpa` in a process of its own; the test is the human.
"""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lab.background import command_line, environment
from tests.support.lab import CliLab, new_lab


class Run:
    """`rsplab run --sut lpa=listen` under way."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdin is not None
        assert process.stderr is not None
        self.process = process
        self._keyboard, self._screen = process.stdin, process.stderr

    def told(self) -> list[str]:
        """The lines of the next task, down to the question."""
        lines = []
        for line in self._screen:
            lines.append(line.strip())
            if line.startswith("Press Enter"):
                break
        return lines

    def answer(self, text: str = "") -> None:
        self._keyboard.write(f"{text}\n")
        self._keyboard.flush()

    def leave(self) -> None:
        """Nobody is there any more."""
        self._keyboard.close()


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> CliLab:
    lab = new_lab(tmp_path_factory.mktemp("human") / "lab")
    lab("card", "create", "phone")
    return lab


@contextmanager
def running(lab: CliLab, directory: Path, *names: str) -> Iterator[Run]:
    (directory / "ics.toml").write_text('[settings]\nIUT_LPA_ADDRESS = "localhost"\n', "utf-8")
    line = command_line(
        *("run", *names, "--no-sanity", "--sut", "lpa=listen", "--ics", str(directory / "ics.toml")),
        *("--pki", str(lab.path), "--report", f"json:{directory / 'r.json'}"),
    )
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
    with subprocess.Popen(line, text=True, env=environment(), **pipes) as process:
        try:
            yield Run(process)
        finally:
            process.kill()


def outcomes(directory: Path) -> dict[str, tuple[str, str]]:
    document = json.loads((directory / "r.json").read_text("utf-8"))
    return {one["id"]: (one["verdict"], one["reason"]) for one in document["results"]}


def test_the_human_is_told_what_to_do_and_the_server_sees_it_done(lab: CliLab, tmp_path: Path) -> None:
    names = ["lpa.rows.confirmation_code", "lpa.rows.user_times_out"]
    with running(lab, tmp_path, *names) as run:
        told = run.told()
        assert told[1].startswith("lpa.rows.confirmation_code: The user's Confirmation Code reaches the server")
        code = told[3].removeprefix("Download with this activation code: ")
        assert code.startswith("LPA:1$localhost:")
        assert "agree; if it asks for a Confirmation Code, give 4711" in told[4]
        lab("lpa", "--card", "phone", "profile", "download", code, "--yes", "--confirmation-code", "4711")
        run.answer()
        told = run.told()
        assert told[0].startswith("pass         lpa.rows.confirmation_code")
        assert any("don't answer, and wait until it gives up" in line for line in told)
        run.answer("s")
        assert run.process.wait(60) == 5
    found = outcomes(tmp_path)
    assert found[names[0]] == ("pass", "")
    assert found[names[1]] == ("inconclusive", "skipped by the human at the device")


def test_the_human_may_stop_and_what_was_done_is_reported(lab: CliLab, tmp_path: Path) -> None:
    with running(lab, tmp_path, "lpa.download.nominal", "lpa.download.user_rejects") as run:
        run.told()
        run.answer("s")
        assert any("say no" in line for line in run.told())
        run.answer("q")
        assert run.process.wait(60) == 130
    assert list(outcomes(tmp_path)) == ["lpa.download.nominal"]
    assert json.loads((tmp_path / "r.json").read_text("utf-8"))["interrupted"] is True


def test_without_anybody_there_nothing_is_held_against_the_lpa(lab: CliLab, tmp_path: Path) -> None:
    with running(lab, tmp_path, "lpa.download.nominal") as run:
        run.leave()
        assert run.process.wait(60) == 5
    (outcome,) = outcomes(tmp_path).values()
    assert outcome == ("inconclusive", "nobody is there to drive the LPA: standard input has ended")


def test_what_only_the_card_in_the_lpa_could_tell_is_left_out(lab: CliLab, tmp_path: Path) -> None:
    with running(lab, tmp_path, "e2e.life.download", "lpa.rows.delete_enabled") as run:
        assert run.process.wait(60) == 5, "nothing applies"
    found = outcomes(tmp_path)
    assert {verdict for verdict, _ in found.values()} == {"skipped"}
    assert found["e2e.life.download"][1].startswith("an LPA under test can't reach our own euicc, smdp")


def test_a_foreign_lpa_has_to_trust_somebody() -> None:
    line = command_line("run", "lpa.download.nominal", "--sut", "lpa=listen")
    done = subprocess.run(line, check=False, capture_output=True, text=True, env=environment())
    assert (done.returncode, "--pki DIR" in done.stderr) == (2, True)
