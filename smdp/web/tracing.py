"""Every HTTP message into the trace; docs/trace.md has the fields."""

import json
import time

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from wire.ids import TransactionId
from wire.ports import Trace


def tracing(trace: Trace) -> Middleware:
    """An aiohttp middleware that records request and response."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        started = time.perf_counter()
        # Not request.url, which fails where the Host header is no host name.
        url = f"{request.scheme}://{request.host}{request.path_qs}"
        fields = {"function": request.path.rsplit("/", 1)[-1], "method": request.method, "url": url}
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
    """The transactionId of a JSON body, upper case; "" if there is none that could be one."""
    try:
        return str(TransactionId.from_hex(json.loads(body)["transactionId"]))
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError):
        return ""


def _peer(request: web.Request) -> str:
    transport = request.transport
    if transport is None:
        return ""
    address, tls = transport.get_extra_info("peername"), transport.get_extra_info("ssl_object")
    where = ":".join(map(str, address[:2])) if isinstance(address, tuple) else ""
    return f"{where} {tls.version()} {tls.cipher()[0]}" if tls is not None else where
