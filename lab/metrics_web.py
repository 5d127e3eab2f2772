"""/metrics, /healthz and /readyz, for any of the lab's HTTP applications."""

import asyncio
from collections.abc import Callable, Mapping

from aiohttp import web
from prometheus_client.registry import Collector

from lab.metrics import CONTENT_TYPE, Metrics

Check = Callable[[], None]
Authorize = Callable[[web.Request], None]


def add_to(
    app: web.Application,
    metrics: Metrics,
    authorize: Authorize,
    checks: Mapping[str, Check],
    collectors: tuple[Collector, ...] = (),
) -> None:
    """Add the routes.

    authorize: judges who may read the metrics; raises an HTTP error.
    checks: what has to work for calls to be answered, by name; each raises if it doesn't. They may block.
    """

    async def exposition(request: web.Request) -> web.StreamResponse:
        await asyncio.to_thread(authorize, request)
        text = await asyncio.to_thread(metrics.exposition, *collectors)
        return web.Response(body=text, headers={"Content-Type": CONTENT_TYPE})

    async def healthy(_: web.Request) -> web.StreamResponse:
        """The process answers: that is all."""
        return web.json_response({"status": "ok"})

    async def ready(_: web.Request) -> web.StreamResponse:
        found = {name: await asyncio.to_thread(_works, check) for name, check in checks.items()}
        good = all(found.values())
        states = {name: "ok" if works else "failed" for name, works in found.items()}
        return web.json_response({"status": "ok" if good else "failed", "checks": states}, status=200 if good else 503)

    app.router.add_get("/metrics", exposition)
    app.router.add_get("/healthz", healthy)
    app.router.add_get("/readyz", ready)


def _works(check: Check) -> bool:
    try:
        check()
    except Exception:
        return False
    return True
