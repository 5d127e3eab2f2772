"""The JSON binding: functions as HTTP handlers.

Spec: SGP.22 v2.5 section 6.5.1 (headers, HTTP status codes).
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Final, NamedTuple, TypeVar

from aiohttp import web
from aiohttp.typedefs import Handler

from wire.codes import FunctionRefused
from wire.errors import DecodeError
from wire.json_header import failed, read_request
from wire.json_types import Body

BODY_OCTETS_MAX: Final = 256 * 1024
BodyT = TypeVar("BodyT", bound=Body)
T = TypeVar("T")
_log = logging.getLogger("rsplab.smdp")


Headers = tuple[tuple[str, str], ...]


class Answer(NamedTuple):
    """What goes back to the caller of a function, on the level of HTTP."""

    status: HTTPStatus
    headers: Headers
    body: bytes = b""


class JsonBinding:
    """Turns functions into HTTP handlers.

    protocol_version: sent as X-Admin-Protocol; in_thread: run functions in worker threads, because they wait.
    """

    def __init__(self, protocol_version: str, *, in_thread: bool) -> None:
        self._headers: Mapping[str, str] = {"X-Admin-Protocol": f"gsma/rsp/v{protocol_version}"}
        self._json_headers = {**self._headers, "Content-Type": "application/json"}
        self._plain_headers: Headers = tuple(self._headers.items())
        self._plain_json_headers: Headers = tuple(self._json_headers.items())
        self._plain_text_headers: Headers = (*self._plain_headers, ("Content-Type", "text/plain; charset=utf-8"))
        self._in_thread = in_thread

    def function(
        self,
        model: type[BodyT],
        method: Callable[[BodyT], Body],
        authorize: Callable[[web.Request, BodyT], None] | None = None,
    ) -> Handler:
        """A request/response function: 200 for success and refusal, 400 for what is no JSON object.

        authorize: judges the caller before the function is reached; raises FunctionRefused.
        """

        async def handle(request: web.Request) -> web.StreamResponse:
            answer: Body
            try:
                body = read_request(model, await request.read())
                if authorize is not None:
                    authorize(request, body)
                answer = await self._call(method, body)
            except DecodeError as error:
                return web.Response(status=400, text=str(error), headers=self._headers)
            except FunctionRefused as refused:
                answer = failed(refused)
            return web.Response(body=answer.to_json(), headers=self._json_headers)

        return handle

    def plain_function(self, model: type[BodyT], method: Callable[[BodyT], Body]) -> Callable[[bytes], Answer]:
        """The same without aiohttp around it, for a function that waits for nothing."""

        def handle(raw: bytes) -> Answer:
            answer: Body
            try:
                answer = method(read_request(model, raw))
            except DecodeError as error:
                return Answer(HTTPStatus.BAD_REQUEST, self._plain_text_headers, str(error).encode())
            except FunctionRefused as refused:
                answer = failed(refused)
            return Answer(HTTPStatus.OK, self._plain_json_headers, answer.to_json())

        return handle

    def plain_notification(self, model: type[BodyT], method: Callable[[BodyT], None]) -> Callable[[bytes], Answer]:
        """The same without aiohttp around it, for a function that waits for nothing."""

        def handle(raw: bytes) -> Answer:
            try:
                method(read_request(model, raw))
            except (DecodeError, FunctionRefused) as error:
                _log.warning("notification ignored: %s", error)
            return Answer(HTTPStatus.NO_CONTENT, self._plain_headers)

        return handle

    def notification(self, model: type[BodyT], method: Callable[[BodyT], None]) -> Handler:
        """A notification function: always acknowledged, so that the sender forgets it."""

        async def handle(request: web.Request) -> web.StreamResponse:
            try:
                await self._call(method, read_request(model, await request.read()))
            except (DecodeError, FunctionRefused) as error:
                _log.warning("notification ignored: %s", error)
            return web.Response(status=204, headers=self._headers)

        return handle

    async def _call(self, method: Callable[[BodyT], T], body: BodyT) -> T:
        if self._in_thread:
            return await asyncio.to_thread(method, body)
        return method(body)
