"""Recorded fields -> the members of a trace line: decoded, redacted, printable."""

import base64
import json
from datetime import datetime
from enum import Enum
from typing import Any

from lab.apdu_log import ApduDecoder
from lab.pdu import describe_member, describe_rpp
from lab.redaction import secret_class


class Encoder:
    """Turns the fields of an event into JSON values; keeps what it needs to put chained APDUs together."""

    def __init__(self, reveal: frozenset[str] = frozenset()) -> None:
        self._reveal = reveal
        self._apdus: dict[str, ApduDecoder] = {}

    def encode(self, kind: str, role: str, fields: dict[str, Any]) -> dict[str, Any]:
        """The members of the line after its fixed ones."""
        if kind == "http":
            return self._http(dict(fields))
        if kind == "apdu":
            decoder = self._apdus.setdefault(role, ApduDecoder(self._reveal))
            return self._plain(fields | decoder.decode(str(fields.get("direction")), fields.get("raw", b"")))
        return self._plain(fields)

    def _http(self, fields: dict[str, Any]) -> dict[str, Any]:
        body = fields.pop("body", None)
        if isinstance(headers := fields.get("headers"), dict):
            fields["headers"] = {str(name).lower(): value for name, value in headers.items()}
        members = self._plain(fields)
        if body is None:
            return members
        raw = body.encode() if isinstance(body, str) else bytes(body)
        try:
            text = raw.decode("utf-8")
            parsed = json.loads(text) if text else {}
        except (ValueError, RecursionError):
            return members | {"body_hex": raw.hex().upper()} | _binary_body(raw)
        if isinstance(parsed, dict):
            text = self._redact_text(text, parsed)
            decoded = _described_members(parsed)
            if decoded:
                members["decoded"] = decoded
        return members | {"body": text}

    def _redact_text(self, text: str, parsed: dict[str, Any]) -> str:
        for name, value in parsed.items():
            secret = secret_class(name)
            if secret and secret not in self._reveal and isinstance(value, str):
                text = text.replace(json.dumps(value), json.dumps(f"[redacted: {secret}]"))
        return text

    def _plain(self, fields: dict[str, Any]) -> dict[str, Any]:
        members: dict[str, Any] = {}
        for name, value in fields.items():
            secret = secret_class(name)
            if secret and secret not in self._reveal and value is not None:
                members[name] = _redacted(secret, value)
            elif isinstance(value, bytes | bytearray | memoryview):
                members[f"{name}_hex"] = bytes(value).hex().upper()
                if name != "raw":
                    members |= describe_member(name, bytes(value))
            elif value is not None:
                members[name] = self._value(value)
        return members

    def _value(self, value: Any) -> Any:
        if isinstance(value, dict):
            return self._plain({str(name): item for name, item in value.items()})
        if isinstance(value, list | tuple | set | frozenset):
            return [self._value(item) for item in value]
        if isinstance(value, bytes | bytearray):
            return bytes(value).hex().upper()
        if isinstance(value, Enum):
            return value.name
        if isinstance(value, str):
            return value if value.isascii() else _printable(value)
        if isinstance(value, datetime):
            return value.isoformat()
        return value if isinstance(value, int | float | bool) or value is None else str(value)


def _printable(text: str) -> str:
    """The text with escapes for what no file can hold: surrogates, as which aiohttp keeps octets that aren't UTF-8."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _redacted(secret: str, value: Any) -> dict[str, Any]:
    size = len(value) if isinstance(value, bytes | bytearray | str) else None
    return {"redacted": secret} | ({"octets": size} if size is not None else {})


def _described_members(parsed: dict[str, Any]) -> dict[str, Any]:
    """The members of a JSON body that carry DER, decoded."""
    decoded: dict[str, Any] = {}
    for name, value in parsed.items():
        if not isinstance(value, str):
            continue
        try:
            raw = base64.b64decode(value, validate=True)
        except ValueError:
            continue
        decoded |= describe_member(name, raw)
    return decoded


def _binary_body(raw: bytes) -> dict[str, Any]:
    return {"decoded": describe_rpp(raw)} if raw[:1] == b"\xa2" else {}
