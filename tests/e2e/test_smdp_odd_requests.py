"""Requests that no LPA sends: each gets its HTTP status in both lanes, and none takes the trace with it.

Spec: SGP.22 v2.5 section 6.5.1 (HTTP status codes)
"""

import asyncio
import contextlib
import gzip
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import pytest
from aiohttp import web

from lab.trace import TraceWriter, read_trace
from smdp.web.es9 import PREFIX, application
from smdp.web.fast_lane import listening
from tests.support.smdp_world import ADDRESS, MovableClock, World

TEXT = "text/plain; charset=utf-8"
NESTED = b"[" * 5000
NO_OBJECT = {
    "nothing": b"",
    "an array": b"[]",
    "null": b"null",
    "a BOM": b"\xef\xbb\xbf{}",
    "UTF-16": "{}".encode("utf-16"),
    "no UTF-8": b'{"smdpAddress":"\xff"}',
    "a lone surrogate": b'{"transactionId":"\\ud800"}',
    "two objects": b"{}{}",
    "nested too deeply": NESTED,
    "a huge number": b'{"x":' + b"9" * 5000 + b"}",
}


class Answer(NamedTuple):
    status: int
    content_type: str
    body: bytes


class Peer:
    """A server, traced or not, and a client that sends what it is told, each time on a new connection."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def ask(self, raw: bytes) -> Answer:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        with contextlib.closing(writer):
            writer.write(raw)
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            return Answer(int(head[0].split()[1]), headers.get("content-type", ""), body)

    async def post(self, function: str, body: bytes, *headers: bytes, host: bytes = ADDRESS.encode()) -> Answer:
        lines = [f"POST {PREFIX}{function} HTTP/1.1".encode(), b"Host: " + host, *headers]
        return await self.ask(b"\r\n".join([*lines, b"Content-Length: %d" % len(body), b"", b""]) + body)


@contextlib.asynccontextmanager
async def serving(world: World, writer: TraceWriter | None) -> AsyncIterator[Peer]:
    """As `rsplab serve` does it; without a trace, the fast lane answers what it can."""
    app = application(world.server, writer.role("smdp") if writer else None)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, auto_decompress=False)
    await runner.setup()
    sock = socket.create_server(("127.0.0.1", 0))
    async with listening(runner, sock, None):
        yield Peer(sock.getsockname()[1])
    await runner.cleanup()


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.fixture
async def plain(world: World) -> AsyncIterator[Peer]:
    async with serving(world, None) as peer:
        yield peer


@pytest.fixture
def writer(tmp_path: Path) -> TraceWriter:
    return TraceWriter(tmp_path / "trace.jsonl", MovableClock())


@pytest.fixture
async def traced(world: World, writer: TraceWriter) -> AsyncIterator[Peer]:
    async with serving(world, writer) as peer:
        yield peer


@pytest.mark.parametrize("body", NO_OBJECT.values(), ids=NO_OBJECT)
async def test_a_body_that_is_no_json_object(plain: Peer, traced: Peer, body: bytes) -> None:
    for function in ("initiateAuthentication", "authenticateClient", "getBoundProfilePackage", "cancelSession"):
        answer = await plain.post(function, body)
        assert (answer.status, answer.content_type) == (400, TEXT)
        assert await traced.post(function, body) == answer
    for peer in (plain, traced):
        assert await peer.post("handleNotification", body) == Answer(204, "", b"")


@pytest.mark.parametrize("octets", [gzip.compress(b"{}"), b"{}"], ids=["compressed", "not even that"])
async def test_a_compressed_body_is_no_json(plain: Peer, traced: Peer, octets: bytes) -> None:
    for peer in (plain, traced):
        answer = await peer.post("initiateAuthentication", octets, b"Content-Encoding: gzip")
        assert answer.status == (400 if octets != b"{}" else 200)


@pytest.mark.parametrize("host", [b"\xff", b"a b:c", b""])
async def test_a_host_header_that_names_no_host(plain: Peer, traced: Peer, host: bytes) -> None:
    for peer in (plain, traced):
        assert b'"1.6"' in (await peer.post("initiateAuthentication", b"{}", host=host)).body


async def test_the_trace_outlives_them(traced: Peer, writer: TraceWriter) -> None:
    for body in NO_OBJECT.values():
        await traced.post("authenticateClient", body)
    await traced.post("initiateAuthentication", b"{}", b"User-Agent: \xff\xfe", host=b"\xff")
    await traced.post("authenticateClient", b'{"transactionId":"../../x"}')
    await traced.post("authenticateClient", b'{"transactionId":"ab12"}')
    writer.close()
    events = list(read_trace(writer.path))
    assert len(events) == 2 * (len(NO_OBJECT) + 3)
    assert [event["session"] for event in events[-4:]] == ["", "", "AB12", "AB12"]
    nested = next(event for event in events if event.get("body_hex") == NESTED.hex().upper())
    assert nested["direction"] == "request"
    assert any(event["headers"].get("user-agent") == "\\udcff\\udcfe" for event in events if "headers" in event)


def test_what_cannot_be_described_costs_one_event_only(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    class Unprintable:
        def __str__(self) -> str:
            raise RuntimeError("no text")

    with TraceWriter(tmp_path / "trace.jsonl", MovableClock()) as writer:
        trace = writer.role("lpa")
        for what in ("before", Unprintable(), "after"):
            trace.record("progress", "", step=what)
    assert [event["step"] for event in read_trace(writer.path)] == ["before", "after"]
    assert caplog.messages == ["event 2 (progress) is not in the trace"]
