"""What a server refused, as an HTTP event of the trace tells it, with the registry's explanation."""

import json
from typing import Any

from wire import codes
from wire.codes import StatusCode

_INTERFACES = {"es9plus": "ES9+", "es2plus": "ES2+", "es11": "ES11", "es12": "ES12"}


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
    except (ValueError, KeyError, TypeError):
        return None


def function_name(event: dict[str, Any]) -> str:
    """`ES9+.AuthenticateClient` for an HTTP event."""
    segments = str(event.get("url", "")).split("/")
    interface = next((_INTERFACES[segment] for segment in segments if segment in _INTERFACES), "")
    function = str(event.get("function", ""))
    name = function[:1].upper() + function[1:]
    return f"{interface}.{name}" if interface else name
