"""The lab's servers: SM-DP+ and SM-DS made of the lab's PKI, database, clock and trace, on their ports."""

import asyncio
import contextlib
import gc
import os
import signal
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from certs.authority import Credential
from certs.pki import Pki
from lab.clock import SystemEntropy
from lab.directory import Bound, Lab, RunningServer
from lab.errors import LabError
from lab.listeners import Interface, Listener
from lab.pki import load_pki
from lab.readdressing import readdress
from lab.trace import Recorder
from smdp.core.credentials import DpCredentials, KeySigner
from smdp.core.ports import Store
from smdp.core.registration import Registrar
from smdp.core.server import SmDpPlus
from smdp.core.settings import SmDpSettings
from smdp.core.smds import DsCredentials, SmDs, SmDsSettings
from smdp.core.trust import TrustStore
from smdp.store import SqlStore, open_store
from smdp.store.events import open_events
from smdp.store.outbox import SqlOutbox
from smdp.web import es2, es9, es11, es12, fast_lane
from smdp.web.outgoing import BlockingDelivery, DeliveryWorker
from smdp.web.peers import PeerClient
from smdp.web.tls import client_context, mutual_context, server_context

_MUTUAL = frozenset({Interface.ES2P, Interface.ES12})
_SMDS = frozenset({Interface.ES11, Interface.ES12})


def smdp_plus(
    lab: Lab, pki: Pki, store: Store, trace: Recorder, listener: Listener | None = None, address: str = ""
) -> SmDpPlus:
    """The SM-DP+ of a lab, with a pair of credentials for each of its CIs.

    listener: may restrict what is offered; address: the one it gives out, by default the lab's public one.
    """
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
    settings = SmDpSettings(
        addresses=(address or lab.public_address(),), root_smds_addresses=(lab.settings.smds_address,)
    )
    if listener is not None:
        settings = replace(
            settings,
            offered_cis=tuple(pki.ci(curve).ski for curve in listener.cis) or None,
            lowest_svn=listener.lowest_svn or settings.lowest_svn,
            highest_svn=listener.highest_svn or settings.highest_svn,
        )
    return SmDpPlus(settings, credentials, _trust(pki), store, lab.clock, SystemEntropy(), trace)


def sm_ds(lab: Lab, pki: Pki, trace: Recorder) -> SmDs:
    """The root SM-DS of a lab, with DSauth for each of its CIs."""
    credentials = [
        DsCredentials(pki.ds_auth(curve).certificate, KeySigner(pki.ds_auth(curve).key), pki.ci(curve).ski)
        for curve in pki.curves
    ]
    settings = SmDsSettings(addresses=(lab.settings.smds_address,))
    store = open_events(lab.database_url)
    return SmDs(settings, credentials, _trust(pki), store, lab.clock, SystemEntropy(), trace)


@contextlib.asynccontextmanager
async def listening(lab: Lab, trace: Recorder, listeners: Sequence[Listener]) -> AsyncIterator[RunningServer]:
    """Run the lab's servers while the block runs; the first listener is the SM-DP+ on the lab's own port."""
    pki = load_pki(lab)
    async with contextlib.AsyncExitStack() as stack:
        store = open_store(lab.database_url)
        stack.callback(store.close)
        sockets = [stack.enter_context(_bind(lab, listener)) for listener in listeners]
        server = RunningServer(os.getpid(), tuple(map(_bound, listeners, sockets)))
        address = lab.settings.public_address(server.main.port)
        readdress(store, lab.settings.address, address)
        delivery = await stack.enter_async_context(_delivering(lab, pki, store, trace, server))
        applications = _Applications(lab, pki, store, trace, address, delivery)
        for listener, sock in zip(listeners, sockets, strict=True):
            await stack.enter_async_context(_listen(applications, listener, sock))
        _note_running(lab, server)
        stack.callback(_forget_running, lab)
        yield server


def serve_forever(
    lab: Lab, trace: Recorder, listeners: Sequence[Listener], ready: Callable[[RunningServer], None]
) -> None:
    """Serve until SIGTERM or SIGINT; `ready` is called as soon as everything listens."""

    async def main() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            with contextlib.suppress(NotImplementedError):
                loop.add_signal_handler(number, stop.set)
        async with listening(lab, trace, listeners) as server:
            _spare_the_collector()
            ready(server)
            await stop.wait()

    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(main())


