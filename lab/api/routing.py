"""What the API offers, one row a method and path; OpenAPI is made from the rows, too."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from pydantic import BaseModel, TypeAdapter, ValidationError

from lab.api.errors import HttpRefusal, invalid_body
from lab.api.values import CodeText, EidText, IccidText, Token
from lab.managers import Management
from lab.managers.errors import Code
from lab.store.records import Actor

BASE = "/api/v1/esim"
PARAMETERS: Mapping[str, TypeAdapter[str]] = {
    "iccid": TypeAdapter(IccidText),
    "eid": TypeAdapter(EidText),
    "code": TypeAdapter(CodeText),
    "operationId": TypeAdapter(Token),
    "webhookId": TypeAdapter(Token),
    "deliveryId": TypeAdapter(Token),
    "keyId": TypeAdapter(Token),
}


@dataclass(frozen=True, slots=True)
class Call:
    """A call that was let in, with everything checked that can be checked without the managers."""

    management: Management
    actor: Actor
    path: Mapping[str, str]
    query: Any = None
    body: Any = None
    if_match: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer; `watch` is an operation whose progress is to be streamed instead."""

    body: BaseModel | None = None
    status: int = 0  # 0: the route's
    headers: Mapping[str, str] = field(default_factory=dict)
    watch: str = ""


Handler = Callable[[Call], Answer]


def one(_: Call) -> int:
    """What most calls count against their rate limit."""
    return 1


@dataclass(frozen=True, slots=True)
class Route:
    """limit: name of the rate limit ("" for none); secret: the answer is told once and never kept.

    refusals: the codes of the managers that the route can answer with; the pipeline's own are added for every route.
    """

    method: str
    path: str
    handler: Handler
    summary: str
    scope: str
    tag: str
    response: type[BaseModel] | None
    body: type[BaseModel] | None = None
    body_optional: bool = False
    query: type[BaseModel] | None = None
    status: int = 200
    refusals: tuple[Code, ...] = ()
    limit: str = ""
    cost: Callable[[Call], int] = one
    etag: bool = False
    if_match: bool = False
    secret: bool = False
    stream: bool = False

    @property
    def name(self) -> str:
        """operationId in OpenAPI."""
        return self.handler.__name__

    @property
    def parameters(self) -> list[str]:
        """The names in the path."""
        return re.findall(r"{(\w+)}", self.path)

    @property
    def replayable(self) -> bool:
        """True if an Idempotency-Key counts."""
        return self.method == "POST"


class Router:
    """Finds the route of a method and a raw path; paths without parameters go first."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self._paths: dict[str, dict[str, Route]] = {}
        for route in sorted(routes, key=lambda route: len(route.parameters)):
            self._paths.setdefault(route.path, {})[route.method] = route

    def find(self, method: str, raw_path: str) -> tuple[Route, dict[str, str]]:
        """The route and its parameters, decoded but unchecked; 404 or 405."""
        segments = raw_path.removeprefix(BASE).split("/")
        for path, methods in self._paths.items():
            found = _match(path.split("/"), segments)
            if found is None:
                continue
            if method not in methods:
                raise HttpRefusal(
                    405,
                    Code.INVALID_REQUEST,
                    f"{method} isn't possible here",
                    {"field": "method", "reason": f"use {', '.join(sorted(methods))}"},
                    {"Allow": ", ".join(sorted(methods))},
                )
            return methods[method], found
        raise HttpRefusal(
            404, Code.INVALID_REQUEST, "there is nothing here", {"field": "path", "reason": "see /openapi.json"}
        )


def checked(parameters: Mapping[str, str]) -> dict[str, str]:
    """The path's parameters by their rules."""
    values = {}
    for name, text in parameters.items():
        try:
            values[name] = PARAMETERS[name].validate_python(text)
        except ValidationError as error:
            raise invalid_body(error, name) from None
    return values


def _match(wanted: list[str], segments: list[str]) -> dict[str, str] | None:
    if len(wanted) != len(segments):
        return None
    found = {}
    for pattern, segment in zip(wanted, segments, strict=True):
        if pattern.startswith("{"):
            try:
                found[pattern[1:-1]] = unquote(segment, errors="strict")
            except UnicodeDecodeError:
                return None
        elif pattern != segment:
            return None
    return found
