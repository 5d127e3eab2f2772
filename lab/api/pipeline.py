"""What happens to every call, without any HTTP server: key, scope, path, query, body, idempotency, limit, handler."""

import json
import logging
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ValidationError

from lab.api import idempotency
from lab.api.auth import Caller, caller_of, require
from lab.api.errors import HttpRefusal, body_of, invalid_body, status_of
from lab.api.rate_limit import spend
from lab.api.routing import Answer, Call, Route, Router, checked
from lab.logs import request_id
from lab.managers import Management
from lab.managers.errors import Code, ManagementError, invalid, understood
from lab.store.records import Actor

_REQUEST_ID = re.compile(r"[!-~]{1,128}")
_KEY = re.compile(r"[!-~]{1,255}")
_TAG = re.compile(r'"([0-9]{1,9})"')
_KEPT_HEADERS = frozenset({"Location", "ETag"})
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it came; header names as the standards write them."""

    method: str
    raw_path: str
    headers: Mapping[str, str]  # case-insensitive
    query: Sequence[tuple[str, str]] = ()
    body: bytes = b""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Response:
    """What goes back; `watch` asks for the progress of this operation as a stream."""

    status: int
    headers: dict[str, str]
    body: bytes = b""
    watch: str = ""
    route: str = ""  # the path with its placeholders, for metrics


@dataclass(slots=True)
class _Progress:
    """How far a call has come, for whoever has to report its end."""

    request_id: str
    caller: str = ""
    route: Route | None = None
    headers: dict[str, str] = field(default_factory=dict)


class Pipeline:
    """Answers requests; every answer has X-Request-Id, every refusal the error body."""

    def __init__(self, management: Management, routes: Sequence[Route]) -> None:
        self.management = management
        self._router = Router(routes)

    def __call__(self, request: Request) -> Response:
        """The answer to a request; never raises."""
        given = request.headers.get("X-Request-Id")
        usable = given is not None and _REQUEST_ID.fullmatch(given)
        progress = _Progress(given if given is not None and usable else str(uuid.uuid4()))
        token = request_id.set(progress.request_id)
        try:
            if given is not None and not usable:
                raise invalid("X-Request-Id", "1 to 128 visible ASCII characters are expected")
            response = self._answer(request, progress)
        except ManagementError as error:
            response = self.refusal(error)
            self._audit(request, progress, response.status, error)
        except Exception as error:
            refused = understood(error, Code.INTERNAL_ERROR)
            if refused.code is Code.INTERNAL_ERROR:
                _log.exception("%s %s (%s)", request.method, request.raw_path, progress.request_id)
            response = self.refusal(refused)
        _log.info("%s %s: %d", request.method, request.raw_path, response.status)
        request_id.reset(token)
        headers = {**progress.headers, **response.headers, "X-Request-Id": progress.request_id}
        route = progress.route.path if progress.route else ""
        return Response(response.status, headers, response.body, response.watch, route)

    def refusal(self, error: ManagementError) -> Response:
        """The answer that a refusal makes."""
        headers = {"Content-Type": "application/json", **(error.headers if isinstance(error, HttpRefusal) else {})}
        return Response(status_of(error), headers, _json(body_of(error, self.management.ledger.clock.now())))

    def _answer(self, request: Request, progress: _Progress) -> Response:
        route, parameters = self._router.find(request.method, request.raw_path)
        progress.route = route
        management = self.management
        caller = caller_of(request.headers, request.source, management.keys, management.settings.anonymous)
        progress.caller = caller.name
        require(caller, route.scope)
        call = Call(
            management=management,
            actor=Actor(caller.name, request.source, progress.request_id),
            path=checked(parameters),
            query=_query(route, request),
            body=_body(route, request),
            if_match=_if_match(route, request),
        )
        key = request.headers.get("Idempotency-Key") if route.replayable else None
        if key is None:
            return self._carry_out(route, call, caller, progress)
        return self._once(key, request, route, call, caller, progress)

    def _once(
        self, key: str, request: Request, route: Route, call: Call, caller: Caller, progress: _Progress
    ) -> Response:
        if not _KEY.fullmatch(key):
            raise invalid("Idempotency-Key", "1 to 255 printable characters")
        ledger = self.management.ledger
        asked = idempotency.fingerprint(request.method, request.raw_path, request.body)
        kept = idempotency.begin(ledger, caller.name, key, asked)
        if kept is not None:
            if route.secret:
                raise HttpRefusal(
                    409,
                    Code.OPERATION_NOT_PERMITTED,
                    "it was done already; the answer held a secret and wasn't kept",
                    {"field": "Idempotency-Key", "reason": "secret"},
                )
            return Response(kept.status, {**kept.headers, "Idempotent-Replayed": "true"}, kept.body)
        try:
            response = self._carry_out(route, call, caller, progress)
        except BaseException:
            idempotency.forget(ledger, caller.name, key)
            raise
        headers = {name: value for name, value in response.headers.items() if name in _KEPT_HEADERS}
        headers["Content-Type"] = "application/json"
        body = b"" if route.secret else response.body
        idempotency.keep(ledger, caller.name, key, idempotency.Kept(response.status, headers, body))
        return response

    def _carry_out(self, route: Route, call: Call, caller: Caller, progress: _Progress) -> Response:
        if route.limit:
            limit = self.management.settings.rate_limits[route.limit]
            quota = spend(self.management.ledger, caller.name, route.limit, limit, route.cost(call))
            progress.headers.update(quota.headers)
            if not quota.allowed:
                details = {"limit": quota.limit, "remaining": quota.remaining, "retryAfter": quota.reset_s}
                raise HttpRefusal(429, Code.RATE_LIMIT_EXCEEDED, f"more than {limit} a minute", details)
        answer = route.handler(call)
        return _response(route, answer)

    def _audit(self, request: Request, progress: _Progress, status: int, error: ManagementError) -> None:
        """Refused access and refused changes are on record; what is only malformed isn't."""
        changing = request.method not in ("GET", "HEAD", "OPTIONS")
        if status not in (401, 403) and not (changing and status in (409, 412, 502, 503)):
            return
        actor = Actor(progress.caller or "unknown", request.source, progress.request_id)
        what = f"{request.method} {progress.route.path if progress.route else '?'}"
        with self.management.ledger.transaction(actor) as tx:
            tx.audit(what, request.raw_path[:200], f"refused: {error.code.value}")


