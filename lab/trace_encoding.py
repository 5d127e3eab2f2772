"""Recorded fields -> the members of a trace line: decoded, redacted, printable."""

import base64
import json
from datetime import datetime
from enum import Enum
from typing import Any

from lab.apdu_log import ApduDecoder
from lab.redaction import secret_class

_DER_STARTS = (0x30, 0x5F, 0xA0, 0xA1, 0xA2, 0xBF, 0x04)


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
        members = self._plain(fields)
        if body is None:
            return members
        raw = body.encode() if isinstance(body, str) else bytes(body)
        try:
            text = raw.decode("utf-8")
            parsed = json.loads(text) if text else {}
        except ValueError:
            return members | {"body_hex": raw.hex().upper()} | describe_value(raw, "body")
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
                    members |= describe_value(bytes(value), name)
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
        if isinstance(value, datetime):
            return value.isoformat()
        return value if isinstance(value, str | int | float | bool) or value is None else str(value)


def _redacted(secret: str, value: Any) -> dict[str, Any]:
    size = len(value) if isinstance(value, bytes | bytearray | str) else None
    return {"redacted": secret} | ({"octets": size} if size is not None else {})


def _described_members(parsed: dict[str, Any]) -> dict[str, Any]:
    """The members of a JSON body that carry DER, decoded."""
    decoded: dict[str, Any] = {}
    for name, value in parsed.items():
        if not isinstance(value, str) or len(value) < 8 or name in ("euiccChallenge", "transactionId"):
            continue
        try:
            raw = base64.b64decode(value, validate=True)
        except ValueError:
            continue
        if raw[:1] and raw[0] in _DER_STARTS:
            decoded |= describe_value(raw, name)
    return decoded


def describe_value(raw: bytes, name: str) -> dict[str, Any]:
    """`{name: decoded}` where octets are a PDU that `wire.rsp` knows, else nothing (or `decode_error`)."""
    raise NotImplementedError
