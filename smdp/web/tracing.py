"""Every HTTP message into the trace; docs/trace.md has the fields."""

import json
import time

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from wire.ports import Trace


def tracing(trace: Trace) -> Middleware:
    """An aiohttp middleware that records request and response."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        started = time.perf_counter()
        fields = {"function": request.path.rsplit("/", 1)[-1], "method": request.method, "url": str(request.url)}
        body = await request.read()
        session = _session(body)
        trace.record(
            "http",
            session,
            direction="request",
            headers={name.lower(): value for name, value in request.headers.items()},
            body=_text(body),
            peer=_peer(request),
            **fields,
        )
        response = await handler(request)
        answer = response.body if isinstance(response, web.Response) and isinstance(response.body, bytes) else b""
        trace.record(
            "http",
            _session(answer) or session,
            direction="response",
            status=response.status,
            headers={name.lower(): value for name, value in response.headers.items()},
            body=_text(answer),
            duration_ms=round((time.perf_counter() - started) * 1000, 3),
            **fields,
        )
        return response

    return middleware


def _text(body: bytes) -> str | bytes:
    try:
        return body.decode()
    except UnicodeDecodeError:
        return body


def _session(body: bytes) -> str:
    try:
        transaction_id = json.loads(body).get("transactionId", "")
    except (ValueError, AttributeError):
        return ""
    return transaction_id.upper() if isinstance(transaction_id, str) else ""


def _peer(request: web.Request) -> str:
    transport = request.transport
    if transport is None:
        return ""
    address, tls = transport.get_extra_info("peername"), transport.get_extra_info("ssl_object")
    where = ":".join(map(str, address[:2])) if isinstance(address, tuple) else ""
    return f"{where} {tls.version()} {tls.cipher()[0]}" if tls is not None else where
