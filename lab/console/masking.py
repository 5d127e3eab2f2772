"""EID, ICCID, IMSI and secrets hidden from the events of a session: in text, in hex, and inside base64 members.

Which identities a session has is read from its decoded members and from what is said in words, so nothing depends on
where else they stand.
"""

import base64
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from lab.console.timeline import octets_of
from lab.privacy import numbers
from lab.redaction import secret_class

Event = dict[str, Any]
_NAMES = {"eid": 32, "eidvalue": 32, "iccid": 20, "imsi": 15}
_DIGITS = re.compile(r"[0-9]{15,32}F?")
_EID = re.compile(r"89[0-9]{30}")
_WORDS = frozenset({"subject", "id", "reason", "message", "text", "what", "expected", "seen", "fault"})
_KEPT = 4


def mask(events: Iterable[Event]) -> list[Event]:
    """The events with every identity they name replaced by its last digits, and no secret."""
    events = list(events)
    return Mask(events).events(events)


class Mask:
    """Hides what `events` and `texts` name; reveal: the classes of secrets that stay.

    Two identities whose last digits are the same get a number, so that they can still be told apart.
    """

    def __init__(
        self, events: Iterable[Event], texts: Iterable[str] = (), reveal: frozenset[str] = frozenset()
    ) -> None:
        found = {identity for event in events for identity in _identities(event)}
        found.update(identity for text in texts for identity in _in_words(text))
        self._hidden = _Hidden(found, reveal)

    def events(self, events: Iterable[Event]) -> list[Event]:
        """The events without them."""
        return [self._hidden.value(event) | _size(event) for event in events]

    def text(self, text: str) -> str:
        """The text without them."""
        return self._hidden.text(text)


def masked(identity: str) -> str:
    """`…1235`: enough to tell one from the other."""
    return f"…{identity[-_KEPT:]}" if len(identity) > 2 * _KEPT else identity


def _size(event: Event) -> dict[str, int]:
    """What is hidden keeps its size."""
    return {"octets": octets_of(event)} if event["kind"] in ("http", "apdu") else {}


class _Hidden:
    """Replaces the forms that identities take."""

    def __init__(self, identities: set[str], reveal: frozenset[str]) -> None:
        self._reveal = reveal
        forms: dict[str, str] = {}
        for digits, shown in _told_apart(identities):
            for form in _forms(digits):
                forms[form] = shown
        longest_first = sorted(forms, key=len, reverse=True)
        self._forms = {form.upper(): forms[form] for form in longest_first}
        self._pattern = re.compile("|".join(map(re.escape, longest_first)), re.IGNORECASE) if forms else None

    def value(self, value: Any, name: str = "") -> Any:
        if isinstance(value, dict):
            return {key: self._member(key, item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.value(item, name) for item in value]
        if isinstance(value, str):
            return self._body(value) if name == "body" else self.text(value)
        return value

    def _member(self, name: str, value: Any) -> Any:
        secret = secret_class(name.removesuffix("_hex"))
        if secret and secret not in self._reveal and not isinstance(value, dict) and value not in (None, ""):
            return {"redacted": secret}
        return self.value(value, name)

    def text(self, text: str) -> str:
        if self._pattern is None:
            return text
        return self._pattern.sub(lambda match: self._forms[match[0].upper()], text)

    def _body(self, body: str) -> str:
        parsed = _members(body)
        if not parsed:
            return self.text(body)
        shown = {name: self._encoded(item) if isinstance(item, str) else item for name, item in parsed.items()}
        return self.text(json.dumps(shown, separators=(",", ":"), ensure_ascii=False))

    def _encoded(self, text: str) -> str:
        try:
            octets = base64.b64decode(text, validate=True)
        except ValueError:
            return text
        if self._pattern is None or not self._pattern.search(octets.hex()):
            return text
        return f"[{len(octets)} octets that name an EID, ICCID or IMSI]"


def _identities(value: Any, name: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _identities(item, key)
    elif isinstance(value, list):
        for item in value:
            yield from _identities(item, name)
    elif isinstance(value, str):
        if name.lower().replace("_", "") in _NAMES and _DIGITS.fullmatch(value):
            yield value.rstrip("F")
        elif name == "body":
            yield from _identities(_members(value))
        elif name in _WORDS:
            yield from _EID.findall(value)
            yield from _in_words(value)


def _members(body: str) -> dict[str, Any]:
    """Those of a JSON body; none of another."""
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _in_words(text: str) -> Iterator[str]:
    return (number.rstrip("F") for number in numbers(text))


def _told_apart(identities: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Identity -> what is shown of it."""
    used: Counter[str] = Counter()
    for digits in sorted(identities):
        shown = masked(digits)
        used[shown] += 1
        yield digits, shown if used[shown] == 1 else f"{shown}#{used[shown]}"


def _forms(digits: str) -> Iterator[str]:
    """Text, BCD as it stands, BCD with swapped digits (with filler), ASCII in hex, EF.IMSI."""
    yield digits
    even = digits if len(digits) % 2 == 0 else f"{digits}F"
    yield even
    yield _swapped(even)
    if len(digits) < 20:
        yield _swapped(digits.ljust(20, "F"))
    yield digits.encode().hex().upper()
    if len(digits) == 15:
        yield _swapped(f"9{digits}")


def _swapped(digits: str) -> str:
    return "".join(digits[at + 1] + digits[at] for at in range(0, len(digits) - 1, 2))
