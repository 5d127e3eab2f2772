"""The management API over real HTTP: every endpoint, both spellings."""

import base64
import time
from collections.abc import Callable, Iterator
from io import BytesIO
from itertools import pairwise
from typing import Any
from urllib.parse import unquote

import pytest

from tests.support.api import INFO, ApiLab, Client, code_path, eid, iccid, profile, refused, served

_SETTINGS = """
[api]
max_profiles = 4
card_wait_s = 1
min_os_version = "12.0"
confirmation_timeout_s = 60
[webhooks]
plain_http = true
"""


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiLab]:
    with served(tmp_path_factory.mktemp("api") / "lab", _SETTINGS) as lab:
        yield lab


@pytest.fixture
def client(api: ApiLab) -> Client:
    return api.client()


def test_the_life_of_a_profile(client: Client) -> None:
    device = client.device(1)
    made = client.post("/profiles", profile(1, 1))
    assert set(made) == {"profileId", "activationCode", "createdAt", "status"}
    assert made["status"] == "CREATED"
    shown = client.get(f"/profiles/{iccid(1)}")
    assert shown["profileState"] == "CREATED"
    assert shown["metadata"] == profile(1)["metadata"]
    assert {key: shown[key] for key in ("iccid", "eid", "profileType", "mno", "activationCode")} == {
        "iccid": iccid(1),
        "eid": device,
        "profileType": "OPERATIONAL",
        "mno": "Example Mobile",
        "activationCode": made["activationCode"],
    }

    reply = client("POST", f"/profiles/{iccid(1)}/download", expect=202)
    assert reply.json["status"] == "IN_PROGRESS"
    assert reply.json["estimatedTime"] > 0
    operation = client.follow(reply.json["operationId"])
    assert (operation["state"], operation["kind"]) == ("SUCCEEDED", "DOWNLOAD")
    assert operation["result"]["transactionId"] == operation["trace"]["sessionId"]
    assert reply.headers["Location"].endswith(f"/operations/{operation['operationId']}")
    assert client.get(f"/operations/{operation['operationId']}") == operation
    assert client.get(f"/profiles/{iccid(1)}")["profileState"] == "INSTALLED"

    for verb, state in (("enable", "ENABLED"), ("disable", "DISABLED"), ("enable", "ENABLED")):
        changed = client.post(f"/profiles/{iccid(1)}/{verb}")
        assert set(changed) == {"status", "timestamp", "operationId"}
        assert changed["status"] == client.get(f"/profiles/{iccid(1)}")["profileState"] == state
        assert client.get(f"/operations/{changed['operationId']}")["state"] == "SUCCEEDED"

    deleted = client("DELETE", f"/profiles/{iccid(1)}", expect=200).json
    assert deleted["status"] == client.get(f"/profiles/{iccid(1)}")["profileState"] == "DELETED"
    again = client.post("/profiles", profile(1, 1))
    assert again["profileId"] != made["profileId"]
    assert client("DELETE", f"/profiles/{iccid(1)}", expect=200).json["status"] == "DELETED"


def test_download_by_activation_code(client: Client) -> None:
    device = client.device(2)
    code = client.post("/profiles", profile(2, 2))["activationCode"]
    started = client.post("/profiles/download", {"activationCode": code, "eid": device}, 202)
    assert client.follow(started["operationId"])["state"] == "SUCCEEDED"
    shown = client.get(code_path(code))
    assert (shown["iccid"], shown["eid"], shown["state"], shown["remainingUses"]) == (iccid(2), device, "Installed", 0)


def test_enabling_one_disables_the_other(client: Client) -> None:
    client.device(3)
    first, second = client.installed(30, 3), client.installed(31, 3)
    client.post(f"/profiles/{first}/enable")
    client.post(f"/profiles/{second}/enable")
    assert [one["profileState"] for one in client.get(f"/devices/{eid(3)}/profiles")["profiles"]] == [
        "DISABLED",
        "ENABLED",
    ]


