"""The life of an order: the reference's table once more, written by hand, against every (state, event) pair."""

import itertools

import pytest

from smdp.core.states import TRANSITIONS, Event, State, after, diagram

S, E = State, Event
# server.md section 3.2, row by row; (Error, installed) is the server's own rule for results that come late.
EXPECTED = {
    (S.AVAILABLE, E.DOWNLOAD_ORDER): S.ALLOCATED,
    (S.AVAILABLE, E.DOWNLOAD_ORDER_WITH_EID): S.LINKED,
    (S.ALLOCATED, E.CONFIRM_ORDER): S.CONFIRMED,
    (S.LINKED, E.CONFIRM_ORDER): S.CONFIRMED,
    (S.ALLOCATED, E.CONFIRM_AND_RELEASE): S.RELEASED,
    (S.LINKED, E.CONFIRM_AND_RELEASE): S.RELEASED,
    (S.CONFIRMED, E.RELEASE_PROFILE): S.RELEASED,
    (S.RELEASED, E.BIND): S.DOWNLOADED,
    (S.DOWNLOADED, E.BIND): S.DOWNLOADED,
    (S.RELEASED, E.INSTALLED): S.INSTALLED,
    (S.DOWNLOADED, E.INSTALLED): S.INSTALLED,
    (S.ERROR, E.INSTALLED): S.INSTALLED,
    (S.RELEASED, E.INSTALLATION_FAILED): S.ERROR,
    (S.DOWNLOADED, E.INSTALLATION_FAILED): S.ERROR,
    (S.RELEASED, E.INSTALLATION_INTERRUPTED): S.RELEASED,
    (S.DOWNLOADED, E.INSTALLATION_INTERRUPTED): S.DOWNLOADED,
    (S.RELEASED, E.REJECTED): S.ERROR,
    (S.DOWNLOADED, E.REJECTED): S.ERROR,
    (S.RELEASED, E.POSTPONED): S.RELEASED,
    (S.DOWNLOADED, E.POSTPONED): S.DOWNLOADED,
    (S.RELEASED, E.DOWNLOAD_ATTEMPTS_EXHAUSTED): S.ERROR,
    (S.DOWNLOADED, E.DOWNLOAD_ATTEMPTS_EXHAUSTED): S.ERROR,
    (S.RELEASED, E.CODE_ATTEMPTS_EXHAUSTED): S.ERROR,
    (S.DOWNLOADED, E.CODE_ATTEMPTS_EXHAUSTED): S.ERROR,
    (S.RELEASED, E.EXPIRED): S.ERROR,
    (S.DOWNLOADED, E.EXPIRED): S.ERROR,
    (S.ALLOCATED, E.CANCEL_TO_AVAILABLE): S.AVAILABLE,
    (S.LINKED, E.CANCEL_TO_AVAILABLE): S.AVAILABLE,
    (S.CONFIRMED, E.CANCEL_TO_AVAILABLE): S.AVAILABLE,
    (S.RELEASED, E.CANCEL_TO_AVAILABLE): S.AVAILABLE,
    (S.ERROR, E.CANCEL_TO_AVAILABLE): S.AVAILABLE,
    (S.ALLOCATED, E.CANCEL_TO_UNAVAILABLE): S.UNAVAILABLE,
    (S.LINKED, E.CANCEL_TO_UNAVAILABLE): S.UNAVAILABLE,
    (S.CONFIRMED, E.CANCEL_TO_UNAVAILABLE): S.UNAVAILABLE,
    (S.RELEASED, E.CANCEL_TO_UNAVAILABLE): S.UNAVAILABLE,
    (S.ERROR, E.CANCEL_TO_UNAVAILABLE): S.UNAVAILABLE,
}


@pytest.mark.parametrize(("state", "event"), list(itertools.product(State, Event)))
def test_every_pair(state: State, event: Event) -> None:
    assert after(state, event) is EXPECTED.get((state, event))


def test_installed_is_never_left() -> None:
    assert not [event for event in Event if after(State.INSTALLED, event)]


def test_the_diagram_shows_every_transition() -> None:
    lines = diagram().splitlines()
    assert lines[0] == "stateDiagram-v2"
    assert all(f"    {a} --> {b}: {event}" in lines for (a, event), b in TRANSITIONS.items())
    assert len(lines) == 2 + len(TRANSITIONS)
