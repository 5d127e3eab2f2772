"""Header objects of the JSON binding, and reading of bodies with typed errors.

Spec: SGP.22 v2.5 section 6.5.1.4
"""

from typing import TypeVar

from pydantic import Field, ValidationError

from wire.codes import GENERIC, FunctionRefused, StatusCode, explain
from wire.errors import DecodeError
from wire.json_types import LENIENT, Body, Text

EXECUTED_SUCCESS = "Executed-Success"
EXECUTED_WITH_WARNING = "Executed-WithWarning"
FAILED = "Failed"
EXPIRED = "Expired"

BodyT = TypeVar("BodyT", bound=Body)


class StatusCodeData(Body):
    subjectCode: str
    reasonCode: str
    subjectIdentifier: str | None = None
    message: str | None = None


class FunctionExecutionStatus(Body):
    status: str
    statusCodeData: StatusCodeData | None = None


class ResponseHeader(Body):
    functionExecutionStatus: FunctionExecutionStatus


SUCCESS = FunctionExecutionStatus(status=EXECUTED_SUCCESS)
_SUCCESS_HEADER = ResponseHeader(functionExecutionStatus=SUCCESS)


class RequestHeader(Body):
    functionRequesterIdentifier: Text = Field(min_length=1)
    functionCallIdentifier: Text = Field(min_length=1)


class Request(Body):
    """A server-to-server request (ES2+, ES12, ES15): its header is mandatory."""

    header: RequestHeader


class Response(Body):
    """A response body; built without a header it says Executed-Success."""

    header: ResponseHeader = _SUCCESS_HEADER


class HeaderOnlyResponse(Body):
    """A response of which only the header is known: every failed one, and success without outputs."""

    header: ResponseHeader


def failed_status(refused: FunctionRefused) -> FunctionExecutionStatus:
    """The functionExecutionStatus that reports a refusal."""
    data = StatusCodeData(
        subjectCode=refused.status_code.subject,
        reasonCode=refused.status_code.reason,
        subjectIdentifier=refused.subject_identifier or None,
        message=refused.message or None,
    )
    return FunctionExecutionStatus(status=FAILED, statusCodeData=data)


def failed(refused: FunctionRefused) -> HeaderOnlyResponse:
    """The response body that reports a refusal (sent with HTTP 200)."""
    return HeaderOnlyResponse(header=ResponseHeader(functionExecutionStatus=failed_status(refused)))


_MEMBER_CODES: dict[str, StatusCode] = {"eid": GENERIC.EID_INVALID, "matchingId": GENERIC.MATCHING_ID_INVALID}


def read_request(model: type[BodyT], raw: bytes) -> BodyT:
    """Read a request body.

    Raises DecodeError if it is not a JSON object at all, and FunctionRefused with a generic status code whose
    subject_identifier names the member if one is missing or malformed.
    """
    try:
        return model.model_validate_json(raw)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        member = ".".join(str(part) for part in first["loc"])
        if not member:
            raise DecodeError("body", 0, _rule(first["msg"])) from None
        if first["type"] == "missing":
            code = GENERIC.MANDATORY_ELEMENT_MISSING
        else:
            code = _MEMBER_CODES.get(member, GENERIC.MALFORMED_ELEMENT)
        raise FunctionRefused(code, _rule(first["msg"]), member) from None


def read_response(model: type[BodyT], raw: bytes, function: str = "") -> BodyT:
    """Read a response body; white space in base64 members is taken as a client has to take it.

    Raises FunctionRefused if the server says Failed or Expired (codes this project does not know are kept),
    DecodeError if the body is not what the standard says.
    """
    try:
        status = HeaderOnlyResponse.model_validate_json(raw).header.functionExecutionStatus
        if status.status in (EXECUTED_SUCCESS, EXECUTED_WITH_WARNING):
            return model.model_validate_json(raw, context=LENIENT)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        path = ".".join(str(part) for part in first["loc"]) or "body"
        raise DecodeError(path, 0, _rule(first["msg"])) from None
    data = status.statusCodeData
    if data is None:
        raise FunctionRefused(explain("", "", function), f"status {status.status} without statusCodeData")
    code = explain(data.subjectCode, data.reasonCode, function)
    raise FunctionRefused(code, data.message or "", data.subjectIdentifier or "")


def _rule(message: str) -> str:
    """pydantic's message without its name for the exceptions of our own validators."""
    return message.removeprefix("Value error, ")
