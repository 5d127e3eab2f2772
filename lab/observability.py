"""What runs beside the API: its metrics and health, and the delivery of webhooks."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from aiohttp import web

from lab.api.app import OBSERVERS, Observation
from lab.api.auth import caller_of, require
from lab.api.errors import HttpRefusal
from lab.managers import Management
from lab.metrics import Metrics, WebhookGauges
from lab.metrics_web import add_to
from lab.store.records import Change
from lab.webhooks.worker import WebhookClient, WebhookWorker

_SCOPE = "operations:read"


def observe(app: web.Application, management: Management, metrics: Metrics) -> None:
    """Measure the API and its management, and answer /metrics, /healthz and /readyz there."""

    def answered(seen: Observation) -> None:
        metrics.api_call(seen.method, seen.route, seen.status, seen.seconds, seen.body)

    def authorize(request: web.Request) -> None:
        """Any key; none on loopback."""
        try:
            require(caller_of(request.headers, request.remote or "", management.keys, "viewer"), _SCOPE)
        except HttpRefusal as refused:
            raise web.HTTPUnauthorized(headers=refused.headers) from None

    def database() -> None:
        with management.ledger.reading() as reading:
            reading.first(Change)

    metrics.listen(management.ledger)
    app[OBSERVERS].append(answered)
    add_to(app, metrics, authorize, {"database": database}, (WebhookGauges(management.webhooks),))


@contextlib.asynccontextmanager
async def delivering(management: Management, metrics: Metrics) -> AsyncIterator[None]:
    """Deliver webhooks while the block runs."""
    async with WebhookClient(management.webhooks) as client:
        worker = WebhookWorker(management.webhooks, client, observe=metrics.webhook_attempt)
        task = asyncio.create_task(worker.run())
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
