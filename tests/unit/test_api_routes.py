"""What holds for every route: who may call it, what is said of it, what is refused before anything happens."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest
from multidict import CIMultiDict

from lab.api.openapi import ROUTES, document
from lab.api.page import page
from lab.api.pipeline import Pipeline, Request, Response
from lab.api.routing import BASE, Route
from lab.managers import Management, open_management
from lab.managers.errors import Code
from lab.managers.keys import ROLES
from tests.support.api import eid, iccid, make_lab

_VALUES = {
    "iccid": iccid(1),
    "eid": eid(1),
    "code": "LPA:1$localhost$A-B",
    "operationId": "1",
    "webhookId": "1",
    "deliveryId": "1",
    "keyId": "1",
}


@pytest.fixture(scope="module")
def tokens() -> dict[str, str]:
    return {}


@pytest.fixture(scope="module")
def management(tmp_path_factory: pytest.TempPathFactory, tokens: dict[str, str]) -> Iterator[Management]:
    lab, made = make_lab(Path(tmp_path_factory.mktemp("routes") / "lab"))
    tokens.update(made)
    with open_management(lab) as opened:
        yield opened


@pytest.fixture(scope="module")
def pipeline(management: Management) -> Pipeline:
    return Pipeline(management, ROUTES)


def ask(pipeline: Pipeline, route: Route, token: str = "", body: bytes = b"", **headers: str) -> Response:
    sent = CIMultiDict({"Content-Type": "application/json", **headers})
    if token:
        sent["Authorization"] = f"Bearer {token}"
    return pipeline(Request(route.method, BASE + route.path.format(**_VALUES), sent, body=body, source="127.0.0.1"))


def error(response: Response) -> str:
    body = json.loads(response.body)
    assert {"error", "message", "timestamp"} <= set(body)
    return str(body["error"])


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_nobody_without_a_key(pipeline: Pipeline, tokens: dict[str, str], route: Route) -> None:
    answer = ask(pipeline, route)
    assert (answer.status, error(answer)) == (401, "AUTHENTICATION_FAILED")
    assert answer.headers["WWW-Authenticate"]


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
@pytest.mark.parametrize("role", ROLES)
def test_only_roles_with_the_scope(pipeline: Pipeline, tokens: dict[str, str], route: Route, role: str) -> None:
    answer = ask(pipeline, route, tokens[role], b"{", If_None="")
    assert (answer.status == 403) == (route.scope not in ROLES[role])


@pytest.mark.parametrize("route", [one for one in ROUTES if one.body], ids=lambda route: route.name)
def test_unknown_members_are_refused(pipeline: Pipeline, tokens: dict[str, str], route: Route) -> None:
    answer = ask(pipeline, route, tokens["admin"], b'{"surprise": 1}')
    assert (answer.status, error(answer)) == (400, "INVALID_REQUEST")
    assert set(json.loads(answer.body)["details"]) == {"field", "reason"}


@pytest.mark.parametrize("body", [b"{", b"[]", b"null", b'"\\ud800"', b"\xff", b'{"a": 1, "a": 1}', b"[" * 100_000])
def test_what_is_no_object(pipeline: Pipeline, tokens: dict[str, str], body: bytes) -> None:
    answer = ask(pipeline, next(one for one in ROUTES if one.name == "create_profile"), tokens["admin"], body)
    assert (answer.status, error(answer)) == (400, "INVALID_REQUEST")


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_every_refusal_has_an_example(route: Route) -> None:
    described = document()["paths"][BASE + route.path][route.method.lower()]
    for status, answer in described["responses"].items():
        if status < "4":
            continue
        examples = answer["content"]["application/json"]["examples"]
        assert examples
        for code, example in examples.items():
            assert example["value"]["error"] == code
            assert code in Code.__members__


def test_every_code_is_described() -> None:
    described = json.dumps(document())
    assert not [code for code in Code if f'"{code}"' not in described]


def test_the_page_needs_nothing_from_elsewhere() -> None:
    html = page(document())
    assert "<script" not in html
    assert "src=" not in html
    assert all(f"<code>{BASE}{route.path}</code>" in html for route in ROUTES)


def test_the_request_id_comes_back(pipeline: Pipeline, tokens: dict[str, str]) -> None:
    route = next(one for one in ROUTES if one.name == "list_profiles")
    headers = {"X-Request-Id": "abc-1"}
    assert ask(pipeline, route, tokens["viewer"], **headers).headers["X-Request-Id"] == "abc-1"
    assert ask(pipeline, route, tokens["viewer"]).headers["X-Request-Id"]
    assert ask(pipeline, route, tokens["viewer"], **{"X-Request-Id": "a b"}).status == 400


def test_a_defect_is_said_to_be_one(management: Management, tokens: dict[str, str]) -> None:
    def broken(_: object) -> NoReturn:
        raise ZeroDivisionError

    route = Route("GET", "/profiles", broken, "", "profiles:read", "", None)
    answer = ask(Pipeline(management, [route]), route, tokens["viewer"])
    assert (answer.status, error(answer)) == (500, "INTERNAL_ERROR")


@pytest.mark.parametrize(
    ("host", "origin", "status"),
    [
        ("127.0.0.1:8480", None, 200),
        ("localhost", "http://localhost:8480", 200),
        ("[::1]:8480", None, 200),
        ("evil.example", None, 401),
        ("127.0.0.1:8480", "https://evil.example", 401),
        ("127.0.0.1:8480", "null", 401),
    ],
)
def test_anonymous_callers_are_from_here(management: Management, host: str, origin: str | None, status: int) -> None:
    from dataclasses import replace

    open_to_all = replace(management, settings=replace(management.settings, anonymous="viewer"))
    route = next(one for one in ROUTES if one.name == "list_profiles")
    headers = {"Host": host} | ({"Origin": origin} if origin else {})
    assert ask(Pipeline(open_to_all, ROUTES), route, **headers).status == status
    request = Request("GET", BASE + "/profiles", CIMultiDict(headers), source="192.0.2.1")
    assert Pipeline(open_to_all, ROUTES)(request).status == 401
