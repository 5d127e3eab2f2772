"""Status codes that no other table has: malformed and foreign requests over HTTP, and an SM-DS that says no."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from smdp.core.es2 import Es2
from smdp.core.events import Inaccessible
from smdp.core.records import Operator
from smdp.core.registration import Registrar
from smdp.core.states import State
from smdp.store.outbox import SqlOutbox
from smdp.web import es2, es9, es11, es12
from tests.support.rows_reached import ReachedRow, rows_without_test
from tests.support.smdp_world import EID, ICCID, World
from tests.support.smds_world import DS_ADDRESS, SmdsWorld
from wire.codes import ES2P, GENERIC, FunctionRefused, StatusCode
from wire.ids import Iccid
from wire.json_es2 import CancelOrderRequest, ConfirmOrderRequest, ReleaseProfileRequest
from wire.json_header import RequestHeader

SHORT_EID = "8904"
WRONG_DIGITS = f"{EID[:-1]}4"


@dataclass(frozen=True)
class Sent:
    """A request as it is sent, and the code it gets; `code` belongs to the function the path names."""

    name: str
    code: StatusCode
    path: str
    body: dict[str, Any]
    version: str = "gsma/rsp/v2.5.0"
    requester: str = "op1"


def missing(path: str, body: dict[str, Any]) -> Sent:
    return Sent(f"{path} lacks a member", GENERIC.MANDATORY_ELEMENT_MISSING, path, body)


def malformed(path: str, body: dict[str, Any]) -> Sent:
    return Sent(f"{path} has a malformed member", GENERIC.MALFORMED_ELEMENT, path, body)


_DOWNLOAD, _CONFIRM = ES2P.DOWNLOAD_ORDER, ES2P.CONFIRM_ORDER
_RELEASE, _CANCEL = ES2P.RELEASE_PROFILE, ES2P.CANCEL_ORDER
CONFIRM = {"iccid": ICCID, "releaseFlag": True}
EVENT = {"eid": EID, "rspServerAddress": "dp", "eventId": "E", "forwardingIndicator": False}
SENT = [
    *(
        Sent(f"{name} of a stranger", GENERIC.UNKNOWN_CALLER, f"es2plus/{name}", body, requester="nobody")
        for name, body in (
            ("downloadOrder", {"iccid": ICCID}),
            ("confirmOrder", CONFIRM),
            ("cancelOrder", {"iccid": ICCID, "finalProfileStatusIndicator": "Available"}),
            ("releaseProfile", {"iccid": ICCID}),
        )
    ),
    *(
        Sent(f"{path} without a certificate", GENERIC.UNKNOWN_CALLER, path, EVENT)
        for path in ("es12/registerEvent", "es12/deleteEvent", "es15/registerEvent", "es15/deleteEvent")
    ),
    *(
        Sent(f"{path} of v3", GENERIC.UNSUPPORTED_VERSION, path, body, "gsma/rsp/v3.0.0")
        for path, body in (("es2plus/downloadOrder", {"iccid": ICCID}), ("es12/registerEvent", EVENT))
    ),
    *(Sent("a short EID", _DOWNLOAD.EID_INVALID, "es2plus/downloadOrder", {"iccid": ICCID, "eid": SHORT_EID}),),
    Sent("wrong check digits", _DOWNLOAD.EID_INVALID, "es2plus/downloadOrder", {"iccid": ICCID, "eid": WRONG_DIGITS}),
    Sent("a short EID", _CONFIRM.EID_INVALID, "es2plus/confirmOrder", CONFIRM | {"eid": SHORT_EID}),
    Sent("a short EID", GENERIC.EID_INVALID, "es12/registerEvent", EVENT | {"eid": SHORT_EID}),
    Sent("a lower-case token", GENERIC.MATCHING_ID_INVALID, "es2plus/confirmOrder", CONFIRM | {"matchingId": "a b"}),
    missing("es2plus/confirmOrder", {"iccid": ICCID}),
    missing("es2plus/cancelOrder", {"iccid": ICCID}),
    missing("es2plus/releaseProfile", {}),
    missing("es9plus/initiateAuthentication", {"smdpAddress": "smdp.example.com"}),
    missing("es9plus/authenticateClient", {"transactionId": "00"}),
    missing("es9plus/getBoundProfilePackage", {"transactionId": "00"}),
    missing("es9plus/cancelSession", {"transactionId": "00"}),
    missing("es11/authenticateClient", {"transactionId": "00"}),
    missing("es12/deleteEvent", {"eid": EID}),
    malformed("es2plus/downloadOrder", {"iccid": "12"}),
    malformed("es2plus/confirmOrder", {"iccid": ICCID, "releaseFlag": "maybe"}),
    malformed("es2plus/cancelOrder", {"iccid": ICCID, "finalProfileStatusIndicator": "Gone"}),
    malformed("es9plus/authenticateClient", {"transactionId": "xyz", "authenticateServerResponse": "vzgA"}),
    malformed("es9plus/getBoundProfilePackage", {"transactionId": "00", "prepareDownloadResponse": "no base64"}),
    malformed("es11/authenticateClient", {"transactionId": "00", "authenticateServerResponse": "!"}),
    malformed("es12/registerEvent", EVENT | {"forwardingIndicator": "no"}),
]


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path)
    world.profile(operator="op1")
    world.store.commit(Operator("op1"))
    world.order(operator="op1", state=State.ALLOCATED, matching_id=None)
    return world


@pytest.mark.parametrize("sent", SENT, ids=lambda sent: f"{sent.code.pair} {sent.path} {sent.name}")
async def test_sent(world: World, tmp_path: Path, sent: Sent) -> None:
    smds = SmdsWorld(tmp_path)
    smds.register("EVENT")
    family = sent.path.partition("/")[0]
    application = {
        "es2plus": lambda: es2.application(world.server),
        "es9plus": lambda: es9.application(world.server),
        "es11": lambda: es11.application(smds.smds),
        "es12": lambda: es12.application(smds.smds),
        "es15": lambda: es12.application(smds.smds),
    }[family]()
    before = everything(world, smds)
    header = {"functionRequesterIdentifier": sent.requester, "functionCallIdentifier": "1"}
    body = sent.body if family in ("es9plus", "es11") else {"header": header, **sent.body}
    async with TestClient(TestServer(application)) as client:
        response = await client.post(f"/gsma/rsp2/{sent.path}", json=body, headers={"X-Admin-Protocol": sent.version})
        answer = json.loads(await response.read())
    assert response.status == 200
    assert set(answer) == {"header"}
    assert set(answer["header"]) == {"functionExecutionStatus"}
    status = answer["header"]["functionExecutionStatus"]
    assert (status["status"], set(status)) == ("Failed", {"status", "statusCodeData"})
    assert f"{status['statusCodeData']['subjectCode']}/{status['statusCodeData']['reasonCode']}" == sent.code.pair
    assert everything(world, smds) == before


def everything(world: World, smds: SmdsWorld) -> list[object]:
    store = world.store
    return [list(store.orders()), list(store.profiles()), list(SqlOutbox(store).messages()), smds.stored()]


class Silent:
    """An SM-DS that refuses, or never answers."""

    def __init__(self, world: World, answer: Exception) -> None:
        self._world, self._answer = world, answer

    def now(self) -> Any:
        return self._world.clock.now()

    def call(self, message: object) -> None:
        raise self._answer

    def deliver(self, message: object) -> bool:
        raise self._answer


@dataclass(frozen=True)
class AtSmds:
    """A call that needs the SM-DS while the order is in `state`."""

    code: StatusCode
    state: State
    call: Callable[[Es2], object]


HEADER = RequestHeader(functionRequesterIdentifier="op1", functionCallIdentifier="1")


def confirm(es2: Es2) -> object:
    return es2.confirm_order(
        ConfirmOrderRequest(header=HEADER, iccid=Iccid(ICCID), smdsAddress=DS_ADDRESS, releaseFlag=True)
    )


def release(es2: Es2) -> object:
    return es2.release_profile(ReleaseProfileRequest(header=HEADER, iccid=Iccid(ICCID)))


def cancel(es2: Es2) -> object:
    return es2.cancel_order(
        CancelOrderRequest(header=HEADER, iccid=Iccid(ICCID), finalProfileStatusIndicator="Available")
    )


AT_SMDS = [
    AtSmds(_CONFIRM.SMDS_INACCESSIBLE, State.LINKED, confirm),
    AtSmds(_CONFIRM.SMDS_ERROR, State.LINKED, confirm),
    AtSmds(_RELEASE.SMDS_INACCESSIBLE, State.CONFIRMED, release),
    AtSmds(_RELEASE.SMDS_ERROR, State.CONFIRMED, release),
    AtSmds(_CANCEL.SMDS_INACCESSIBLE, State.RELEASED, cancel),
    AtSmds(_CANCEL.SMDS_ERROR, State.RELEASED, cancel),
]


@pytest.mark.parametrize("case", AT_SMDS, ids=lambda case: str(case.code))
def test_at_smds(tmp_path: Path, case: AtSmds) -> None:
    world = World(tmp_path)
    world.profile(operator="op1")
    world.store.commit(Operator("op1"))
    linked = case.state is State.LINKED
    world.order(
        operator="op1",
        eid=EID,
        state=case.state,
        matching_id=None if linked else "EVENT",
        smds_address=None if linked else DS_ADDRESS,
    )
    silent = case.code.reason == "5.1"
    answer = Inaccessible("silence") if silent else FunctionRefused(GENERIC.UNKNOWN_CALLER)
    outbox = SqlOutbox(world.store)
    service = Es2(world.server.ports, Registrar(world.server.ports, outbox, Silent(world, answer)))
    before = list(world.store.orders()), list(world.store.profiles())
    with pytest.raises(FunctionRefused) as refused:
        case.call(service)
    assert refused.value.status_code == case.code
    assert (list(world.store.orders()), list(world.store.profiles())) == before


REACHED: list[ReachedRow] = [
    *(ReachedRow(case.code, f"{case.path}: {case.name}") for case in SENT),
    *(ReachedRow(case.code, str(case.state)) for case in AT_SMDS),
]


def test_no_row_of_the_registry_is_without_a_test() -> None:
    assert rows_without_test() == []
