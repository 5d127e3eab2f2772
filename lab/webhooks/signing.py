"""Signatures of webhooks: the Standard Webhooks headers, and the `signature` member inside the payload.

Header: webhook-signature is one `v1,BASE64` for each valid secret, of HMAC-SHA256 over `ID.TIMESTAMP.BODY`.
Member: lower-case hex of HMAC-SHA256 over the payload without it, in the canonical form of RFC 8785, under the newest
secret. docs/webhooks.md says how to check both. Spec: https://www.standardwebhooks.com, RFC 8785
"""

import base64
import binascii
import hmac
import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
PREFIX: Final = "whsec_"
SECRET_OCTETS_MIN, SECRET_OCTETS_MAX = 16, 256
TOLERANCE: Final = timedelta(minutes=5)
"""The replay window: how far a receiver's clock may be from the time that was signed."""


class SignatureError(Exception):
    """A received webhook is not to be trusted; the text says why."""


def key_of(secret: str) -> bytes:
    """The octets that sign: of `whsec_BASE64`, or of any other text its UTF-8; ValueError if it can't be one."""
    if secret.startswith(PREFIX):
        try:
            key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
        except binascii.Error:
            raise ValueError(f"what follows {PREFIX} is not base64") from None
    else:
        key = secret.encode()
    if not SECRET_OCTETS_MIN <= len(key) <= SECRET_OCTETS_MAX:
        raise ValueError(f"a secret has {SECRET_OCTETS_MIN} to {SECRET_OCTETS_MAX} octets, not {len(key)}")
    return key


def canonical(payload: Mapping[str, Any]) -> bytes:
    """RFC 8785, for payloads that hold texts and objects only."""
    return json.dumps(payload, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def signed_body(payload: bytes, secret: str) -> bytes:
    """The body to send: a canonical payload with its `signature`."""
    signature = hmac.new(key_of(secret), payload, sha256).hexdigest()
    return canonical({**json.loads(payload), "signature": signature})


def headers(event_id: str, at: datetime, body: bytes, secrets: Iterable[str]) -> dict[str, str]:
    """The headers for one attempt; secrets: the newest first."""
    timestamp = str(int(at.timestamp()))
    signatures = (f"v1,{_v1(secret, event_id, timestamp, body)}" for secret in secrets)
    return {ID: event_id, TIMESTAMP: timestamp, SIGNATURE: " ".join(signatures)}


def verify(
    secrets: Iterable[str],
    received: Mapping[str, str],
    body: bytes,
    now: datetime,
    tolerance: timedelta = TOLERANCE,
) -> str:
    """What a receiver does: the event's id if one of its secrets made one of the signatures, within the replay window.

    received: the request's headers. Raises SignatureError. An id that was seen before is a repetition, not a new event.
    """
    lowered = {name.lower(): value for name, value in received.items()}
    missing = [name for name in (ID, TIMESTAMP, SIGNATURE) if not lowered.get(name)]
    if missing:
        raise SignatureError(f"no {missing[0]}")
    timestamp = lowered[TIMESTAMP]
    if not (timestamp.isascii() and timestamp.isdigit()):
        raise SignatureError(f"{TIMESTAMP} is no number")
    if abs(now.timestamp() - int(timestamp)) > tolerance.total_seconds():
        raise SignatureError("outside the replay window")
    claimed = [word.removeprefix("v1,") for word in lowered[SIGNATURE].split() if word.startswith("v1,")]
    for secret in secrets:
        wanted = _v1(secret, lowered[ID], timestamp, body)
        if any(hmac.compare_digest(wanted, one) for one in claimed):
            return lowered[ID]
    raise SignatureError("no signature is right")


def verify_member(secret: str, body: bytes) -> None:
    """The other check: `signature` inside the payload; SignatureError if it is wrong."""
    payload = json.loads(body)
    claimed = str(payload.pop("signature", ""))
    if not hmac.compare_digest(hmac.new(key_of(secret), canonical(payload), sha256).hexdigest(), claimed):
        raise SignatureError("the signature member is wrong")


def _v1(secret: str, event_id: str, timestamp: str, body: bytes) -> str:
    content = f"{event_id}.{timestamp}.".encode() + body
    return base64.b64encode(hmac.digest(key_of(secret), content, "sha256")).decode()
