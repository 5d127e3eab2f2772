"""HandleNotification: acted upon only when the right eUICC signed it, and only once."""

from collections.abc import Callable
from pathlib import Path

import pytest

from smdp.core.states import State
from tests.support.mini_euicc import DELETE, DISABLE, ENABLE, MiniEuicc
from tests.support.smdp_world import EID, EID2, ICCID, World
from wire.ids import Iccid
from wire.json_es9 import HandleNotificationRequest

EF_ICCID = Iccid(ICCID).ef
Lie = Callable[[World, MiniEuicc], HandleNotificationRequest]


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path)
    world.profile()
    world.order()
    return world


def runtime_state(world: World, eid: str = EID) -> str | None:
    installation = world.store.installation(ICCID, eid)
    return None if installation is None else installation.state


LIES: dict[str, Lie] = {
    "signed by another eUICC": lambda w, e: e.result(key=w.euicc(EID2).key),
    "of a session that never was": lambda _, e: e.result(tid=b"\x07" * 16),
    "of another SM-DP+": lambda _, e: e.result(oid=b"\x88\x37\x63"),
    "of another profile": lambda _, e: e.result(iccid=Iccid("89001012345678901242").ef),
    "no notification": lambda _w, _e: HandleNotificationRequest(pendingNotification=b"\xbf\x37\x00"),
    "no TLV": lambda _w, _e: HandleNotificationRequest(pendingNotification=b"\xff"),
    "an ICCID that is none": lambda _, e: e.result(iccid=b"\xab" * 10),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_result_that_cannot_be_verified_is_a_security_event_and_nothing_else(world: World, lie: str) -> None:
    euicc = world.euicc()
    world.bind(euicc)
    before = world.now()
    world.server.handle_notification(LIES[lie](world, euicc))
    assert world.now() == before
    assert runtime_state(world) is None
    assert len(world.trace.of("security")) == 1


def test_a_result_before_the_package_is_ignored(world: World) -> None:
    euicc = world.euicc()
    euicc.prepare(world.authenticate(euicc))
    world.server.handle_notification(euicc.result())
    assert world.now().state is State.RELEASED
    assert len(world.trace.of("security")) == 1


def test_duplicates_are_harmless(world: World) -> None:
    euicc = world.euicc()
    world.bind(euicc)
    result = euicc.result()
    world.server.handle_notification(result)
    installed = world.now()
    world.server.handle_notification(result)
    world.restart()
    world.server.handle_notification(result)
    assert world.now() == installed
    assert not world.trace.of("security")


def test_a_result_may_come_long_after_the_session(world: World) -> None:
    euicc = world.euicc()
    world.bind(euicc)
    world.clock.advance(days=40)
    world.restart()
    world.server.forget_stale_sessions()
    world.server.handle_notification(euicc.result())
    assert world.now().state is State.INSTALLED


@pytest.mark.parametrize("error", [(0, 2), (5, 12), (5, 9), (2, 15), (5, 31), (5, 127)])
def test_a_permanent_failure_ends_the_order(world: World, error: tuple[int, int]) -> None:
    euicc = world.euicc()
    world.bind(euicc)
    world.server.handle_notification(euicc.result(error=error))
    assert world.now().state is State.ERROR
    assert runtime_state(world) is None


def test_installed_is_never_downgraded(world: World) -> None:
    euicc = world.euicc(keep_otsk=False)
    world.bind(euicc)
    late_failure = euicc.result(error=(5, 12))
    world.bind(euicc)
    world.server.handle_notification(euicc.result())
    world.server.handle_notification(late_failure)
    assert world.now().state is State.INSTALLED


def test_the_failure_of_an_earlier_binding_leaves_the_later_one_alone(world: World) -> None:
    euicc = world.euicc(keep_otsk=False)
    world.bind(euicc)
    late_failure = euicc.result(error=(5, 12))
    world.bind(euicc)
    world.server.handle_notification(late_failure)
    assert world.now().state is State.DOWNLOADED


def test_success_of_an_earlier_binding_counts(world: World) -> None:
    euicc = world.euicc(keep_otsk=False)
    world.bind(euicc)
    late_success = euicc.result()
    world.bind(euicc)
    world.server.handle_notification(late_success)
    assert world.now().state is State.INSTALLED


def test_the_profiles_life_after_installation(world: World) -> None:
    euicc = world.euicc()
    world.download(euicc)
    for operation, state in ((ENABLE, "Enabled"), (DISABLE, "Disabled"), (DELETE, "Deleted")):
        world.server.handle_notification(euicc.notification(operation, EF_ICCID))
        assert runtime_state(world) == state
    assert world.now().state is State.INSTALLED  # the Matching ID stays dead


def test_an_older_event_does_not_undo_a_newer_one(world: World) -> None:
    euicc = world.euicc()
    world.download(euicc)
    enabled = euicc.notification(ENABLE, EF_ICCID)
    disabled = euicc.notification(DISABLE, EF_ICCID)
    world.server.handle_notification(disabled)
    world.server.handle_notification(enabled)
    assert runtime_state(world) == "Disabled"


def test_a_notification_needs_no_session_and_no_order(world: World) -> None:
    world.server.handle_notification(world.euicc(EID2, "BRP").notification(ENABLE, EF_ICCID))
    assert runtime_state(world, EID2) == "Enabled"


def test_a_notification_to_our_address_with_a_port(world: World) -> None:
    world.server.handle_notification(world.euicc().notification(ENABLE, EF_ICCID, "SMDP.example.com:8443"))
    assert runtime_state(world) == "Enabled"


NOTIFICATION_LIES: dict[str, Lie] = {
    "signed with another key": lambda w, e: swapped_key(w, e).notification(ENABLE, EF_ICCID),
    "to another address": lambda _, e: e.notification(ENABLE, EF_ICCID, "other.example.com"),
    "two operations at once": lambda _, e: e.notification("04F0", EF_ICCID),
    "a chain nobody trusts": lambda w, e: swapped_eum(w, e).notification(ENABLE, EF_ICCID),
}


def swapped_key(world: World, euicc: MiniEuicc) -> MiniEuicc:
    euicc.key = world.euicc(EID2).key
    return euicc


def swapped_eum(world: World, euicc: MiniEuicc) -> MiniEuicc:
    euicc.eum_certificate = world.pki.eum("BRP").certificate
    return euicc


@pytest.mark.parametrize("lie", NOTIFICATION_LIES)
def test_a_notification_that_cannot_be_verified_is_ignored(world: World, lie: str) -> None:
    world.server.handle_notification(NOTIFICATION_LIES[lie](world, world.euicc()))
    assert runtime_state(world) is None
    assert len(world.trace.of("security")) == 1
