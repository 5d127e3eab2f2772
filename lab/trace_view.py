"""Trace lines for people."""

import json
from collections.abc import Iterator
from typing import Any

from wire.codes import explain

_ARROWS = {"command": "->", "request": "->", "response": "<-"}
_LONGEST = 160
_FIXED = {"n", "run", "time", "role", "session", "kind"}


def headline(event: dict[str, Any]) -> str:
    """Time, role and what happened, on one line."""
    session = f" [{event['session'][:8]}]" if event["session"] else ""
    return _plain(f"{event['time'][11:23]} {event['role']:4}{session} {_what(event)}")


def decoded_lines(event: dict[str, Any], with_octets: bool = True) -> Iterator[str]:
    """The whole message, indented: of HTTP its address, headers and members, of APDUs octets and PDU, all decoded."""
    if event["kind"] == "http":
        yield from _http_lines(event)
    elif event["kind"] == "apdu" and with_octets:
        yield f"octets: {event.get('raw_hex', event.get('raw'))}"
    if "pdu" in event:
        yield from _lines(event["pdu"])
    if "decode_error" in event:
        yield f"does not decode: {event['decode_error']}"


def _http_lines(event: dict[str, Any]) -> Iterator[str]:
    status = f" {event['status']}" if "status" in event else ""
    yield f"{event.get('method', '')} {event.get('url', '')}{status}"
    yield from _lines(event.get("headers") or {})
    body, decoded = event.get("body", event.get("body_hex")), event.get("decoded", {})
    try:
        members = json.loads(body or "")
    except (TypeError, ValueError, RecursionError):
        members = body
    if isinstance(members, dict):
        yield from _lines(members | decoded)
    elif members or decoded:
        yield from _lines(decoded or members)


def _what(event: dict[str, Any]) -> str:
    match event["kind"]:
        case "apdu":
            return _apdu(event)
        case "http":
            status = f" {event['status']}" if "status" in event else ""
            size = event.get("octets", len(event.get("body") or "") or len(event.get("body_hex") or "") // 2)
            return f"HTTP {_ARROWS[event['direction']]} {event['function']}{status}, {size} octets{_refusal(event)}"
        case "verdict":
            reason = f": {event['reason']}" if event.get("reason") else ""
            return f"{'ok ' if event['ok'] else 'BAD'} {event['check']} {event['what']}{reason}"
        case "state":
            return f"{event['entity']} {event['id']}: {event['before']} -> {event['after']} ({event['event']})"
        case "progress":
            return f"step {event['done']}/{event['total']} {event['step']}: {event.get('text', '')}"
        case "check":
            return (
                f"{'ok ' if event['ok'] else 'BAD'} {event['what']}: expected {event['expected']}, seen {event['seen']}"
            )
        case "fault":
            return f"fault in {event['where']}: {event['fault']}"
        case kind:
            rest = {key: value for key, value in event.items() if key not in _FIXED}
            return f"{kind} {rest.get('message', rest)}"


def _apdu(event: dict[str, Any]) -> str:
    size = event.get("octets", len(event.get("raw_hex") or "") // 2)
    arrow = _ARROWS[event["direction"]]
    function = f" {event['function']}" if "function" in event else ""
    if event["direction"] == "command":
        return f"APDU {arrow} ch{event.get('channel', '?')} {event.get('name', '')}{function}, {size} octets"
    return f"APDU {arrow} {event.get('sw', '')} {event.get('meaning', '')}{function}, {size} octets"


def _refusal(event: dict[str, Any]) -> str:
    if event["direction"] != "response":
        return ""
    try:
        status = json.loads(event.get("body") or "{}")["header"]["functionExecutionStatus"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
    code = status.get("statusCodeData")
    if not code:
        return f", {status.get('status')}"
    subject, reason = str(code.get("subjectCode")), str(code.get("reasonCode"))
    return f", {status.get('status')} {subject}/{reason} ({explain(subject, reason).meaning})"


def _lines(value: Any, indent: str = "") -> Iterator[str]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if items is None:
        yield f"{indent}{_short(value)}"
        return
    for name, item in items:
        label = f"[{name}]" if isinstance(name, int) else name
        if isinstance(item, dict | list) and item:
            yield f"{indent}{label}"
            yield from _lines(item, indent + "  ")
        else:
            yield f"{indent}{label}: {_short(item)}"


def _short(value: Any) -> str:
    text = _plain(str(value))
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}... ({len(text)} characters)"


def _plain(text: str) -> str:
    """What could steer a terminal (a peer may have sent it) as an escape."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
