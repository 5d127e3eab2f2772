"""The trace of one scenario: the format of docs/trace.md, byte-identical on every run with one seed.

No wall-clock durations, no thread: events are numbered and encoded in the order in which they happen.
"""

import json
from typing import Any, Final

from lab.trace_encoding import Encoder
from wire.ports import Clock

_NOT_REPEATABLE: Final = frozenset({"duration_ms", "peer"})


class Recorder:
    """Keeps the encoded events of one scenario; `role(name)` is the `Trace` port to hand out."""

    enabled = True

    def __init__(self, run: str, clock: Clock, reveal: frozenset[str] = frozenset()) -> None:
        self.events: list[dict[str, Any]] = []
        self._run = run
        self._clock = clock
        self._encoder = Encoder(reveal)
        self._session = ""

    def role(self, role: str, without: frozenset[str] = frozenset()) -> "RoleRecorder":
        """A port that records as this role, except for these kinds."""
        return RoleRecorder(self, role, without)

    def note(self, role: str, kind: str, session: str, fields: dict[str, Any]) -> None:
        """Encode one event and keep it; one without a session gets the one under way."""
        self._session = session or self._session
        kept = {name: value for name, value in fields.items() if name not in _NOT_REPEATABLE}
        event = {
            "n": len(self.events) + 1,
            "run": self._run,
            "time": self._clock.now().isoformat(timespec="microseconds").replace("+00:00", "Z"),
            "role": role,
            "session": self._session,
            "kind": kind,
        }
        self.events.append(event | self._encoder.encode(kind, role, kept))

    def lines(self) -> str:
        """The trace as JSON Lines."""
        return "".join(json.dumps(event, ensure_ascii=False) + "\n" for event in self.events)


class RoleRecorder:
    """One role's view of a `Recorder`; a `wire.ports.Trace`."""

    def __init__(self, recorder: Recorder, role: str, without: frozenset[str]) -> None:
        self._recorder = recorder
        self._role = role
        self._without = without

    def record(self, kind: str, session: str, **fields: object) -> None:
        if kind not in self._without:
            self._recorder.note(self._role, kind, session, dict(fields))
