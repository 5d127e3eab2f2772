"""ES9+ over TLS on loopback: the JSON binding as a client sees it."""

import base64
import json
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from smdp.core.states import State
from smdp.web.es9 import application
from smdp.web.tls import server_context
from tests.support.smdp_world import ADDRESS, UPP, World
from tests.support.tlv_by_hand import split, t
from wire.json_es9 import (
    AuthenticateClientResponse,
    GetBoundProfilePackageResponse,
    InitiateAuthenticationResponse,
)
from wire.json_types import Body

PREFIX = "/gsma/rsp2/es9plus/"


class Client:
    """Posts to one server, host name and chain verified."""

    def __init__(self, session: aiohttp.ClientSession, port: int, context: ssl.SSLContext) -> None:
        self._session, self._base, self._context = session, f"https://127.0.0.1:{port}", context

    async def post(self, function: str, body: Body | bytes, **kwargs: Any) -> tuple[int, dict[str, str], bytes]:
        data = body if isinstance(body, bytes) else body.to_json()
        url = self._base + (function if function.startswith("/") else PREFIX + function)
        async with self._session.post(url, data=data, ssl=self._context, server_hostname=ADDRESS, **kwargs) as response:
            return response.status, dict(response.headers), await response.read()


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def client_context(world: World, version: ssl.TLSVersion | None = None) -> ssl.SSLContext:
    context = ssl.create_default_context(cadata=world.pki.ci("NIST").certificate)
    if version is not None:
        context.minimum_version = context.maximum_version = version
    return context


@pytest.fixture
async def server(world: World) -> AsyncIterator[TestServer]:
    tls = world.pki.issue_tls([ADDRESS], not_before=datetime.now(UTC) - timedelta(hours=1))
    server = TestServer(application(world.server, world.trace), scheme="https", host="127.0.0.1")
    await server.start_server(ssl=server_context(tls.chain_pem, tls.key_pem))
    yield server
    await server.close()


@pytest.fixture
async def client(world: World, server: TestServer) -> AsyncIterator[Client]:
    async with aiohttp.ClientSession() as session:
        yield Client(session, server.port or 0, client_context(world))


async def download(world: World, client: Client) -> None:
    euicc = world.euicc()
    _, _, raw = await client.post("initiateAuthentication", euicc.initiate(ADDRESS))
    offered = InitiateAuthenticationResponse.model_validate_json(raw)
    _, _, raw = await client.post("authenticateClient", euicc.authenticate(offered, "TOKEN"))
    authenticated = AuthenticateClientResponse.model_validate_json(raw)
    _, _, raw = await client.post("getBoundProfilePackage", euicc.prepare(authenticated))
    assert euicc.open(GetBoundProfilePackageResponse.model_validate_json(raw)).upp == UPP
    status, headers, raw = await client.post("handleNotification", euicc.result())
    assert (status, raw) == (204, b"")
    assert headers["X-Admin-Protocol"] == "gsma/rsp/v2.5.0"
    assert world.now().state is State.INSTALLED


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_a_download_over_each_tls_version(world: World, server: TestServer, version: ssl.TLSVersion) -> None:
    world.profile()
    world.order()
    async with aiohttp.ClientSession() as session:
        await download(world, Client(session, server.port or 0, client_context(world, version)))
    peers = {event["peer"].split()[1] for event in world.trace.of("http") if event["direction"] == "request"}
    assert peers == {version.name.replace("_", ".")}


