"""Servers without sockets: HTTP requests as values, applications called in place, hosts by name.

The same requests reach a foreign server over TLS (`scenarios.https`); a scenario can't tell the difference.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeAlias

from aiohttp import web
from aiohttp.base_protocol import BaseProtocol
from aiohttp.streams import StreamReader
from aiohttp.test_utils import make_mocked_request
from aiohttp.web_exceptions import HTTPException

from certs.authority import Credential
from lpa.core.actions import HttpReply, TlsPeer
from lpa.core.errors import HttpTimeout, Unreachable


class HttpRequest(NamedTuple):
    """One POST; certificate: what the client showed in the TLS handshake (DER), b"" if nothing; credential: with its
    key and chain, for a request that has still to be sent over TLS.
    """

    host: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    certificate: bytes = b""
    credential: Credential | None = None

    @property
    def function(self) -> str:
        """The last segment of the path: initiateAuthentication, ..."""
        return self.path.rpartition("/")[2]


Handler: TypeAlias = Callable[[HttpRequest], HttpReply]


class ConnectionLost(Exception):
    """A handler breaks the connection instead of answering."""


class AnswerTooLate(Exception):
    """A handler's answer comes after the client's patience."""


class LocalApp:
    """An aiohttp application as a `Handler`, in this thread; what it raises is an HTTP 500, as with aiohttp."""

    def __init__(self, application: web.Application, loop: asyncio.AbstractEventLoop) -> None:
        self._application = application
        self._loop = loop

    def __call__(self, request: HttpRequest) -> HttpReply:
        return self._loop.run_until_complete(self._answer(request))

    async def _answer(self, request: HttpRequest) -> HttpReply:
        payload = StreamReader(BaseProtocol(self._loop), 2**20, loop=self._loop)
        payload.feed_data(request.body)
        payload.feed_eof()
        mocked = make_mocked_request(
            "POST",
            request.path,
            headers={**request.headers, "Host": request.host},
            payload=payload,
            app=self._application,
            transport=_Transport(request.certificate),
            client_max_size=self._application._client_max_size,
        )
        match = await self._application.router.resolve(mocked)
        mocked._match_info = match
        try:
            response = await match.handler(mocked)
        except HTTPException as error:
            return HttpReply(error.status, {}, (error.text or "").encode())
        except Exception as error:
            return HttpReply(500, {}, f"{type(error).__name__}: {error}".encode())
        assert isinstance(response, web.Response)
        body = response.body
        headers = {name.lower(): value for name, value in response.headers.items()}
        return HttpReply(response.status, headers, body if isinstance(body, bytes) else b"")


class _Transport:
    """A transport that knows nothing but the client's certificate."""

    def __init__(self, certificate: bytes) -> None:
        self._certificate = certificate

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self if name == "ssl_object" and self._certificate else default

    def getpeercert(self, binary_form: bool = False) -> bytes:
        return self._certificate

    def is_closing(self) -> bool:
        return False


class Network:
    """Hosts by name; the `lpa.http.client.HttpClient` of an agent under test in this process."""

    def __init__(self) -> None:
        self._hosts: dict[str, Handler] = {}

    def add(self, host: str, handler: Handler) -> None:
        """Let `handler` answer for this host, whatever the port."""
        self._hosts[_name(host)] = handler

    def connect(self, url: str) -> TlsPeer:
        """As after a good handshake; Unreachable if there is no such host."""
        host = _name(url.split("://", 1)[1].partition("/")[0])
        if host not in self._hosts:
            raise Unreachable(f"{url}: there is no host {host}")
        return TlsPeer(host, "in process", "none", b"")

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> HttpReply:
        """Call the handler of the URL's host."""
        authority, _, path = url.split("://", 1)[1].partition("/")
        handler = self._hosts.get(_name(authority))
        if handler is None:
            raise Unreachable(f"{url}: there is no host {authority}")
        try:
            return handler(HttpRequest(authority, f"/{path}", headers, body))
        except ConnectionLost as error:
            raise Unreachable(f"{url}: {error}") from None
        except AnswerTooLate as error:
            raise HttpTimeout(f"{url}: {error}") from None

    def close(self) -> None:
        """Nothing to close."""


def _name(authority: str) -> str:
    return authority.partition(":")[0].lower()
