"""An answer is lost at each of the five calls; the LPA repeats the call or begins anew, and ends as if nothing was."""

from collections.abc import Callable
from pathlib import Path

import pytest

from smdp.core.settings import KeyMode
from smdp.core.states import State
from tests.support.mini_euicc import MiniEuicc
from tests.support.smdp_world import UPP, World
from wire.codes import FunctionRefused


@pytest.fixture(params=KeyMode)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> World:
    world = World(tmp_path, key_mode=request.param)
    world.profile()
    world.order(download_limit=3)
    return world


def initiation_lost(world: World, euicc: MiniEuicc) -> None:
    world.server.initiate_authentication(euicc.initiate("smdp.example.com"))


def offer_lost(world: World, euicc: MiniEuicc) -> None:
    request = euicc.authenticate(world.initiate(euicc), "TOKEN")
    world.server.authenticate_client(request)
    with pytest.raises(FunctionRefused, match=r"8\.10\.1/3\.9"):
        world.server.authenticate_client(request)


def package_lost(world: World, euicc: MiniEuicc) -> None:
    world.bind(euicc)


def package_lost_and_asked_again(world: World, euicc: MiniEuicc) -> None:
    request = euicc.prepare(world.authenticate(euicc))
    first = world.server.get_bound_profile_package(request)
    again = world.server.get_bound_profile_package(request)
    assert again == first


def cancellation_lost(world: World, euicc: MiniEuicc) -> None:
    world.bind(euicc)
    request = euicc.cancel(1)
    world.server.cancel_session(request)
    with pytest.raises(FunctionRefused, match=r"8\.10\.1/3\.9"):
        world.server.cancel_session(request)


LOSSES = [initiation_lost, offer_lost, package_lost, package_lost_and_asked_again, cancellation_lost]


@pytest.mark.parametrize("restarted", [False, True], ids=["the same server", "a restarted one"])
@pytest.mark.parametrize("keeps_key", [True, False], ids=["the same otPK", "a new otPK"])
@pytest.mark.parametrize("lose", LOSSES)
def test_before_the_installation(
    world: World, lose: Callable[[World, MiniEuicc], None], keeps_key: bool, restarted: bool
) -> None:
    euicc = world.euicc(keep_otsk=keeps_key)
    lose(world, euicc)
    if restarted:
        world.restart()
    assert world.now().state in (State.RELEASED, State.DOWNLOADED)
    assert world.download(euicc).upp == UPP
    assert world.now().state is State.INSTALLED


@pytest.mark.parametrize("times", [2, 5])
def test_the_acknowledgement(world: World, times: int) -> None:
    euicc = world.euicc()
    euicc.open(world.bind(euicc))
    result = euicc.result()
    world.server.handle_notification(result)
    after = world.now()
    for _ in range(times):
        world.restart()
        world.server.handle_notification(result)
    assert world.now() == after
    assert after.state is State.INSTALLED
