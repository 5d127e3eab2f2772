"""OpenAPI 3.1, made from the routes and the models: what is served is what is described."""

from collections.abc import Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from lab.api import activation_codes, audit, devices, keys, operations, profiles, webhooks
from lab.api.errors import STATUSES
from lab.api.examples import DESCRIPTIONS, EXAMPLES
from lab.api.models import ErrorBody
from lab.api.routing import BASE, PARAMETERS, Route
from lab.managers.errors import Code
from lab.managers.keys import ROLES

ROUTES: tuple[Route, ...] = (
    *profiles.ROUTES,
    *devices.ROUTES,
    *activation_codes.ROUTES,
    *operations.ROUTES,
    *webhooks.ROUTES,
    *keys.ROUTES,
    *audit.ROUTES,
)
_TEMPLATE = "#/components/schemas/{model}"
_MISSING = frozenset({Code.INVALID_EID, Code.INVALID_ACTIVATION_CODE})  # 404 where a path names what isn't there
_LIMIT_HEADERS = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "RateLimit-Policy")
Json = dict[str, Any]


@cache
def document() -> Json:
    """The whole description."""
    return describe(ROUTES)


def describe(routes: Sequence[Route]) -> Json:
    """The description of these routes."""
    wanted: list[tuple[type[BaseModel], JsonSchemaMode]] = [(ErrorBody, "serialization")]
    for route in routes:
        if route.body is not None:
            wanted.append((route.body, "validation"))
        if route.response is not None:
            wanted.append((route.response, "serialization"))
    references, schemas = models_json_schema(list(dict.fromkeys(wanted)), ref_template=_TEMPLATE)
    paths: Json = {}
    for route in routes:
        paths.setdefault(BASE + route.path, {})[route.method.lower()] = _operation(route, references)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "rsplab eSIM management",
            "version": _version(),
            "summary": "Profiles, devices and activation codes of a lab, through its SM-DP+ and LPA",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"key": []}],
        "paths": paths,
        "components": {
            "schemas": schemas["$defs"],
            "securitySchemes": {
                "key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "rsplab key create. Roles: "
                    + "; ".join(f"{role}: {', '.join(sorted(scopes))}" for role, scopes in ROLES.items()),
                }
            },
        },
    }


def _operation(route: Route, references: Any) -> Json:
    doc = (route.handler.__doc__ or "").strip()
    operation: Json = {
        "operationId": route.name,
        "summary": route.summary,
        "description": f"{doc}\n\nScope: `{route.scope}`." + (f" Rate limit: {route.limit}." if route.limit else ""),
        "tags": [route.tag],
        "x-scope": route.scope,
        "parameters": [*_path(route), *_query(route), *_headers(route)],
        "responses": _responses(route, references),
    }
    if route.body is not None:
        schema = references[route.body, "validation"]
        operation["requestBody"] = {
            "required": not route.body_optional,
            "content": {"application/json": {"schema": schema}},
        }
    return operation


def _path(route: Route) -> list[Json]:
    return [
        {"name": name, "in": "path", "required": True, "schema": PARAMETERS[name].json_schema()}
        for name in route.parameters
    ]


def _query(route: Route) -> list[Json]:
    if route.query is None:
        return []
    schema = route.query.model_json_schema()
    parameters = []
    for name, field in schema["properties"].items():
        alternatives = [one for one in field.get("anyOf", [field]) if one.get("type") != "null"]
        found = _resolved(alternatives[0], schema)
        if "default" in field and field["default"] is not None:
            found["default"] = field["default"]
        parameters.append({"name": name, "in": "query", "required": False, "schema": found})
    return parameters


def _resolved(field: Json, schema: Json) -> Json:
    field = schema["$defs"][field["$ref"].rpartition("/")[2]] if "$ref" in field else field
    return {key: value for key, value in field.items() if key not in ("title", "default")}


def _headers(route: Route) -> list[Json]:
    headers = [_header("X-Request-Id", "comes back with the answer; one is made if there is none", _visible(128))]
    if route.replayable:
        headers.append(_header("Idempotency-Key", "the same request again gets the same answer", _visible(255)))
    if route.if_match:
        schema = {"type": "string", "format": "entity-tag", "examples": ['"3"']}
        headers.append(_header("If-Match", "only if it is still this version", schema))
    return headers


