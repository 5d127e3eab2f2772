"""`rsplab serve --workers N`: processes that share the listening sockets and the database.

The parent binds, forks, waits; it serves nothing. A worker that dies is replaced. Workers end with their parent,
whatever ends it: they watch a pipe whose other end only the parent holds.
"""

import contextlib
import logging
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from typing import Final

from lab.directory import Lab
from lab.errors import ExitCode, LabError
from lab.server import serve_forever
from lab.sockets import OpenSockets
from lab.tracing import open_trace

REPLACE_AFTER_S: Final = 1.0
_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)
_log = logging.getLogger("rsplab.workers")


class Supervisor:
    """Starts workers, replaces those that die, ends them all."""

    def __init__(self, lab: Lab, open_sockets: OpenSockets, trace: bool, reveal: frozenset[str]) -> None:
        self._lab = lab
        self._sockets = open_sockets
        self._trace = trace
        self._reveal = reveal
        self._numbers: dict[int, int] = {}
        self._alive_read, self._alive_write = os.pipe()

    def run(self, count: int, ready: Callable[[], None]) -> None:
        """Serve with so many workers until SIGTERM or SIGINT; LabError if one can't even start."""
        with _signals_wait(), _shared_metrics():
            try:
                for number in range(1, count + 1):
                    self._start(number)
                ready()
                while signal.sigwait(_SIGNALS) == signal.SIGCHLD:
                    self._replace_dead()
            finally:
                self._stop()

    def _start(self, number: int) -> None:
        """Fork a worker and wait until it listens."""
        ready_read, ready_write = os.pipe()
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid == 0:
            os.close(ready_read)
            os._exit(self._work(number, ready_write))
        os.close(ready_write)
        self._numbers[pid] = number
        with os.fdopen(ready_read, "rb") as told:
            if told.read(1) != b"1":
                raise LabError(f"worker {number} did not start", "its own message says why")

    def _work(self, number: int, ready_write: int) -> int:
        """The life of a worker; its exit code."""
        os.close(self._alive_write)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)

        def ready() -> None:
            os.write(ready_write, b"1")
            os.close(ready_write)

        try:
            with open_trace(self._lab, "smdp", self._trace, self._reveal, f"smdp-{number}") as trace:
                serve_forever(self._lab, trace, self._sockets, ready, self._alive_read)
        except BaseException:
            _log.exception("worker %d failed", number)
            return ExitCode.INTERNAL
        return ExitCode.OK

    def _replace_dead(self) -> None:
        for pid in self._reap():
            number = self._numbers.pop(pid)
            _log.error("worker %d (process %d) died; it is replaced", number, pid)
            time.sleep(REPLACE_AFTER_S)
            self._start(number)

    def _reap(self) -> list[int]:
        """Processes that have ended."""
        return [pid for pid in list(self._numbers) if os.waitpid(pid, os.WNOHANG)[0] == pid]

    def _stop(self) -> None:
        os.close(self._alive_write)
        for pid in self._numbers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        for pid in self._numbers:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, 0)
        os.close(self._alive_read)


@contextlib.contextmanager
def _shared_metrics() -> Iterator[None]:
    """Where workers share what they measure (`lab.metrics`), gone after the block."""
    with tempfile.TemporaryDirectory(prefix="rsplab-metrics-") as directory:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = directory
        try:
            yield
        finally:
            del os.environ["PROMETHEUS_MULTIPROC_DIR"]


@contextlib.contextmanager
def _signals_wait() -> Iterator[None]:
    """Signals are taken with sigwait while the block runs."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
