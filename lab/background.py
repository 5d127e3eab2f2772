"""`rsplab` commands as processes of their own: the server of the demo, of scenarios and of tests."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from lab.errors import LabError

_MAIN = "from lab.cli import main; main()"


def command_line(*arguments: str) -> list[str]:
    """This installation's `rsplab`, whatever the current directory holds."""
    return [sys.executable, "-P", "-c", _MAIN, *arguments]


def environment() -> dict[str, str]:
    """This process's environment, with rsplab's own source first on the path."""
    source = str(Path(__file__).resolve().parents[1])
    path = os.environ.get("PYTHONPATH")
    return {**os.environ, "PYTHONPATH": f"{source}{os.pathsep}{path}" if path else source}


@dataclass
class ServerProcess:
    """`rsplab serve` on a free port; a context manager that stops it."""

    lab: Path
    arguments: Sequence[str] = ()
    port: int = 0
    address: str = ""
    ready: dict[str, Any] = field(default_factory=dict)
    process: "subprocess.Popen[str] | None" = None

    def start(self) -> Self:
        """Start it and wait until it listens; on the ports it had before, if it ran before."""
        ports = ["--port", str(self.port)]
        if "api" in self.ready:
            ports += ["--api-port", str(urlsplit(self.ready["api"]).port)]
        line = command_line("--lab", str(self.lab), "serve", "--json", *ports, *self.arguments)
        with tempfile.TemporaryFile("w+") as errors:
            self.process = subprocess.Popen(
                line, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, text=True, env=environment()
            )
            assert self.process.stdout is not None
            with self.process.stdout as stdout:
                first = stdout.readline()
            if not first:
                self.process.wait()
                errors.seek(0)
                raise LabError(f"the server did not start: {errors.read().strip()}", "run rsplab serve to see why")
        self.ready = json.loads(first)
        self.port, self.address = self.ready["port"], self.ready["address"]
        return self

    @property
    def pid(self) -> int:
        """The process id."""
        assert self.process is not None
        return self.process.pid

    def stop(self, timeout_s: float = 10.0) -> int:
        """SIGTERM, then wait; the exit code."""
        assert self.process is not None
        self.process.terminate()
        return self._wait(timeout_s)

    def kill(self) -> int:
        """SIGKILL: no chance to tidy up."""
        assert self.process is not None
        self.process.kill()
        return self._wait(10.0)

    def detach(self) -> None:
        """Leave it running."""
        self.process = None

    def _wait(self, timeout_s: float) -> int:
        assert self.process is not None
        try:
            return self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self.process is not None and self.process.returncode is None:
            self.stop()
