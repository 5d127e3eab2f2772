"""Where two traces of the same thing part: the first event and the first field that differ, decoded."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from lab.trace_view import headline

_INCIDENTAL = frozenset({"run", "time", "n", "duration_ms", "session", "peer"})
_LONGEST = 300


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
        yield f"event {self.number}: {headline(dict(self.left_event)) if self.left_event else '(the trace ends)'}"
        if self.path:
            yield f"  {self.path}"
            yield f"  - {_short(self.left)}"
            yield f"  + {_short(self.right)}"
        else:
            yield f"  + {headline(dict(self.right_event)) if self.right_event else '(the trace ends)'}"

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
        found = [entry for entry in _differing(one, other, "") if entry[0].partition(".")[0] not in incidental]
        if found:
            path, was, now = min(found, key=lambda entry: _is_octets(entry[0]))
            return Difference(number, path, was, now, one, other)
    return None


def _differing(left: Any, right: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        for name in [*left, *(name for name in right if name not in left)]:
            yield from _differing(left.get(name), right.get(name), f"{path}.{name}" if path else str(name))
    elif isinstance(left, list) and isinstance(right, list):
        for place, (one, other) in enumerate(zip_longest(left, right)):
            yield from _differing(one, other, f"{path}[{place}]")
    elif left != right:
        yield path, left, right


def _is_octets(path: str) -> bool:
    return path in ("body", "raw_hex", "pdu_hex", "body_hex")


def _short(value: Any) -> str:
    text = "(nothing)" if value is None else str(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}... ({len(text)} characters)"
