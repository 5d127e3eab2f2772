"""A management's database with webhooks, and a receiver on loopback that behaves as it is told."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path

from aiohttp import web

from lab.secrets import Keyring
from lab.store import open_ledger
from lab.store.records import Change
from lab.webhooks import WebhookStore
from lab.webhooks.targets import TargetPolicy
from lab.webhooks.worker import WebhookClient, WebhookWorker
from smdp.web.lanes import DeliverySettings
from tests.support.smdp_world import MovableClock

SECRET = "a-secret-of-the-receiver"
LOOPBACK = TargetPolicy((ip_network("127.0.0.0/8"),), plain_http=True)
PATIENCE = DeliverySettings(
    poll_s=0.01, first_wait_s=0.01, longest_wait_s=0.05, jitter_s=0.0, lease_s=60.0, attempts_max=200
)
Behaviour = Callable[[bytes], web.StreamResponse]


def acknowledge(_: bytes) -> web.StreamResponse:
    return web.Response(status=204)


@dataclass
class Receiver:
    """Notes every request; `behave` answers it."""

    behave: Behaviour = acknowledge
    delay_s: float = 0.0
    requests: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    accepted: list[bytes] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    @property
    def statuses(self) -> list[str]:
        """`status` of every event that was accepted."""
        return [json.loads(body)["data"]["status"] for body in self.accepted]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        self.requests.append((dict(request.headers), body))
        await asyncio.sleep(self.delay_s)
        answer = self.behave(body)
        if 200 <= answer.status < 300:
            self.accepted.append(body)
        return answer

    @asynccontextmanager
    async def listening(self) -> AsyncIterator["Receiver"]:
        """On the port it had before, if it listened before."""
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self.handle)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", self.port, reuse_address=True).start()
        self.port = runner.addresses[0][1]
        try:
            yield self
        finally:
            await runner.cleanup()


class WebhookWorld:
    """Ledger, store and keys in a directory."""

    def __init__(self, directory: Path, url: str = "", policy: TargetPolicy = LOOPBACK) -> None:
        self.clock = MovableClock()
        self.url = url or f"sqlite:///{directory / 'smdp.db'}"
        self.keyring = Keyring([b"k" * 32])
        self.ledger = open_ledger(self.url, self.clock)
        self.store = WebhookStore(self.ledger, self.keyring, policy)

    def emit(self, *statuses: str, iccid: str = "8900", type: str = "profile.enabled") -> None:
        """Changes, each in a transaction of its own."""
        for status in statuses:
            with self.ledger.transaction() as tx:
                tx.emit(Change(type, iccid, iccid=iccid, eid="8904", after=status))

    @asynccontextmanager
    async def delivering(
        self, settings: DeliverySettings = PATIENCE, timeout_s: float = 5.0
    ) -> AsyncIterator[WebhookWorker]:
        """A worker that runs."""
        async with WebhookClient(self.store, timeout_s=timeout_s) as client:
            worker = WebhookWorker(self.store, client, settings)
            task = asyncio.create_task(worker.run())
            try:
                yield worker
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
