"""The ASN.1 binding over HTTP: every ES9+ function of an SM-DP+, or ES11 function of an SM-DS, on one path.

Spec: SGP.22 v2.5 section 6.6.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

from smdp.core.server import SmDpPlus
from smdp.core.smds import SmDs
from smdp.web import asn1_messages
from wire.errors import DecodeError
from wire.tlv import Tlv

PATH: Final = "/gsma/rsp2/asn1"
CONTENT_TYPE: Final = "application/x-gsma-rsp-asn1"
_HANDLE_NOTIFICATION: Final = 0xBF3D
_log = logging.getLogger("rsplab.smdp")


def handler(server: SmDpPlus) -> Handler:
    """The handler for PATH at an SM-DP+."""

    def notify(choice: Tlv) -> None:
        try:
            server.handle_notification(asn1_messages.read_notification(choice))
        except DecodeError as error:
            _log.warning("notification ignored: %s", error)

    version, in_thread = server.ports.settings.protocol_version, not server.ports.store.in_process
    return _handler(asn1_messages.functions(server), version, in_thread, notify)


def smds_handler(smds: SmDs) -> Handler:
    """The handler for PATH at an SM-DS."""
    return _handler(asn1_messages.smds_functions(smds), smds.settings.protocol_version, not smds.store.in_process)


def _handler(
    functions: Mapping[int, asn1_messages.Function],
    version: str,
    in_thread: bool,
    notify: Callable[[Tlv], None] | None = None,
) -> Handler:
    """200 for success and refusal, 204 for notifications, 400 for what is no request."""
    headers = {"X-Admin-Protocol": f"gsma/rsp/v{version}"}

    def respond(raw: bytes) -> web.Response:
        choice = asn1_messages.read_choice(raw)
        if choice.tag == _HANDLE_NOTIFICATION and notify is not None:
            notify(choice)
            return web.Response(status=204, headers=headers)
        function = functions.get(choice.tag)
        if function is None:
            raise DecodeError("A2", choice.offset, f"function {choice.tag:X} is unknown")
        body = asn1_messages.answer(function, choice)
        return web.Response(body=body, headers=headers, content_type=CONTENT_TYPE)

    async def handle(request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        try:
            return await asyncio.to_thread(respond, raw) if in_thread else respond(raw)
        except DecodeError as error:
            return web.Response(status=400, text=str(error), headers=headers)

    return handle