async def test_responses_hold_exactly_the_members_of_the_standard(world: World, client: Client) -> None:
    world.profile()
    world.order()
    euicc = world.euicc()
    success = {"header": {"functionExecutionStatus": {"status": "Executed-Success"}}}
    status, headers, raw = await client.post("initiateAuthentication", euicc.initiate(ADDRESS))
    first = json.loads(raw)
    assert status == 200
    assert headers["Content-Type"] == "application/json"
    assert set(first) == {
        "header",
        "transactionId",
        "serverSigned1",
        "serverSignature1",
        "euiccCiPKIdToBeUsed",
        "serverCertificate",
    }
    assert {"header": first["header"]} == success
    assert first["transactionId"] == first["transactionId"].upper()
    assert base64.b64decode(first["serverSignature1"])[:3] == bytes.fromhex("5F3740")
    offered = InitiateAuthenticationResponse.model_validate_json(raw)
    _, _, raw = await client.post("authenticateClient", euicc.authenticate(offered, "TOKEN"))
    assert set(json.loads(raw)) == {
        "header",
        "transactionId",
        "profileMetadata",
        "smdpSigned2",
        "smdpSignature2",
        "smdpCertificate",
    }
    authenticated = AuthenticateClientResponse.model_validate_json(raw)
    _, _, raw = await client.post("getBoundProfilePackage", euicc.prepare(authenticated))
    assert set(json.loads(raw)) == {"header", "transactionId", "boundProfilePackage"}
    _, _, raw = await client.post("cancelSession", euicc.cancel(1))
    assert json.loads(raw) == success


async def test_a_refusal_is_http_200_with_only_a_header(client: Client) -> None:
    body = {"transactionId": "00", "authenticateServerResponse": "vzgA"}
    status, _, raw = await client.post("authenticateClient", json.dumps(body).encode())
    code = {"subjectCode": "8.10.1", "reasonCode": "3.9"}
    assert status == 200
    assert json.loads(raw) == {"header": {"functionExecutionStatus": {"status": "Failed", "statusCodeData": code}}}


@pytest.mark.parametrize(
    ("function", "body", "expected"),
    [
        ("initiateAuthentication", b"{", 400),
        ("initiateAuthentication", b"[]", 400),
        ("initiateAuthentication", b"\xff", 400),
        ("initiateAuthentication", b"{}", 200),
        ("initiateAuthentication", b"x" * 300_000, 413),
        ("handleNotification", b"{", 204),
        ("handleNotification", b"{}", 204),
        ("handleNotification", b'{"pendingNotification": "vzcA"}', 204),
        ("nothing", b"{}", 404),
        ("/", b"{}", 404),
    ],
)
async def test_http_status(client: Client, function: str, body: bytes, expected: int) -> None:
    status, _, raw = await client.post(function, body)
    assert status == expected
    assert b"Traceback" not in raw


async def test_only_post(client: Client, server: TestServer, world: World) -> None:
    async with aiohttp.ClientSession() as session:
        url = f"https://127.0.0.1:{server.port}{PREFIX}initiateAuthentication"
        async with session.get(url, ssl=client_context(world), server_hostname=ADDRESS) as response:
            assert response.status == 405


async def test_the_content_type_is_not_compared_literally(world: World, client: Client) -> None:
    for content_type in ("application/json;charset=UTF-8", "application/json", "text/plain"):
        status, _, raw = await client.post(
            "initiateAuthentication", world.euicc().initiate(ADDRESS), headers={"Content-Type": content_type}
        )
        assert status == 200
        assert b"Executed-Success" in raw


async def test_the_asn1_binding(world: World, client: Client) -> None:
    body = world.euicc().initiate(ADDRESS)
    request = t("A2", t("BF39", t("81", body.euiccChallenge), t("83", body.smdpAddress.encode()), body.euiccInfo1))
    status, headers, raw = await client.post("/gsma/rsp2/asn1", request)
    assert (status, headers["Content-Type"]) == (200, "application/x-gsma-rsp-asn1")
    assert split(split(raw)[0][1])[0][0] == "BF39"
    notification = t("A2", t("BF3D", t("A0", world.euicc().notification("0640", bytes(10)).pendingNotification)))
    assert (await client.post("/gsma/rsp2/asn1", notification))[::2] == (204, b"")
    for malformed in (b"", b"{}", t("A2", t("BF3C"))):
        assert (await client.post("/gsma/rsp2/asn1", malformed))[0] == 400
