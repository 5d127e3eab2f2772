"""Events of expired orders are withdrawn even if nobody asks for the order."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from smdp.core.messages import Function
from smdp.core.states import State
from smdp.store.outbox import SqlOutbox
from tests.support.smdp_world import EID, START, World
from wire.codes import ES9P, FunctionRefused

EXPIRED = {"eid": EID, "smds_address": "smds.example.com", "expires_at": START}


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path)
    world.profile()
    return world


def told(world: World) -> list[Function]:
    return [one.function for one in SqlOutbox(world.store).messages()]


@pytest.mark.parametrize("state", [State.RELEASED, State.DOWNLOADED])
def test_the_event_is_withdrawn_once_and_the_order_says_that_it_has_expired(world: World, state: State) -> None:
    world.order(**EXPIRED, state=state)
    for _ in range(2):
        world.server.keep_house()
        assert told(world) == [Function.DELETE_EVENT]
    assert world.now().state is state
    with pytest.raises(FunctionRefused) as refused:
        world.authenticate(world.euicc())
    assert refused.value.status_code is ES9P.AUTHENTICATE_CLIENT.DOWNLOAD_ORDER_EXPIRED
    assert told(world) == [Function.DELETE_EVENT]


@pytest.mark.parametrize(
    "change",
    [
        {"expires_at": START + timedelta(seconds=1)},
        {"expires_at": None},
        {"smds_address": None},
        {"state": State.CONFIRMED},
        {"state": State.INSTALLED},
        {"state": State.ERROR},
    ],
)
def test_all_others_keep_theirs(world: World, change: dict[str, Any]) -> None:
    before = world.order(**(EXPIRED | change))
    world.server.keep_house()
    assert told(world) == []
    assert world.now() == before
