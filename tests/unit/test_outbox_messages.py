"""What other servers hear of an order: which messages, with which contents, and that they are committed with it."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from smdp.core.messages import Function, Message
from smdp.core.outbox import deletion, registration
from smdp.core.ports import Conflict
from smdp.core.records import Operator
from smdp.core.states import State
from smdp.store.outbox import SqlOutbox
from tests.support.smdp_world import EID, ICCID, World
from wire.codes import FunctionRefused

URL = "https://op.example.com:9443/"
SMDS = "SMDS.example.com:8444"
PROGRESS, NOTIFICATION, REGISTER, DELETE = Function


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path)
    world.profile(profile_type="gold", operator="op1")
    world.store.commit(Operator("op1", notification_url=URL), Operator("op2"))
    return world


def messages(world: World) -> list[Message]:
    return list(SqlOutbox(world.store).messages())


def bodies(world: World, function: Function = PROGRESS) -> list[dict[str, Any]]:
    return [json.loads(one.body) for one in messages(world) if one.function is function]


def points(world: World) -> list[tuple[int, str]]:
    """Each progress message as (point, status), the status being the pair of a failure."""
    found = []
    for body in bodies(world):
        status = body["notificationPointStatus"]
        data = status.get("statusCodeData")
        pair = f"{data['subjectCode']}/{data['reasonCode']}" if data else ""
        assert (status["status"], bool(data)) in (("Executed-Success", False), ("Failed", True))
        found.append((body["notificationPointId"], pair))
    return found


def test_who_gives_the_address_of_the_v3_function_is_told_by_that_one(world: World) -> None:
    world.store.commit(
        Operator("op3", notification_url="https://op3.example.com/gsma/rsp2/es2plus/handleNotification/")
    )
    world.order(operator="op3", profile_type="gold")
    world.download(world.euicc())
    told = messages(world)
    assert {(one.function, one.destination) for one in told} == {(NOTIFICATION, "https://op3.example.com")}
    assert [json.loads(one.body)["notificationPointId"] for one in told] == [1, 3, 4]


def test_a_download_from_beginning_to_end(world: World) -> None:
    world.order(operator="op1", profile_type="gold")
    euicc = world.euicc()
    world.download(euicc)
    assert points(world) == [(1, ""), (3, ""), (4, "")]
    first, _, last = bodies(world)
    assert set(first) == {
        "header",
        "eid",
        "iccid",
        "profileType",
        "timestamp",
        "notificationPointId",
        "notificationPointStatus",
    }
    assert set(last) == set(first) | {"resultData"}
    assert (first["eid"], first["iccid"], first["profileType"]) == (EID, "89001012345678901234", "gold")
    assert first["timestamp"] == "2021-03-01T12:00:00Z"
    assert first["header"]["functionRequesterIdentifier"] == "2.999.10"
    calls = [body["header"]["functionCallIdentifier"] for body in bodies(world)]
    assert len(set(calls)) == 3
    session = world.store.session(euicc.tid)
    assert session is not None
    result = base64.b64decode(last["resultData"])
    assert result == session.result
    assert result[:2] == bytes.fromhex("BF37")
    assert {one.destination for one in messages(world)} == {"https://op.example.com:9443"}
    assert len({one.lane for one in messages(world)}) == 1


def test_a_19_digit_iccid_is_padded(world: World) -> None:
    world.profile("8900101234567890123", operator="op1")
    world.order(iccid="8900101234567890123", operator="op1")
    world.authenticate(world.euicc())
    assert bodies(world)[0]["iccid"] == "8900101234567890123F"


def test_the_profile_type_is_that_of_the_profile_where_the_order_has_none(world: World) -> None:
    world.order(operator="op1")
    world.authenticate(world.euicc())
    assert bodies(world)[0]["profileType"] == "gold"


@pytest.mark.parametrize("operator", ["", "op2", "nobody"])
def test_who_has_no_address_hears_nothing(world: World, operator: str) -> None:
    world.order(operator=operator)
    world.download(world.euicc())
    assert messages(world) == []


def test_a_failed_eligibility_check(world: World) -> None:
    world.order(operator="op1")
    with pytest.raises(FunctionRefused):
        world.authenticate(world.euicc(profile_version=b"\x01\x00\x00"))
    assert points(world) == [(1, "8.2.5/4.3")]


def test_download_attempts_used_up(world: World) -> None:
    world.order(operator="op1", download_limit=1, download_attempts=1, eid=EID, smds_address=SMDS)
    with pytest.raises(FunctionRefused):
        world.authenticate(world.euicc())
    assert points(world) == [(1, "8.8.5/6.4")]
    assert len(bodies(world, DELETE)) == 1


def test_confirmation_attempts_used_up(world: World) -> None:
    world.order("1234", operator="op1", confirmation_limit=1)
    with pytest.raises(FunctionRefused):
        world.bind(world.euicc(), code="0000")
    assert points(world) == [(1, ""), (2, "8.2.7/6.4")]


@pytest.mark.parametrize(
    ("reason", "pair"),
    [(0, "8.8.5/3.8"), (3, "8.2.8/1.2"), (4, "8.2.9/3.11"), (5, "8.2.10/4.2"), (99, "8/4.2"), (127, "8/4.2")],
)
@pytest.mark.parametrize("bound", [False, True])
def test_a_terminal_cancel_reason(world: World, reason: int, pair: str, bound: bool) -> None:
    world.order(operator="op1")
    euicc = world.euicc()
    if bound:
        world.bind(euicc)
    else:
        world.authenticate(euicc)
    world.server.cancel_session(euicc.cancel(reason))
    assert points(world)[-1] == (3 if bound else 2, pair)


@pytest.mark.parametrize("reason", [1, 2])
def test_a_postponed_download_is_no_news(world: World, reason: int) -> None:
    world.order(operator="op1")
    euicc = world.euicc()
    world.authenticate(euicc)
    world.server.cancel_session(euicc.cancel(reason))
    assert points(world) == [(1, "")]


def test_a_failed_installation(world: World) -> None:
    world.order(operator="op1", eid=EID, smds_address=SMDS)
    euicc = world.euicc()
    euicc.open(world.bind(euicc))
    world.server.handle_notification(euicc.result(error=(5, 10)))
    assert points(world)[-1] == (4, "8.2.10/4.2")
    assert bodies(world, DELETE) == []  # another attempt may follow
    euicc.open(world.bind(euicc))
    world.server.handle_notification(euicc.result(error=(5, 12)))
    assert points(world)[-1] == (4, "8.2.10/4.2")
    assert "resultData" in bodies(world)[-1]
    assert len(bodies(world, DELETE)) == 1


def test_a_repeated_notification_is_told_once(world: World) -> None:
    world.order(operator="op1")
    euicc = world.euicc()
    world.download(euicc)
    euicc.sequence -= 1
    world.server.handle_notification(euicc.result())
    assert points(world) == [(1, ""), (3, ""), (4, "")]


def test_the_event_of_an_installed_order_is_deleted(world: World) -> None:
    world.order(operator="op1", eid=EID, smds_address=SMDS)
    world.download(world.euicc())
    (event,) = [one for one in messages(world) if one.function is DELETE]
    assert event.destination == "https://smds.example.com:8444"
    body = json.loads(event.body)
    assert set(body) == {"header", "eid", "eventId"}
    assert (body["eid"], body["eventId"]) == (EID, "TOKEN")


def test_an_expired_order_loses_its_event(world: World) -> None:
    world.order(eid=EID, smds_address=SMDS, expires_at=world.clock.now())
    with pytest.raises(FunctionRefused):
        world.authenticate(world.euicc())
    assert [one.function for one in messages(world)] == [DELETE]


@pytest.mark.parametrize(("roots", "forward"), [((), True), (("smds.example.com:8444",), False)])
def test_the_registration_of_an_event(world: World, roots: tuple[str, ...], forward: bool) -> None:
    world.change(root_smds_addresses=roots)
    order = world.order(eid=EID, smds_address=SMDS)
    event = registration(world.server.ports, order)
    assert event is not None
    body = json.loads(event.body)
    assert set(body) == {"header", "eid", "rspServerAddress", "eventId", "forwardingIndicator"}
    assert (body["rspServerAddress"], body["eventId"]) == ("smdp.example.com", "TOKEN")
    assert body["forwardingIndicator"] is forward


@pytest.mark.parametrize("lack", [{"smds_address": None}, {"eid": None}, {"matching_id": ""}])
def test_no_event_without_address_eid_and_id(world: World, lack: dict[str, Any]) -> None:
    order = world.order(**({"eid": EID, "smds_address": SMDS} | lack))
    assert registration(world.server.ports, order) is None
    assert deletion(world.server.ports, order) is None


def test_neither_change_nor_message_without_the_other(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The commit fails on the message, after the order was written: both have to be gone."""
    world.order(operator="op1")
    monkeypatch.setattr("smdp.core.unit_of_work._ATTEMPTS", 1)
    monkeypatch.setattr("smdp.core.outbox.messages", lambda *_: (_stale(world),))
    with pytest.raises(Conflict):
        world.authenticate(world.euicc())
    assert world.now().download_attempts == 0
    assert messages(world) == []


def _stale(world: World) -> Message:
    now = world.clock.now()
    return Message(PROGRESS, "https://x", "x", ICCID, b"", now, sequence=99, version=7)


def test_messages_survive_a_restart(world: World) -> None:
    world.order(operator="op1")
    world.download(world.euicc())
    before = messages(world)
    world.restart()
    assert messages(world) == before
    assert world.now().state is State.INSTALLED
