"""The lab's servers: SM-DP+ and SM-DS made of the lab's PKI, database, clock and trace, on their ports."""

import asyncio
import contextlib
import gc
import signal
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from certs.authority import Credential
from certs.pki import Pki
from lab.clock import SystemEntropy
from lab.credentials import dp_credentials
from lab.directory import Lab
from lab.listener_tls import OwnTls, own_tls
from lab.listeners import Interface, Listener, Smds
from lab.logs import configure_logs
from lab.operator_trust import OperatorTrust
from lab.pki import load_pki
from lab.sealing import Tolerant
from lab.smdp_table import with_smdp_table
from lab.smds import alternative_smds, client_of_root, root_smds, smds_tls
from lab.smds_addresses import smds_address
from lab.sockets import OpenSockets
from lab.trace import Recorder
from smdp.core.ports import Store
from smdp.core.registration import Registrar
from smdp.core.server import SmDpPlus
from smdp.core.settings import SmDpSettings
from smdp.core.smds import SmDs
from smdp.core.trust import TrustStore
from smdp.store import SqlStore, open_store
from smdp.store.crl_files import CrlFiles
from smdp.store.outbox import SqlOutbox
from smdp.web import es2, es9, es11, es12, fast_lane
from smdp.web.outgoing import BlockingDelivery, DeliveryWorker
from smdp.web.peers import PeerClient, RootSmds
from smdp.web.tls import mutual_context, server_context

if TYPE_CHECKING:
    from lab.metrics import Metrics

_MUTUAL = frozenset({Interface.ES2P, Interface.ES12})
_SMDS = frozenset({Interface.ES11, Interface.ES12})


def smdp_plus(
    lab: Lab,
    pki: Pki,
    store: Store,
    trace: Recorder,
    listener: Listener | None = None,
    address: str = "",
    trust: TrustStore | None = None,
) -> SmDpPlus:
    """The SM-DP+ of a lab, with a pair of credentials for each of its CIs.

    listener: may restrict what is offered; address: the one it gives out, by default the lab's public one.
    """
    settings = SmDpSettings(
        addresses=(address or lab.public_address(),), root_smds_addresses=(lab.settings.smds_address,)
    )
    settings = with_smdp_table(settings, lab)
    if listener is not None:
        settings = replace(
            settings,
            offered_cis=tuple(pki.ci(curve).ski for curve in listener.cis) or None,
            lowest_svn=listener.lowest_svn or settings.lowest_svn,
            highest_svn=listener.highest_svn or settings.highest_svn,
        )
    return SmDpPlus(settings, dp_credentials(pki), trust or _trust(lab, pki), store, lab.clock, SystemEntropy(), trace)


@contextlib.asynccontextmanager
async def listening(lab: Lab, trace: Recorder, open_sockets: OpenSockets) -> AsyncIterator[None]:
    """Run the lab's servers on these sockets while the block runs; other processes may do so, too."""
    pki = load_pki(lab)
    server = open_sockets.server
    async with contextlib.AsyncExitStack() as stack:
        store = open_store(lab.database_url, Tolerant(lab.keyring))
        stack.callback(store.close)
        address = lab.settings.public_address(server.main.port)
        trust = _trust(lab, pki)  # one for all, so that all of them go by the same CRLs
        CrlFiles(lab.crls_path, trust).refresh()  # before anybody is met; the ES9+ listeners follow the files
        operators = OperatorTrust(store, pki.dp_tls(pki.curves[0]), _ci_roots(pki), trust.revoked)
        resolve = lab.settings.resolve | server.names(Interface.ES12)
        delivery = await stack.enter_async_context(_delivering(store, trace, operators, resolve))
        metrics = _metrics() if open_sockets.api is not None else None
        applications = _Applications(lab, pki, trust, store, trace, address, delivery, operators, metrics)
        if any(listener.smds is Smds.ALTERNATIVE for listener, _ in open_sockets.pairs):
            applications.root = await stack.enter_async_context(
                client_of_root(lab, pki, trust, resolve, trace.as_role("smds") if trace.enabled else None)
            )
        for listener, sock in open_sockets.pairs:
            await stack.enter_async_context(_listen(applications, listener, sock))
        if open_sockets.api is not None and metrics is not None:
            from lab.api.serving import serving

            await stack.enter_async_context(serving(lab, trace, metrics, *open_sockets.api))
        yield


def serve_forever(
    lab: Lab, trace: Recorder, open_sockets: OpenSockets, ready: Callable[[], None], stop_fd: int | None = None
) -> None:
    """Serve until SIGTERM, SIGINT, or `stop_fd` can be read; `ready` is called as soon as everything listens."""

    configure_logs()

    async def main() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            with contextlib.suppress(NotImplementedError):
                loop.add_signal_handler(number, stop.set)
        if stop_fd is not None:
            loop.add_reader(stop_fd, stop.set)
        async with listening(lab, trace, open_sockets):
            _spare_the_collector()
            ready()
            await stop.wait()

    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(main())


