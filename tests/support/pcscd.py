"""A real pcscd with the vpcd reader, in a network and mount namespace of its own.

vpcd binds all interfaces: in the namespace there is only `lo`, so nobody else can reach it, and neither a pcscd of this
machine nor a second test run is in its way. Everything that is to meet the reader runs in the namespace, too.
"""

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lab.background import command_line, environment

SETUP = "mount -t tmpfs none /run && mkdir /run/pcscd && ip link set lo up && exec sleep 100000"
READER = "Virtual PCD 00 00"
VPCD_PORT = 35963
LIMIT_S = 60.0


def need_a_reader() -> None:
    """Skip the test, with the reason, where there can be no namespace with a reader, or nothing to talk to it with."""
    pytest.importorskip("smartcard.scard", reason="pyscard is not installed (extra pcsc)")
    if reason := _missing():
        pytest.skip(reason)


def _missing() -> str:
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return "needs root for a namespace of its own"
    for program in ("pcscd", "unshare", "nsenter", "ip", "mount"):
        if shutil.which(program) is None:
            return f"needs {program}"
    if not any(Path("/usr/lib/pcsc/drivers/serial").glob("*vpcd*")):
        return "needs vsmartcard-vpcd"
    if subprocess.run(["unshare", "-n", "-m", "true"], check=False, capture_output=True).returncode:
        return "may not make namespaces here"
    return ""


def until(condition: Callable[[], Any]) -> Any:
    """Wait for something to become true; its value."""
    end = time.monotonic() + LIMIT_S
    while not (found := condition()):
        if time.monotonic() > end:
            raise TimeoutError(f"{condition} did not become true")
        time.sleep(0.05)
    return found


@dataclass
class Desk:
    """The namespace with its pcscd; `pid` is the process that holds it."""

    pid: int
    _pcscd: "subprocess.Popen[bytes] | None" = None

    def start_pcscd(self) -> None:
        """Start pcscd and wait until it answers."""
        self._pcscd = subprocess.Popen(
            self.inside("pcscd", "-f"),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until(lambda: self.run(*command_line("readers", "--json"), check=False).returncode == 0)

    def stop_pcscd(self) -> None:
        """End it."""
        if self._pcscd is not None:
            self._pcscd.terminate()
            self._pcscd.wait(LIMIT_S)
            self._pcscd = None

    def inside(self, *command: str) -> list[str]:
        """The command line that runs `command` in the namespace."""
        return ["nsenter", "--target", str(self.pid), "--net", "--mount", *command]

    def run(self, *command: str, check: bool = True) -> "subprocess.CompletedProcess[str]":
        """Run a program to its end."""
        done = subprocess.run(
            self.inside(*command),
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=LIMIT_S,
            env=environment(),
            check=False,
        )
        assert not check or done.returncode == 0, f"{command} -> {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def rsplab(self, *arguments: str, expect: int = 0) -> "subprocess.CompletedProcess[str]":
        """Run `rsplab ARGUMENTS`."""
        done = self.run(*command_line(*arguments), check=False)
        words = " ".join(arguments)
        assert done.returncode == expect, f"rsplab {words} -> {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def json(self, *arguments: str) -> Any:
        """`rsplab ARGUMENTS --json`; its value."""
        return json.loads(self.rsplab(*arguments, "--json").stdout)

    @contextmanager
    def background(self, *arguments: str) -> Iterator[dict[str, Any]]:
        """`rsplab ARGUMENTS --json` while the block runs; yields what it said when it was ready."""
        with running(self.inside(*command_line(*arguments, "--json"))) as process:
            assert process.stdout is not None
            while line := process.stdout.readline():
                ready = json.loads(line)
                if ready.get("event") != "waiting":
                    break
            assert line, f"rsplab {' '.join(arguments)} did not get ready"
            yield ready

    @contextmanager
    def plugged(self, *arguments: str, index: int = 0) -> Iterator[None]:
        """`rsplab card ARGUMENTS --vpcd` while the block runs: the card is in reader `index` and pcscd knows it."""
        where = f"localhost:{VPCD_PORT + index}"
        with self.background(*arguments, where, "--vpcd") as ready:
            assert ready["event"] == "plugged"
            until(lambda: self.atr(index) == ready["atr_hex"])
            yield
        until(lambda: not self.atr(index))

    def atr(self, index: int = 0) -> str:
        """The ATR of the card in reader `index`, "" for none."""
        return str(self.json("readers")[index]["atr_hex"] or "")


@contextmanager
def running(command: Sequence[str]) -> "Iterator[subprocess.Popen[str]]":
    """A process while the block runs; ended with SIGTERM, which must end it well."""
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment()
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=LIMIT_S)
    assert process.returncode == 0, f"{command} -> {process.returncode}\n{errors}"


@contextmanager
def desk() -> Iterator[Desk]:
    """A namespace with pcscd and an empty virtual reader."""
    with ExitStack() as stack:
        process = subprocess.Popen(
            ["unshare", "--net", "--mount", "sh", "-c", SETUP],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        stack.callback(process.wait, LIMIT_S)
        stack.callback(process.terminate)
        until(lambda: Path(f"/proc/{process.pid}/comm").read_text() == "sleep\n")
        found = Desk(process.pid)
        stack.callback(found.stop_pcscd)
        found.start_pcscd()
        yield found
