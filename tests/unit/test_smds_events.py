"""What an SM-DS does with events: order, ownership, repetition, forwarding to the root."""

import base64
import json
from pathlib import Path

import pytest

from smdp.core.events import Inaccessible
from smdp.web.es11 import authenticate_client_error, authenticate_client_ok
from tests.support.smdp_world import EID, EID2, World
from tests.support.smds_world import DP_OID, OTHER_OID, FakeRoot, SmdsWorld
from wire import rsp
from wire.codes import ES11, ES12, GENERIC, FunctionRefused
from wire.der import load
from wire.ids import TransactionId
from wire.json_es11 import AuthenticateClientResponse, EventEntry, InitiateAuthenticationRequest


@pytest.fixture
def root() -> FakeRoot:
    return FakeRoot()


@pytest.fixture
def alternative(tmp_path: Path, root: FakeRoot) -> SmdsWorld:
    return SmdsWorld(tmp_path, root)


@pytest.fixture
def ds(tmp_path: Path) -> SmdsWorld:
    return SmdsWorld(tmp_path)


@pytest.fixture
def cards(tmp_path: Path) -> World:
    return World(tmp_path)


def refused(code: object) -> "pytest.RaisesContext[FunctionRefused]":
    return pytest.raises(FunctionRefused, check=lambda error: error.status_code is code)


@pytest.mark.parametrize("curve", ["NIST", "BRP"])
@pytest.mark.parametrize("nothing", ["", None])
def test_all_events_in_the_order_of_registration(ds: SmdsWorld, cards: World, curve: str, nothing: str | None) -> None:
    assert ds.poll(cards.euicc(curve=curve), nothing) == []
    ds.register("B", "one.example.com")
    ds.register("A", "two.example.com", caller=OTHER_OID)
    ds.register("B", eid=EID2)
    expected = [("B", "one.example.com"), ("A", "two.example.com")]
    assert ds.poll(cards.euicc(curve=curve), nothing) == expected
    assert ds.poll(cards.euicc(curve=curve), nothing) == expected  # retrieval deletes nothing
    assert ds.poll(cards.euicc(eid=EID2)) == [("B", "smdp.example.com")]


def test_one_event_by_its_id(ds: SmdsWorld, cards: World) -> None:
    ds.register("A")
    ds.register("B", "two.example.com")
    assert ds.poll(cards.euicc(), "B") == [("B", "two.example.com")]


def test_events_and_sessions_survive_a_restart(ds: SmdsWorld, cards: World) -> None:
    euicc = cards.euicc()
    ds.register("A")
    request = euicc.authenticate(ds.initiate(euicc), "")
    ds.restart()
    answer = ds.smds.authenticate_client(request)
    assert [entry.eventId for entry in answer.eventEntries] == ["A"]


def test_a_deleted_event_may_be_registered_again(ds: SmdsWorld, cards: World) -> None:
    ds.register("A")
    ds.delete("A")
    assert ds.poll(cards.euicc()) == []
    ds.register("A", "new.example.com", caller=OTHER_OID)
    assert ds.poll(cards.euicc()) == [("A", "new.example.com")]


def test_the_same_call_again_is_the_same_success(ds: SmdsWorld) -> None:
    ds.register("A", call="one")
    ds.register("A", call="one")
    assert ds.stored() == [(EID, "A", True)]


def test_stale_sessions_are_forgotten(ds: SmdsWorld, cards: World) -> None:
    ds.initiate(cards.euicc())
    ds.clock.advance(hours=2)
    ds.initiate(cards.euicc())
    assert ds.smds.forget_stale_sessions() == 1
    assert ds.smds.forget_stale_sessions() == 0


def test_a_port_and_the_case_of_the_address_dont_matter(ds: SmdsWorld, cards: World) -> None:
    euicc = cards.euicc()
    offered = ds.initiate(euicc, "SMDS.example.com:8443")
    assert ds.smds.authenticate_client(euicc.authenticate(offered, "")).eventEntries == []


def test_a_root_forwards_nothing(ds: SmdsWorld, cards: World) -> None:
    ds.register("A", forward=True)
    assert ds.poll(cards.euicc()) == [("A", "smdp.example.com")]


def test_an_event_is_only_forwarded_when_asked(alternative: SmdsWorld, root: FakeRoot, cards: World) -> None:
    alternative.register("A", forward=False)
    assert root.asked == []
    assert alternative.poll(cards.euicc()) == [("A", "smdp.example.com")]


def test_a_forwarded_event_is_found_by_both_ids(alternative: SmdsWorld, root: FakeRoot, cards: World) -> None:
    alternative.register("A", forward=True)
    ((event_id2, address),) = root.events.items()
    assert address == "smds.example.com"
    assert event_id2 != "A"
    for event_id in (event_id2, "A", ""):
        assert alternative.poll(cards.euicc(), event_id) == [("A", "smdp.example.com")]


def test_a_deletion_reaches_the_root(alternative: SmdsWorld, root: FakeRoot) -> None:
    alternative.register("A", forward=True)
    alternative.delete("A")
    assert root.events == {}
    assert alternative.stored() == []


