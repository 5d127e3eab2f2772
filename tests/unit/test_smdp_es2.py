"""ES2+: the ways to order a profile, every status code, and calls that come twice."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from smdp.core.es2 import Es2
from smdp.core.records import Operator, Order
from smdp.core.states import State
from tests.support.smdp_world import EID, EID2, ICCID, START, UPP, World
from wire.codes import ES2P, GENERIC, ROWS, FunctionRefused, StatusCode
from wire.ids import Eid, Iccid, MatchingId
from wire.json_es2 import (
    CancelOrderRequest,
    CancelOrderResponse,
    ConfirmOrderRequest,
    ConfirmOrderResponse,
    DownloadOrderRequest,
    DownloadOrderResponse,
    ReleaseProfileRequest,
    ReleaseProfileResponse,
)
from wire.json_header import RequestHeader

OTHER_ICCID = "89001012345678901242"
SMDS = "smds.example.com"
_calls = count(1)


def header(requester: str = "op1", call: str = "") -> RequestHeader:
    return RequestHeader(functionRequesterIdentifier=requester, functionCallIdentifier=call or f"call-{next(_calls)}")


@dataclass
class Caller:
    """An operator at ES2+."""

    es2: Es2
    requester: str = "op1"

    def download(self, eid: str | None = None, call: str = "", **fields: Any) -> DownloadOrderResponse:
        return self.es2.download_order(
            DownloadOrderRequest(header=header(self.requester, call), eid=eid and Eid(eid), **fields)
        )

    def confirm(self, eid: str | None = None, call: str = "", **fields: Any) -> ConfirmOrderResponse:
        given = {"iccid": Iccid(ICCID), "releaseFlag": True} | fields
        return self.es2.confirm_order(
            ConfirmOrderRequest(header=header(self.requester, call), eid=eid and Eid(eid), **given)
        )

    def release(self, iccid: str = ICCID) -> ReleaseProfileResponse:
        return self.es2.release_profile(ReleaseProfileRequest(header=header(self.requester), iccid=Iccid(iccid)))

    def cancel(self, final: Any = "Available", **fields: Any) -> CancelOrderResponse:
        given = {"iccid": Iccid(ICCID), "finalProfileStatusIndicator": final} | fields
        return self.es2.cancel_order(CancelOrderRequest(header=header(self.requester), **given))


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path)
    world.profile(profile_type="gold", operator="op1")
    world.store.commit(Operator("op1"), Operator("op2", certificate=b"pinned"))
    return world


@pytest.fixture
def op1(world: World) -> Caller:
    return Caller(Es2(world.server.ports))


def held(world: World, iccid: str = ICCID) -> Order:
    order = world.store.order_of_profile(iccid)
    assert order is not None
    return order


def test_activation_code_use_case(world: World, op1: Caller) -> None:
    assert op1.download(iccid=Iccid(ICCID)).iccid == ICCID
    assert held(world).state is State.ALLOCATED
    confirmed = op1.confirm(confirmationCode="1234", releaseFlag=False)
    assert confirmed.eid is None
    assert held(world).state is State.CONFIRMED
    with pytest.raises(FunctionRefused):
        world.authenticate(world.euicc(), confirmed.matchingId)
    op1.release()
    assert world.download(world.euicc(), confirmed.matchingId, "1234").upp == UPP
    assert held(world).state is State.INSTALLED


def test_default_smdp_use_case(world: World, op1: Caller) -> None:
    op1.download(EID, iccid=Iccid(ICCID))
    assert held(world).state is State.LINKED
    confirmed = op1.confirm(matchingId=MatchingId(""))
    assert (confirmed.eid, confirmed.matchingId) == (EID, "")
    world.download(world.euicc(), None)
    assert held(world).state is State.INSTALLED


def test_smds_use_case(world: World, op1: Caller) -> None:
    op1.download(iccid=Iccid(ICCID))
    op1.confirm(EID, matchingId=MatchingId("EVENT-1"), smdsAddress=SMDS)
    order = held(world)
    assert (order.eid, order.smds_address, order.state) == (EID, SMDS, State.RELEASED)
    world.download(world.euicc(), "EVENT-1")


def test_a_pool_gives_each_order_its_own_profile(world: World, op1: Caller) -> None:
    world.profile(OTHER_ICCID, profile_type="gold")
    assert {op1.download(profileType="gold").iccid, op1.download(profileType="gold").iccid} == {ICCID, OTHER_ICCID}


def test_a_pool_of_several_operators_gives_what_the_caller_may_use(world: World) -> None:
    world.profile(OTHER_ICCID, profile_type="gold", operator="op2")
    assert Caller(Es2(world.server.ports), "op2").download(profileType="gold").iccid == OTHER_ICCID


def test_generated_matching_ids_differ(world: World, op1: Caller) -> None:
    world.profile(OTHER_ICCID)
    tokens = set()
    for iccid in (ICCID, OTHER_ICCID):
        op1.download(iccid=Iccid(iccid))
        tokens.add(op1.confirm(iccid=Iccid(iccid)).matchingId)
    assert len(tokens) == 2


@pytest.mark.parametrize("final", ["Available", "Unavailable"])
def test_a_cancelled_order_frees_its_profile_or_buries_it(world: World, op1: Caller, final: str) -> None:
    op1.download(iccid=Iccid(ICCID))
    token = op1.confirm().matchingId
    op1.cancel(final, matchingId=token)
    profile = world.store.profile(ICCID)
    assert profile is not None
    assert profile.state == final
    with pytest.raises(FunctionRefused) as refused:
        world.authenticate(world.euicc(), token)
    assert refused.value.status_code.pair == "8.2.6/3.8"
    if final == "Available":
        op1.download(iccid=Iccid(ICCID))
        op1.confirm(matchingId=token)
        assert held(world).matching_id == token
    else:
        with pytest.raises(FunctionRefused):
            op1.download(iccid=Iccid(ICCID))


def test_a_profile_that_was_delivered_comes_back_under_fresh_keys(world: World, op1: Caller) -> None:
    op1.download(iccid=Iccid(ICCID))
    euicc = world.euicc()
    world.bind(euicc, op1.confirm().matchingId)
    before = world.store.package(ICCID)
    world.server.cancel_session(euicc.cancel(0))
    op1.cancel()
    after = world.store.package(ICCID)
    assert before is not None
    assert after is not None
    assert after.upp == before.upp
    assert after.replace_session_keys != before.replace_session_keys


def test_the_same_call_again_gets_the_same_answer(world: World, op1: Caller) -> None:
    world.profile(OTHER_ICCID, profile_type="gold")
    first = op1.download(call="a", profileType="gold")
    assert op1.download(call="a", profileType="gold") == first
    assert len(world.store.orders()) == 1
    token = op1.confirm(call="b", iccid=first.iccid)
    world.restart()
    again = Caller(Es2(world.server.ports))
    assert again.confirm(call="b", iccid=first.iccid) == token
    with pytest.raises(FunctionRefused) as refused:
        again.confirm(call="b", iccid=Iccid(OTHER_ICCID))
    assert refused.value.status_code == GENERIC.MALFORMED_ELEMENT
    assert Caller(again.es2, "op3").download(call="a", profileType="gold") != first  # another requester's identifier


def test_a_refused_call_may_be_repeated(world: World, op1: Caller) -> None:
    with pytest.raises(FunctionRefused):
        op1.download(call="a", iccid=Iccid(OTHER_ICCID))
    world.profile(OTHER_ICCID)
    assert op1.download(call="a", iccid=Iccid(OTHER_ICCID)).iccid == OTHER_ICCID


def test_who_may_call(world: World, op1: Caller) -> None:
    assert op1.es2.caller("op1", world.pki.mno().certificate).identifier == "op1"
    assert op1.es2.caller("op2", b"pinned").identifier == "op2"
    for identifier, certificate in (("op2", b"another"), ("op3", b"pinned")):
        with pytest.raises(FunctionRefused) as refused:
            op1.es2.caller(identifier, certificate)
        assert refused.value.status_code == GENERIC.UNKNOWN_CALLER


@dataclass(frozen=True)
class Case:
    """One way to a status code; `order` is what holds the profile before."""

    name: str
    code: StatusCode
    provoke: Callable[[Caller], object]
    order: dict[str, Any] | None = field(default_factory=dict)


DOWNLOAD, CONFIRM, CANCEL, RELEASE = ES2P.DOWNLOAD_ORDER, ES2P.CONFIRM_ORDER, ES2P.CANCEL_ORDER, ES2P.RELEASE_PROFILE
ALLOCATED: dict[str, Any] = {"state": State.ALLOCATED, "matching_id": None, "operator": "op1"}
LINKED = ALLOCATED | {"state": State.LINKED, "eid": EID}
CONFIRMED = ALLOCATED | {"state": State.CONFIRMED, "matching_id": "TOKEN", "eid": EID}
STRANGE = Iccid("89001019999999999999")


def stranger(caller: Caller) -> Caller:
    return Caller(caller.es2, "op2")


CASES = [
    Case("another's profile", DOWNLOAD.ICCID_NOT_ALLOWED, lambda c: stranger(c).download(iccid=Iccid(ICCID)), None),
    Case("no such profile", DOWNLOAD.ICCID_UNKNOWN, lambda c: c.download(iccid=STRANGE), None),
    Case("held", DOWNLOAD.ICCID_NOT_AVAILABLE, lambda c: c.download(iccid=Iccid(ICCID)), ALLOCATED),
    Case("another's type", DOWNLOAD.PROFILE_TYPE_NOT_ALLOWED, lambda c: stranger(c).download(profileType="gold"), None),
    Case("no such type", DOWNLOAD.PROFILE_TYPE_UNKNOWN, lambda c: c.download(profileType="silver"), None),
    Case("pool empty", DOWNLOAD.PROFILE_TYPE_EXHAUSTED, lambda c: c.download(profileType="gold"), ALLOCATED),
    Case(
        "type and ICCID disagree",
        DOWNLOAD.PROFILE_TYPE_MISMATCH,
        lambda c: c.download(iccid=Iccid(ICCID), profileType="copper"),
        None,
    ),
    Case("neither", DOWNLOAD.ICCID_OR_PROFILE_TYPE_MISSING, lambda c: c.download(), None),
    Case("another's profile", CONFIRM.ICCID_NOT_ALLOWED, lambda c: stranger(c).confirm(), ALLOCATED),
    Case("no such profile", CONFIRM.ICCID_UNKNOWN, lambda c: c.confirm(iccid=STRANGE), ALLOCATED),
    Case("not ordered", CONFIRM.INVALID_STATE, lambda c: c.confirm(), None),
    Case("confirmed already", CONFIRM.INVALID_STATE, lambda c: c.confirm(), CONFIRMED),
    Case("token in use", CONFIRM.MATCHING_ID_IN_USE, lambda c: c.confirm(matchingId=MatchingId("TAKEN")), ALLOCATED),
    Case("default without EID", CONFIRM.EID_MISSING, lambda c: c.confirm(matchingId=MatchingId("")), ALLOCATED),
    Case("SM-DS without EID", CONFIRM.EID_MISSING, lambda c: c.confirm(smdsAddress=SMDS), ALLOCATED),
    Case("another EID", CONFIRM.EID_MISMATCH, lambda c: c.confirm(EID2), LINKED),
    Case("no host name", CONFIRM.SMDS_INACCESSIBLE, lambda c: c.confirm(smdsAddress="no host"), LINKED),
    Case("another's profile", RELEASE.ICCID_NOT_ALLOWED, lambda c: stranger(c).release(), CONFIRMED),
    Case("no such profile", RELEASE.ICCID_UNKNOWN, lambda c: c.release(STRANGE), CONFIRMED),
    Case("not confirmed", RELEASE.INVALID_STATE, lambda c: c.release(), LINKED),
    Case("released already", RELEASE.INVALID_STATE, lambda c: c.release(), CONFIRMED | {"state": State.RELEASED}),
    Case("another's profile", CANCEL.ICCID_NOT_ALLOWED, lambda c: stranger(c).cancel(), CONFIRMED),
    Case("no such profile", CANCEL.ICCID_UNKNOWN, lambda c: c.cancel(iccid=STRANGE), CONFIRMED),
    Case("downloaded", CANCEL.INVALID_STATE, lambda c: c.cancel(), CONFIRMED | {"state": State.DOWNLOADED}),
    Case("installed", CANCEL.INVALID_STATE, lambda c: c.cancel(), CONFIRMED | {"state": State.INSTALLED}),
    Case("not ordered", CANCEL.INVALID_STATE, lambda c: c.cancel(), None),
    Case("another EID", CANCEL.EID_MISMATCH, lambda c: c.cancel(eid=Eid(EID2)), CONFIRMED),
    Case("another token", CANCEL.MATCHING_ID_MISMATCH, lambda c: c.cancel(matchingId=MatchingId("X")), CONFIRMED),
]
# EIDs are checked when a request is read (8.1.1/2.1); test_outbox_registration has what an SM-DS answers.
ELSEWHERE = {
    DOWNLOAD.EID_INVALID,
    CONFIRM.EID_INVALID,
    CONFIRM.SMDS_ERROR,
    RELEASE.SMDS_INACCESSIBLE,
    RELEASE.SMDS_ERROR,
    CANCEL.SMDS_INACCESSIBLE,
    CANCEL.SMDS_ERROR,
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.code.function} {case.name}")
def test_code(world: World, op1: Caller, case: Case) -> None:
    world.profile(OTHER_ICCID, profile_type="copper", operator="op1")
    world.order(order_id="other", iccid=OTHER_ICCID, matching_id="TAKEN", operator="op1")
    if case.order is not None:
        world.order(**case.order)
    orders, profiles = world.store.orders(), world.store.profiles()
    with pytest.raises(FunctionRefused) as refused:
        case.provoke(op1)
    assert refused.value.status_code == case.code
    assert (world.store.orders(), world.store.profiles()) == (orders, profiles)


def test_every_row_is_reached_or_explained() -> None:
    rows = {row for row in ROWS if row.function.startswith("ES2+")}
    assert rows == {case.code for case in CASES} | ELSEWHERE


def test_an_order_may_start_over_after_an_error(world: World, op1: Caller) -> None:
    world.order(**CONFIRMED | {"state": State.ERROR})
    op1.cancel()
    op1.download(iccid=Iccid(ICCID))
    assert held(world).state is State.ALLOCATED


def test_times_are_those_of_the_servers_clock(world: World, op1: Caller) -> None:
    world.clock.advance(days=3)
    op1.download(iccid=Iccid(ICCID))
    assert held(world).created_at == START + timedelta(days=3)
