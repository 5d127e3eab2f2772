"""An order that has ended answers like every dead Matching ID: only the call that finds the reason hears it.

Spec: SGP.22 v2.5 sections 5.6.3 (status codes), 3.1.6 (Error)
"""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from smdp.core.states import State
from smdp.store.outbox import SqlOutbox
from tests.support.smdp_world import EID, EID2, START, World
from wire.codes import ES9P, FunctionRefused, StatusCode

AUTH, GET = ES9P.AUTHENTICATE_CLIENT, ES9P.GET_BOUND_PROFILE_PACKAGE
EXPIRED = {"expires_at": START - timedelta(seconds=1)}
SPENT = {"download_attempts": 3, "download_limit": 3}
LAST_CODE = {"code": "1234", "confirmation_failures": 2}


def code_of(call: Callable[[], object]) -> StatusCode:
    with pytest.raises(FunctionRefused) as refused:
        call()
    return refused.value.status_code


def wrong_code(world: World) -> object:
    euicc = world.euicc()
    return world.server.get_bound_profile_package(euicc.prepare(world.authenticate(euicc), "4321"))


def comes(world: World) -> object:
    return world.authenticate(world.euicc())


@pytest.mark.parametrize("state", [State.RELEASED, State.DOWNLOADED])
@pytest.mark.parametrize(
    ("order", "ending", "code"),
    [
        (EXPIRED, comes, AUTH.DOWNLOAD_ORDER_EXPIRED),
        (SPENT, comes, AUTH.DOWNLOAD_ATTEMPTS_EXCEEDED),
        (LAST_CODE, wrong_code, GET.CONFIRMATION_CODE_RETRIES_EXCEEDED),
    ],
)
def test_the_next_ones_hear_that_the_matching_id_is_dead(
    tmp_path: Path, order: dict[str, Any], ending: Callable[[World], object], code: StatusCode, state: State
) -> None:
    world = World(tmp_path)
    world.profile()
    world.order(**order, state=state, smds_address="smds.example.com", eid=EID)
    assert code_of(lambda: ending(world)) == code
    ended, told = world.now(), SqlOutbox(world.store).messages()
    assert ended.state is State.ERROR
    for eid in (EID, EID, EID2):
        assert code_of(lambda eid=eid: world.authenticate(world.euicc(eid))) == AUTH.MATCHING_ID_REFUSED
    assert (world.now(), SqlOutbox(world.store).messages()) == (ended, told)


@pytest.mark.parametrize(
    ("order", "code"), [(EXPIRED, AUTH.DOWNLOAD_ORDER_EXPIRED), (SPENT, AUTH.DOWNLOAD_ATTEMPTS_EXCEEDED)]
)
def test_a_reusable_order_answers_the_same_each_time(tmp_path: Path, order: dict[str, Any], code: StatusCode) -> None:
    world = World(tmp_path)
    world.profile()
    before = world.order(**order, reusable=True)
    assert [code_of(lambda: comes(world)) for _ in range(3)] == [code] * 3
    assert world.now()._replace(version=0) == before._replace(version=0)


def test_a_dead_matching_id_may_be_given_again(tmp_path: Path) -> None:
    """What a new order says counts, whatever became of the one before."""
    world = World(tmp_path)
    world.profile("89001012345678901234")
    world.order(**EXPIRED)
    assert code_of(lambda: comes(world)) == AUTH.DOWNLOAD_ORDER_EXPIRED
    world.profile("89001012345678901242")
    world.order(order_id="second", iccid="89001012345678901242")
    world.download(world.euicc())
    assert world.now("second").state is State.INSTALLED
