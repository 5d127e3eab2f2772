"""Somebody at a phone: reads what `rsplab run --sut lpa=listen` asks for, and does it with `rsplab lpa`."""

import os
import pty
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

from lab.background import command_line, environment
from tests.support.lab import CliLab

PATIENCE_S = 60.0
_CODE = re.compile(r"give (?P<codes>.+); if it asks again")


class Phone:
    """`rsplab lpa` with a new card for each scenario."""

    def __init__(self, lab: CliLab) -> None:
        self._lab = lab
        self._scenario = ""
        self._cards = 0

    def does(self, task: Sequence[str]) -> str:
        """Carry the task out; what the human answers then ("s" where this phone can't)."""
        scenario = next(line for line in task if line).partition(":")[0]
        if scenario != self._scenario:
            self._scenario = scenario
            self._cards += 1
            self._lab("card", "create", f"card{self._cards}")
        said = "\n".join(task)
        if "don't answer" in said:
            return "s"  # this phone waits forever
        code = next(line for line in task if "activation code: " in line).partition("activation code: ")[2]
        self._download(code, _answers(said))
        return ""

    def _download(self, code: str, answers: str) -> None:
        """The outcome is the business of `rsplab run`, which looks at what the server sees."""
        ours, terminal = pty.openpty()
        try:
            os.write(ours, answers.encode())
            line = command_line("--lab", str(self._lab.path), "lpa", "--card", f"card{self._cards}", "--no-trace")
            subprocess.run(
                [*line, "profile", "download", code],
                stdin=terminal,
                timeout=PATIENCE_S,
                check=False,
                env=environment(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        finally:
            os.close(ours)
            os.close(terminal)


def _answers(said: str) -> str:
    """What is typed, line after line: consent, then Confirmation Codes, then nothing more."""
    if "say no" in said:
        return "no\n"
    if "say 'not now'" in said:
        return "later\n"
    codes = found["codes"].split(", then ") if (found := _CODE.search(said)) else []
    return "".join(f"{line}\n" for line in ("yes", *codes, "", ""))


def drive(line: Sequence[str], phone: Phone, log: Path) -> int:
    """`rsplab run` to its end, each of its tasks done by the phone; its exit code. log: what it wrote to stderr."""
    pipe, quiet = subprocess.PIPE, subprocess.DEVNULL
    started = subprocess.Popen(line, text=True, env=environment(), stdin=pipe, stdout=quiet, stderr=pipe)
    with started as run, log.open("w") as notes:
        assert run.stdin
        assert run.stderr
        task: list[str] = []
        for text in run.stderr:
            notes.write(text)
            if text.startswith("Press Enter"):
                run.stdin.write(f"{phone.does(task)}\n")
                run.stdin.flush()
                task = []
            elif task or re.match(r"[a-z0-9_]+(\.[a-z0-9_]+)+: ", text):
                task.append(text.strip())
        return run.wait()
