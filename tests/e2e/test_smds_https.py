"""ES11, ES12 and ES15 over TLS: an SM-DP+, an Alternative and a Root SM-DS, an operator and an LPA."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from certs.authority import Credential
from smdp.core.events import Inaccessible
from smdp.core.records import Operator
from smdp.core.registration import Registrar
from smdp.core.states import State
from smdp.store.outbox import SqlOutbox
from smdp.web import es2, es9, es11, es12, smds
from smdp.web.outgoing import BlockingDelivery, DeliverySettings, DeliveryWorker
from smdp.web.peers import PeerClient, RootSmds
from tests.support.mini_euicc import MiniEuicc
from tests.support.outbox_world import left, until
from tests.support.smdp_world import ADDRESS, EID, ICCID, ListTrace, World, shared_pki
from tests.support.smds_world import SmdsWorld, initiation
from tests.support.tls_servers import CI_PEM, Hosts, an_hour_ago, calling, dp_tls, ds_tls
from wire.json_es9 import (
    AuthenticateClientResponse,
    GetBoundProfilePackageResponse,
    InitiateAuthenticationResponse,
)
from wire.tlv import parse, tlv

ROOT, ALTERNATIVE, OPERATOR = "root.example.com", "alternative.example.com", "op.example.com"
ROOT_OID, ALTERNATIVE_OID = "2.999.15", "2.999.16"
OK = {"header": {"functionExecutionStatus": {"status": "Executed-Success"}}}


async def post(hosts: Hosts, url: str, body: Any, credential: Credential | None = None) -> tuple[int, Any]:
    """POST as an LPA, or as the server with this certificate."""
    context = ssl.create_default_context(cadata=CI_PEM.decode())
    if credential is not None:
        context = calling(credential)
    async with PeerClient(context, resolve=hosts.resolve) as client:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        reply = await client.post(url, data)
    return reply.status, json.loads(reply.body) if reply.body.startswith(b"{") else reply.body


def code(answer: Any) -> str:
    data = answer["header"]["functionExecutionStatus"]["statusCodeData"]
    assert set(answer) == {"header"}
    return f"{data['subjectCode']}/{data['reasonCode']}"


def event(event_id: str, **more: Any) -> dict[str, Any]:
    header = {"functionRequesterIdentifier": "2.999.10", "functionCallIdentifier": f"call {more}"}
    return {"header": header, "eid": EID, "eventId": event_id} | more


def registered(event_id: str, forward: bool = False) -> dict[str, Any]:
    return event(event_id, rspServerAddress=ADDRESS, forwardingIndicator=forward)


async def poll(
    hosts: Hosts, host: str, euicc: MiniEuicc, event_id: str = "", family: str = "es11"
) -> list[dict[str, str]]:
    """What an LPA does with an SM-DS."""
    base = f"https://{host}/gsma/rsp2/{family}/"
    request = json.loads(initiation(euicc, host).to_json())
    if family == "es9plus":
        request["smdpAddress"] = request.pop("smdsAddress")
    status, answer = await post(hosts, base + "initiateAuthentication", request)
    assert status == 200
    offered = InitiateAuthenticationResponse.model_validate(answer, strict=False)
    body = euicc.authenticate(offered, event_id).to_json()
    status, answer = await post(hosts, base + "authenticateClient", body)
    assert status == 200
    assert set(answer) == {"header", "transactionId", "eventEntries"}
    entries: list[dict[str, str]] = answer["eventEntries"]
    return entries


@pytest.fixture
async def hosts() -> AsyncIterator[Hosts]:
    async with Hosts() as hosts:
        yield hosts


@pytest.fixture
async def root(hosts: Hosts, tmp_path: Path) -> SmdsWorld:
    world = SmdsWorld(tmp_path, url=f"sqlite:///{tmp_path / 'root.db'}", addresses=(ROOT,))
    app = smds.application(world.smds, world.trace)
    await hosts.serve(ROOT, app, ds_tls(ROOT, ROOT_OID), clients="optional")
    return world


@pytest.fixture
async def alternative(hosts: Hosts, root: SmdsWorld, tmp_path: Path) -> AsyncIterator[SmdsWorld]:
    credential, calls = ds_tls(ALTERNATIVE, ALTERNATIVE_OID), ListTrace()
    async with PeerClient(calling(credential), resolve=hosts.resolve, timeout_s=5, trace=calls) as client:
        world = SmdsWorld(
            tmp_path,
            RootSmds(client, ROOT),
            url=f"sqlite:///{tmp_path / 'alternative.db'}",
            addresses=(ALTERNATIVE,),
        )
        world.calls = calls
        await hosts.serve(ALTERNATIVE, smds.application(world.smds), credential, clients="optional")
        yield world


@pytest.mark.parametrize("family", ["es11", "es9plus"])
async def test_both_families_of_paths(hosts: Hosts, root: SmdsWorld, tmp_path: Path, family: str) -> None:
    euicc = World(tmp_path).euicc()
    assert await poll(hosts, ROOT, euicc, family=family) == []
    root.register("E-1")
    expected = [{"eventId": "E-1", "rspServerAddress": ADDRESS}]
    assert await poll(hosts, ROOT, euicc, family=family) == expected
    assert await poll(hosts, ROOT, euicc, "E-1", family=family) == expected


async def test_a_foreign_smdp_registers_and_deletes(hosts: Hosts, root: SmdsWorld) -> None:
    mine, others = dp_tls("dp1.example.com", "2.999.10"), dp_tls("dp2.example.com", "2.999.12")
    es12_base = f"https://{ROOT}/gsma/rsp2/es12/"
    assert await post(hosts, es12_base + "registerEvent", registered("E-1"), mine) == (200, OK)
    assert [one.owner for one in root.store.all_events()] == ["2.999.10"]
    _, answer = await post(hosts, es12_base + "registerEvent", registered("E-1"), others)
    assert code(answer) == "8.9.5/3.3"
    _, answer = await post(hosts, es12_base + "deleteEvent", event("E-1"), others)
    assert code(answer) == "8.9.5/3.9"
    assert await post(hosts, es12_base + "deleteEvent", event("E-1"), mine) == (200, OK)
    assert root.stored() == []


async def test_who_may_call_what(hosts: Hosts, root: SmdsWorld) -> None:
    dp, ds = dp_tls("dp.example.com"), ds_tls("ds.example.com", "2.999.17")
    operator = shared_pki().issue_mno("op", not_before=an_hour_ago())
    for path, caller, expected in [
        ("es12", None, "1.1/3.9"),
        ("es12", ds, "1.1/3.9"),
        ("es12", operator, "1.1/3.9"),
        ("es15", None, "1.1/3.9"),
        ("es15", dp, "1.1/3.9"),
    ]:
        _, answer = await post(hosts, f"https://{ROOT}/gsma/rsp2/{path}/registerEvent", registered("E-1"), caller)
        assert code(answer) == expected, (path, caller)
    assert root.stored() == []
    refused = root.trace.of("security")
    assert len(refused) == 5
    assert {event["oid"] for event in refused} == {"", "2.999.17", "2.999.10"}
    assert await post(hosts, f"https://{ROOT}/gsma/rsp2/es15/registerEvent", registered("E-1"), ds) == (200, OK)
    assert await post(hosts, f"https://{ROOT}/gsma/rsp2/es15/deleteEvent", event("E-1"), ds) == (200, OK)


async def test_a_listener_for_servers_lets_nobody_else_in(hosts: Hosts, tmp_path: Path) -> None:
    world = SmdsWorld(tmp_path)
    await hosts.serve("ds.example.com", es12.application(world.smds), ds_tls("ds.example.com", ROOT_OID), "required")
    url = "https://ds.example.com/gsma/rsp2/es12/registerEvent"
    with pytest.raises(Inaccessible):
        await post(hosts, url, registered("E-1"))
    assert (await post(hosts, url, registered("E-1"), dp_tls("dp.example.com")))[1] == OK
    assert (await post(hosts, url.replace("es12", "es11"), b"{}", dp_tls("dp.example.com")))[0] == 404


async def test_a_listener_for_lpas_knows_no_es12(hosts: Hosts, tmp_path: Path) -> None:
    world = SmdsWorld(tmp_path)
    await hosts.serve("ds.example.com", es11.application(world.smds), ds_tls("ds.example.com", ROOT_OID))
    assert (await post(hosts, "https://ds.example.com/gsma/rsp2/es12/registerEvent", b"{}"))[0] == 404


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"{", 400),
        (b"[]", 400),
        ({}, "1.6/2.2"),
        ({"eid": "1"}, "1.6/2.2"),
        (registered("E-1") | {"eid": "89049032123451234512345678901234"}, "8.1.1/2.1"),
        (registered("E-1") | {"forwardingIndicator": "true"}, "1.3.1/2.1"),
        ({name: value for name, value in registered("E-1").items() if name != "eventId"}, "1.6/2.2"),
    ],
)
async def test_malformed_requests(hosts: Hosts, root: SmdsWorld, body: Any, expected: Any) -> None:
    status, answer = await post(hosts, f"https://{ROOT}/gsma/rsp2/es12/registerEvent", body, dp_tls("dp.example.com"))
    assert (status if isinstance(expected, int) else code(answer)) == expected
    assert root.stored() == []


async def test_a_cascade_and_its_discovery(hosts: Hosts, alternative: SmdsWorld, tmp_path: Path) -> None:
    dp, euicc = dp_tls("dp.example.com"), World(tmp_path).euicc()
    es12_base = f"https://{ALTERNATIVE}/gsma/rsp2/es12/"
    assert await post(hosts, es12_base + "registerEvent", registered("E-1", forward=True), dp) == (200, OK)
    asked, answered = alternative.calls.of("http")
    assert asked["url"] == answered["url"] == f"https://{ROOT}/gsma/rsp2/es15/registerEvent"
    assert (asked["direction"], asked["headers"]["x-admin-protocol"]) == ("request", "gsma/rsp/v2.5.0")
    assert json.loads(asked["body"])["forwardingIndicator"] is False
    assert (answered["direction"], answered["status"], json.loads(answered["body"])) == ("response", 200, OK)
    (found,) = await poll(hosts, ROOT, euicc)
    assert found["rspServerAddress"] == ALTERNATIVE
    assert await poll(hosts, ALTERNATIVE, euicc, found["eventId"]) == [{"eventId": "E-1", "rspServerAddress": ADDRESS}]
    assert await post(hosts, es12_base + "deleteEvent", event("E-1"), dp) == (200, OK)
    assert await poll(hosts, ROOT, euicc) == []
    assert await poll(hosts, ALTERNATIVE, euicc) == []


async def test_a_cascade_without_its_root(hosts: Hosts, alternative: SmdsWorld) -> None:
    dp, there = dp_tls("dp.example.com"), hosts.resolve[ROOT]
    es12_base = f"https://{ALTERNATIVE}/gsma/rsp2/es12/"
    hosts.resolve[ROOT] = "127.0.0.1:1"
    _, answer = await post(hosts, es12_base + "registerEvent", registered("E-1", forward=True), dp)
    assert code(answer) == "8.9/5.1"
    assert alternative.store.events(EID) == []
    hosts.resolve[ROOT] = there
    assert await post(hosts, es12_base + "registerEvent", registered("E-1", forward=True), dp) == (200, OK)


class Operations:
    """The operator: its receiver, and its calls to ES2+."""

    def __init__(self, hosts: Hosts) -> None:
        self.hosts, self.heard = hosts, list[dict[str, Any]]()
        self.credential = shared_pki().issue_mno("op1", not_before=an_hour_ago())

    async def receive(self, request: web.Request) -> web.Response:
        certificate = request.get_extra_info("ssl_object").getpeercert(binary_form=True)
        assert certificate == self.smdp_certificate
        assert request.headers["X-Admin-Protocol"] == "gsma/rsp/v2.5.0"
        self.heard.append(await request.json())
        return web.Response(status=204)

    async def serve(self, smdp: Credential) -> None:
        self.smdp_certificate = smdp.certificate
        app = web.Application()
        app.router.add_post("/gsma/rsp2/es2plus/handleDownloadProgressInfo", self.receive)
        await self.hosts.serve(OPERATOR, app, dp_tls(OPERATOR), clients="required")

    async def call(self, function: str, **members: Any) -> Any:
        call = f"call-{function}-{len(self.heard)}"
        header = {"functionRequesterIdentifier": "op1", "functionCallIdentifier": call}
        url = f"https://es2.{ADDRESS}/gsma/rsp2/es2plus/{function}"
        status, answer = await post(self.hosts, url, {"header": header} | members, self.credential)
        assert status == 200
        return answer


async def test_from_the_order_to_the_installed_profile(
    hosts: Hosts, root: SmdsWorld, alternative: SmdsWorld, tmp_path: Path
) -> None:
    """ES2+ order -> ES12 -> ES15 -> ES11 at both SM-DSs -> ES9+ download -> ES12 deletion, ES2+ notifications."""
    world, operations, smdp_tls = World(tmp_path), Operations(hosts), dp_tls(ADDRESS)
    world.profile(operator="op1", profile_type="gold")
    world.store.commit(
        Operator("op1", certificate=operations.credential.certificate, notification_url=f"https://{OPERATOR}")
    )
    await operations.serve(smdp_tls)
    await hosts.serve(ADDRESS, es9.application(world.server), smdp_tls)
    async with PeerClient(calling(smdp_tls), resolve=hosts.resolve) as client:
        outbox = SqlOutbox(world.store)
        worker = DeliveryWorker(outbox, client, DeliverySettings(poll_s=0.01))
        registrar = Registrar(world.server.ports, outbox, BlockingDelivery(worker, client))
        es2_app = es2.application(world.server, registrar=registrar)
        await hosts.serve(f"es2.{ADDRESS}", es2_app, dp_tls(f"es2.{ADDRESS}"), clients="required")
        delivering = asyncio.create_task(worker.run())

        await operations.call("downloadOrder", eid=EID, profileType="gold")
        answer = await operations.call(
            "confirmOrder", iccid=ICCID, matchingId="EVENT-1", smdsAddress=ALTERNATIVE, releaseFlag=True
        )
        assert answer["matchingId"] == "EVENT-1"
        euicc = world.euicc()
        (at_root,) = await poll(hosts, ROOT, euicc)
        (found,) = await poll(hosts, at_root["rspServerAddress"], euicc, at_root["eventId"])
        assert found == {"eventId": "EVENT-1", "rspServerAddress": ADDRESS}
        await download(hosts, world, euicc, found["eventId"])
        await until(lambda: not left(world.store))
        delivering.cancel()
        await asyncio.gather(delivering, return_exceptions=True)

    order = world.store.order_of_profile(ICCID)
    assert order is not None
    assert order.state is State.INSTALLED
    assert (root.stored(), alternative.stored()) == ([], [])
    points = [body["notificationPointId"] for body in operations.heard]
    assert points == [1, 3, 4]
    assert {body["profileType"] for body in operations.heard} == {"gold"}


async def download(hosts: Hosts, world: World, euicc: MiniEuicc, matching_id: str) -> None:
    base = f"https://{ADDRESS}/gsma/rsp2/es9plus/"
    _, answer = await post(hosts, base + "initiateAuthentication", euicc.initiate(ADDRESS).to_json())
    offered = InitiateAuthenticationResponse.model_validate(answer, strict=False)
    _, answer = await post(hosts, base + "authenticateClient", euicc.authenticate(offered, matching_id).to_json())
    authenticated = AuthenticateClientResponse.model_validate(answer, strict=False)
    _, answer = await post(hosts, base + "getBoundProfilePackage", euicc.prepare(authenticated).to_json())
    euicc.open(GetBoundProfilePackageResponse.model_validate(answer, strict=False))
    status, _ = await post(hosts, base + "handleNotification", euicc.result().to_json())
    assert status == 204


async def test_es2_says_when_the_smds_is_away(hosts: Hosts, tmp_path: Path) -> None:
    world, operations, smdp_tls = World(tmp_path), Operations(hosts), dp_tls(ADDRESS)
    world.profile(operator="op1")
    world.store.commit(Operator("op1", certificate=operations.credential.certificate))
    hosts.resolve[ALTERNATIVE] = "127.0.0.1:1"
    async with PeerClient(calling(smdp_tls), resolve=hosts.resolve) as client:
        outbox = SqlOutbox(world.store)
        delivery = BlockingDelivery(DeliveryWorker(outbox, client), client)
        app = es2.application(world.server, registrar=Registrar(world.server.ports, outbox, delivery))
        await hosts.serve(f"es2.{ADDRESS}", app, dp_tls(f"es2.{ADDRESS}"), clients="required")
        await operations.call("downloadOrder", eid=EID, iccid=ICCID)
        order = world.store.order_of_profile(ICCID)
        answer = await operations.call("confirmOrder", iccid=ICCID, smdsAddress=ALTERNATIVE, releaseFlag=True)
    assert code(answer) == "8.9/5.1"
    assert world.store.order_of_profile(ICCID) == order
    assert left(world.store) == []


async def test_an_smds_answers_only_under_its_own_name(hosts: Hosts, root: SmdsWorld) -> None:
    hosts.resolve["other.example.com"] = hosts.resolve[ROOT]
    with pytest.raises(Inaccessible, match="Hostname mismatch"):
        await post(hosts, "https://other.example.com/gsma/rsp2/es11/initiateAuthentication", b"{}")


async def test_plain_http_is_never_spoken() -> None:
    async with PeerClient(calling(dp_tls("dp.example.com"))) as client:
        with pytest.raises(Inaccessible, match="no https"):
            await client.post("http://127.0.0.1:1/", b"{}")


async def test_a_blocking_call_in_the_event_loop_is_an_error() -> None:
    async with PeerClient(calling(dp_tls("dp.example.com"))) as client:
        with pytest.raises(RuntimeError):
            client.from_thread(client.post("https://127.0.0.1:1/", b"{}"))


async def test_only_post(hosts: Hosts, root: SmdsWorld) -> None:
    context = ssl.create_default_context(cadata=CI_PEM.decode())
    async with aiohttp.ClientSession() as session:
        url = f"https://{hosts.resolve[ROOT]}/gsma/rsp2/es11/initiateAuthentication"
        async with session.get(url, ssl=context, server_hostname=ROOT) as response:
            assert response.status == 405


async def test_a_caller_of_another_major_version(hosts: Hosts, root: SmdsWorld) -> None:
    context, url = calling(dp_tls("dp.example.com")), f"https://{ROOT}/gsma/rsp2/es12/registerEvent"
    async with PeerClient(context, "3.0.0", hosts.resolve) as client:
        reply = await client.post(url, json.dumps(registered("E-1")).encode())
    assert code(json.loads(reply.body)) == "1.3.2/3.1"
    assert root.stored() == []


async def test_the_asn1_binding(hosts: Hosts, root: SmdsWorld, tmp_path: Path) -> None:
    euicc, url = World(tmp_path).euicc(), f"https://{ROOT}/gsma/rsp2/asn1"
    request = tlv(0xBF39, tlv(0x81, euicc.challenge), tlv(0x83, ROOT.encode()), euicc.info1())
    status, answer = await post(hosts, url, tlv(0xA2, request))
    assert (status, parse(answer, 0xA2).children[0].tag) == (200, 0xBF39)
    for body in (b"", tlv(0xA2), tlv(0xA2, tlv(0xBF3D, b"")), tlv(0xA2, tlv(0xBF3A, b""))):
        assert (await post(hosts, url, body))[0] == 400
