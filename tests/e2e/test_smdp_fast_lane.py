"""The short path for plain ES9+ requests: it answers like aiohttp, and gives everything else to aiohttp."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from smdp.core.states import State
from smdp.web.es9 import application
from smdp.web.fast_lane import FUNCTIONS, listening
from tests.support.smdp_world import ADDRESS, UPP, World
from wire.json_es9 import (
    AuthenticateClientResponse,
    GetBoundProfilePackageResponse,
    InitiateAuthenticationResponse,
)

PATH = "/gsma/rsp2/es9plus/"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.fixture
async def runner(world: World) -> AsyncIterator[web.AppRunner]:
    runner = web.AppRunner(application(world.server), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    yield runner
    await runner.cleanup()


@pytest.fixture
async def port(runner: web.AppRunner) -> AsyncIterator[int]:
    sock = socket.create_server(("127.0.0.1", 0))
    async with listening(runner, sock, None):
        yield sock.getsockname()[1]


class Connection:
    """A client that sends what it is told, octet for octet."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def answer(self) -> tuple[int, dict[str, str], bytes]:
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
        body = await self.reader.readexactly(int(headers.get("content-length", 0)))
        return int(head[0].split()[1]), headers, body

    async def ask(self, raw: bytes) -> tuple[int, dict[str, str], bytes]:
        self.writer.write(raw)
        return await self.answer()


@pytest.fixture
async def connection(port: int) -> AsyncIterator[Connection]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    yield Connection(reader, writer)
    writer.close()


def request(function: str, body: bytes, *headers: str, method: str = "POST") -> bytes:
    lines = [f"{method} {PATH}{function} HTTP/1.1", f"Host: {ADDRESS}", *headers]
    return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body


def initiate(world: World) -> bytes:
    return request("initiateAuthentication", world.euicc().initiate(ADDRESS).to_json())


async def test_a_download_on_one_connection(world: World, connection: Connection) -> None:
    world.profile()
    world.order()
    euicc = world.euicc()
    status, headers, body = await connection.ask(initiate(world))
    assert (status, headers["content-type"]) == (200, "application/json")
    assert headers["x-admin-protocol"] == "gsma/rsp/v2.5.0"
    offered = InitiateAuthenticationResponse.model_validate_json(body)
    _, _, body = await connection.ask(request("authenticateClient", euicc.authenticate(offered, "TOKEN").to_json()))
    authenticated = AuthenticateClientResponse.model_validate_json(body)
    _, _, body = await connection.ask(request("getBoundProfilePackage", euicc.prepare(authenticated).to_json()))
    assert euicc.open(GetBoundProfilePackageResponse.model_validate_json(body)).upp == UPP
    status, headers, body = await connection.ask(request("handleNotification", euicc.result().to_json()))
    assert (status, body) == (204, b"")
    assert "content-length" not in headers
    assert world.now().state is State.INSTALLED


async def test_octet_by_octet(world: World, connection: Connection) -> None:
    raw = initiate(world)
    for at in range(len(raw)):
        connection.writer.write(raw[at : at + 1])
        if at % 100 == 0:
            await connection.writer.drain()
    assert (await connection.answer())[0] == 200


async def test_pipelined(world: World, connection: Connection) -> None:
    connection.writer.write(initiate(world) * 3)
    ids = [json.loads((await connection.answer())[2])["transactionId"] for _ in range(3)]
    assert len(set(ids)) == 3


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (request("initiateAuthentication", b"{"), 400),
        (request("initiateAuthentication", b"{}"), 200),
        (request("handleNotification", b"{"), 204),
        (request("nothing", b"{}"), 404),
        (request("initiateAuthentication", b"", method="GET"), 405),
        (request("initiateAuthentication", b"x" * 300_000), 413),
        (request("initiateAuthentication", b"{}", "Content-Length: 2"), 400),
        (b"POST " + PATH.encode() + b"initiateAuthentication HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}", 400),
        (b"nonsense\r\n\r\n", 400),
        (b"x" * 9000 + b"\r\n\r\n", 400),
    ],
)
async def test_status(connection: Connection, raw: bytes, expected: int) -> None:
    assert (await connection.ask(raw))[0] == expected


async def test_a_chunked_request_after_a_plain_one(world: World, connection: Connection) -> None:
    assert (await connection.ask(initiate(world)))[0] == 200
    body = world.euicc().initiate(ADDRESS).to_json()
    head = f"POST {PATH}initiateAuthentication HTTP/1.1\r\nHost: {ADDRESS}\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    status, _, answer = await connection.ask(head.encode() + chunked)
    assert (status, b"Executed-Success" in answer) == (200, True)
    assert (await connection.ask(initiate(world)))[0] == 200  # aiohttp's from now on


async def test_expect_100_continue(world: World, connection: Connection) -> None:
    raw = request("initiateAuthentication", world.euicc().initiate(ADDRESS).to_json(), "Expect: 100-continue")
    head, body = raw.split(b"\r\n\r\n", 1)
    connection.writer.write(head + b"\r\n\r\n")
    assert b"100" in await connection.reader.readuntil(b"\r\n\r\n")
    assert (await connection.ask(body))[0] == 200


async def test_connection_close(world: World, connection: Connection) -> None:
    body = world.euicc().initiate(ADDRESS).to_json()
    assert (await connection.ask(request("initiateAuthentication", body, "Connection: close")))[0] == 200
    assert await connection.reader.read() == b""


async def test_idle_connections_are_closed(
    monkeypatch: pytest.MonkeyPatch, world: World, runner: web.AppRunner
) -> None:
    monkeypatch.setattr("smdp.web.fast_lane.IDLE_S", 0.05)
    sock = socket.create_server(("127.0.0.1", 0))
    async with listening(runner, sock, None):
        reader, writer = await asyncio.open_connection(*sock.getsockname())
        connection = Connection(reader, writer)
        assert (await connection.ask(initiate(world)))[0] == 200
        assert await asyncio.wait_for(reader.read(), 5) == b""
        writer.close()


async def test_an_unexpected_error_is_a_500_without_its_reasons(
    monkeypatch: pytest.MonkeyPatch, world: World, connection: Connection
) -> None:
    monkeypatch.setattr(type(world.store), "commit", lambda *_: 1 / 0)
    status, _, body = await connection.ask(initiate(world))
    assert (status, body) == (500, b"")


async def test_nothing_bypasses_the_trace(world: World) -> None:
    assert FUNCTIONS not in application(world.server, world.trace)
    assert FUNCTIONS in application(world.server)
