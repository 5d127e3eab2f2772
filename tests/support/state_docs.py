"""`python -m tests.support.state_docs` writes docs/states.md from the tables that the servers go by."""

import sys
from pathlib import Path

from smdp.core.messages import MessageState
from smdp.core.records import SessionState
from smdp.core.states import DOWNLOADABLE, ENDED, MATCHABLE, TRANSITIONS, Event, State, diagram
from wire.codes import CANCEL_REASONS

PATH = Path(__file__).parents[2] / "docs" / "states.md"
_SESSIONS = """\
stateDiagram-v2
    [*] --> Initiated: InitiateAuthentication
    Initiated --> Authenticated: AuthenticateClient
    Initiated --> Closed: AuthenticateClient refused
    Authenticated --> Bound: GetBoundProfilePackage
    Authenticated --> Closed: GetBoundProfilePackage refused, CancelSession
    Bound --> Bound: GetBoundProfilePackage once more, the same request
    Bound --> Closed: CancelSession, ProfileInstallationResult
"""
_ENDINGS = """\
An order that has ended is in Error, and its Matching ID is dead like a used one: 8.2.6/3.8. Only the call that finds
the reason hears it. Expiry and used-up download attempts are found by the next AuthenticateClient, so an order may stay
Released for long after its time; its event at the SM-DS is withdrawn all the same.

| found | by | that call hears | every later AuthenticateClient |
|---|---|---|---|
| order expired | AuthenticateClient, GetBoundProfilePackage | 8.8.5/4.10 | 8.2.6/3.8 |
| download attempts used up | AuthenticateClient | 8.8.5/6.4 | 8.2.6/3.8 |
| Confirmation Code attempts used up | GetBoundProfilePackage, with the last wrong code | 8.2.7/6.4 | 8.2.6/3.8 |

A reusable order never ends: it answers the same each time.
"""
_OUTBOX = """\
stateDiagram-v2
    [*] --> Waiting: the change it follows from is committed
    Waiting --> Waiting: not acknowledged, retried later
    Waiting --> Done: acknowledged
    Waiting --> Dead: refused, or given up after a day
    Dead --> Waiting: rsplab outbox retry
    Done --> [*]
"""
_HELD = """\
- every (state, event) pair: `tests/unit/test_smdp_states.py`
- every status code of the registry, with what provokes it: `python -m tests.support.rows_reached` (rows that no test
  reaches: none)
- random walks of several threads on SQLite and PostgreSQL: `tests/e2e/test_smdp_races.py`
- `rsplab serve` killed (SIGKILL) at random points of 500 downloads: `python -m tests.support.killing 500` (of some:
  `tests/e2e/test_orders_killed.py`); every order, and what its operator is told, has to be what the eUICC says
"""


def text() -> str:
    """The whole file."""
    return "\n".join(
        [
            "# States",
            "",
            "Written from the tables in the code by `python -m tests.support.state_docs`; a test says if it is old.",
            "",
            "## Orders and their profiles",
            "",
            "One table, `smdp/core/states.py`: every change of an order is one transaction, and what the table",
            "lacks is refused. A reusable order never moves.",
            "",
            "```mermaid",
            diagram().rstrip(),
            "```",
            "",
            *_states(),
            "",
            "The table as a whole; empty cells are refused.",
            "",
            *_matrix(),
            "",
            "## How an order ends, and who hears of it",
            "",
            _ENDINGS.rstrip(),
            "",
            "## CancelSession",
            "",
            "Which reasons end the order, and what its operator is told (ES2+.HandleDownloadProgressInfo).",
            "",
            "| reason | name | ends the order | operator |",
            "|---|---|---|---|",
            *_cancel_reasons(),
            "| any other | as 127 | yes | 8/4.2 |",
            "",
            "## RSP sessions",
            "",
            "```mermaid",
            _SESSIONS.rstrip(),
            "```",
            "",
            "## Messages of the outbox",
            "",
            "```mermaid",
            _OUTBOX.rstrip(),
            "```",
            "",
            "## How it is held",
            "",
            _HELD.rstrip(),
            "",
        ]
    )


def _cancel_reasons() -> list[str]:
    return [
        f"| {reason} | {one.name} | {'yes' if one.terminal else 'no'} | {one.status.pair if one.status else '-'} |"
        for reason, one in CANCEL_REASONS.items()
    ]


def _states() -> list[str]:
    lines = ["| state | downloadable | Matching ID taken | holds its profile |", "|---|---|---|---|"]
    for state in State:
        columns = (state in DOWNLOADABLE, state in MATCHABLE, state not in ENDED)
        lines.append(f"| {state} | " + " | ".join("yes" if yes else "no" for yes in columns) + " |")
    return lines


def _matrix() -> list[str]:
    rows = (
        f"| {event} | " + " | ".join(TRANSITIONS.get((state, event), "") for state in State) + " |" for event in Event
    )
    return ["| event | " + " | ".join(State) + " |", "|---" * (len(State) + 1) + "|", *rows]


def named_states(mermaid: str) -> set[str]:
    """The states that a diagram shows."""
    arrows = [line.partition(":")[0].split("-->") for line in mermaid.splitlines() if "-->" in line]
    return {part.strip() for arrow in arrows for part in arrow} - {"[*]"}


def complete() -> bool:
    """True if the hand-drawn diagrams have exactly the states of the code."""
    return named_states(_SESSIONS) == set(SessionState) and named_states(_OUTBOX) == set(MessageState)


if __name__ == "__main__":
    PATH.write_text(text(), "utf-8")
    sys.stdout.write(f"written: {PATH}\n")
