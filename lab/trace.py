"""The trace writer: events in, JSON Lines out. docs/trace.md is the format.

Recording only notes the time and queues the event; decoding, redaction and writing happen on the writer's own thread,
so that an RSP session never waits for its trace.
"""

import contextlib
import itertools
import json
import logging
import threading
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Protocol

from lab.trace_encoding import Encoder
from wire.ports import Clock, Trace

_log = logging.getLogger("rsplab.trace")


@dataclass(slots=True)
class Event:
    """One recorded event, not yet decoded."""

    number: int
    time: datetime
    role: str
    kind: str
    session: str
    fields: dict[str, Any]


@dataclass(slots=True)
class _Scope:
    """Events that belong together: those without a session wait for the first that has one."""

    session: str = ""
    held: list[Event] = field(default_factory=list)


_scope: ContextVar[_Scope | None] = ContextVar("trace_scope", default=None)


class Recorder(Trace, Protocol):
    """A trace that the lab hands to a role."""

    enabled: bool

    def as_role(self, role: str, without: frozenset[str] = frozenset()) -> "Recorder":
        """The same trace, recording as another role, except for these kinds."""

    def scope(self) -> contextlib.AbstractContextManager[None]:
        """Events inside share one session: those before the transactionId is known are held back for it."""


class NoTrace:
    """Records nothing."""

    enabled = False

    def record(self, kind: str, session: str, **fields: object) -> None:
        """Nothing happens."""

    def as_role(self, role: str, without: frozenset[str] = frozenset()) -> "NoTrace":
        return self

    def scope(self) -> contextlib.AbstractContextManager[None]:
        return contextlib.nullcontext()


class RoleTrace:
    """One role's view of a `TraceWriter`."""

    enabled = True

    def __init__(self, writer: "TraceWriter", role: str, without: frozenset[str] = frozenset()) -> None:
        self._writer = writer
        self._role = role
        self._without = without

    def record(self, kind: str, session: str, **fields: object) -> None:
        if kind not in self._without:
            self._writer.note(self._role, kind, session, fields)

    def as_role(self, role: str, without: frozenset[str] = frozenset()) -> "RoleTrace":
        return RoleTrace(self._writer, role, without)

    @contextlib.contextmanager
    def scope(self) -> Iterator[None]:
        scope = _Scope()
        token = _scope.set(scope)
        try:
            yield
        finally:
            _scope.reset(token)
            self._writer.release(scope, scope.session)


class TraceWriter:
    """Appends the events of one run to `path`; close it, or use it as a context manager."""

    def __init__(self, path: Path, clock: Clock, reveal: frozenset[str] = frozenset()) -> None:
        self.path = path
        self.run = clock.now().strftime("%Y%m%dT%H%M%S.%fZ")
        self._clock = clock
        self._numbers = itertools.count(1)
        self._encoder = Encoder(reveal)
        self._queue: SimpleQueue[Event | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._write, name="trace", daemon=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        self._thread.start()

    def role(self, role: str) -> RoleTrace:
        """The port to hand to a role."""
        return RoleTrace(self, role)

    def note(self, role: str, kind: str, session: str, fields: dict[str, Any]) -> None:
        """Queue one event, or hold it back until its scope knows the session."""
        event = Event(next(self._numbers), self._clock.now(), role, kind, session, fields)
        scope = _scope.get()
        if scope is None:
            self._queue.put(event)
            return
        event.session = session or scope.session
        if not event.session:
            scope.held.append(event)
            return
        if scope.session != event.session:
            scope.session = event.session
            self.release(scope, event.session)
        self._queue.put(event)

    def release(self, scope: _Scope, session: str) -> None:
        """Queue what the scope held back."""
        held, scope.held = scope.held, []
        for event in held:
            event.session = session
            self._queue.put(event)

    def close(self) -> None:
        """Write everything recorded so far and stop."""
        if self._thread.is_alive():
            self._queue.put(None)
            self._thread.join()

    def __enter__(self) -> "TraceWriter":
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def _write(self) -> None:
        with self.path.open("a", encoding="utf-8") as file:
            while (event := self._queue.get()) is not None:
                try:
                    file.write(self._line(event))
                except Exception:
                    _log.exception("event %d (%s) is not in the trace", event.number, event.kind)
                if self._queue.empty():
                    file.flush()

    def _line(self, event: Event) -> str:
        line = {
            "n": event.number,
            "run": self.run,
            "time": event.time.isoformat(timespec="microseconds").replace("+00:00", "Z"),
            "role": event.role,
            "session": event.session,
            "kind": event.kind,
        }
        return json.dumps(line | self._encoder.encode(event.kind, event.role, event.fields), ensure_ascii=False) + "\n"


def trace_file(directory: Path, role: str, clock: Clock) -> Path:
    """Where `role` writes today: DATE-ROLE.jsonl."""
    return directory / f"{clock.now():%Y-%m-%d}-{role}.jsonl"


def read_trace(path: Path) -> Iterator[dict[str, Any]]:
    """The events of a trace file; a last line cut off by a crash is left out."""
    with path.open(encoding="utf-8") as file:
        for line in file:
            with contextlib.suppress(json.JSONDecodeError):
                yield json.loads(line)


def last_session(directory: Path) -> list[dict[str, Any]]:
    """What every role wrote of the last RSP session, in the order of time; without sessions, the last run."""
    events = [event for path in sorted(directory.glob("*.jsonl")) for event in read_trace(path)]
    if not events:
        return []
    events.sort(key=lambda event: (event["time"], event["run"], event["n"]))
    session = next((event["session"] for event in reversed(events) if event["session"]), "")
    if session:
        return [event for event in events if event["session"] == session]
    return [event for event in events if event["run"] == events[-1]["run"]]
