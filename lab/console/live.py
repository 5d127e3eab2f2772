"""The progress of an operation as server-sent events, until it has ended or the browser has left."""

import asyncio
import contextlib
import json

from aiohttp import web

from lab.console.context import ConsoleContext
from lab.managers.errors import ManagementError
from lab.store.records import Operation

_POLL_S = 0.2
_PING_EVERY = 75


async def live(context: ConsoleContext, request: web.Request, operation_id: str) -> web.StreamResponse:
    """One event `progress` whenever something changed, and `ended` at the end."""
    operations = context.management.operations
    try:
        operation = await asyncio.to_thread(operations.get, operation_id)
    except ManagementError:
        raise web.HTTPNotFound from None
    response = web.StreamResponse(
        headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    )
    await response.prepare(request)
    version, idle = -1, 0
    with contextlib.suppress(ConnectionResetError):
        while True:
            if operation.version != version:
                version, idle = operation.version, 0
                await response.write(_event("ended" if operation.ended else "progress", operation))
            if operation.ended:
                break
            await asyncio.sleep(_POLL_S)
            idle += 1
            if idle % _PING_EVERY == 0:
                await response.write(b": still here\n\n")
            operation = await asyncio.to_thread(operations.get, operation_id)
    return response


def _event(name: str, operation: Operation) -> bytes:
    shown = {"state": operation.state.value, "progress": operation.progress, "session": operation.session}
    return f"event: {name}\nid: {operation.version}\ndata: {json.dumps(shown)}\n\n".encode()