def test_activation_codes_in_both_spellings(client: Client) -> None:
    client.device(4)
    first = client.post("/profiles", profile(4, 4))["activationCode"]
    second = client.post(f"/profiles/{iccid(4)}/activation-code", {"maxUses": 3})
    assert set(second) == {"activationCode", "expiresAt", "remainingUses"}
    assert second["remainingUses"] == 3
    third = client.post("/activation-codes", {"iccid": iccid(4), "expiresAt": "2090-01-01T00:00:00Z"})
    assert third["expiresAt"] == "2090-01-01T00:00:00.000Z"
    assert client.get(f"/profiles/{iccid(4)}")["activationCode"] == third["activationCode"]
    assert len({first, second["activationCode"], third["activationCode"]}) == 3
    refused(client("GET", code_path(first)), 404, "INVALID_ACTIVATION_CODE")
    shown = client.get(code_path(third["activationCode"]))
    assert unquote(code_path(third["activationCode"])).endswith(shown["activationCode"])
    late = client("POST", "/activation-codes", {"iccid": iccid(4), "expiresAt": "2001-01-01T00:00:00Z"})
    assert refused(late, 400, "INVALID_REQUEST")["field"] == "expiresAt"


def test_confirmation_by_the_user(client: Client) -> None:
    client.device(5)
    client.post("/profiles", profile(5, 5))
    code = client.post("/activation-codes", {"iccid": iccid(5), "confirmationCode": "4711"})["activationCode"]
    assert client.get(code_path(code))["confirmationCodeRequired"] is True

    def asked() -> str:
        body = {"activationCode": code, "eid": eid(5), "confirmationRequired": True}
        operation_id: str = client.post("/profiles/download", body, 202)["operationId"]
        waiting = _until(lambda: client.get(f"/operations/{operation_id}"), "AWAITING_CONFIRMATION")
        assert waiting["result"]["preview"]["name"] == "Plan 5"
        return operation_id

    first = asked()
    client.post(f"/operations/{first}/confirm", {"decision": "POSTPONE"})
    assert client.follow(first)["state"] == "CANCELLED"
    second = asked()
    assert client("POST", f"/operations/{second}/cancel", expect=202).json["cancelRequested"] is True
    assert client.follow(second)["state"] == "CANCELLED"
    third = asked()
    unanswered = client("POST", f"/operations/{third}/confirm", {"decision": "ACCEPT"})
    assert refused(unanswered, 400, "INVALID_REQUEST")["field"] == "confirmationCode"
    client.post(f"/operations/{third}/confirm", {"decision": "ACCEPT", "confirmationCode": "4711"})
    assert client.follow(third)["state"] == "SUCCEEDED"
    refused(client("POST", f"/operations/{third}/cancel"), 409, "OPERATION_NOT_PERMITTED")
    answer = client("POST", f"/operations/{third}/confirm", {"decision": "ACCEPT"})
    refused(answer, 409, "OPERATION_NOT_PERMITTED")


def test_what_rsp_refuses_is_explained(client: Client) -> None:
    client.device(6)
    client.post("/profiles", profile(6, 6))
    client.post("/activation-codes", {"iccid": iccid(6), "confirmationCode": "4711"})
    path = f"/profiles/{iccid(6)}/download"
    assert refused(client("POST", path), 400, "INVALID_REQUEST")["field"] == "confirmationCode"
    wrong = client.follow(client.post(path, {"confirmationCode": "0815"}, 202)["operationId"])
    assert (wrong["state"], wrong["error"]["error"]) == ("FAILED", "PROFILE_DOWNLOAD_FAILED")
    details = wrong["error"]["details"]
    assert (details["subjectCode"], details["reasonCode"]) == ("8.2.7", "3.8")
    assert details["explanation"]["meaning"]
    assert "4711" not in str(wrong)
    assert client.get(f"/profiles/{iccid(6)}")["profileState"] == "CREATED"
    right = client.follow(client.post(path, {"confirmationCode": "4711"}, 202)["operationId"])
    assert right["state"] == "SUCCEEDED", right


def test_a_device_with_another_eid_is_refused_by_the_server(client: Client) -> None:
    client.device(7)
    client.device(8)
    client.post("/profiles", profile(7, 7))
    ended = client.follow(client.post(f"/profiles/{iccid(7)}/download", {"eid": eid(8)}, 202)["operationId"])
    assert (ended["state"], ended["error"]["error"]) == ("FAILED", "INVALID_EID")
    assert ended["error"]["details"]["subjectCode"] == "8.1.1"
    assert client.get(f"/profiles/{iccid(7)}")["profileState"] == "CREATED"


