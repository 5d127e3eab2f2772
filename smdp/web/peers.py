"""Calls to other servers: HTTPS with both sides' certificates, and what their answers mean.

Spec: SGP.22 v2.5 sections 6.1, 6.5.1 (headers, HTTP status codes), 5.3.5, 5.9, 5.10
"""

import asyncio
import socket
import ssl
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any, Final, NamedTuple, Self, TypeVar

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from smdp.core.events import Inaccessible, Unreachable
from wire.errors import DecodeError
from wire.json_es12 import DeleteEventRequest, RegisterEventRequest
from wire.json_header import HeaderOnlyResponse, read_response
from wire.ports import Trace

TIMEOUT_S: Final = 10.0
KEEP_ALIVE_S: Final = 5.0  # shorter than servers keep idle connections
BODY_OCTETS_MAX: Final = 64 * 1024
_OK, _NO_CONTENT = 200, 204
T = TypeVar("T")


class Reply(NamedTuple):
    """What came back."""

    status: int
    body: bytes


class PeerClient:
    """Posts JSON bodies to other servers; to be used in one event loop as `async with`.

    context: `smdp.web.tls.client_context`, or what finds the one for a URL.
    resolve: host name in lower case -> "address" or "address:port" to dial.
    """

    def __init__(
        self,
        context: ssl.SSLContext | Callable[[str], Awaitable[ssl.SSLContext]],
        protocol_version: str = "2.5.0",
        resolve: Mapping[str, str] | None = None,
        timeout_s: float = TIMEOUT_S,
        trace: Trace | None = None,
    ) -> None:
        self._context = context
        self._headers = {
            "X-Admin-Protocol": f"gsma/rsp/v{protocol_version}",
            "Content-Type": "application/json",
            "Accept-Encoding": "identity",
        }
        self._resolve = {} if resolve is None else resolve
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)
        self._trace = trace

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        connector = aiohttp.TCPConnector(
            resolver=_Resolver(self._resolve), use_dns_cache=False, keepalive_timeout=KEEP_ALIVE_S
        )
        self._session = aiohttp.ClientSession(connector=connector, timeout=self._timeout, headers=self._headers)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def post(self, url: str, body: bytes) -> Reply:
        """POST over TLS; Unreachable if there is no connection, Inaccessible if no HTTP response came back."""
        if not url.lower().startswith("https://"):
            raise Inaccessible(f"{url} is no https address")
        started = time.perf_counter()
        self._note(url, body, self._headers, direction="request")
        try:
            context = self._context if isinstance(self._context, ssl.SSLContext) else await self._context(url)
            async with self._session.post(url, data=body, ssl=context, allow_redirects=False) as response:
                content = bytearray()
                async for chunk in response.content.iter_any():
                    content += chunk
                    if len(content) > BODY_OCTETS_MAX:
                        raise Inaccessible(f"{url} answers more than {BODY_OCTETS_MAX} octets")
            reply, headers = Reply(response.status, bytes(content)), response.headers
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise Unreachable(f"{url}: {error.__cause__ or error}") from error
        except TimeoutError as error:
            raise Inaccessible(f"{url} doesn't answer") from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise Inaccessible(f"{url}: {error}") from error
        duration_ms = round((time.perf_counter() - started) * 1000, 3)
        self._note(url, reply.body, headers, direction="response", status=reply.status, duration_ms=duration_ms)
        return reply

    def from_thread(self, call: Coroutine[Any, Any, T]) -> T:
        """Run a call of this client's event loop from another thread, and wait for its end."""
        try:
            running = asyncio.get_running_loop()
        except RuntimeError:
            return asyncio.run_coroutine_threadsafe(call, self._loop).result()
        call.close()
        raise RuntimeError(f"a blocking call inside {running}: run the function in a thread")

    def _note(self, url: str, body: bytes, headers: Mapping[str, str], **fields: object) -> None:
        if self._trace is None:
            return
        self._trace.record(
            "http",
            "",
            function=url.rsplit("/", 1)[-1],
            method="POST",
            url=url,
            headers={name.lower(): value for name, value in headers.items()},
            body=body.decode("utf-8", "replace"),
            **fields,
        )


class _Resolver(AbstractResolver):
    def __init__(self, resolve: Mapping[str, str]) -> None:
        self._targets = resolve
        self._system = aiohttp.ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        target = self._targets.get(host.lower(), host)
        name, colon, other_port = target.rpartition(":")
        return await self._system.resolve(*(name, int(other_port)) if colon else (target, port), family)

    async def close(self) -> None:
        """Nothing to close."""


def check_answer(reply: Reply, function: str) -> None:
    """For a request/response function: FunctionRefused for a refusal, Inaccessible for no proper answer."""
    if reply.status != _OK:
        raise Inaccessible(f"HTTP status {reply.status}")
    try:
        read_response(HeaderOnlyResponse, reply.body, function)
    except DecodeError as error:
        raise Inaccessible(f"unreadable answer: {error}") from error


def check_acknowledged(reply: Reply, function: str) -> None:
    """For a notification function: 204 acknowledges, and so does 200, unless its header says Failed."""
    if reply.status == _NO_CONTENT:
        return
    if reply.status != _OK:
        raise Inaccessible(f"HTTP status {reply.status}")
    try:
        read_response(HeaderOnlyResponse, reply.body, function)
    except DecodeError:
        return


class RootSmds:
    """The root of an Alternative SM-DS, called over ES15; an `EventServer`."""

    PATH: Final = "/gsma/rsp2/es15/"

    def __init__(self, client: PeerClient, address: str) -> None:
        self._client = client
        self._base = f"https://{address}{self.PATH}"

    def register_event(self, request: RegisterEventRequest) -> None:
        """ES15.RegisterEvent."""
        self._call("registerEvent", request.to_json())

    def delete_event(self, request: DeleteEventRequest) -> None:
        """ES15.DeleteEvent."""
        self._call("deleteEvent", request.to_json())

    def _call(self, function: str, body: bytes) -> None:
        reply = self._client.from_thread(self._client.post(self._base + function, body))
        check_answer(reply, f"ES15.{function[0].upper()}{function[1:]}")
