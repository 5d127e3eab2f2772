"""Signatures of webhooks."""

import base64
import hmac
import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest

from lab.webhooks import signing
from lab.webhooks.records import Event

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
OLD, NEW = "the old secret of it", "the new secret of it"


def test_the_example_of_the_standard() -> None:
    """The example of the Standard Webhooks specification's reference libraries (its test vectors)."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    headers = signing.headers(
        "msg_p5jXN8AQM9LWM0D4loKWxJek", datetime.fromtimestamp(1614265330, UTC), b'{"test": 2432232314}', [secret]
    )
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_both_secrets_sign_while_they_overlap() -> None:
    headers = signing.headers("evt_1", NOW, b"{}", [NEW, OLD])
    assert len(headers["webhook-signature"].split()) == 2
    for secret in (NEW, OLD):
        assert signing.verify([secret], headers, b"{}", NOW) == "evt_1"
    with pytest.raises(signing.SignatureError, match="no signature is right"):
        signing.verify(["another secret of it"], headers, b"{}", NOW)


@pytest.mark.parametrize("change", ["webhook-id", "webhook-timestamp", "body"])
def test_everything_is_signed(change: str) -> None:
    headers = signing.headers("evt_1", NOW, b"{}", [NEW])
    body = b"{ }" if change == "body" else b"{}"
    if change == "webhook-id":
        headers[change] = "evt_2"
    if change == "webhook-timestamp":
        headers[change] = str(int(headers[change]) + 1)
    with pytest.raises(signing.SignatureError, match="no signature is right"):
        signing.verify([NEW], headers, body, NOW)


@pytest.mark.parametrize(("late", "good"), [(-301, False), (-300, True), (300, True), (301, False)])
def test_the_replay_window(late: int, good: bool) -> None:
    headers = signing.headers("evt_1", NOW, b"{}", [NEW])
    if good:
        signing.verify([NEW], headers, b"{}", NOW + timedelta(seconds=late))
        return
    with pytest.raises(signing.SignatureError, match="replay"):
        signing.verify([NEW], headers, b"{}", NOW + timedelta(seconds=late))


@pytest.mark.parametrize("missing", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_missing_header_is_named(missing: str) -> None:
    headers = signing.headers("evt_1", NOW, b"{}", [NEW])
    del headers[missing]
    with pytest.raises(signing.SignatureError, match=missing):
        signing.verify([NEW], headers, b"{}", NOW)


def test_the_member_is_a_mac_of_the_rest() -> None:
    """Checked by hand: parse, take `signature` out, write it in RFC 8785, HMAC."""
    payload = signing.canonical(Event("evt_1", "profile.enabled", NOW, "8900", "8904", "ENABLED").payload())
    body = signing.signed_body(payload, NEW)
    members = json.loads(body)
    signature = members.pop("signature")
    assert members == {
        "eventType": "profile.enabled",
        "timestamp": "2026-11-23T10:00:00.000Z",
        "data": {"iccid": "8900", "eid": "8904", "status": "ENABLED"},
    }
    text = (
        '{"data":{"eid":"8904","iccid":"8900","status":"ENABLED"},'
        '"eventType":"profile.enabled","timestamp":"2026-11-23T10:00:00.000Z"}'
    )
    assert signature == hmac.new(NEW.encode(), text.encode(), sha256).hexdigest()
    signing.verify_member(NEW, body)
    with pytest.raises(signing.SignatureError):
        signing.verify_member(NEW, body.replace(b"ENABLED", b"DISABLED"))


@pytest.mark.parametrize("secret", ["short", "x" * 257, "whsec_???", "whsec_" + base64.b64encode(b"x" * 15).decode()])
def test_what_is_no_secret(secret: str) -> None:
    with pytest.raises(ValueError, match=r"secret|base64"):
        signing.key_of(secret)
