"""Housekeeping while an application runs."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Final

from aiohttp import web

SWEEP_INTERVAL_S: Final = 300


def sweeping(
    sweep: Callable[[], object], interval_s: float = SWEEP_INTERVAL_S
) -> Callable[[web.Application], AsyncIterator[None]]:
    """For `Application.cleanup_ctx`: calls `sweep` in a thread, at once and now and then."""

    async def repeat() -> None:
        while True:
            await asyncio.to_thread(sweep)
            await asyncio.sleep(interval_s)

    async def run(_: web.Application) -> AsyncIterator[None]:
        task = asyncio.create_task(repeat())
        yield
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    return run
