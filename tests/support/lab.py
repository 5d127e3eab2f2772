"""A lab in a temporary directory, driven through the command line as its users drive it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from lab.background import ServerProcess
from lab.cli import app


@dataclass
class Answer:
    """What a command printed and how it ended."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:
        """stdout as the one JSON value it has to be."""
        return json.loads(self.stdout)


@dataclass
class CliLab:
    """`rsplab --lab PATH ...` in this process."""

    path: Path

    def __call__(self, *arguments: str, expect: int = 0) -> Answer:
        """Run a command; fails unless it ends with `expect`."""
        result = CliRunner().invoke(app, ["--lab", str(self.path), *arguments])
        answer = Answer(result.exit_code, result.stdout, result.stderr)
        command = "rsplab " + " ".join(arguments)
        assert answer.exit_code == expect, f"{command} -> {answer.exit_code}\n{answer.stdout}\n{answer.stderr}"
        assert "Traceback" not in answer.stderr
        return answer

    def json(self, *arguments: str) -> Any:
        """Run a command with --json; its value."""
        return self(*arguments, "--json").json

    def order(self, *options: str) -> dict[str, Any]:
        """A fresh profile with an order for it."""
        profile = self.json("profile", "build")
        order: dict[str, Any] = self.json("order", "create", "--iccid", profile["iccid"], *options)
        return order

    def lpa(self, *arguments: str, card: str = "c1", expect: int = 0) -> Answer:
        """`rsplab lpa --card CARD ... --json`."""
        return self("lpa", "--card", card, *arguments, "--json", expect=expect)

    @contextmanager
    def serving(self, *arguments: str) -> Iterator[ServerProcess]:
        """A real server process on a free port; with the management API only if asked for by `--api-port`."""
        lean = () if "--api-port" in arguments else ("--no-api",)
        with ServerProcess(self.path, (*arguments, *lean)) as server:
            yield server


def new_lab(path: Path, *options: str) -> CliLab:
    """A fresh lab."""
    lab = CliLab(path)
    lab("init", *options)
    return lab
