"""Which RSP sessions the lab's trace files hold. Files are read once, and then as far as they have grown."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from lab.console.refusals import refused, refused_by_card

Event = dict[str, Any]
KEPT_SESSIONS = 1000


@dataclass(slots=True)
class SessionSummary:
    """What the trace tells of a session at a glance; times as in the trace."""

    session: str
    began: str
    ended: str
    roles: set[str] = field(default_factory=set)
    functions: list[str] = field(default_factory=list)
    good: int = 0
    bad: int = 0
    refused: str = ""
    events: int = 0
    places: list[tuple[Path, int, int]] = field(default_factory=list, repr=False)

    @property
    def duration_ms(self) -> int:
        """From the first to the last event."""
        return round((datetime.fromisoformat(self.ended) - datetime.fromisoformat(self.began)).total_seconds() * 1000)


class TraceIndex:
    """Sessions by their transactionId, the newest first."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._read: dict[Path, tuple[int, int]] = {}  # inode, and how far
        self._sessions: dict[str, SessionSummary] = {}
        self._lock = threading.Lock()

    def sessions(self) -> list[SessionSummary]:
        """Every session that is remembered, the newest first."""
        with self._lock:
            self._refresh()
            return sorted(self._sessions.values(), key=lambda summary: summary.began, reverse=True)

    def summary(self, session: str) -> SessionSummary | None:
        """One session."""
        with self._lock:
            self._refresh()
            return self._sessions.get(session)

    def events(self, session: str) -> list[Event]:
        """Everything that every role wrote of a session, in the order of time."""
        summary = self.summary(session)
        if summary is None:
            return []
        events = list(_lines(summary.places))
        events.sort(key=lambda event: (event["time"], event["run"], event["n"]))
        return events

    def _refresh(self) -> None:
        for path in sorted(self._directory.glob("*.jsonl")):
            now = path.stat()
            inode, at = self._read.get(path, (now.st_ino, 0))
            if now.st_size < at or now.st_ino != inode:  # another file under the same name: the lab was made anew
                self._forget(path)
                at = 0
            if now.st_size > at:
                self._read[path] = now.st_ino, self._take(path, at)
        surplus = len(self._sessions) - KEPT_SESSIONS
        if surplus > 0:
            oldest = sorted(self._sessions, key=lambda name: self._sessions[name].began)[:surplus]
            for name in oldest:
                del self._sessions[name]

    def _forget(self, path: Path) -> None:
        for name, summary in list(self._sessions.items()):
            if any(place[0] == path for place in summary.places):
                del self._sessions[name]

    def _take(self, path: Path, at: int) -> int:
        with path.open("rb") as file:
            file.seek(at)
            for line in file:
                if not line.endswith(b"\n"):
                    break  # still being written
                self._note(path, at, line)
                at += len(line)
        return at

    def _note(self, path: Path, at: int, line: bytes) -> None:
        try:
            event = json.loads(line)
        except ValueError:
            return
        session = event.get("session")
        if not session:
            return
        summary = self._sessions.get(session)
        if summary is None:
            summary = self._sessions[session] = SessionSummary(session, event["time"], event["time"])
        summary.places.append((path, at, len(line)))
        summary.events += 1
        summary.began, summary.ended = min(summary.began, event["time"]), max(summary.ended, event["time"])
        summary.roles.add(event["role"])
        if event["kind"] == "verdict":
            if event["ok"]:
                summary.good += 1
            else:
                summary.bad += 1
        elif event["kind"] == "http":
            if event["direction"] == "request" and event["function"] not in summary.functions:
                summary.functions.append(event["function"])
            code = refused(event)
            summary.refused = summary.refused or (
                code.pair if code else refused_by_card(event.get("decoded")).partition(":")[0]
            )
        elif event["kind"] == "apdu":
            summary.refused = summary.refused or refused_by_card(event.get("pdu")).partition(":")[0]


def _lines(places: list[tuple[Path, int, int]]) -> Iterator[Event]:
    by_path: dict[Path, list[tuple[int, int]]] = {}
    for path, at, length in places:
        by_path.setdefault(path, []).append((at, length))
    for path, spans in by_path.items():
        with path.open("rb") as file:
            for at, length in spans:
                file.seek(at)
                yield json.loads(file.read(length))
