"""The API beside the lab's servers: its socket, TLS where it leaves loopback, its management."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import TYPE_CHECKING

from aiohttp import web

from lab.api.app import application
from lab.api.auth import is_loopback
from lab.console import ConsoleContext, console
from lab.directory import Bound, Lab
from lab.errors import LabError
from lab.listening import listen, open_socket
from lab.managers import open_management
from lab.managers.keys import ROLES
from lab.managers.settings import ApiSettings, api_settings
from lab.pki import load_pki
from lab.trace import Recorder
from smdp.web.tls import server_context

if TYPE_CHECKING:
    from lab.metrics import Metrics

INTERFACE = "api"


def settings_of(
    lab: Lab, *, port: int | None = None, host: str | None = None, anonymous: str | None = None, free_port: bool = False
) -> ApiSettings:
    """The lab's settings with what the command line says; LabError if they don't go together.

    free_port: nobody has said which port, so any will do. The usual port gives way to any free one where it is taken,
    too, unless somebody named it: a second lab's SM-DP+ is not kept from starting by a listener nobody asked for.
    """
    settings = api_settings(lab)
    chosen = host or settings.host or lab.settings.host
    if port is None and "port" not in lab.settings.api and (free_port or _taken(chosen, settings.port)):
        port = 0
    settings = replace(
        settings,
        host=chosen,
        port=settings.port if port is None else port,
        anonymous=settings.anonymous if anonymous is None else anonymous,
        tls=settings.tls or not is_loopback(chosen),
    )
    if settings.anonymous and settings.anonymous not in ROLES:
        raise LabError(f"role {settings.anonymous!r} is unknown", f"use {', '.join(ROLES)}")
    if settings.anonymous and not is_loopback(chosen):
        raise LabError(f"callers without a key are for loopback only, not for {chosen}", "make keys: rsplab key create")
    return settings


def _taken(host: str, port: int) -> bool:
    try:
        open_socket(host, port).close()
    except (OSError, UnicodeError):
        return True
    return False


def bind(settings: ApiSettings) -> socket.socket:
    """The API's socket, listening."""
    return listen(settings.host, settings.port, "--api-port (0: any free one, --no-api: none)")


def bound(settings: ApiSettings, sock: socket.socket) -> Bound:
    """Where the API listens."""
    host, port = sock.getsockname()[:2]
    return Bound(INTERFACE, host, port, settings.tls)


@contextlib.asynccontextmanager
async def serving(
    lab: Lab, trace: Recorder, metrics: "Metrics", settings: ApiSettings, sock: socket.socket
) -> AsyncIterator[None]:
    """Serve while the block runs; what operations have begun is ended before the servers go."""
    from lab.observability import delivering, observe  # not before workers have agreed where they share metrics

    manager = open_management(lab, trace, settings)
    management = await asyncio.to_thread(manager.__enter__)
    try:
        app = application(management)
        observe(app, management, metrics)
        app.add_routes(console(ConsoleContext(management, {"API": "/api/docs"})))
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=2.0)
        await runner.setup()
        try:
            await web.SockSite(runner, sock, ssl_context=_tls(lab) if settings.tls else None).start()
            async with delivering(management, metrics):
                yield
        finally:
            await runner.cleanup()
    finally:
        await asyncio.to_thread(manager.__exit__, None, None, None)


def _tls(lab: Lab) -> ssl.SSLContext:
    """TLS 1.3 with the certificate of the lab's own host name."""
    pki = load_pki(lab)
    credential = pki.dp_tls(pki.curves[0])
    context = server_context(credential.chain_pem, credential.key_pem)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    return context
