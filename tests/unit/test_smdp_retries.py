"""Retries: which bound package an eUICC gets again, what a lost answer costs, what counts as an attempt."""

from pathlib import Path

import pytest

from smdp.core.settings import KeyMode
from smdp.core.states import State
from tests.support.mini_euicc import public_point
from tests.support.smdp_world import EID, EID2, UPP, World
from wire.codes import ES9P, FunctionRefused
from wire.es10 import CancelSessionReason, ErrorReason


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path)
    world.profile()
    return world


def test_the_first_session_proposes_no_key(world: World) -> None:
    world.order()
    euicc = world.euicc()
    world.bind(euicc)
    assert euicc.proposed is None


def test_the_same_one_time_key_gets_the_same_package_under_a_new_transaction(world: World) -> None:
    world.order()
    euicc = world.euicc()
    first = world.bind(euicc)
    before, key = euicc.open(first), public_point(euicc.otsk)
    second = world.bind(euicc)
    after = euicc.open(second)
    assert euicc.proposed == key == public_point(euicc.otsk)
    assert (before.otpk_dp, before.element_tlvs) == (after.otpk_dp, after.element_tlvs)
    assert first.transactionId != second.transactionId
    assert first.boundProfilePackage != second.boundProfilePackage


@pytest.mark.parametrize("key_mode", list(KeyMode))
def test_a_new_one_time_key_gets_a_new_binding(world: World, key_mode: KeyMode) -> None:
    world.change(key_mode=key_mode)
    world.order()
    euicc = world.euicc(keep_otsk=False)
    before = euicc.open(world.bind(euicc))
    after = euicc.open(world.bind(euicc))
    assert before.otpk_dp != after.otpk_dp
    assert after.upp == UPP
    same_elements = before.element_tlvs == after.element_tlvs
    assert same_elements is (key_mode is KeyMode.PROFILE_PROTECTION_KEYS)


def test_a_package_bound_under_other_keys_of_the_server_is_not_proposed(world: World) -> None:
    world.order()
    nist, brainpool = world.pki.ci("NIST").ski, world.pki.ci("BRP").ski
    euicc = world.euicc(verification=[nist])
    world.bind(euicc)
    euicc.verification = [brainpool]
    opened = euicc.open(world.bind(euicc))
    assert euicc.proposed is None
    assert opened.upp == UPP


def test_the_answer_is_repeated_within_a_session(world: World) -> None:
    world.order()
    euicc = world.euicc()
    request = euicc.prepare(world.authenticate(euicc))
    first = world.server.get_bound_profile_package(request)
    world.restart()
    assert world.server.get_bound_profile_package(request) == first
    assert world.now().download_attempts == 1


def test_a_reusable_order_is_bound_anew_for_everybody(world: World) -> None:
    order = world.order(reusable=True)
    seen = set()
    for euicc in (world.euicc(), world.euicc(), world.euicc(EID2), world.euicc(EID2, "BRP")):
        opened = world.download(euicc)
        assert euicc.proposed is None
        assert opened.upp == UPP
        seen.add(opened.otpk_dp)
    assert len(seen) == 4
    assert world.now() == order


def test_an_order_is_bound_to_the_first_eid(world: World) -> None:
    world.order()
    world.bind(world.euicc())
    assert world.now().eid == EID
    with pytest.raises(FunctionRefused) as refused:
        world.authenticate(world.euicc(EID2))
    assert refused.value.status_code == ES9P.AUTHENTICATE_CLIENT.EID_MISMATCH


def test_after_a_wrong_code_a_new_session_may_try_again(world: World) -> None:
    world.order(code="1234")
    euicc = world.euicc()
    offered = world.authenticate(euicc)
    assert euicc is not None
    with pytest.raises(FunctionRefused):
        world.server.get_bound_profile_package(euicc.prepare(offered, "0000"))
    with pytest.raises(FunctionRefused) as refused:
        world.server.get_bound_profile_package(euicc.prepare(offered, "1234"))
    assert refused.value.status_code == ES9P.GET_BOUND_PROFILE_PACKAGE.UNKNOWN_TRANSACTION_ID
    assert world.download(euicc, code="1234").upp == UPP
    assert world.now().confirmation_failures == 0


