"""Where two traces of the same thing part: the first event and the first field that differ, decoded."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from lab.trace_view import headline

_INCIDENTAL = frozenset({"run", "time", "n", "duration_ms", "session", "peer"})
_OCTETS = frozenset({"body", "raw_hex", "pdu_hex", "body_hex"})
_LONGEST = 300
_BEFORE = 60
"""Characters of a long value that are shown before the first that differs."""


@dataclass(frozen=True)
class Difference:
    """The first difference: number of the event (from 1), path of the field, and both values.

    path: "" where one trace has no such event; a decoded field is preferred to the octets that hold it.
    """

    number: int
    path: str
    left: Any
    right: Any
    left_event: Mapping[str, Any] | None
    right_event: Mapping[str, Any] | None

    def lines(self) -> Iterator[str]:
        """For people."""
        left, right = (_headline(event) for event in (self.left_event, self.right_event))
        if left == right:
            yield f"event {self.number}: {left}"
        else:
            yield f"event {self.number}:"
            yield f"  - {left}"
            yield f"  + {right}"
        if self.path:
            yield f"  {self.path}"
            yield from (f"  {sign} {text}" for sign, text in zip("-+", _texts(self.left, self.right), strict=True))

    def as_dict(self) -> dict[str, Any]:
        """For programs."""
        return {"event": self.number, "path": self.path, "left": self.left, "right": self.right}


def first_difference(
    left: Sequence[Mapping[str, Any]], right: Sequence[Mapping[str, Any]], incidental: frozenset[str] = _INCIDENTAL
) -> Difference | None:
    """Compare two traces event by event; None if they are the same. incidental: members that may differ."""
    for number, (one, other) in enumerate(zip_longest(left, right), 1):
        if one is None or other is None:
            return Difference(number, "", None, None, one, other)
        found = [entry for entry in _differences(one, other) if entry[0].partition(".")[0] not in incidental]
        if found:
            path, was, now = min(found, key=lambda entry: _depth(entry[0]))
            if one["kind"] == "apdu" and path in _OCTETS:
                later = _when_complete(left, right, number)
                if later is not None:
                    return later
            return Difference(number, path, was, now, one, other)
    return None


def _when_complete(
    left: Sequence[Mapping[str, Any]], right: Sequence[Mapping[str, Any]], start: int
) -> Difference | None:
    """The difference in the value of which the blocks that differ are parts: it is decoded with its last block."""
    for number, (one, other) in enumerate(zip(left[start:], right[start:], strict=False), start + 1):
        if "pdu" in one and "pdu" in other:
            found = next(_differing(one["pdu"], other["pdu"], "pdu"), None)
            return Difference(number, *found, one, other) if found else None
    return None


def _differences(left: Mapping[str, Any], right: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """Every field that differs, JSON bodies by their members; bodies that say the same in other words as a whole."""
    yield from _differing(_opened(left), _opened(right), "")
    if left.get("body") != right.get("body"):
        yield "body", left.get("body"), right.get("body")


def _opened(event: Mapping[str, Any]) -> dict[str, Any]:
    try:
        body = json.loads(event["body"])
    except (KeyError, TypeError, ValueError, RecursionError):
        return dict(event)
    return {**event, "body": body} if isinstance(body, dict) else dict(event)


def _differing(left: Any, right: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        for name in [*left, *(name for name in right if name not in left)]:
            yield from _differing(left.get(name), right.get(name), f"{path}.{name}" if path else str(name))
    elif isinstance(left, list) and isinstance(right, list):
        for place, (one, other) in enumerate(zip_longest(left, right)):
            yield from _differing(one, other, f"{path}[{place}]")
    elif left != right:
        yield path, left, right


def _depth(path: str) -> int:
    """How much is left to decode: a field; a member of a body, maybe a value in base64; octets."""
    return 2 if path in _OCTETS else 1 if path.startswith("body.") else 0


def _headline(event: Mapping[str, Any] | None) -> str:
    return headline(dict(event)) if event is not None else "(the trace ends)"


def _texts(left: Any, right: Any) -> tuple[str, str]:
    """Both values; long ones from shortly before their first difference."""
    was, now = ("(nothing)" if value is None else str(value) for value in (left, right))
    common = next((n for n, (one, other) in enumerate(zip(was, now, strict=False)) if one != other), 0)
    start = max(0, common - _BEFORE) if max(len(was), len(now)) > _LONGEST else 0
    return _short(was, start), _short(now, start)


def _short(text: str, start: int) -> str:
    shown = text[start : start + _LONGEST]
    cut = f" ({len(text)} characters)" if len(shown) < len(text) else ""
    return f"{'...' if start else ''}{shown}{'...' if start + _LONGEST < len(text) else ''}{cut}"
