"""What runs where, what is going on, how it goes, and what went wrong last."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from lab.console.visit import Page, PageRoute, Reply, Visit
from lab.directory import Bound, RunningServer
from lab.store import schema
from lab.store.ledger import table_of
from lab.store.records import ENDED, Operation, OperationKind, OperationState
from smdp.core.records import SessionState
from smdp.store.rows import microseconds
from smdp.store.schema import sessions as rsp_sessions
from wire import codes
from wire.codes import StatusCode

_operations = table_of(Operation).c
_OPEN = _operations.state.not_in([state.value for state in ENDED])
_LIVE_FOR = timedelta(minutes=10)
_NAMES = {
    "es9+": "SM-DP+ for LPAs",
    "es2+": "SM-DP+ for operators (mutual TLS)",
    "es11": "SM-DS for LPAs",
    "es12": "SM-DS for SM-DP+ (mutual TLS)",
    "api": "Management API and console",
}


@dataclass(frozen=True, slots=True)
class Rate:
    """How a kind of operation has gone."""

    name: str
    succeeded: int
    failed: int

    @property
    def total(self) -> int:
        """Ended with either."""
        return self.succeeded + self.failed

    @property
    def percent(self) -> int:
        """Of those that ended; 0 if none has."""
        return round(100 * self.succeeded / self.total) if self.total else 0


@dataclass(frozen=True, slots=True)
class Trouble:
    """A failed operation with what is known about it; row: the registry's, where RSP refused."""

    operation: Operation
    code: str
    message: str
    row: StatusCode | None
    explanation: dict[str, str]


def overview(visit: Visit) -> Reply:
    """`/`."""
    management, lab = visit.context.management, visit.lab
    server = lab.running_server()
    with management.ledger.reading() as reading:
        running = reading.find(Operation, _OPEN, limit=20, newest_first=True)
        failed = reading.find(Operation, _operations.state == OperationState.FAILED, limit=5, newest_first=True)
        ended = select(_operations.kind, _operations.state, func.count()).group_by(_operations.kind, _operations.state)
        counts = {(kind, state): number for kind, state, number in reading.connection.execute(ended)}
        states = select(schema.profiles.c.state, func.count()).group_by(schema.profiles.c.state)
        profiles = {str(state): int(number) for state, number in reading.connection.execute(states)}
        devices = reading.connection.execute(select(func.count()).select_from(schema.devices)).scalar_one()
        since = microseconds(lab.clock.now() - _LIVE_FOR)
        open_sessions = select(rsp_sessions.c.transaction_id, rsp_sessions.c.state, rsp_sessions.c.eid).where(
            rsp_sessions.c.state != SessionState.CLOSED.value, rsp_sessions.c.created_at >= since
        )
        waiting = [_session(row._mapping) for row in reading.connection.execute(open_sessions)]
    values = {
        "title": "Overview",
        "address": lab.public_address(),
        "lab_path": str(lab.path.absolute()),
        "listeners": _listeners(server),
        "pid": server.pid if server else None,
        "running": running,
        "waiting": waiting,
        "rates": [_rate(kind, counts) for kind in OperationKind],
        "troubles": [trouble_of(operation) for operation in failed],
        "sessions": visit.context.traces.sessions()[:5],
        "profiles": profiles,
        "devices": devices,
        "cards": len(lab.card_names()),
    }
    return Page("overview.html", values)


def trouble_of(operation: Operation) -> Trouble:
    """The error of a failed operation, explained."""
    error = operation.error or {}
    details: dict[str, Any] = error.get("details") or {}
    row = None
    if details.get("subjectCode"):
        row = codes.explain(str(details["subjectCode"]), str(details["reasonCode"]), details.get("function"))
    explanation = {str(name): str(text) for name, text in (details.get("explanation") or {}).items()}
    return Trouble(operation, str(error.get("error", "")), str(error.get("message", "")), row, explanation)


def _listeners(server: RunningServer | None) -> list[tuple[str, Bound]]:
    if server is None:
        return []
    listeners = [*server.listeners, *([server.api] if server.api else [])]
    return [(_NAMES.get(one.interface, one.interface), one) for one in listeners]


def _rate(kind: OperationKind, counts: dict[tuple[str, str], int]) -> Rate:
    return Rate(
        kind.value.capitalize(),
        counts.get((kind.value, OperationState.SUCCEEDED.value), 0),
        counts.get((kind.value, OperationState.FAILED.value), 0),
    )


def _session(row: Any) -> dict[str, str]:
    return {"session": bytes(row["transaction_id"]).hex().upper(), "state": str(row["state"]), "eid": str(row["eid"])}


ROUTES = (PageRoute("GET", "/", "operations:read", overview),)
