"""Results and notifications that come in another order than they were made."""

from pathlib import Path

import pytest

from smdp.core.es2 import Es2
from smdp.core.states import State
from tests.support.mini_euicc import MiniEuicc
from tests.support.smdp_world import EID, ICCID, World
from tests.support.tlv_by_hand import dig
from wire.codes import FunctionRefused
from wire.ids import Iccid
from wire.json_es2 import CancelOrderRequest, DownloadOrderRequest
from wire.json_header import RequestHeader


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path)
    world.profile()
    world.order()
    return world


def bound(world: World) -> MiniEuicc:
    euicc = world.euicc()
    euicc.open(world.bind(euicc))
    return euicc


def header(call: str) -> RequestHeader:
    return RequestHeader(functionRequesterIdentifier="op", functionCallIdentifier=call)


def test_the_result_after_the_enable_notification(world: World) -> None:
    euicc = bound(world)
    result = euicc.result()
    enabled = euicc.notification("0640", dig(euicc.metadata, "BF25", "5A"))
    world.server.handle_notification(enabled)
    world.server.handle_notification(result)
    installation = world.store.installation(ICCID, EID)
    assert installation is not None
    assert installation.state == "Enabled"
    assert world.now().state is State.INSTALLED


@pytest.mark.parametrize("succeeded", [True, False])
def test_a_result_after_the_order_was_cancelled(world: World, succeeded: bool) -> None:
    """The device rejected, the operator took the profile back; then the eUICC says that it is installed after all."""
    euicc = bound(world)
    result = euicc.result(error=None if succeeded else (5, 12))
    world.server.cancel_session(euicc.cancel(5))
    assert world.now().state is State.ERROR
    es2 = Es2(world.server.ports)
    es2.cancel_order(
        CancelOrderRequest(header=header("1"), iccid=Iccid(ICCID), finalProfileStatusIndicator="Available")
    )
    world.server.handle_notification(result)
    order_again = DownloadOrderRequest(header=header("2"), iccid=Iccid(ICCID))
    if succeeded:
        with pytest.raises(FunctionRefused) as refused:
            es2.download_order(order_again)
        assert refused.value.status_code.pair == "8.2.1/3.3"
    else:
        assert es2.download_order(order_again).iccid == ICCID
    profile = world.store.profile(ICCID)
    assert profile is not None
    assert profile.state is (State.UNAVAILABLE if succeeded else State.AVAILABLE)
    assert world.now().state is State.AVAILABLE