def test_a_batch(client: Client) -> None:
    client.device(9)
    good, bad, other = profile(90, 9), profile(5, 9), profile(91, 9)
    answer = client.post("/profiles/batch", {"profiles": [good, bad, other], "options": {"parallel": True}})
    assert [result["success"] for result in answer["results"]] == [True, False, True]
    assert answer["results"][1]["error"]["code"] == "OPERATION_NOT_PERMITTED"
    assert answer["results"][0]["activationCode"].startswith("LPA:1$")
    assert answer["summary"] == {"total": 3, "successful": 2, "failed": 1}
    failing = {"profiles": [bad, profile(92, 9)], "options": {"failFast": True}}
    stopped = client.post("/profiles/batch", failing)
    assert [result["success"] for result in stopped["results"]] == [False, False]
    assert "failFast" in stopped["results"][1]["error"]["message"]
    refused(client("GET", f"/profiles/{iccid(92)}"), 404, "PROFILE_NOT_FOUND")


def test_lists_filters_and_pages(client: Client) -> None:
    for number in (100, 101, 102):
        client.post("/profiles", profile(number, 10, mno="Pages Mobile"))
    seen, cursor = [], ""
    while True:
        page = client.get(f"/profiles?mno=Pages%20Mobile&limit=2{cursor}")
        seen += [one["iccid"] for one in page["profiles"]]
        if "nextCursor" not in page:
            break
        cursor = f"&cursor={page['nextCursor']}"
    assert seen == [iccid(100), iccid(101), iccid(102)]
    assert not client.get(f"/profiles?eid={eid(10)}&profileState=ENABLED")["profiles"]
    refused(client("GET", "/profiles?state=ENABLED"), 400, "INVALID_REQUEST")
    refused(client("GET", "/profiles?cursor=x"), 400, "INVALID_REQUEST")
    refused(client("GET", "/profiles?limit=2&limit=3"), 400, "INVALID_REQUEST")
    operations = client.get(f"/operations?eid={eid(10)}")["operations"]
    assert operations == []


def test_devices(client: Client) -> None:
    body = {"eid": eid(11), "deviceInfo": INFO}
    made = client.post("/devices", body, 201)
    assert (set(made), made["status"]) == ({"deviceId", "registrationDate", "status"}, "REGISTERED")
    shown = client.get(f"/devices/{eid(11)}")
    assert (shown["deviceInfo"], shown["deviceId"]) == (INFO, made["deviceId"])
    assert eid(11) in [one["eid"] for one in client.get("/devices?limit=200")["devices"]]
    refused(client("POST", "/devices", body), 409, "OPERATION_NOT_PERMITTED")
    assert client.get(f"/devices/{eid(11)}/profiles") == {"profiles": []}


def test_compatibility_in_both_spellings(client: Client) -> None:
    client.device(12)
    path = f"/devices/{eid(12)}"
    answer = client.get(f"{path}/compatibility?profileType=OPERATIONAL")
    assert set(answer) == {"compatible", "reasons", "supportedFeatures", "restrictions"}
    assert answer["compatible"]
    assert answer["restrictions"] == {"maxProfiles": 4, "minOsVersion": "12.0"}
    assert client.post(f"{path}/check-compatibility", {"profileType": "OPERATIONAL"}) == answer
    testing = client.get(f"{path}/compatibility?profileType=TESTING")
    assert not testing["compatible"]
    assert "TEST_MODE" in testing["reasons"][0]
    client.post("/profiles", profile(12, 12))
    assert client.post(f"{path}/check-compatibility", {"iccid": iccid(12)})["compatible"]


def test_webhooks(client: Client) -> None:
    body = {"url": "https://example.com/esim", "events": ["profile.enabled"], "secret": "0123456789abcdef"}
    made = client.post("/webhooks", body | {"description": "bank"}, 201)
    path = f"/webhooks/{made['webhookId']}"
    assert "0123456789abcdef" not in str(made)
    assert client.get(path) == made
    assert made in client.get("/webhooks")["webhooks"]
    assert client.post(f"{path}/rotate", {"secret": "fedcba9876543210"})["webhookId"] == made["webhookId"]
    sent = client.post(f"{path}/test", expect=202)
    assert sent["eventType"] == "webhook.test"
    assert [one["deliveryId"] for one in client.get(f"{path}/deliveries")["deliveries"]] == [sent["deliveryId"]]
    assert "attemptLog" in client.get(f"{path}/deliveries/{sent['deliveryId']}")
    assert client.post(f"{path}/deliveries/{sent['deliveryId']}/redeliver", expect=202)["state"] == "WAITING"
    client("DELETE", path, expect=204)
    refused(client("GET", path), 404, "INVALID_REQUEST")
    private = client("POST", "/webhooks", body | {"url": "https://127.0.0.1/"})
    assert refused(private, 400, "INVALID_REQUEST")["field"] == "url"


