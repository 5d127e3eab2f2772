"""What a server or a card refused, as an event of the trace tells it, with an explanation."""

import json
import re
from typing import Any

from wire import codes, es10
from wire.codes import StatusCode

_INTERFACES = {"es9plus": "ES9+", "es2plus": "ES2+", "es11": "ES11", "es12": "ES12"}

# Field of an ES10 response -> the function whose results it holds; also inside what the LPA hands on to the server.
_RESULTS = {
    "authenticateErrorCode": "AuthenticateServer",
    "downloadErrorCode": "PrepareDownload",
    "cancelSessionResponseError": "CancelSession",
    "errorReason": "LoadBoundProfilePackage",
    "enableResult": "EnableProfile",
    "disableResult": "DisableProfile",
    "deleteResult": "DeleteProfile",
    "resetResult": "eUICCMemoryReset",
    "setNicknameResult": "SetNickname",
    "setDefaultDpAddressResult": "SetDefaultDpAddress",
    "deleteNotificationStatus": "RemoveNotificationFromList",
    "profileInfoListError": "GetProfilesInfo",
    "listNotificationsResultError": "ListNotification",
    "notificationsListResultError": "RetrieveNotificationsList",
    "loadCRLResponseError": "LoadCRL",
}
_CODE = re.compile(r"\w+\(([0-9]+)\)")


def refused_by_card(decoded: Any) -> str:
    """The result inside a decoded value that isn't `ok`, in words; "" where there is none."""
    if isinstance(decoded, list):
        return next(filter(None, map(refused_by_card, decoded)), "")
    if not isinstance(decoded, dict):
        return ""
    for name, value in decoded.items():
        function, code = _RESULTS.get(name), _CODE.fullmatch(value) if isinstance(value, str) else None
        if function and code and code[1] != "0":
            return es10.describe_result(function, int(code[1]))
        if inside := refused_by_card(value):
            return inside
    return ""


def refused(event: dict[str, Any]) -> StatusCode | None:
    """The status code of a response that is no success; None for any other event."""
    if event.get("kind") != "http" or event.get("direction") != "response":
        return None
    try:
        status = json.loads(event.get("body") or "{}")["header"]["functionExecutionStatus"]
        data = status["statusCodeData"]
        if status["status"] in ("Executed-Success", "Executed-WithWarning"):
            return None
        return codes.explain(str(data["subjectCode"]), str(data["reasonCode"]), function_name(event))
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def function_name(event: dict[str, Any]) -> str:
    """`ES9+.AuthenticateClient` for an HTTP event."""
    segments = str(event.get("url", "")).split("/")
    interface = next((_INTERFACES[segment] for segment in segments if segment in _INTERFACES), "")
    function = str(event.get("function", ""))
    name = function[:1].upper() + function[1:]
    return f"{interface}.{name}" if interface else name
