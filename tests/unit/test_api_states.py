"""The life of a profile under management, over every pair of state and event."""

import pytest

from lab.managers.states import ON_CARD, TRANSITIONS, ProfileEvent, after, diagram, on_card, way
from lab.store.records import ProfileState

C, L, IN, E, D, X = ProfileState
_WANTED = {
    ProfileEvent.DOWNLOAD: {C: L},
    ProfileEvent.DOWNLOAD_FAILED: {L: C},
    ProfileEvent.INSTALL: {L: IN},
    ProfileEvent.ENABLE: {IN: E, D: E},
    ProfileEvent.DISABLE: {E: D},
    ProfileEvent.DELETE: {C: X, IN: X, D: X},
}


@pytest.mark.parametrize("event", ProfileEvent)
@pytest.mark.parametrize("state", ProfileState)
def test_every_pair(state: ProfileState, event: ProfileEvent) -> None:
    assert after(state, event) == _WANTED[event].get(state)


def test_nothing_comes_after_deletion() -> None:
    assert not [event for state, event in TRANSITIONS if state is X]


@pytest.mark.parametrize(
    ("state", "target", "wanted"),
    [
        (C, E, ["profile.downloaded", "profile.installed", "profile.enabled"]),
        (E, X, ["profile.disabled", "profile.deleted"]),
        (D, D, []),
    ],
)
def test_the_way_goes_step_by_step(state: ProfileState, target: ProfileState, wanted: list[str]) -> None:
    assert list(way(state, target)) == wanted


def test_no_way_out_of_deletion() -> None:
    with pytest.raises(LookupError):
        way(X, C)


@pytest.mark.parametrize("state", [state for state in ProfileState if state is not X])
@pytest.mark.parametrize(("present", "enabled"), [(False, False), (True, False), (True, True)])
def test_what_the_card_says_can_be_reached_and_does_not_contradict_it(
    state: ProfileState, present: bool, enabled: bool
) -> None:
    truth = on_card(state, present, enabled)
    way(state, truth)
    assert (truth in ON_CARD) == present
    assert (truth is E) == enabled


def test_the_diagram_has_every_transition() -> None:
    assert diagram().count("-->") == len(TRANSITIONS) + 1