def test_deletion_where_the_root_has_forgotten_already(alternative: SmdsWorld, root: FakeRoot) -> None:
    alternative.register("A", forward=True)
    root.answer = FunctionRefused(ES12.DELETE_EVENT.EVENT_UNKNOWN)
    alternative.delete("A")
    assert alternative.stored() == []


def test_a_refused_event_leaves_nothing(alternative: SmdsWorld, root: FakeRoot) -> None:
    root.answer = FunctionRefused(GENERIC.UNKNOWN_CALLER)
    with refused(ES12.REGISTER_EVENT.SMDS_ERROR):
        alternative.register("A", forward=True)
    assert alternative.stored() == []


def test_a_lost_answer_of_the_root_is_made_good_by_the_next_call(
    alternative: SmdsWorld, root: FakeRoot, cards: World
) -> None:
    root.answer_is_lost = True
    with refused(ES12.REGISTER_EVENT.SMDS_INACCESSIBLE):
        alternative.register("A", forward=True, call="one")
    assert alternative.poll(cards.euicc()) == []
    alternative.restart()
    root.answer_is_lost = False
    root.answer = FunctionRefused(ES12.REGISTER_EVENT.EVENT_ALREADY_REGISTERED)
    alternative.register("A", forward=True, call="two")
    assert len({event_id for _, event_id in root.asked}) == 1
    assert alternative.poll(cards.euicc()) == [("A", "smdp.example.com")]


def test_an_event_of_unknown_fate_can_be_deleted(alternative: SmdsWorld, root: FakeRoot) -> None:
    root.answer_is_lost = True
    with refused(ES12.REGISTER_EVENT.SMDS_INACCESSIBLE):
        alternative.register("A", forward=True)
    root.answer_is_lost = False
    alternative.delete("A")
    assert (root.events, alternative.stored()) == ({}, [])


def test_the_event_stays_while_the_root_cannot_delete_it(alternative: SmdsWorld, root: FakeRoot, cards: World) -> None:
    alternative.register("A", forward=True)
    root.answer = Inaccessible("no route")
    with refused(ES12.DELETE_EVENT.SMDS_INACCESSIBLE):
        alternative.delete("A")
    assert alternative.poll(cards.euicc()) == [("A", "smdp.example.com")]


def test_an_alternative_that_lost_its_root_says_so(alternative: SmdsWorld, root: FakeRoot) -> None:
    root.answer = Inaccessible("no route")
    with refused(ES12.REGISTER_EVENT.SMDS_INACCESSIBLE):
        alternative.register("A", forward=True)
    alternative.root = None
    alternative.restart()
    with refused(ES12.REGISTER_EVENT.SMDS_INACCESSIBLE):
        alternative.register("A", forward=True)


def test_changes_are_traced(ds: SmdsWorld) -> None:
    ds.register("A")
    ds.delete("A")
    assert [(event["event"], event["id"], event["peer"]) for event in ds.trace.of("state")] == [
        ("RegisterEvent", "A", DP_OID),
        ("DeleteEvent", "A", DP_OID),
    ]


@pytest.mark.parametrize("name", ["smdsAddress", "smdpAddress"])
def test_the_address_may_come_under_either_name(ds: SmdsWorld, cards: World, name: str) -> None:
    euicc = cards.euicc()
    body = {
        "euiccChallenge": base64.b64encode(euicc.challenge).decode(),
        "euiccInfo1": base64.b64encode(euicc.info1()).decode(),
        name: "smds.example.com",
    }
    request = InitiateAuthenticationRequest.model_validate_json(json.dumps(body))
    offered = ds.smds.initiate_authentication(request)
    assert ds.smds.authenticate_client(euicc.authenticate(offered, "")).eventEntries == []


def test_the_events_in_der() -> None:
    answer = AuthenticateClientResponse(
        transactionId=TransactionId(bytes.fromhex("0102")),
        eventEntries=[EventEntry(eventId="E-1", rspServerAddress="a.b")],
    )
    raw = authenticate_client_ok(answer)
    assert raw.hex().upper() == "BF4014A012" + "80020102" + "A10C300A" + "8003" + b"E-1".hex().upper() + "8103612E62"
    decoded = load(rsp.AuthenticateClientResponseEs11, raw)
    assert decoded.chosen["eventEntries"][0]["rspServerAddress"].native == "a.b"


def test_no_events_in_der() -> None:
    answer = AuthenticateClientResponse(transactionId=TransactionId(b"\x01"), eventEntries=[])
    assert authenticate_client_ok(answer).hex().upper() == "BF4007A005800101A100"


def test_the_errors_in_der() -> None:
    codes = ES11.AUTHENTICATE_CLIENT
    assert authenticate_client_error(codes.EVENT_ID_UNKNOWN).hex().upper() == "BF4003810106"
    assert authenticate_client_error(codes.UNKNOWN_TRANSACTION_ID).hex().upper() == "BF4003810107"
    assert authenticate_client_error(GENERIC.UNKNOWN_CALLER).hex().upper() == "BF400381017F"
