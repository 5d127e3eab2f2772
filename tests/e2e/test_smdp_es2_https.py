"""ES2+ over mutual TLS: who gets in, and what an operator's back end sees."""

import json
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from certs import roles
from certs.authority import Authority, Credential, pem, self_signed
from smdp.core.records import Operator
from smdp.core.states import State
from smdp.web.es2 import application
from smdp.web.tls import mutual_context
from tests.support.smdp_world import ADDRESS, ICCID, World

PREFIX = "/gsma/rsp2/es2plus/"


class Backends:
    """The certificates of three operators, valid today: TLS reads the machine's clock."""

    def __init__(self, world: World) -> None:
        now = datetime.now(UTC) - timedelta(hours=1)
        self.server = world.pki.issue_tls([ADDRESS], not_before=now)
        self.pinned, self.chained, self.stranger = (
            world.pki.issue_mno(name, not_before=now) for name in ("pinned", "chained", "stranger")
        )
        self.foreign = _self_signed(world, now)


def _self_signed(world: World, now: datetime) -> Credential:
    authority: Authority = self_signed(roles.mno("foreign"), "NIST", not_before=now, entropy=world.entropy)
    return Credential(authority.certificate, authority.require_key())


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path)
    world.profile(operator="pinned")
    return world


@pytest.fixture
def backends(world: World) -> Backends:
    backends = Backends(world)
    world.store.commit(
        Operator("pinned", certificate=backends.pinned.certificate),
        Operator("chained"),
        Operator("foreign", certificate=backends.foreign.certificate),
    )
    return backends


@pytest.fixture
async def server(world: World, backends: Backends) -> AsyncIterator[TestServer]:
    roots = pem(world.pki.ci("NIST").certificate) + pem(backends.foreign.certificate)
    server = TestServer(application(world.server, world.trace), scheme="https", host="127.0.0.1")
    await server.start_server(ssl=mutual_context(backends.server.chain_pem, backends.server.key_pem, roots))
    yield server
    await server.close()


class Operators:
    """Calls functions as one operator or another."""

    def __init__(self, world: World, server: TestServer, directory: Path) -> None:
        self._world, self._port, self._directory = world, server.port, directory

    async def call(
        self, function: str, requester: str, credential: Credential | None, version: str | None = None, **members: Any
    ) -> tuple[int, Any]:
        context = ssl.create_default_context(cadata=self._world.pki.ci("NIST").certificate)
        if credential is not None:
            path = self._directory / "client.pem"
            path.write_bytes(credential.chain_pem + credential.key_pem)
            context.load_cert_chain(path)
        header = {"functionRequesterIdentifier": requester, "functionCallIdentifier": function}
        async with (
            aiohttp.ClientSession() as session,
            session.post(
                f"https://127.0.0.1:{self._port}{PREFIX}{function}",
                json={"header": header, **members},
                headers={"X-Admin-Protocol": version} if version else {},
                ssl=context,
                server_hostname=ADDRESS,
            ) as response,
        ):
            return response.status, json.loads(await response.read())


@pytest.fixture
def operators(world: World, server: TestServer, tmp_path: Path) -> Operators:
    return Operators(world, server, tmp_path)


def failed(body: Any) -> str:
    data = body["header"]["functionExecutionStatus"]["statusCodeData"]
    return f"{data['subjectCode']}/{data['reasonCode']}"


async def test_an_order_from_beginning_to_release(world: World, operators: Operators, backends: Backends) -> None:
    success = {"header": {"functionExecutionStatus": {"status": "Executed-Success"}}}
    me = ("pinned", backends.pinned)
    assert await operators.call("downloadOrder", *me, iccid=ICCID) == (200, success | {"iccid": ICCID})
    status, confirmed = await operators.call("confirmOrder", *me, iccid=ICCID, releaseFlag=False, matchingId="AC-1")
    assert (status, confirmed) == (200, success | {"matchingId": "AC-1"})
    assert await operators.call("releaseProfile", *me, iccid=ICCID) == (200, success)
    order = world.store.order_of_profile(ICCID)
    assert order is not None
    assert (order.state, order.operator) == (State.RELEASED, "pinned")
    cancelled = await operators.call("cancelOrder", *me, iccid=ICCID, finalProfileStatusIndicator="Available")
    assert cancelled == (200, success)


async def test_who_gets_in(operators: Operators, backends: Backends) -> None:
    for requester, credential, code in (
        ("chained", backends.chained, "8.2.1/1.2"),  # reaches the function, which refuses another's profile
        ("foreign", backends.foreign, "8.2.1/1.2"),
        ("pinned", backends.chained, "1.1/3.9"),
        ("foreign", backends.pinned, "1.1/3.9"),
        ("unregistered", backends.stranger, "1.1/3.9"),
    ):
        status, body = await operators.call("downloadOrder", requester, credential, iccid=ICCID)
        assert (status, failed(body)) == (200, code)


async def test_no_certificate_or_an_unknown_one_fails_in_tls(world: World, operators: Operators) -> None:
    unknown = _self_signed(world, datetime.now(UTC) - timedelta(hours=1))
    for credential in (None, unknown):
        with pytest.raises((aiohttp.ClientError, ssl.SSLError)):
            await operators.call("downloadOrder", "pinned", credential, iccid=ICCID)
    assert not world.store.orders()


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({}, "8.2.1/2.3"),
        ({"iccid": ICCID, "eid": "1" * 32}, "8.1.1/2.1"),
        ({"iccid": "12"}, "1.3.1/2.1"),
        ({"header": {"functionRequesterIdentifier": "pinned"}}, "1.6/2.2"),
    ],
)
async def test_malformed_requests(operators: Operators, backends: Backends, members: dict[str, Any], code: str) -> None:
    status, body = await operators.call("downloadOrder", "pinned", backends.pinned, **members)
    assert (status, failed(body)) == (200, code)


@pytest.mark.parametrize(("version", "code"), [("gsma/rsp/v2.2.0", "8.2.1/2.3"), ("gsma/rsp/v3.0.0", "1.3.2/3.1")])
async def test_the_version_is_negotiated(operators: Operators, backends: Backends, version: str, code: str) -> None:
    _, body = await operators.call("downloadOrder", "pinned", backends.pinned, version=version)
    assert failed(body) == code
