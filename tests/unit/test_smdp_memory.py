"""A server goes by what it remembers of a session and its order only while that is what the database says."""

from pathlib import Path

import pytest

from smdp.core.records import Session, SessionState
from smdp.core.server import SmDpPlus
from smdp.core.states import State
from smdp.store import open_store
from smdp.store.memory import Memory
from tests.support.mini_euicc import MiniEuicc
from tests.support.smdp_world import UPP, World
from wire.codes import ES9P, FunctionRefused


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path)
    world.profile()
    world.order()
    return world


@pytest.fixture
def other(world: World) -> SmDpPlus:
    """Another process on the same database."""
    store = open_store(world.url)
    return SmDpPlus(world.settings, world.credentials, world.trust, store, world.clock, world.entropy, world.trace)


def session_of(world: World, euicc: MiniEuicc) -> Session:
    session = world.store.session(euicc.tid)
    assert session is not None
    return session


def test_calls_may_go_to_any_process(world: World, other: SmDpPlus) -> None:
    euicc = world.euicc()
    offered = other.authenticate_client(euicc.authenticate(world.initiate(euicc), "TOKEN"))
    delivered = world.server.get_bound_profile_package(euicc.prepare(offered))
    again = other.get_bound_profile_package(euicc.prepare(offered))
    assert again.boundProfilePackage == delivered.boundProfilePackage
    assert euicc.open(delivered).upp == UPP
    other.handle_notification(euicc.result())
    assert world.now().state is State.INSTALLED
    with pytest.raises(FunctionRefused) as refused:
        world.server.get_bound_profile_package(euicc.prepare(offered))
    assert refused.value.status_code == ES9P.GET_BOUND_PROFILE_PACKAGE.UNKNOWN_TRANSACTION_ID


def test_a_session_that_another_process_ended_is_over(world: World, other: SmDpPlus) -> None:
    euicc = world.euicc()
    offered = world.authenticate(euicc)
    other.cancel_session(euicc.cancel(0))
    assert session_of(world, euicc).state is SessionState.CLOSED
    with pytest.raises(FunctionRefused) as refused:
        world.server.get_bound_profile_package(euicc.prepare(offered))
    assert refused.value.status_code == ES9P.GET_BOUND_PROFILE_PACKAGE.UNKNOWN_TRANSACTION_ID


def test_an_order_that_another_process_changed_is_read_again(world: World, other: SmDpPlus) -> None:
    euicc = world.euicc()
    offered = world.authenticate(euicc)
    store = other.ports.store
    order = store.order("1")
    assert order is not None
    store.commit(order._replace(state=State.ERROR))
    with pytest.raises(FunctionRefused) as refused:
        world.server.get_bound_profile_package(euicc.prepare(offered))
    assert refused.value.status_code == ES9P.GET_BOUND_PROFILE_PACKAGE.BPP_REBINDING_REFUSED
    assert world.now().state is State.ERROR


def test_a_judgement_on_what_is_remembered_is_noted_once(world: World) -> None:
    euicc = world.euicc()
    world.bind(euicc)
    world.trace.events.clear()
    wrong = bytearray(euicc.result().pendingNotification)
    wrong[-1] ^= 1
    world.server.handle_notification(euicc.result().model_copy(update={"pendingNotification": bytes(wrong)}))
    assert [verdict["ok"] for verdict in world.trace.of("verdict")] == [False]
    assert world.now().state is State.DOWNLOADED


def test_the_oldest_is_forgotten_first() -> None:
    memory = Memory(2)
    memory.keep(("kind", 1), "a")
    memory.keep(("kind", 2), "b")
    memory.keep(("kind", 1), "c")
    memory.keep(("kind", 3), "d")
    assert [memory.known(("kind", key)) for key in (1, 2, 3)] == ["c", None, "d"]


def test_only_what_was_recalled_needs_proof() -> None:
    memory = Memory(8)
    memory.keep(("kind", 1), "a")
    memory.keep(("kind", 2), "b")
    memory.known(("kind", 1))
    assert memory.recall(("kind", 2)) == "b"
    assert memory.recall(("kind", 3)) is None
    assert memory.unproved() == {("kind", 2): "b"}
    assert memory.unproved() == {}
    memory.recall(("kind", 2))
    assert memory.unproved([("kind", 2)]) == {}