def test_code_failures_count_across_sessions_and_restarts(world: World) -> None:
    world.order(code="1234", confirmation_limit=2)
    for failures, state in ((1, State.RELEASED), (2, State.ERROR)):
        euicc = world.euicc()
        with pytest.raises(FunctionRefused):
            world.bind(euicc, code="0000")
        world.restart()
        assert (world.now().confirmation_failures, world.now().state) == (failures, state)


def test_a_code_nobody_asked_for_is_ignored(world: World) -> None:
    world.order()
    assert world.download(world.euicc(), code="1234").upp == UPP


def test_the_flag_says_whether_a_code_is_needed(world: World) -> None:
    world.order(code="1234")
    euicc = world.euicc()
    euicc.prepare(world.authenticate(euicc))
    assert euicc.cc_required


def test_a_postponed_download_is_no_attempt(world: World) -> None:
    world.order(download_limit=1)
    euicc = world.euicc()
    for reason in (CancelSessionReason.postponed, CancelSessionReason.timeout):
        world.authenticate(euicc)
        world.server.cancel_session(euicc.cancel(reason))
        assert (world.now().state, world.now().download_attempts) == (State.RELEASED, 0)
    assert world.download(euicc).upp == UPP


@pytest.mark.parametrize(
    "reason",
    [
        CancelSessionReason.endUserRejection,
        CancelSessionReason.pprNotAllowed,
        CancelSessionReason.metadataMismatch,
        CancelSessionReason.loadBppExecutionError,
        CancelSessionReason.undefinedReason,
        99,
    ],
)
@pytest.mark.parametrize("bound", [False, True])
def test_a_terminal_reason_ends_the_order(world: World, reason: int, bound: bool) -> None:
    world.order()
    euicc = world.euicc()
    if bound:
        world.bind(euicc)
    else:
        world.authenticate(euicc)
    world.server.cancel_session(euicc.cancel(reason))
    assert world.now().state is State.ERROR


def test_whoever_lost_the_race_cannot_end_the_winners_order(world: World) -> None:
    world.order()
    slow, fast = world.euicc(), world.euicc(EID2)
    world.authenticate(slow)
    world.bind(fast)
    world.server.cancel_session(slow.cancel(CancelSessionReason.endUserRejection))
    assert world.now().state is State.DOWNLOADED
    world.server.handle_notification(fast.result())
    assert world.now().state is State.INSTALLED


def test_a_reusable_order_survives_rejection(world: World) -> None:
    order = world.order(reusable=True)
    euicc = world.euicc()
    world.authenticate(euicc)
    world.server.cancel_session(euicc.cancel(CancelSessionReason.endUserRejection))
    assert world.now() == order


def test_the_euiccs_own_error_closes_the_session_only(world: World) -> None:
    world.order()
    euicc = world.euicc()
    world.authenticate(euicc)
    world.server.cancel_session(euicc.refuse_cancel())
    assert world.now().state is State.RELEASED
    with pytest.raises(FunctionRefused):
        world.server.cancel_session(euicc.cancel(0))


@pytest.mark.parametrize(
    "reason",
    [ErrorReason.installFailedDueToInsufficientMemoryForProfile, ErrorReason.installFailedDueToInterruption],
)
def test_after_a_temporary_failure_the_order_may_be_tried_again(world: World, reason: int) -> None:
    world.order()
    euicc = world.euicc(keep_otsk=False)
    world.bind(euicc)
    world.server.handle_notification(euicc.result(error=(5, reason)))
    assert world.now().state is State.DOWNLOADED
    assert world.download(euicc).upp == UPP
    assert world.now().state is State.INSTALLED


def test_default_orders_are_found_by_eid_oldest_first(world: World) -> None:
    world.profile("89001012345678901242")
    world.order(matching_id="", eid=EID, order_id="new", iccid="89001012345678901242")
    world.clock.advance(hours=-1)
    world.order(matching_id="", eid=EID, order_id="1")
    world.clock.advance(hours=1)
    euicc = world.euicc()
    world.download(euicc, matching_id=None)
    assert world.now("1").state is State.INSTALLED
    world.download(euicc, matching_id="")
    assert world.now("new").state is State.INSTALLED
