"""Applications on loopback under TLS, and certificates of the test PKI that are valid today."""

import ssl
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta

from aiohttp import web
from aiohttp.test_utils import TestServer

from certs.authority import Credential
from certs.authority import pem as to_pem
from smdp.web.tls import client_context, mutual_context, server_context
from tests.support.smdp_world import shared_pki

CI_PEM = to_pem(shared_pki().ci("NIST").certificate)


def an_hour_ago() -> datetime:
    """TLS reads the machine's clock."""
    return datetime.now(UTC) - timedelta(hours=1)


def dp_tls(host: str, oid: str = "2.999.10") -> Credential:
    return shared_pki().issue_tls([host], oid=oid, not_before=an_hour_ago())


def ds_tls(host: str, oid: str) -> Credential:
    return shared_pki().issue_ds_tls([host], oid=oid, not_before=an_hour_ago())


def calling(credential: Credential) -> ssl.SSLContext:
    """The context for calling others as this server."""
    return client_context(credential.chain_pem, credential.key_pem, CI_PEM)


class Hosts:
    """Servers by host name; `resolve` tells clients where they are. Use as `async with`."""

    def __init__(self) -> None:
        self.resolve: dict[str, str] = {}
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> "Hosts":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def serve(
        self, host: str, app: web.Application, credential: Credential, clients: str = "none", port: int = 0
    ) -> TestServer:
        """clients: "none", "optional" or "required": whether they show a certificate."""
        chain, key = credential.chain_pem, credential.key_pem
        if clients == "none":
            context = server_context(chain, key)
        else:
            context = mutual_context(chain, key, CI_PEM, required=clients == "required")
        server = TestServer(app, scheme="https", host="127.0.0.1", port=port or None)
        await server.start_server(ssl=context)
        self._stack.push_async_callback(server.close)
        self.resolve[host] = f"127.0.0.1:{server.port}"
        return server
