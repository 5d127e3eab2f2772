"""Who may see and do what in the console, over real HTTP: roles, sessions, forged forms, headers, hostile text."""

import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.support.console_client import Answer, ConsoleClient
from tests.support.lab import CliLab, new_lab

ROLES = ("viewer", "tester", "operator", "admin")
PAGES = ("/", "/profiles", "/devices", "/sessions", "/operations", "/certificates")


@dataclass
class World:
    lab: CliLab
    url: str
    keys: dict[str, str]

    def visitor(self, role: str = "") -> ConsoleClient:
        """Somebody, signed in with a key of this role."""
        client = ConsoleClient(self.url)
        if role:
            assert client.sign_in(self.keys[role]).url == f"{self.url}/"
        return client


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    lab = new_lab(tmp_path_factory.mktemp("access") / "lab")
    keys = {role: lab.json("key", "create", role, "--role", role)["key"] for role in ROLES}
    with lab.serving("--api-port", "0") as server:
        yield World(lab, server.ready["api"], keys)


@pytest.mark.parametrize("path", [*PAGES, "/profiles/new", "/webhooks", "/keys", "/audit", "/profiles/1", "/cards/x"])
def test_strangers_are_led_to_the_login_and_back(world: World, path: str) -> None:
    answer = world.visitor().get(path)
    assert answer.url == f"{world.url}/login?next={urllib.parse.quote(path, safe='')}"
    assert answer.value("next") == path


def test_strangers_can_do_nothing(world: World) -> None:
    client = world.visitor()
    token = client.get("/login").csrf
    for path in ("/devices", "/profiles", "/keys", "/webhooks", "/profiles/8999001234567890123/delete"):
        assert "/login?next=" in client.post(path, {"csrf": token, "eid": "1"}).url
    assert client.get("/operations/x/live").status == 403


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        *((page, ROLES) for page in PAGES),
        ("/profiles/new", ("operator", "admin")),
        ("/webhooks", ("operator", "admin")),
        ("/keys", ("admin",)),
        ("/audit", ("admin",)),
    ],
)
def test_pages_follow_the_scopes_of_the_roles(world: World, path: str, allowed: tuple[str, ...]) -> None:
    for role in ROLES:
        client = world.visitor(role)
        assert (client.get(path).status == 200) is (role in allowed), role
        shown = {"/profiles/new": "/profiles"}.get(path, path)
        if shown == path:
            assert (f'<a href="{path}"' in client.get("/").text) is (role in allowed), role


def test_a_viewer_cannot_change_anything(world: World) -> None:
    client = world.visitor("viewer")
    for path in ("/devices", "/profiles", "/profiles/8999001234567890123/enable", "/cards/x/notifications", "/keys"):
        assert client.post(path, {}, page="/").status == 403


@pytest.mark.parametrize("key", ["", "rsplab_x", "rsplab_0123456789abcdef_" + "A" * 43])
def test_a_wrong_key_is_refused_and_on_record(world: World, key: str) -> None:
    client = world.visitor()
    answer = client.post("/login", {"key": key, "next": "/"})
    assert (answer.status, "unknown, expired or revoked" in answer.text) == (401, True)
    assert "/login" in client.get("/").url
    audit = world.visitor("admin").get("/audit").text
    assert "console.sign_in" in audit
    assert "refused" in audit
    assert "The chain of" in audit
    assert "lines holds" in audit


def test_a_revoked_key_ends_its_sessions(world: World) -> None:
    made = world.lab.json("key", "create", "short", "--role", "viewer")
    client = world.visitor()
    assert "Overview" in client.sign_in(made["key"]).text
    key_id = made["key"].split("_")[1]
    admin = world.visitor("admin")
    assert "is revoked" in admin.post(f"/keys/{key_id}/revoke", {}, page="/keys").text
    assert "/login" in client.get("/").url


def test_signing_out_ends_the_session(world: World) -> None:
    client = world.visitor("viewer")
    client.post("/logout", {}, page="/")
    assert "/login" in client.get("/").url


