"""What the management refuses, with the codes of the API, and what errors of the LPA and the lab become."""

from enum import StrEnum
from typing import Any

from lab.errors import LabError
from lpa.core.errors import CardRefused, LpaError, ServerRefused, TransportError, UserDeclined
from lpa.explain import explain
from smdp.core.ports import Conflict


class Code(StrEnum):
    """The API's error codes; INTERNAL_ERROR is a defect of rsplab."""

    INVALID_REQUEST = "INVALID_REQUEST"
    INVALID_ACTIVATION_CODE = "INVALID_ACTIVATION_CODE"
    INVALID_EID = "INVALID_EID"
    AUTHENTICATION_FAILED = "AUTHENTICATION_FAILED"
    OPERATION_NOT_PERMITTED = "OPERATION_NOT_PERMITTED"
    PROFILE_NOT_FOUND = "PROFILE_NOT_FOUND"
    PROFILE_LIMIT_REACHED = "PROFILE_LIMIT_REACHED"
    PROFILE_DOWNLOAD_FAILED = "PROFILE_DOWNLOAD_FAILED"
    DEVICE_NOT_COMPATIBLE = "DEVICE_NOT_COMPATIBLE"
    NETWORK_ERROR = "NETWORK_ERROR"
    RATE_LIMIT_EXCEEDED = "RATE_LIMIT_EXCEEDED"
    INTERNAL_ERROR = "INTERNAL_ERROR"


class ManagementError(Exception):
    """A refusal: code, message, details; `missing` where the thing that was named isn't there."""

    def __init__(self, code: Code, message: str, details: dict[str, Any] | None = None, missing: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = details
        self.missing = missing


def invalid(field: str, reason: str, message: str = "") -> ManagementError:
    """INVALID_REQUEST at this field."""
    return ManagementError(Code.INVALID_REQUEST, message or f"{field}: {reason}", {"field": field, "reason": reason})


def not_permitted(message: str, **details: Any) -> ManagementError:
    """OPERATION_NOT_PERMITTED."""
    return ManagementError(Code.OPERATION_NOT_PERMITTED, message, details or None)


# Subject codes of SGP.22 v2.5 section 5.2.6 that say what was wrong, whatever the function.
_BY_SUBJECT = {
    "8.2.6": Code.INVALID_ACTIVATION_CODE,  # Matching ID
    "8.8.5": Code.INVALID_ACTIVATION_CODE,  # Download order
    "8.1.1": Code.INVALID_EID,  # EID
    "8.1": Code.AUTHENTICATION_FAILED,  # eUICC
    "8.1.2": Code.AUTHENTICATION_FAILED,  # EUM certificate
    "8.1.3": Code.AUTHENTICATION_FAILED,  # eUICC certificate
}
_NO_ELIGIBLE_PROFILE = ("8.2.5", "4.3")


def understood(error: Exception, otherwise: Code) -> ManagementError:
    """What an error of the LPA or the lab is to the API's caller; `otherwise` where nothing more precise is known."""
    if isinstance(error, ManagementError):
        return error
    if isinstance(error, LabError):
        return ManagementError(otherwise, error.message, {"hint": error.hint} if error.hint else None)
    if isinstance(error, Conflict):
        return not_permitted("somebody else changed it at the same time: look at it again", reason="conflict")
    if not isinstance(error, LpaError):
        return ManagementError(Code.INTERNAL_ERROR, f"a defect of rsplab: {type(error).__name__}")
    explanation = explain(error)
    words = {"meaning": explanation.meaning, "cause": explanation.cause, "nextStep": explanation.next_step}
    details: dict[str, Any] = {"explanation": {name: text for name, text in words.items() if text}}
    code = otherwise
    match error:
        case ServerRefused():
            details |= {"function": error.function, "subjectCode": error.subject, "reasonCode": error.reason}
            code = _BY_SUBJECT.get(error.subject, otherwise)
            if (error.subject, error.reason) == _NO_ELIGIBLE_PROFILE:
                code = Code.DEVICE_NOT_COMPATIBLE
        case CardRefused():
            details |= {"function": error.function, "result": error.name}
            if error.function == "AuthenticateServer":
                code = Code.AUTHENTICATION_FAILED
        case TransportError():
            code = Code.NETWORK_ERROR
        case UserDeclined():
            code = Code.OPERATION_NOT_PERMITTED
    return ManagementError(code, explanation.meaning, details)
