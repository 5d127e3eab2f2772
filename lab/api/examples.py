"""An example of every refusal, for OpenAPI and its page."""

from collections.abc import Mapping
from typing import Any

from lab.managers.errors import Code

_AT = "2031-05-01T12:00:00.000Z"

DESCRIPTIONS: Mapping[int, str] = {
    400: "Something in the request is wrong",
    401: "No key, or none that is good",
    403: "The key's role may not do this",
    404: "It isn't there",
    409: "Not possible as things are",
    412: "It was changed since the version in If-Match",
    413: "The request is too large",
    415: "The body isn't application/json",
    422: "The Idempotency-Key was used for another request",
    429: "Too many calls a minute",
    500: "A defect of rsplab",
    502: "The download failed",
    503: "A server or a card can't be reached",
}


def _example(code: Code, message: str, **details: Any) -> dict[str, Any]:
    body: dict[str, Any] = {"error": code.value, "message": message}
    return body | ({"details": details} if details else {}) | {"timestamp": _AT}


def _field(code: Code, field: str, reason: str) -> dict[str, Any]:
    return _example(code, f"{field}: {reason}", field=field, reason=reason)


_ICCID = "8999001234567890123"
_EID = "89049032123451234512345678901235"
EXAMPLES: Mapping[tuple[int, Code], dict[str, Any]] = {
    (400, Code.INVALID_REQUEST): _field(Code.INVALID_REQUEST, "metadata.name", "Field required"),
    (400, Code.INVALID_EID): _field(Code.INVALID_EID, "eid", "check digits are 36, 35 expected"),
    (400, Code.INVALID_ACTIVATION_CODE): _field(
        Code.INVALID_ACTIVATION_CODE,
        "activationCode",
        "activation code: activation code, character 1: format \"1\" expected, found '2'",
    ),
    (401, Code.AUTHENTICATION_FAILED): _example(
        Code.AUTHENTICATION_FAILED,
        "the key is unknown, expired or revoked",
        reason="the key is unknown, expired or revoked",
    ),
    (403, Code.OPERATION_NOT_PERMITTED): _example(
        Code.OPERATION_NOT_PERMITTED,
        "role viewer doesn't have the scope profiles:write",
        scope="profiles:write",
        role="viewer",
    ),
    (404, Code.PROFILE_NOT_FOUND): _example(Code.PROFILE_NOT_FOUND, f"there is no profile {_ICCID}", iccid=_ICCID),
    (404, Code.INVALID_REQUEST): _field(Code.INVALID_REQUEST, "operationId", "there is no such operation"),
    (404, Code.INVALID_EID): _field(Code.INVALID_EID, "eid", "no device is registered with it"),
    (404, Code.INVALID_ACTIVATION_CODE): _field(
        Code.INVALID_ACTIVATION_CODE, "activationCode", "no order has this activation code"
    ),
    (409, Code.OPERATION_NOT_PERMITTED): _example(
        Code.OPERATION_NOT_PERMITTED, f"profile {_ICCID} is ENABLED: enable isn't possible", state="ENABLED"
    ),
    (409, Code.PROFILE_LIMIT_REACHED): _example(
        Code.PROFILE_LIMIT_REACHED, "the eUICC has 10 of at most 10 profiles", maxProfiles=10, profiles=10
    ),
    (409, Code.DEVICE_NOT_COMPATIBLE): _example(
        Code.DEVICE_NOT_COMPATIBLE,
        "test profiles need the device's test mode (capability TEST_MODE)",
        reasons=["test profiles need the device's test mode (capability TEST_MODE)"],
    ),
    (412, Code.OPERATION_NOT_PERMITTED): _example(
        Code.OPERATION_NOT_PERMITTED, "it was changed meanwhile", reason="If-Match", version=4
    ),
    (413, Code.INVALID_REQUEST): _field(Code.INVALID_REQUEST, "body", "more than 1048576 octets"),
    (415, Code.INVALID_REQUEST): _field(Code.INVALID_REQUEST, "Content-Type", "application/json is expected"),
    (422, Code.INVALID_REQUEST): _field(
        Code.INVALID_REQUEST, "Idempotency-Key", "the key was used for another request"
    ),
    (429, Code.RATE_LIMIT_EXCEEDED): _example(
        Code.RATE_LIMIT_EXCEEDED, "more than 50 a minute", limit=50, remaining=0, retryAfter=17
    ),
    (500, Code.INTERNAL_ERROR): _example(Code.INTERNAL_ERROR, "a defect of rsplab: ZeroDivisionError"),
    (502, Code.PROFILE_DOWNLOAD_FAILED): _example(
        Code.PROFILE_DOWNLOAD_FAILED,
        "the profile was not installed: installFailedDueToInsufficientMemoryForProfile",
        function="LoadBoundProfilePackage",
        result="installFailedDueToInsufficientMemoryForProfile",
    ),
    (503, Code.NETWORK_ERROR): _example(
        Code.NETWORK_ERROR,
        "https://localhost:8443: connection refused",
        explanation={
            "meaning": "https://localhost:8443: connection refused",
            "nextStep": "check the address and port, and that the server runs",
        },
    ),
}
