"""Between a foreign LPA and an SM-DP+ or SM-DS: each body passes octet for octet, traced at both ends."""

import base64
import binascii
import contextlib
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any, Final

from lab.trace import Recorder
from lpa.core.actions import HttpReply
from lpa.core.errors import TransportError
from lpa.http.blocking import BlockingHttpClient
from lpa.http.trust import TlsTrust
from scenarios.faults import Fault
from scenarios.faults.http import FaultyHandler
from scenarios.network import ConnectionLost, Handler, HttpRequest
from wire.errors import DecodeError
from wire.ports import Trace
from wire.tlv import Tlv, parse

# RFC 9110 section 7.6.1: what concerns one connection only; the length is told anew for the same octets.
_OF_THE_CONNECTION: Final = frozenset(
    {"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "content-length"}
)
_ON_THE_WAY_TO_THE_ID: Final = frozenset({0xBF39, 0xBF3A, 0xBF3B, 0xBF3D, 0xBF41, 0xA0, 0xBF37, 0xBF27})


@dataclass(frozen=True, slots=True)
class Exchange:
    """One message that reached the server, and its answer."""

    request: HttpRequest
    reply: HttpReply

    @property
    def function(self) -> str:
        return self.request.function


class ServerProxy:
    """A `scenarios.network.Handler` in front of the server at `url` (scheme, host and port).

    faults: of HTTP; they stand between the LPA (recorded as role lpa) and the server (then recorded as role smdp).
    exchanges: what the server itself got and answered.
    """

    def __init__(self, url: str, trust: TlsTrust, trace: Recorder, faults: Sequence[Fault] = ()) -> None:
        self.exchanges: list[Exchange] = []
        self._url = url
        self._trust = trust
        self._trace = trace.as_role("lpa")
        self._behind = trace.as_role("smdp") if faults else None
        self._faulty = FaultyHandler(self._ask, faults)
        for fault in faults:
            self._trace.record("fault", "", where="the connection to the server", fault=repr(fault))

    def __call__(self, request: HttpRequest) -> HttpReply:
        with self._trace.scope():
            return self._recorded(self._trace, self._faulty, request)

    def _recorded(self, trace: Trace, handler: Handler, request: HttpRequest) -> HttpReply:
        fields = {"function": request.function, "method": "POST", "url": f"{self._url}{request.path}"}
        session = session_of(request.body)
        started = time.monotonic()
        trace.record("http", session, direction="request", headers=dict(request.headers), body=request.body, **fields)
        try:
            reply = handler(request)
        except ConnectionLost as lost:
            trace.record("note", session, message=str(lost))
            raise
        except ValueError as error:  # a fault in a member of what is no JSON
            trace.record("note", session, message=f"the fault can't be applied: {error}")
            raise ConnectionLost("the fault can't be applied") from error
        trace.record(
            "http",
            session_of(reply.body) or session,
            direction="response",
            status=reply.status,
            headers=dict(reply.headers),
            body=reply.body,
            duration_ms=round((time.monotonic() - started) * 1000, 3),
            **fields,
        )
        return reply

    def _ask(self, request: HttpRequest) -> HttpReply:
        reply = self._recorded(self._behind, self._post, request) if self._behind else self._post(request)
        self.exchanges.append(Exchange(request, reply))
        return reply

    def _post(self, request: HttpRequest) -> HttpReply:
        """The server's answer; 411 for a body without Content-Length, 502 where the server can't be asked."""
        headers = {name: value for name, value in request.headers.items() if name.lower() != "host"}
        if "content-length" not in {name.lower() for name in headers}:
            return HttpReply(411, {}, b"")
        with contextlib.closing(BlockingHttpClient(self._trust)) as client:
            try:
                reply = client.post(f"{self._url}{request.path}", _end_to_end(headers), request.body)
            except (TransportError, HTTPException) as error:
                self._trace.record("note", session_of(request.body), message=f"{type(error).__name__}: {error}")
                return HttpReply(502, {"content-type": "text/plain"}, str(error).encode())
        return HttpReply(reply.status, _end_to_end(reply.headers), reply.body)


def _end_to_end(headers: Any) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.lower() not in _OF_THE_CONNECTION}


def members_of(body: bytes) -> dict[str, Any]:
    """The members of a JSON body; none of anything else."""
    try:
        document = json.loads(body)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def octets_of(members: dict[str, Any], name: str) -> Tlv | None:
    """A member that holds one TLV in base64; None where it doesn't."""
    try:
        return parse(base64.b64decode(str(members.get(name, "")), validate=True))
    except (binascii.Error, DecodeError):
        return None


def session_of(body: bytes) -> str:
    """The transactionId, in upper-case hex, of a message of either binding; "" where it has none."""
    members = members_of(body)
    named = members.get("transactionId")
    if isinstance(named, str):
        return named.upper()
    with contextlib.suppress(DecodeError):
        if (pending := octets_of(members, "pendingNotification")) is not None and pending.tag == 0xBF37:
            return _transaction_id(pending)
        if body[:1] == b"\xa2":
            return _transaction_id(parse(body, 0xA2))
    return ""


def _transaction_id(element: Tlv) -> str:
    """The first [0] on the way down; DecodeError."""
    for child in element.children:
        if child.tag == 0x80:
            return child.value.hex().upper()
        if child.tag in _ON_THE_WAY_TO_THE_ID and (found := _transaction_id(child)):
            return found
    return ""