def _visible(characters: int) -> Json:
    return {"type": "string", "pattern": f"^[!-~]{{1,{characters}}}$"}


def _header(name: str, description: str, schema: Json) -> Json:
    return {"name": name, "in": "header", "required": False, "description": description, "schema": schema}


def _responses(route: Route, references: Any) -> Json:
    headers: Json = {"X-Request-Id": {"required": True, "schema": {"type": "string"}}}
    if route.etag:
        headers["ETag"] = {"required": True, "schema": {"type": "string"}}
    if route.limit:
        headers |= {name: {"required": False, "schema": {"type": "string"}} for name in _LIMIT_HEADERS}
    success: Json = {"description": route.summary, "headers": headers}
    if route.response is not None:
        schema = references[route.response, "serialization"]
        kind = "text/event-stream" if route.stream else "application/json"
        success["content"] = {kind: {"schema": _event_of(schema) if route.stream else schema}}
    responses: Json = {str(route.status): success}
    if route.if_match:
        started = references.get(("OperationStarted", "serialization"))
        accepted = {"$ref": _TEMPLATE.format(model="OperationStarted")} if started is None else started
        responses["202"] = {
            "description": "It takes longer: see the operation",
            "headers": {"X-Request-Id": {"required": True, "schema": {"type": "string"}}},
            "content": {"application/json": {"schema": accepted}},
        }
    for status, codes in sorted(_refusals(route).items()):
        responses[str(status)] = _refusal(status, sorted(codes), references)
    return responses


def _event_of(schema: Json) -> Json:
    """One server-sent event."""
    return {
        "type": "object",
        "required": ["data"],
        "properties": {
            "id": {"type": "string", "description": "the operation's version"},
            "event": {"type": "string", "description": "the operation's state"},
            "data": {"type": "string", "contentMediaType": "application/json", "contentSchema": schema},
        },
    }


def _refusals(route: Route) -> dict[int, set[Code]]:
    found: dict[int, set[Code]] = {
        400: {Code.INVALID_REQUEST},
        401: {Code.AUTHENTICATION_FAILED},
        403: {Code.OPERATION_NOT_PERMITTED},
        500: {Code.INTERNAL_ERROR},
    }
    for code in route.refusals:
        found.setdefault(STATUSES[code], set()).add(code)
        if code in _MISSING and (route.parameters or route.limit in ("download", "device_registration")):
            found.setdefault(404, set()).add(code)
    if set(route.parameters) - {"iccid", "eid", "code"}:
        found.setdefault(404, set()).add(Code.INVALID_REQUEST)
    if "eid" in route.parameters:
        found[400].add(Code.INVALID_EID)
    if "code" in route.parameters or route.limit == "download":
        found[400].add(Code.INVALID_ACTIVATION_CODE)
    found.setdefault(413, {Code.INVALID_REQUEST})
    if route.body is not None:
        found[415] = {Code.INVALID_REQUEST}
    if route.replayable:
        found.setdefault(409, set()).add(Code.OPERATION_NOT_PERMITTED)
        found[422] = {Code.INVALID_REQUEST}
    if route.if_match:
        found[412] = {Code.OPERATION_NOT_PERMITTED}
    if route.limit:
        found[429] = {Code.RATE_LIMIT_EXCEEDED}
    return found


def _refusal(status: int, codes: list[Code], references: Any) -> Json:
    headers: Json = {"X-Request-Id": {"required": True, "schema": {"type": "string"}}}
    if status == 401:
        headers["WWW-Authenticate"] = {"required": True, "schema": {"type": "string"}}
    if status == 429:
        headers |= {name: {"required": True, "schema": {"type": "string"}} for name in (*_LIMIT_HEADERS, "Retry-After")}
    return {
        "description": DESCRIPTIONS[status],
        "headers": headers,
        "content": {
            "application/json": {
                "schema": references[ErrorBody, "serialization"],
                "examples": {code.value: {"value": EXAMPLES[status, code]} for code in codes},
            }
        },
    }


def _version() -> str:
    try:
        return version("rsplab")
    except PackageNotFoundError:
        return "0+source"
