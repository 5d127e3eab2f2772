"""The management API over real HTTP: every error code, every rate limit."""

import base64
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from lab.cards import open_card
from lab.trace import NoTrace
from tests.support.api import INFO, ApiLab, Client, Reply, eid, iccid, profile, refused, served

_SETTINGS = """
[api]
max_profiles = 4
card_wait_s = 1
min_os_version = "12.0"
"""


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiLab]:
    with served(tmp_path_factory.mktemp("api") / "lab", _SETTINGS) as lab:
        yield lab


@pytest.fixture
def client(api: ApiLab) -> Client:
    return api.client()


def test_invalid_request(client: Client) -> None:
    body = profile(20, 20)
    del body["mno"]
    assert refused(client("POST", "/profiles", body), 400, "INVALID_REQUEST") == {
        "field": "mno",
        "reason": "Field required",
    }
    surprise = client("POST", "/profiles", profile(20, 20) | {"surprise": 1})
    assert refused(surprise, 400, "INVALID_REQUEST")["field"] == "surprise"
    refused(client("POST", "/profiles", b"{}", Content_Type="text/plain"), 415, "INVALID_REQUEST")
    refused(client("GET", "/nothing"), 404, "INVALID_REQUEST")
    refused(client("GET", "/operations/1"), 404, "INVALID_REQUEST")
    assert client("PUT", "/profiles", b"{}").headers["Allow"] == "GET, POST"
    refused(client("POST", "/profiles", b" " * (1024 * 1024 + 1)), 413, "INVALID_REQUEST")
    icon = {"name": "x", "icon": base64.b64encode(b"no picture").decode()}
    assert refused(client("POST", "/profiles", profile(20, 20, metadata=icon)), 400, "INVALID_REQUEST")["field"] == (
        "metadata.icon"
    )


def test_invalid_eid(client: Client) -> None:
    wrong = "0" * 32
    assert refused(client("POST", "/profiles", profile(21) | {"eid": wrong}), 400, "INVALID_EID")["field"] == "eid"
    refused(client("POST", "/devices", {"eid": wrong, "deviceInfo": INFO}), 400, "INVALID_EID")
    refused(client("GET", f"/devices/{wrong}"), 400, "INVALID_EID")
    refused(client("GET", f"/devices/{eid(999)}"), 404, "INVALID_EID")
    foreign = "89044045930000000000001492294428"
    nowhere = client("POST", "/devices", {"eid": foreign, "deviceInfo": INFO})
    assert "range" in refused(nowhere, 404, "INVALID_EID")["reason"]


def test_invalid_activation_code(client: Client) -> None:
    body = {"activationCode": "LPA:2$a$b", "eid": eid(1)}
    refused(client("POST", "/profiles/download", body), 400, "INVALID_ACTIVATION_CODE")
    body["activationCode"] = "LPA:1$localhost$NOBODY-KNOWS"
    refused(client("POST", "/profiles/download", body), 404, "INVALID_ACTIVATION_CODE")
    refused(client("GET", "/activation-codes/nonsense"), 400, "INVALID_ACTIVATION_CODE")


def test_profile_not_found(client: Client) -> None:
    for method, path in (
        ("GET", ""),
        ("DELETE", ""),
        ("POST", "/download"),
        ("POST", "/enable"),
        ("POST", "/disable"),
        ("POST", "/activation-code"),
    ):
        refused(client(method, f"/profiles/{iccid(99999)}{path}"), 404, "PROFILE_NOT_FOUND")


def test_authentication_failed(api: ApiLab) -> None:
    for token in ("", "rsplab_0123456789abcdef_" + "A" * 43):
        refused(Client(api.url, token)("GET", "/profiles"), 401, "AUTHENTICATION_FAILED")


def test_operation_not_permitted(client: Client) -> None:
    client.device(22)
    client.post("/profiles", profile(22, 22))
    for verb in ("enable", "disable"):
        details = refused(client("POST", f"/profiles/{iccid(22)}/{verb}"), 409, "OPERATION_NOT_PERMITTED")
        assert details == {"state": "CREATED"}