def test_forms_need_the_token_of_their_own_session(world: World) -> None:
    client, other = world.visitor("operator"), world.visitor("operator")
    stolen = other.get("/devices").csrf
    for fields in ({"csrf": ""}, {"csrf": "0" * 64}, {"csrf": stolen}):
        assert client.post("/devices", {"eid": "1", **fields}).status == 403
    assert client.post("/devices", {"eid": "1"}).status == 409
    assert client.post("/devices", {"eid": "1"}, **{"Sec-Fetch-Site": "cross-site"}).status == 403


def test_a_forged_or_changed_cookie_is_nobody(world: World) -> None:
    client = world.visitor("viewer")
    (cookie,) = [one for one in client.cookies if one.name == "rsplab_console"]
    admin_id = world.keys["admin"].split("_")[1]
    session, _, expiry, mac = cookie.value.split(".")
    for value in (f"{session}.{admin_id}.{expiry}.{mac}", f"{session}.{admin_id}.{int(expiry) + 1}.{mac}", "x.y", ""):
        cookie.value = value
        assert "/login" in client.get("/").url


def test_cookies_are_out_of_reach_of_scripts_and_other_sites(world: World) -> None:
    answer = ConsoleClient(world.url).get("/login")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie


@pytest.mark.parametrize("path", ["/login", "/static/console.css", "/static/console.js"])
def test_every_answer_brings_the_policy(world: World, path: str) -> None:
    headers = ConsoleClient(world.url).get(path).headers
    policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "place",
    ["//evil.example", "https://evil.example/", "/\\evil.example", "/\t/evil.example", "javascript:alert(1)", ""],
)
def test_nobody_is_led_away_after_signing_in(world: World, place: str) -> None:
    client = ConsoleClient(world.url)
    answer = client.post("/login", {"key": world.keys["viewer"], "next": place})
    assert answer.url == f"{world.url}/"


def test_hostile_text_stays_text(world: World) -> None:
    client = world.visitor("operator")
    form = client.get("/profiles/new")
    hostile = '"><script>alert(1)</script>'
    fields = {"iccid": form.value("iccid"), "eid": hostile, "mno": hostile, "name": hostile, "profileType": "TESTING"}
    answer: Answer = client.post("/profiles", fields, page="/profiles/new")
    assert answer.status == 400
    assert "&lt;script&gt;" in answer.text
    assert "<script>alert" not in answer.text
    assert "<script>alert" not in client.get("/login?next=/%22%3E%3Cscript%3Ealert(1)%3C/script%3E").text


@pytest.mark.parametrize("path", ["/profiles/8999001234567890123", "/cards/nobody", "/sessions/00", "/operations/x"])
def test_what_is_not_there_is_said_to_be_so(world: World, path: str) -> None:
    answer = world.visitor("admin").get(path)
    assert answer.status in (404, 409)
    assert "A defect" not in answer.text


def test_static_files_are_only_those_of_the_console(world: World) -> None:
    assert ConsoleClient(world.url).get("/static/..%2fapp.py").status == 404


def test_keys_and_webhook_secrets_are_told_once(world: World) -> None:
    client = world.visitor("admin")
    told = client.post("/keys", {"name": "once", "role": "viewer", "days": "1"})
    secret = told.text.split('id="secret">')[1].split("<")[0]
    assert secret.startswith("rsplab_")
    assert secret.split("_", 2)[2] not in client.get("/keys").text
    assert "Overview" in ConsoleClient(world.url).sign_in(secret).text


def test_anonymous_visitors_are_only_those_on_this_machine_by_its_own_name(world: World) -> None:
    with world.lab.serving("--api-port", "0", "--api-anonymous", "viewer") as server:
        client = ConsoleClient(server.ready["api"])
        assert "Success rates" in client.get("/").text
        assert "/login" in ConsoleClient(server.ready["api"]).get("/", Host="evil.example").text
        assert client.get("/keys").status == 403


@pytest.mark.parametrize("path", ["/sessions/00?reveal=1", "/sessions/00/export?reveal=1"])
def test_identities_are_shown_to_those_who_may_see_secrets(world: World, path: str) -> None:
    statuses = {role: world.visitor(role).get(path).status for role in ROLES}
    assert statuses == {"viewer": 403, "tester": 403, "operator": 403, "admin": 404}
