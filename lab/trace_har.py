"""The HTTP messages of a trace as a HAR file, which browsers' developer tools and proxies open.

Spec: HTTP Archive 1.2
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from typing import Any

_JSON = "application/json"


def to_har(events: Sequence[Mapping[str, Any]]) -> str:
    """One entry for each request, with the response of the same role and function that followed it."""
    entries = []
    open_requests: dict[tuple[str, str], Mapping[str, Any]] = {}
    for event in events:
        if event["kind"] != "http":
            continue
        key = str(event["role"]), str(event.get("function"))
        if event["direction"] == "request":
            open_requests[key] = event
        elif key in open_requests:
            entries.append(_entry(open_requests.pop(key), event))
    entries += [_entry(request, None) for request in open_requests.values()]
    entries.sort(key=lambda entry: entry["startedDateTime"])
    log = {"version": "1.2", "creator": {"name": "rsplab", "version": version("rsplab")}, "entries": entries}
    return json.dumps({"log": log}, indent=2, ensure_ascii=False) + "\n"


def _entry(request: Mapping[str, Any], response: Mapping[str, Any] | None) -> dict[str, Any]:
    duration_ms = float((response or {}).get("duration_ms", 0))
    return {
        "startedDateTime": request["time"],
        "time": duration_ms,
        "request": {
            "method": request.get("method", "POST"),
            "url": request.get("url", ""),
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": _headers(request),
            "queryString": [],
            "postData": {"mimeType": _type(request), "text": _text(request)},
            "headersSize": -1,
            "bodySize": len(_text(request)),
        },
        "response": _response(response),
        "cache": {},
        "timings": {"send": 0, "wait": duration_ms, "receive": 0},
        "_session": request["session"],
        "_role": request["role"],
    }


def _response(event: Mapping[str, Any] | None) -> dict[str, Any]:
    found: Mapping[str, Any] = event or {}
    text = _text(found)
    return {
        "status": found.get("status", 0),
        "statusText": "",
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _headers(found),
        "content": {"size": len(text), "mimeType": _type(found), "text": text},
        "redirectURL": "",
        "headersSize": -1,
        "bodySize": len(text),
    }


def _headers(event: Mapping[str, Any]) -> list[dict[str, str]]:
    named: Iterable[tuple[str, Any]] = dict(event.get("headers") or {}).items()
    return [{"name": name, "value": str(value)} for name, value in named]


def _type(event: Mapping[str, Any]) -> str:
    headers = {name.lower(): value for name, value in dict(event.get("headers") or {}).items()}
    return str(headers.get("content-type", _JSON))


def _text(event: Mapping[str, Any]) -> str:
    return str(event.get("body") or event.get("body_hex") or "")
