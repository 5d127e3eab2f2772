"""Statuses and bodies of refusals."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from lab.api.models import ErrorBody
from lab.managers.errors import Code, ManagementError
from lab.managers.profiles import VersionMismatch

STATUSES: Mapping[Code, int] = {
    Code.INVALID_REQUEST: 400,
    Code.INVALID_ACTIVATION_CODE: 400,
    Code.INVALID_EID: 400,
    Code.AUTHENTICATION_FAILED: 401,
    Code.OPERATION_NOT_PERMITTED: 409,
    Code.PROFILE_NOT_FOUND: 404,
    Code.PROFILE_LIMIT_REACHED: 409,
    Code.PROFILE_DOWNLOAD_FAILED: 502,
    Code.DEVICE_NOT_COMPATIBLE: 409,
    Code.NETWORK_ERROR: 503,
    Code.RATE_LIMIT_EXCEEDED: 429,
    Code.INTERNAL_ERROR: 500,
}
"""The status of each code; what is missing is 404, a missing scope 403, a stale If-Match 412."""


class HttpRefusal(ManagementError):
    """A refusal with a status and headers of its own."""

    def __init__(
        self,
        status: int,
        code: Code,
        message: str,
        details: dict[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(code, message, details)
        self.status = status
        self.headers = dict(headers or {})


def status_of(error: ManagementError) -> int:
    """The HTTP status of a refusal."""
    if isinstance(error, HttpRefusal):
        return error.status
    if isinstance(error, VersionMismatch):
        return 412
    return 404 if error.missing else STATUSES[error.code]


def body_of(error: ManagementError, now: datetime) -> ErrorBody:
    """{error, message, details?, timestamp}."""
    return ErrorBody(error=error.code, message=error.message, details=error.details, timestamp=now)


def invalid_body(error: ValidationError, where: str = "") -> ManagementError:
    """The first thing that is wrong with a body or a query; check digits and codes have errors of their own."""
    first = error.errors(include_url=False, include_context=False)[0]
    code = Code(first["type"]) if first["type"] in Code.__members__ else Code.INVALID_REQUEST
    field = ".".join(str(part) for part in first["loc"]) or where
    details = {"field": field, "reason": first["msg"]}
    return ManagementError(code, f"{field}: {first['msg']}", details)