def test_profile_limit_reached(client: Client) -> None:
    for number in range(230, 234):
        client.post("/profiles", profile(number, 23))
    assert refused(client("POST", "/profiles", profile(234, 23)), 409, "PROFILE_LIMIT_REACHED")["maxProfiles"] == 4


def test_device_not_compatible(client: Client) -> None:
    client.device(24, osVersion="11.9.9")
    client.post("/profiles", profile(24, 24))
    old = client("POST", f"/profiles/{iccid(24)}/download")
    assert "12.0" in refused(old, 409, "DEVICE_NOT_COMPATIBLE")["reasons"][0]
    client.device(25)
    client.post("/profiles", profile(25, 25, profileType="TESTING"))
    refused(client("POST", f"/profiles/{iccid(25)}/download"), 409, "DEVICE_NOT_COMPATIBLE")
    client.device(26, capabilities=["TEST_MODE"])
    client.post("/profiles", profile(26, 26, profileType="TESTING"))
    started = client.post(f"/profiles/{iccid(26)}/download", expect=202)
    ended = client.follow(started["operationId"])
    assert ended["state"] == "SUCCEEDED", ended["error"]


def test_network_error(api: ApiLab, client: Client) -> None:
    client.device(27)
    installed = client.installed(27, 27)
    with open_card(api.lab, eid(27), NoTrace()):
        refused(client("POST", f"/profiles/{installed}/enable"), 503, "NETWORK_ERROR")
    assert client.post(f"/profiles/{installed}/enable")["status"] == "ENABLED"


# Every rate limit


def _exhaust(call: Callable[[], Reply], limit: int) -> Reply:
    """Call until it is refused: after exactly `limit` calls within one minute."""
    counted = 0
    for _ in range(2 * limit + 1):
        reply = call()
        if reply.status == 429:
            assert counted == limit
            return reply
        remaining = int(reply.headers["RateLimit-Remaining"])
        counted = 1 if remaining == limit - 1 else counted + 1
        assert remaining == limit - counted
    raise AssertionError("never refused")


@pytest.mark.parametrize(
    ("path", "body", "limit"),
    [
        ("/profiles", profile(5, 5), 100),
        (f"/profiles/{iccid(99999)}/download", {}, 50),
        ("/profiles/download", {"activationCode": "LPA:1$localhost$NO", "eid": eid(1)}, 50),
        ("/devices", {"eid": eid(1), "deviceInfo": INFO}, 30),
        (f"/profiles/{iccid(99999)}/activation-code", {}, 100),
        ("/activation-codes", {"iccid": iccid(99999)}, 100),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_rate_limits(api: ApiLab, client: Client, path: str, body: dict[str, Any], limit: int) -> None:
    mine = Client(api.url, client.post("/keys", {"name": "limits", "role": "operator"}, 201)["key"])
    reply = _exhaust(lambda: mine("POST", path, body), limit)
    details = refused(reply, 429, "RATE_LIMIT_EXCEEDED")
    assert reply.headers["RateLimit-Limit"] == str(limit) == str(details["limit"])
    assert 1 <= int(reply.headers["Retry-After"]) <= 60
    assert client("POST", path, body).status != 429


def test_a_batch_of_n_counts_n(api: ApiLab, client: Client) -> None:
    mine = Client(api.url, client.post("/keys", {"name": "batch", "role": "operator"}, 201)["key"])
    batch = {"profiles": [profile(5, 5)] * 30}
    statuses = [mine("POST", "/profiles/batch", batch) for _ in range(4)]
    if statuses[-1].status != 429:  # a minute has ended in between
        statuses = [mine("POST", "/profiles/batch", batch) for _ in range(4)]
    refused(statuses[-1], 429, "RATE_LIMIT_EXCEEDED")
    assert statuses[-1].headers["RateLimit-Remaining"] == "10"