def test_keys_and_audit(api: ApiLab, client: Client) -> None:
    made = client.post("/keys", {"name": "ci", "role": "viewer", "expiresInDays": 1}, 201)
    viewer = Client(api.url, made["key"])
    assert "keys" not in viewer.get("/profiles")
    details = refused(viewer("POST", "/devices", {}), 403, "OPERATION_NOT_PERMITTED")
    assert details == {"scope": "devices:write", "role": "viewer"}
    rotated = client.post(f"/keys/{made['keyId']}/rotate", {"overlapSeconds": 60}, 201)
    assert Client(api.url, rotated["key"]).get("/devices")
    assert viewer.get("/devices")
    client("DELETE", f"/keys/{made['keyId']}", expect=200)
    refused(viewer("GET", "/devices"), 401, "AUTHENTICATION_FAILED")
    assert made["key"] not in str(client.get("/keys"))
    entries: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = client.get(f"/audit?limit=200{cursor}")
        entries += page["entries"]
        if "nextCursor" not in page:
            break
        cursor = f"&cursor={page['nextCursor']}"
    assert all(one["previousHash"] == before["hash"] for before, one in pairwise(entries))
    denied = [one for one in entries if one["outcome"] == "refused: OPERATION_NOT_PERMITTED"]
    assert any(one["actor"] == f"key:{made['keyId']}" and one["action"] == "POST /devices" for one in denied)
    assert made["key"].rpartition("_")[2] not in str(entries)


def test_idempotency(client: Client) -> None:
    first = client("POST", "/profiles", profile(13, 13), 200, Idempotency_Key="k-13")
    again = client("POST", "/profiles", profile(13, 13), 200, Idempotency_Key="k-13")
    assert again.json == first.json
    assert again.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    other = client("POST", "/profiles", profile(14, 13), Idempotency_Key="k-13")
    refused(other, 422, "INVALID_REQUEST")
    failed = client("POST", "/profiles", profile(13, 13), Idempotency_Key="k-14")
    refused(failed, 409, "OPERATION_NOT_PERMITTED")
    key = {"name": "x", "role": "viewer"}
    client("POST", "/keys", key, 201, Idempotency_Key="k-15")
    refused(client("POST", "/keys", key, Idempotency_Key="k-15"), 409, "OPERATION_NOT_PERMITTED")


def test_entity_tags(client: Client) -> None:
    client.post("/profiles", profile(15, 14))
    tag = client("GET", f"/profiles/{iccid(15)}").headers["ETag"]
    client.post(f"/profiles/{iccid(15)}/activation-code")
    stale = client("DELETE", f"/profiles/{iccid(15)}", If_Match=tag)
    refused(stale, 412, "OPERATION_NOT_PERMITTED")
    now = client("GET", f"/profiles/{iccid(15)}").headers["ETag"]
    assert now != tag
    client("DELETE", f"/profiles/{iccid(15)}", expect=200, If_Match=now)


def _until(read: Callable[[], dict[str, Any]], state: str) -> dict[str, Any]:
    for _ in range(600):
        found = read()
        if found["state"] == state:
            return found
        time.sleep(0.05)
    raise AssertionError(found)


def test_policies_and_icon_reach_the_card(client: Client) -> None:
    image = pytest.importorskip("PIL.Image")
    picture = BytesIO()
    image.new("1", (64, 64)).save(picture, "PNG")
    client.device(28)
    metadata = {
        "name": "Locked",
        "icon": base64.b64encode(picture.getvalue()).decode(),
        "policies": [{"type": "PPR1", "value": True}, {"type": "PPR2", "value": False}],
    }
    client.post("/profiles", profile(28, 28, metadata=metadata))
    started = client.post(f"/profiles/{iccid(28)}/download", expect=202)
    assert client.follow(started["operationId"])["state"] == "SUCCEEDED"
    client.post(f"/profiles/{iccid(28)}/enable")
    details = refused(client("POST", f"/profiles/{iccid(28)}/disable"), 409, "OPERATION_NOT_PERMITTED")
    assert (details["function"], details["result"]) == ("DisableProfile", "disallowedByPolicy")
    assert client.get(f"/profiles/{iccid(28)}")["profileState"] == "ENABLED"