def _spare_the_collector() -> None:
    """What is loaded now stays; requests leave few cycles, so looking for them seldom is enough."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


class _Applications:
    """The HTTP applications of the lab's servers, each server made once."""

    def __init__(
        self, lab: Lab, pki: Pki, store: SqlStore, trace: Recorder, address: str, delivery: BlockingDelivery
    ) -> None:
        self._lab = lab
        self._address = address
        self.pki = pki
        self._store = store
        self._trace = trace
        self._delivery = delivery
        self._smds: SmDs | None = None

    def of(self, listener: Listener) -> web.Application:
        """The application behind a listener."""
        role = "smds" if listener.interface in _SMDS else "smdp"
        trace = self._trace.as_role(role)
        recorder = trace if trace.enabled else None
        match listener.interface:
            case Interface.ES9P:
                application = es9.application(self._smdp(trace, listener), recorder)
            case Interface.ES2P:
                smdp = self._smdp(trace)
                registrar = Registrar(smdp.ports, SqlOutbox(self._store), self._delivery)
                application = es2.application(smdp, recorder, registrar)
            case Interface.ES11:
                application = es11.application(self._sm_ds(trace), recorder)
            case Interface.ES12:
                application = es12.application(self._sm_ds(trace), recorder)
        if trace.enabled:
            application.middlewares.insert(0, _one_scope_a_request(trace))
        return application

    def tls(self, listener: Listener) -> ssl.SSLContext | None:
        """The listener's TLS context; NIST P-256 unless told otherwise, because every TLS stack knows it."""
        if not listener.tls:
            return None
        curve = listener.tls_curve or self.pki.curves[0]
        credential = self.pki.ds_tls(curve) if listener.interface in _SMDS else self.pki.dp_tls(curve)
        if listener.interface not in _MUTUAL:
            return server_context(credential.chain_pem, credential.key_pem)
        return mutual_context(credential.chain_pem, credential.key_pem, self._client_roots())

    def _client_roots(self) -> bytes:
        pinned = (path.read_bytes() for path in sorted(self._lab.operators_path.glob("*.der")))
        return b"".join([*(ci.certificate_pem for ci in self.pki.cis), *map(_pem, pinned)])

    def _smdp(self, trace: Recorder, listener: Listener | None = None) -> SmDpPlus:
        return smdp_plus(self._lab, self.pki, self._store, trace, listener, self._address)

    def _sm_ds(self, trace: Recorder) -> SmDs:
        if self._smds is None:
            self._smds = sm_ds(self._lab, self.pki, trace)
        return self._smds


def _bind(lab: Lab, listener: Listener) -> socket.socket:
    host = listener.host or lab.settings.host
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, listener.port), family=family, backlog=128)
    except OSError as error:
        raise LabError(
            f"can't listen on {host} port {listener.port}: {error.strerror or error}",
            "stop what uses that port, or choose another with --port (0: any free one)",
        ) from None


def _bound(listener: Listener, sock: socket.socket) -> Bound:
    host, port = sock.getsockname()[:2]
    return Bound(listener.interface.value, host, port, listener.tls)


@contextlib.asynccontextmanager
async def _listen(applications: _Applications, listener: Listener, sock: socket.socket) -> AsyncIterator[None]:
    runner = web.AppRunner(applications.of(listener), access_log=None, shutdown_timeout=2.0)
    await runner.setup()
    try:
        async with fast_lane.listening(runner, sock, applications.tls(listener)):
            yield
    finally:
        await runner.cleanup()


@contextlib.asynccontextmanager
async def _delivering(
    lab: Lab, pki: Pki, store: SqlStore, trace: Recorder, server: RunningServer
) -> AsyncIterator[BlockingDelivery]:
    """Deliver what the SM-DP+ has to tell operators and SM-DS, with its TLS certificate as the client's."""
    credential: Credential = pki.dp_tls(pki.curves[0])
    roots = b"".join(ci.certificate_pem for ci in pki.cis)
    resolve = dict(lab.settings.resolve)
    if smds := server.of(Interface.ES12):
        resolve[lab.settings.smds_address.partition(":")[0]] = smds.target
    recorder = trace.as_role("smdp") if trace.enabled else None
    context = client_context(credential.chain_pem, credential.key_pem, roots)
    async with PeerClient(context, resolve=resolve, trace=recorder) as peers:
        worker = DeliveryWorker(SqlOutbox(store), peers)
        task = asyncio.create_task(worker.run())
        try:
            yield BlockingDelivery(worker, peers)
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


def _trust(pki: Pki) -> TrustStore:
    return TrustStore([ci.certificate for ci in pki.cis])


def _pem(certificate: bytes) -> bytes:
    return ssl.DER_cert_to_PEM_cert(certificate).encode()


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory


def _one_scope_a_request(trace: Recorder) -> Middleware:
    @web.middleware
    async def scoped(request: web.Request, handler: Handler) -> web.StreamResponse:
        with trace.scope():
            return await handler(request)

    return scoped


def _note_running(lab: Lab, server: RunningServer) -> None:
    temporary = lab.running_path.with_suffix(".new")
    temporary.write_text(server.to_json(), "utf-8")
    temporary.replace(lab.running_path)


def _forget_running(lab: Lab) -> None:
    server = lab.running_server()
    if server is not None and server.pid == os.getpid():
        lab.running_path.unlink(missing_ok=True)