def _response(route: Route, answer: Answer) -> Response:
    headers = dict(answer.headers)
    if answer.watch:
        return Response(200, headers, watch=answer.watch)
    if answer.body is None:
        return Response(answer.status or route.status, headers)
    headers["Content-Type"] = "application/json"
    return Response(answer.status or route.status, headers, _json(answer.body))


def _json(body: BaseModel) -> bytes:
    return body.model_dump_json(exclude_none=True).encode()


def _query(route: Route, request: Request) -> BaseModel | None:
    values = dict(request.query)
    if len(values) != len(request.query):
        raise invalid("query", "a parameter stands there twice")
    if route.query is None:
        if values:
            raise invalid(next(iter(values)), "there is no such parameter")
        return None
    try:
        return route.query.model_validate(values)
    except ValidationError as error:
        raise invalid_body(error, "query") from None


def _body(route: Route, request: Request) -> Any:
    raw = request.body
    if route.body is None:
        if raw.strip() not in (b"", b"{}"):
            raise invalid("body", "there is nothing to be said here")
        return None
    if not raw and route.body_optional:
        return route.body()
    kind = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise HttpRefusal(
            415,
            Code.INVALID_REQUEST,
            "Content-Type must be application/json",
            {"field": "Content-Type", "reason": "application/json is expected"},
        )
    try:
        _refuse_duplicates(raw)
        return route.body.model_validate_json(raw)
    except ValidationError as error:
        raise invalid_body(error, "body") from None


def _refuse_duplicates(raw: bytes) -> None:
    """A member that stands twice could be read differently by whoever checks and whoever acts."""

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise invalid("body", "a member stands in an object twice")
        return found

    try:
        json.loads(raw, object_pairs_hook=members)
    except (ValueError, RecursionError):
        raise invalid("body", "is no JSON") from None


def _if_match(route: Route, request: Request) -> int | None:
    given = request.headers.get("If-Match") if route.if_match else None
    if given is None or given.strip() == "*":
        return None
    match = _TAG.fullmatch(given.strip())
    if match is None:
        raise invalid("If-Match", 'one entity tag is expected, as it came: "3"')
    return int(match[1])
