"""The state of an order, found out as its eUICC and its operator can, is the one that the server keeps inside."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from scenarios.grounds import DEFAULT_CLOCK, EID, Grounds
from scenarios.ics import Ics
from scenarios.model import REGISTRY
from scenarios.parties.observer import Observer
from scenarios.parties.smdp import Ordered
from scenarios.ports import StageClock
from scenarios.recorder import Recorder
from scenarios.selection import select
from scenarios.stage import Stage
from wire.es10 import CancelSessionReason

Making = Callable[[Stage], Ordered]


def rejected(s: Stage) -> Ordered:
    order = s.smdp.order()
    s.session().reach("authenticated", order).cancel(CancelSessionReason.endUserRejection)
    return order


def downloaded(s: Stage, eid: str | None = None) -> Ordered:
    order = s.smdp.order(eid=eid)
    s.session().reach("bound", order)
    return order


def installed(s: Stage) -> Ordered:
    order = s.smdp.order()
    s.session().download(order)
    return order


def cancelled(s: Stage, final: str) -> Ordered:
    order = s.smdp.order()
    s.smdp.es2("cancelOrder", iccid=str(order.iccid), finalProfileStatusIndicator=final)
    return order


MAKINGS: dict[str, tuple[str, Making]] = {
    "allocated": ("Allocated", lambda s: s.smdp.order(confirm=False)),
    "linked": ("Linked", lambda s: s.smdp.order(eid=EID, confirm=False)),
    "confirmed": ("Confirmed", lambda s: s.smdp.order(release=False)),
    "released": ("Released", lambda s: s.smdp.order()),
    "released for one eUICC": ("Released", lambda s: s.smdp.order(eid=EID)),
    "released with a code": ("Released", lambda s: s.smdp.order(confirmation_code="4711")),
    "downloaded": ("Downloaded", downloaded),
    "downloaded, for one eUICC": ("Downloaded", lambda s: downloaded(s, EID)),
    "installed": ("Installed", installed),
    "rejected": ("Error", rejected),
    "cancelled": ("Available", lambda s: cancelled(s, "Available")),
}


@pytest.fixture(scope="module")
def grounds() -> Grounds:
    select([])
    return Grounds("1", DEFAULT_CLOCK, Ics())


@contextmanager
def staged(grounds: Grounds) -> Iterator[Stage]:
    clock = StageClock(DEFAULT_CLOCK)
    scenario = REGISTRY["smdp.es9.package.nominal"]
    stage = Stage(grounds, scenario, Recorder(scenario.id, clock, grounds.reveal), clock)
    try:
        yield stage
    finally:
        stage.close()


@pytest.mark.parametrize("making", MAKINGS)
def test_what_is_seen_from_outside_is_what_is_inside(grounds: Grounds, making: str) -> None:
    expected, make = MAKINGS[making]
    with staged(grounds) as s:
        order = make(s)
        assert s.smdp.state(order) == expected
        assert Observer(s.smdp, lambda eid: s.session(eid=eid)).state(order) == expected


def test_a_withdrawn_profile_is_like_an_installed_one(grounds: Grounds) -> None:
    with staged(grounds) as s:
        order = cancelled(s, "Unavailable")
        assert Observer(s.smdp, lambda eid: s.session(eid=eid)).state(order) == "Installed"


@pytest.mark.parametrize("making", ["released", "released with a code", "downloaded"])
def test_released_and_downloaded_orders_are_left_as_they_are(grounds: Grounds, making: str) -> None:
    expected, make = MAKINGS[making]
    with staged(grounds) as s:
        order = make(s)
        for _ in range(12):  # more often than attempts are allowed
            assert Observer(s.smdp, lambda eid: s.session(eid=eid)).state(order) == expected
        s.session().download(order)
        assert s.smdp.state(order) == "Installed"
