"""The life of a profile under management as one table."""

from collections import deque
from enum import StrEnum
from typing import Final

from lab.store.records import ProfileState


class ProfileEvent(StrEnum):
    """What moves a profile; the values are the types of the events that are told."""

    DOWNLOAD = "profile.downloaded"  # the bound profile package is with the LPA
    DOWNLOAD_FAILED = "profile.download_failed"
    INSTALL = "profile.installed"
    ENABLE = "profile.enabled"
    DISABLE = "profile.disabled"
    DELETE = "profile.deleted"


TRANSITIONS: Final = {
    (ProfileState.CREATED, ProfileEvent.DOWNLOAD): ProfileState.DOWNLOADED,
    (ProfileState.CREATED, ProfileEvent.DELETE): ProfileState.DELETED,
    (ProfileState.DOWNLOADED, ProfileEvent.DOWNLOAD_FAILED): ProfileState.CREATED,
    (ProfileState.DOWNLOADED, ProfileEvent.INSTALL): ProfileState.INSTALLED,
    (ProfileState.INSTALLED, ProfileEvent.ENABLE): ProfileState.ENABLED,
    (ProfileState.INSTALLED, ProfileEvent.DELETE): ProfileState.DELETED,
    (ProfileState.ENABLED, ProfileEvent.DISABLE): ProfileState.DISABLED,
    (ProfileState.DISABLED, ProfileEvent.ENABLE): ProfileState.ENABLED,
    (ProfileState.DISABLED, ProfileEvent.DELETE): ProfileState.DELETED,
}
ON_CARD: Final = frozenset({ProfileState.INSTALLED, ProfileState.ENABLED, ProfileState.DISABLED})


def after(state: ProfileState, event: ProfileEvent) -> ProfileState | None:
    """The state that follows, or None where the event isn't allowed."""
    return TRANSITIONS.get((state, event))


def way(state: ProfileState, target: ProfileState) -> tuple[ProfileEvent, ...]:
    """The shortest row of events from one state to another; LookupError if there is none."""
    found = deque([(state, tuple[ProfileEvent, ...]())])
    seen = {state}
    while found:
        at, events = found.popleft()
        if at is target:
            return events
        for (origin, event), following in TRANSITIONS.items():
            if origin is at and following not in seen:
                seen.add(following)
                found.append((following, (*events, event)))
    raise LookupError(f"nothing leads from {state} to {target}")


def on_card(state: ProfileState, present: bool, enabled: bool) -> ProfileState:
    """The state of a profile in `state` whose card says whether it has it, and whether it is enabled."""
    if enabled:
        return ProfileState.ENABLED
    if present:
        if state is ProfileState.ENABLED:
            return ProfileState.DISABLED
        return state if state in ON_CARD else ProfileState.INSTALLED
    if state in ON_CARD:
        return ProfileState.DELETED
    return ProfileState.CREATED if state is ProfileState.DOWNLOADED else state


def diagram() -> str:
    """The table as a Mermaid state diagram, as docs show it."""
    lines = ["stateDiagram-v2", "    [*] --> CREATED"]
    lines += [f"    {state} --> {target}: {event}" for (state, event), target in TRANSITIONS.items()]
    return "\n".join(lines) + "\n"
