"""The life of an order and its profile as one table.

Spec: SGP.22 v2.5 section 3.1.6 (profile states on the SM-DP+) with the triggers of ES2+ and ES9+.
"""

from enum import StrEnum
from typing import Final


class State(StrEnum):
    """State of a profile and of the order that holds it."""

    AVAILABLE = "Available"
    ALLOCATED = "Allocated"
    LINKED = "Linked"
    CONFIRMED = "Confirmed"
    RELEASED = "Released"
    DOWNLOADED = "Downloaded"
    INSTALLED = "Installed"
    ERROR = "Error"
    UNAVAILABLE = "Unavailable"


class Event(StrEnum):
    """What moves an order."""

    DOWNLOAD_ORDER = "DownloadOrder without EID"
    DOWNLOAD_ORDER_WITH_EID = "DownloadOrder with EID"
    CONFIRM_ORDER = "ConfirmOrder"
    CONFIRM_AND_RELEASE = "ConfirmOrder with releaseFlag"
    RELEASE_PROFILE = "ReleaseProfile"
    BIND = "GetBoundProfilePackage"
    INSTALLED = "installation succeeded"
    INSTALLATION_FAILED = "installation failed for good"
    INSTALLATION_INTERRUPTED = "installation failed for now"
    REJECTED = "CancelSession, terminal reason"
    POSTPONED = "CancelSession, postponed or timeout"
    DOWNLOAD_ATTEMPTS_EXHAUSTED = "download attempts exhausted"
    CODE_ATTEMPTS_EXHAUSTED = "Confirmation Code attempts exhausted"
    EXPIRED = "order expired"
    CANCEL_TO_AVAILABLE = "CancelOrder Available"
    CANCEL_TO_UNAVAILABLE = "CancelOrder Unavailable"


def _table() -> dict[tuple[State, Event], State]:
    table = {
        (State.AVAILABLE, Event.DOWNLOAD_ORDER): State.ALLOCATED,
        (State.AVAILABLE, Event.DOWNLOAD_ORDER_WITH_EID): State.LINKED,
        (State.CONFIRMED, Event.RELEASE_PROFILE): State.RELEASED,
        # A late result tells what the eUICC did, whatever became of the order in the meantime.
        (State.ERROR, Event.INSTALLED): State.INSTALLED,
    }
    for state in (State.ALLOCATED, State.LINKED):
        table[state, Event.CONFIRM_ORDER] = State.CONFIRMED
        table[state, Event.CONFIRM_AND_RELEASE] = State.RELEASED
    for state in (State.RELEASED, State.DOWNLOADED):
        table[state, Event.BIND] = State.DOWNLOADED
        table[state, Event.INSTALLED] = State.INSTALLED
        table[state, Event.INSTALLATION_FAILED] = State.ERROR
        table[state, Event.INSTALLATION_INTERRUPTED] = state
        table[state, Event.REJECTED] = State.ERROR
        table[state, Event.POSTPONED] = state
        table[state, Event.DOWNLOAD_ATTEMPTS_EXHAUSTED] = State.ERROR
        table[state, Event.CODE_ATTEMPTS_EXHAUSTED] = State.ERROR
        table[state, Event.EXPIRED] = State.ERROR
    for state in (State.ALLOCATED, State.LINKED, State.CONFIRMED, State.RELEASED, State.ERROR):
        table[state, Event.CANCEL_TO_AVAILABLE] = State.AVAILABLE
        table[state, Event.CANCEL_TO_UNAVAILABLE] = State.UNAVAILABLE
    return table


TRANSITIONS: Final = _table()
DOWNLOADABLE: Final = frozenset({State.RELEASED, State.DOWNLOADED})
# A Matching ID must be unique among orders in these states; in all others it is not yet given or dead.
MATCHABLE: Final = frozenset({State.CONFIRMED, State.RELEASED, State.DOWNLOADED})
# An order in one of these states no longer holds its profile.
ENDED: Final = frozenset({State.AVAILABLE, State.UNAVAILABLE})


def after(state: State, event: Event) -> State | None:
    """The state that follows, or None where the event isn't allowed."""
    return TRANSITIONS.get((state, event))


def diagram() -> str:
    """The table as a Mermaid state diagram, as docs show it."""
    lines = ["stateDiagram-v2", "    [*] --> Available"]
    lines += [f"    {state} --> {target}: {event}" for (state, event), target in TRANSITIONS.items()]
    return "\n".join(lines) + "\n"
