"""The HTTP client for asyncio: aiohttp over verified TLS."""

import asyncio
import socket
from collections.abc import Mapping

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from lpa.core.actions import HttpReply, TlsPeer
from lpa.core.errors import BodyTooLarge
from lpa.http.client import MAX_BODY_OCTETS
from lpa.http.trust import TlsTrust, peer_of, transport_error


class AsyncioHttpClient:
    """An `AsyncHttpClient`; to be used and closed in one event loop."""

    def __init__(self, trust: TlsTrust, connect_timeout_s: float = 10.0, answer_timeout_s: float = 60.0) -> None:
        self._trust = trust
        self._context = trust.context()
        self._connect_timeout_s = connect_timeout_s
        self._timeout = aiohttp.ClientTimeout(
            total=None, connect=connect_timeout_s, sock_connect=connect_timeout_s, sock_read=answer_timeout_s
        )
        self._session: aiohttp.ClientSession | None = None

    async def connect(self, url: str) -> TlsPeer | None:
        """Open and verify a connection, then close it; None over plain HTTP."""
        target = self._trust.target(url)
        context, name = (self._context, target.host) if target.tls else (None, None)
        try:
            async with asyncio.timeout(self._connect_timeout_s):
                _, writer = await asyncio.open_connection(
                    target.connect_host, target.port, ssl=context, server_hostname=name
                )
            tls = writer.get_extra_info("ssl_object")
            peer = peer_of(tls, target.host) if tls else None
            writer.close()
        except OSError as error:
            raise transport_error(error, url) from error
        return peer

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> HttpReply:
        """POST over a verified connection from the pool, which drops those that the server closed while idle.

        What was sent is never sent again here: the server may have acted on it.
        """
        self._trust.target(url)
        try:
            return await self._exchange(url, headers, body)
        except (aiohttp.ClientError, OSError) as error:
            raise transport_error(_cause(error), url) from error

    async def _exchange(self, url: str, headers: Mapping[str, str], body: bytes) -> HttpReply:
        async with self._opened().post(url, data=body, headers=headers, allow_redirects=False) as response:
            content = bytearray()
            async for chunk in response.content.iter_chunked(65536):
                content += chunk
                if len(content) > MAX_BODY_OCTETS:
                    raise BodyTooLarge(f"{url} answered more than {MAX_BODY_OCTETS} octets")
            names = {name.lower(): value for name, value in response.headers.items()}
            return HttpReply(response.status, names, bytes(content))

    async def close(self) -> None:
        """Close every connection."""
        if self._session:
            await self._session.close()
            self._session = None

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(ssl=self._context, resolver=_Resolver(self._trust))
            self._session = aiohttp.ClientSession(
                connector=connector,
                timeout=self._timeout,
                auto_decompress=False,
                headers={"Accept-Encoding": "identity"},
            )
        return self._session


class _Resolver(AbstractResolver):
    """Name resolution as `TlsTrust.resolve` says."""

    def __init__(self, trust: TlsTrust) -> None:
        self._trust = trust
        self._system = aiohttp.ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        target = self._trust.target(f"https://{host}:{port}")
        return await self._system.resolve(target.connect_host, target.port, family)

    async def close(self) -> None:
        """Nothing to close."""


def _cause(error: BaseException) -> BaseException:
    """What lies under aiohttp's wrapping: the `ssl` or socket error."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return error.certificate_error
    if isinstance(error, aiohttp.ClientConnectorError):
        return error.os_error
    return error