def _metrics() -> "Metrics":
    """Imported late: several workers have to agree beforehand on where they share their numbers."""
    from lab.metrics import Metrics

    return Metrics()


def _spare_the_collector() -> None:
    """What is loaded now stays; requests leave few cycles, so looking for them seldom is enough."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


class _Applications:
    """The HTTP applications of the lab's servers, each server made once."""

    def __init__(
        self,
        lab: Lab,
        pki: Pki,
        trust: TrustStore,
        store: SqlStore,
        trace: Recorder,
        address: str,
        delivery: BlockingDelivery,
        operators: OperatorTrust,
        metrics: "Metrics | None",
    ) -> None:
        self._lab = lab
        self._trust = trust
        self._operators = operators
        self._address = address
        self.pki = pki
        self._store = store
        self._trace = trace
        self._delivery = delivery
        self._metrics = metrics
        self.root: PeerClient | None = None  # with which the alternative SM-DS calls its root
        self._smds: dict[Smds, SmDs] = {}

    def of(self, listener: Listener) -> web.Application:
        """The application behind a listener."""
        role = "smds" if listener.interface in _SMDS else "smdp"
        trace = self._trace.as_role(role)
        recorder = trace if trace.enabled else None
        match listener.interface:
            case Interface.ES9P:
                application = es9.application(self._smdp(trace, listener), recorder, self._lab.crls_path)
            case Interface.ES2P:
                smdp = self._smdp(trace)
                registrar = Registrar(smdp.ports, SqlOutbox(self._store), self._delivery)
                application = es2.application(smdp, recorder, registrar)
            case Interface.ES11:
                application = es11.application(self._sm_ds(listener.smds, trace), recorder)
            case Interface.ES12:
                application = es12.application(self._sm_ds(listener.smds, trace), recorder)
        if trace.enabled:
            application.middlewares.insert(0, _one_scope_a_request(trace))
        return application

    def tls(self, listener: Listener) -> ssl.SSLContext | None:
        """The listener's TLS context; NIST P-256 unless told otherwise, because every TLS stack knows it."""
        if not listener.tls:
            return None
        credential = self._tls_credential(listener)
        if listener.interface not in _MUTUAL:
            return server_context(credential.chain_pem, credential.key_pem)
        if listener.interface is Interface.ES2P:
            return self._operators.listening(credential)
        return mutual_context(credential.chain_pem, credential.key_pem, _ci_roots(self.pki))

    def _tls_credential(self, listener: Listener) -> Credential | OwnTls:
        if listener.certificate and listener.key:
            return own_tls(listener.certificate, listener.key)
        curve = listener.tls_curve or self.pki.curves[0]
        if listener.interface in _SMDS:
            return smds_tls(self._lab, self.pki, listener.smds, curve)
        return self.pki.dp_tls(curve)

    def _smdp(self, trace: Recorder, listener: Listener | None = None) -> SmDpPlus:
        server = smdp_plus(self._lab, self.pki, self._store, trace, listener, self._address, self._trust)
        if self._metrics is None:
            return server
        from lab.metrics_smdp import MeasuredSmDpPlus

        return MeasuredSmDpPlus(server, self._metrics)

    def _sm_ds(self, which: Smds, trace: Recorder) -> SmDs:
        if which not in self._smds:
            if which is Smds.ROOT:
                self._smds[which] = root_smds(self._lab, self.pki, self._trust, trace)
            else:
                assert self.root is not None
                root = RootSmds(self.root, smds_address(self._lab, Smds.ROOT))
                self._smds[which] = alternative_smds(self._lab, self.pki, self._trust, trace, root)
        return self._smds[which]


@contextlib.asynccontextmanager
async def _listen(applications: _Applications, listener: Listener, sock: socket.socket) -> AsyncIterator[None]:
    # Bodies come as they are: no interface here knows compressed ones, and what isn't one is no reason to fail.
    runner = web.AppRunner(applications.of(listener), access_log=None, shutdown_timeout=2.0, auto_decompress=False)
    await runner.setup()
    try:
        async with fast_lane.listening(runner, sock, applications.tls(listener)):
            yield
    finally:
        await runner.cleanup()


@contextlib.asynccontextmanager
async def _delivering(
    store: SqlStore, trace: Recorder, operators: OperatorTrust, resolve: dict[str, str]
) -> AsyncIterator[BlockingDelivery]:
    """Deliver what the SM-DP+ has to tell operators and SM-DS, with its TLS certificate as the client's."""
    recorder = trace.as_role("smdp") if trace.enabled else None
    async with PeerClient(operators.calling, resolve=resolve, trace=recorder) as peers:
        worker = DeliveryWorker(SqlOutbox(store), peers)
        task = asyncio.create_task(worker.run())
        try:
            yield BlockingDelivery(worker, peers)
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


def _trust(lab: Lab, pki: Pki) -> TrustStore:
    return TrustStore([ci.certificate for ci in pki.cis], crl_required=lab.settings.crl_required)


def _ci_roots(pki: Pki) -> bytes:
    return b"".join(ci.certificate_pem for ci in pki.cis)


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
