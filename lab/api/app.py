"""The aiohttp application of the API. Handlers run in threads: they use the database and wait for cards."""

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from aiohttp import web

from lab.api.errors import HttpRefusal
from lab.api.openapi import ROUTES, document
from lab.api.page import page
from lab.api.pipeline import Pipeline, Request, Response
from lab.api.routing import BASE
from lab.api.views import operation_out
from lab.managers import Management
from lab.managers.errors import Code
from lab.store.records import Operation

MAX_BODY_OCTETS = 1024 * 1024
_THREADS = 32
_POLL_S = 0.1
_KEEP_ALIVE_S = 15.0
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Observation:
    """One answered call, for metrics; `route` is the path with its placeholders, "" where there is none."""

    method: str
    route: str
    status: int
    seconds: float
    body: bytes = b""  # of the answer


Observer = Callable[[Observation], None]
MANAGEMENT: web.AppKey[Management] = web.AppKey("management", Management)
OBSERVERS: web.AppKey[list[Observer]] = web.AppKey("observers", list)


def application(management: Management) -> web.Application:
    """BASE, /openapi.json and /api/docs; the console and the metrics add their routes to it."""
    app = web.Application(client_max_size=MAX_BODY_OCTETS)
    server = _Server(Pipeline(management, ROUTES), management)
    app[MANAGEMENT] = management
    app[OBSERVERS] = server.observers
    app.router.add_route("*", BASE, server.answer)
    app.router.add_route("*", BASE + r"/{tail:[\s\S]*}", server.answer)
    app.router.add_get("/openapi.json", _openapi)
    app.router.add_get("/api/docs", _docs)
    app.cleanup_ctx.append(server.threads)
    return app


class _Server:
    def __init__(self, pipeline: Pipeline, management: Management) -> None:
        self._pipeline = pipeline
        self._management = management
        self._pool = ThreadPoolExecutor(_THREADS, "api")
        self.observers: list[Observer] = []

    async def threads(self, _: web.Application) -> AsyncIterator[None]:
        yield
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        started = time.perf_counter()
        try:
            body = await request.read()
        except web.HTTPRequestEntityTooLarge:
            response = self._pipeline.refusal(_too_large())
        else:
            asked = Request(
                method=request.method,
                raw_path=request.rel_url.raw_path,
                headers=request.headers,
                query=list(request.rel_url.query.items()),
                body=body,
                source=request.remote or "",
            )
            loop = asyncio.get_running_loop()
            response = await loop.run_in_executor(self._pool, self._pipeline, asked)
        seconds = time.perf_counter() - started
        for observer in self.observers:
            observer(Observation(request.method, response.route, response.status, seconds, response.body))
        if response.watch:
            return await self._stream(request, response)
        return web.Response(status=response.status, headers=response.headers, body=response.body)

    async def _stream(self, request: web.Request, response: Response) -> web.StreamResponse:
        """An event for every change of the operation; a comment now and then, so that nobody gives up."""
        stream = web.StreamResponse(
            headers={**response.headers, "Content-Type": "text/event-stream", "Cache-Control": "no-store"}
        )
        await stream.prepare(request)
        seen, spoken_at = -1, time.monotonic()
        with contextlib.suppress(ConnectionResetError):
            while True:
                operation = await self._read(response.watch)
                if operation.version != seen:
                    seen, spoken_at = operation.version, time.monotonic()
                    await stream.write(_event(operation))
                if operation.ended:
                    await stream.write_eof()
                    break
                if time.monotonic() - spoken_at > _KEEP_ALIVE_S:
                    spoken_at = time.monotonic()
                    await stream.write(b":\n\n")
                await asyncio.sleep(_POLL_S)
        return stream

    async def _read(self, operation_id: str) -> Operation:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, self._management.operations.get, operation_id)


def _event(operation: Operation) -> bytes:
    data = operation_out(operation).model_dump_json(exclude_none=True)
    return f"id: {operation.version}\nevent: {operation.state}\ndata: {data}\n\n".encode()


def _too_large() -> HttpRefusal:
    reason = f"more than {MAX_BODY_OCTETS} octets"
    return HttpRefusal(413, Code.INVALID_REQUEST, f"body: {reason}", {"field": "body", "reason": reason})


async def _openapi(_: web.Request) -> web.Response:
    return web.Response(body=json.dumps(document()).encode(), content_type="application/json")


async def _docs(_: web.Request) -> web.Response:
    return web.Response(text=page(document()), content_type="text/html", headers={"Content-Security-Policy": _POLICY})
