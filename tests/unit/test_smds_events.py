"""What an SM-DS does with events: order, ownership, repetition, forwarding to the root."""

import base64
import json
from pathlib import Path

import pytest

from smdp.core.events import Inaccessible
from smdp.web import asn1_messages
from tests.support.mini_euicc import MiniEuicc
from tests.support.smdp_world import EID, EID2, World
from tests.support.smds_world import DP_OID, OTHER_OID, FakeRoot, SmdsWorld
from wire import rsp
from wire.codes import ES12, GENERIC, FunctionRefused
from wire.der import load
from wire.ids import TransactionId
from wire.json_es11 import InitiateAuthenticationRequest, InitiateAuthenticationResponse
from wire.tlv import parse, tlv


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


def asn1(ds: SmdsWorld, request: bytes) -> str:
    """The answer of the ASN.1 binding, without the A2 around it."""
    choice = asn1_messages.read_choice(tlv(0xA2, request))
    answer = asn1_messages.answer(asn1_messages.smds_functions(ds.smds)[choice.tag], choice)
    load(rsp.RemoteProfileProvisioningResponse, answer)
    return parse(answer, 0xA2).children[0].raw.hex().upper()


def asn1_session(ds: SmdsWorld, euicc: MiniEuicc, event_id: str, address: str = "smds.example.com") -> tuple[str, str]:
    """InitiateAuthentication and AuthenticateClient in DER: the transactionId and the last answer."""
    initiation = tlv(0xBF39, tlv(0x81, euicc.challenge), tlv(0x83, address.encode()), euicc.info1())
    ok = parse(bytes.fromhex(asn1(ds, initiation)), 0xBF39).at(0, 0xA0)
    offered = InitiateAuthenticationResponse(
        transactionId=TransactionId(ok.at(0, 0x80).value),
        serverSigned1=ok.at(1, 0x30).raw,
        serverSignature1=ok.at(2, 0x5F37).raw,
        euiccCiPKIdToBeUsed=ok.at(3, 0x04).raw,
        serverCertificate=ok.at(4, 0x30).raw,
    )
    request = euicc.authenticate(offered, event_id)
    body = tlv(0xBF3B, tlv(0x80, request.transactionId), request.authenticateServerResponse)
    return euicc.tid.hex().upper(), asn1(ds, body)


def test_events_in_der(ds: SmdsWorld, cards: World) -> None:
    ds.register("E-1", "a.b")
    tid, answer = asn1_session(ds, cards.euicc(), "")
    assert answer == "BF4022" + "A020" + "8010" + tid + "A10C" + "300A" + "8003" + "452D31" + "8103" + "612E62"


def test_no_events_in_der(ds: SmdsWorld, cards: World) -> None:
    tid, answer = asn1_session(ds, cards.euicc(), "")
    assert answer == "BF4016" + "A014" + "8010" + tid + "A100"


def test_errors_in_der(ds: SmdsWorld, cards: World) -> None:
    assert asn1_session(ds, cards.euicc(), "E-9")[1] == "BF4003810106"
    stale = tlv(0xBF3B, tlv(0x80, b"\x01"), bytes.fromhex("BF3808A1068001010201 7F".replace(" ", "")))
    assert asn1(ds, stale) == "BF4003810107"
    euicc = cards.euicc()
    wrong = tlv(0xBF39, tlv(0x81, euicc.challenge), tlv(0x83, b"x.y"), euicc.info1())
    assert asn1(ds, wrong) == "BF3903810101"
