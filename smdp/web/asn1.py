"""The ASN.1 binding over HTTP: every ES9+ function on one path.

Spec: SGP.22 v2.5 section 6.6.
"""

import asyncio
import logging
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

from smdp.core.server import SmDpPlus
from smdp.web import asn1_messages
from wire.errors import DecodeError

PATH: Final = "/gsma/rsp2/asn1"
CONTENT_TYPE: Final = "application/x-gsma-rsp-asn1"
_HANDLE_NOTIFICATION: Final = 0xBF3D
_log = logging.getLogger("rsplab.smdp")


def handler(server: SmDpPlus) -> Handler:
    """The handler for PATH: 200 for success and refusal, 204 for notifications, 400 for what is no request."""
    functions = asn1_messages.functions(server)
    headers = {"X-Admin-Protocol": f"gsma/rsp/v{server.ports.settings.protocol_version}"}
    in_thread = not server.ports.store.in_process

    def respond(raw: bytes) -> web.Response:
        choice = asn1_messages.read_choice(raw)
        if choice.tag == _HANDLE_NOTIFICATION:
            try:
                server.handle_notification(asn1_messages.read_notification(choice))
            except DecodeError as error:
                _log.warning("notification ignored: %s", error)
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
