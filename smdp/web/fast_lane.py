"""A listener that answers plain POSTs to the busiest functions itself and leaves all other HTTP to aiohttp.

Most of what a session costs a server beside its cryptography is HTTP: requests of LPAs are all alike, so a short path
reads them. The first request that isn't of that kind (another path or method, chunked, Expect, oversized) hands its
connection over to aiohttp, for good and with every octet, so that there is one full HTTP implementation.
"""

import asyncio
import contextlib
import logging
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from email.utils import formatdate
from functools import lru_cache, partial
from http import HTTPStatus
from time import time
from typing import Final, NamedTuple, cast

from aiohttp import web

from smdp.web.json_binding import BODY_OCTETS_MAX, Answer, Headers

HEAD_OCTETS_MAX: Final = 8190
IDLE_S: Final = 75.0
_END: Final = b"\r\n\r\n"
# A request with one of these isn't plain; values of all others don't matter here.
_NOT_PLAIN: Final = frozenset(
    (b"transfer-encoding", b"expect", b"connection", b"upgrade", b"content-encoding", b"trailer")
)
_HEADS: Final = 1024  # distinct heads remembered: an LPA's are the same for each session, but for a length now and then
_log = logging.getLogger("rsplab.smdp")


Function = Callable[[bytes], Answer]
FUNCTIONS: Final = web.AppKey("fast_lane_functions", dict[str, Function])
"""Where an application names the functions that need no aiohttp, by path; they must not wait for anything."""


@contextlib.asynccontextmanager
async def listening(
    runner: web.AppRunner, sock: socket.socket, ssl_context: ssl.SSLContext | None
) -> AsyncIterator[None]:
    """Accept connections on `sock` for the application of `runner`, which has been set up, while the block runs."""
    server = runner.server
    if server is None:
        raise RuntimeError("the runner is not set up")
    functions = runner.app.get(FUNCTIONS)
    lanes: set[_Lane] = set()

    def protocol() -> asyncio.Protocol:
        return _Lane(heads, server, lanes) if functions else server()

    by_request_line = {f"POST {path} HTTP/1.1".encode(): function for path, function in (functions or {}).items()}
    heads = lru_cache(maxsize=_HEADS)(partial(_plain_head, by_request_line))
    listener = await asyncio.get_running_loop().create_server(protocol, sock=sock, ssl=ssl_context, backlog=128)
    try:
        yield
    finally:
        listener.close()
        for lane in list(lanes):
            lane.close()


class _Head(NamedTuple):
    function: Function
    length: int


class _Lane(asyncio.Protocol):
    """One connection for as long as it is used for nothing but plain requests."""

    def __init__(
        self,
        heads: Callable[[bytes], _Head | None],
        fallback: Callable[[], asyncio.Protocol],
        lanes: set["_Lane"],
    ) -> None:
        self._heads, self._fallback, self._lanes = heads, fallback, lanes
        self._loop = asyncio.get_running_loop()
        self._received = b""
        self._active_at = self._loop.time()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's own are no subclasses
        self._lanes.add(self)
        self._timer = self._loop.call_later(IDLE_S, self._check_idle)

    def connection_lost(self, exc: Exception | None) -> None:
        self._leave()

    def pause_writing(self) -> None:
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        self._transport.resume_reading()

    def close(self) -> None:
        """End the connection after what has been answered."""
        self._transport.close()

    def data_received(self, data: bytes) -> None:
        self._active_at = self._loop.time()
        self._received = received = self._received + data if self._received else data
        while received:
            ends = received.find(_END)
            if ends < 0 and len(received) <= HEAD_OCTETS_MAX:
                return
            head = self._heads(received[:ends]) if 0 <= ends <= HEAD_OCTETS_MAX else None
            if head is None:
                self._hand_over()
                return
            body_at = ends + len(_END)
            end = body_at + head.length
            if len(received) < end:
                return
            body = received[body_at:end]
            self._received = received = received[end:]
            self._transport.write(_response(head.function, body))

    def _hand_over(self) -> None:
        self._leave()
        protocol = self._fallback()
        self._transport.set_protocol(protocol)
        protocol.connection_made(self._transport)
        protocol.data_received(self._received)

    def _leave(self) -> None:
        self._lanes.discard(self)
        self._timer.cancel()

    def _check_idle(self) -> None:
        left = self._active_at + IDLE_S - self._loop.time()
        if left <= 0:
            self._transport.close()
        else:
            self._timer = self._loop.call_later(left, self._check_idle)


def _plain_head(functions: Mapping[bytes, Function], raw: bytes) -> _Head | None:
    """The head of a plain request to one of the functions, or None."""
    request_line, *lines = raw.split(b"\r\n")
    function = functions.get(request_line)
    if function is None:
        return None
    length, hosts = -1, 0
    for line in lines:
        name, colon, value = line.partition(b":")
        name = name.lower()
        if not colon or (name in _NOT_PLAIN and not (name == b"connection" and value.strip().lower() == b"keep-alive")):
            return None
        if name == b"content-length":
            value = value.strip()
            if length >= 0 or not value.isdigit() or len(value) > len(str(BODY_OCTETS_MAX)):
                return None
            length = int(value)
        hosts += name == b"host"
        if name != name.strip():
            return None
    return _Head(function, length) if 0 <= length <= BODY_OCTETS_MAX and hosts == 1 else None


def _response(function: Function, body: bytes) -> bytes:
    try:
        answer = function(body)
    except Exception:
        _log.exception("a function failed")
        answer = Answer(HTTPStatus.INTERNAL_SERVER_ERROR, ())
    head = _answer_head(answer.status, answer.headers, int(time()))
    if answer.status is HTTPStatus.NO_CONTENT:
        return head + b"\r\n"
    return b"%bContent-Length: %d\r\n\r\n%b" % (head, len(answer.body), answer.body)


@lru_cache
def _answer_head(status: HTTPStatus, headers: Headers, second: int) -> bytes:
    """All lines but Content-Length."""
    lines = [f"HTTP/1.1 {status.value} {status.phrase}", f"Date: {formatdate(second, usegmt=True)}"]
    return "".join(f"{line}\r\n" for line in (*lines, *(f"{name}: {value}" for name, value in headers))).encode(
        "latin-1"
    )
