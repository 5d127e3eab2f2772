"""The lab's servers: an SM-DP+ made of the lab's PKI, database, clock and trace, on a port."""

import asyncio
import contextlib
import json
import os
import signal
import ssl
from collections.abc import AsyncIterator, Callable

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from certs.pki import Pki
from lab.clock import SystemEntropy
from lab.directory import Lab
from lab.errors import LabError
from lab.pki import load_pki
from lab.readdressing import readdress
from lab.trace import Recorder
from smdp.core.credentials import DpCredentials, KeySigner
from smdp.core.ports import Store
from smdp.core.server import SmDpPlus
from smdp.core.settings import SmDpSettings
from smdp.core.trust import TrustStore
from smdp.store import open_store
from smdp.web import es9
from smdp.web.tls import server_context


def smdp_plus(lab: Lab, pki: Pki, store: Store, trace: Recorder) -> SmDpPlus:
    """The SM-DP+ of a lab, with a pair of credentials for each of its CIs."""
    credentials = [
        DpCredentials(
            auth_certificate=pki.dp_auth(curve).certificate,
            auth_signer=KeySigner(pki.dp_auth(curve).key),
            pb_certificate=pki.dp_pb(curve).certificate,
            pb_signer=KeySigner(pki.dp_pb(curve).key),
            ci_pkid=pki.ci(curve).ski,
        )
        for curve in pki.curves
    ]
    trust = TrustStore([ci.certificate for ci in pki.cis])
    settings = SmDpSettings(addresses=(lab.settings.address,))
    return SmDpPlus(settings, credentials, trust, store, lab.clock, SystemEntropy(), trace)


@contextlib.asynccontextmanager
async def listening(lab: Lab, trace: Recorder, host: str, port: int, tls: bool) -> AsyncIterator[int]:
    """Run the lab's SM-DP+ while the block runs; yields the port it really listens on."""
    pki = load_pki(lab)
    store = open_store(lab.database_url)
    server = smdp_plus(lab, pki, store, trace.as_role("smdp"))
    application = es9.application(server, trace.as_role("smdp") if trace.enabled else None)
    if trace.enabled:
        application.middlewares.insert(0, _one_scope_a_request(trace))
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=2.0)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port, ssl_context=_tls_context(pki) if tls else None)
        try:
            await site.start()
        except OSError as error:
            raise LabError(
                f"can't listen on {host} port {port}: {error.strerror or error}",
                "stop what uses that port, or choose another with --port (0: any free one)",
            ) from None
        actual = int(runner.addresses[0][1])
        readdress(store, lab.settings.address, lab.settings.public_address(actual))
        _note_running(lab, host, actual, tls)
        try:
            yield actual
        finally:
            _forget_running(lab)
    finally:
        await runner.cleanup()
        store.close()


def serve_forever(lab: Lab, trace: Recorder, host: str, port: int, tls: bool, ready: Callable[[int], None]) -> None:
    """Serve until SIGTERM or SIGINT; `ready` is called with the port as soon as it listens."""

    async def main() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            with contextlib.suppress(NotImplementedError):
                loop.add_signal_handler(number, stop.set)
        async with listening(lab, trace, host, port, tls) as actual:
            ready(actual)
            await stop.wait()

    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(main())


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory


def _tls_context(pki: Pki) -> ssl.SSLContext:
    """The listener's context with CERT.DPtls, on NIST P-256 where the PKI has that curve: every TLS stack knows it."""
    credential = pki.dp_tls(pki.curves[0])
    return server_context(credential.chain_pem, credential.key_pem)


def _one_scope_a_request(trace: Recorder) -> Middleware:
    @web.middleware
    async def scoped(request: web.Request, handler: Handler) -> web.StreamResponse:
        with trace.scope():
            return await handler(request)

    return scoped


def _note_running(lab: Lab, host: str, port: int, tls: bool) -> None:
    temporary = lab.running_path.with_suffix(".new")
    temporary.write_text(json.dumps({"pid": os.getpid(), "host": host, "port": port, "tls": tls}), "utf-8")
    temporary.replace(lab.running_path)


def _forget_running(lab: Lab) -> None:
    server = lab.running_server()
    if server is not None and server.pid == os.getpid():
        lab.running_path.unlink(missing_ok=True)
