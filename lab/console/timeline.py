"""The events of one RSP session -> the rows of its sequence diagram: card, LPA and server from left to right.

HTTP messages that both ends recorded become one row; the APDUs of one chained command or answer become one row.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from lab.console.refusals import function_name, refused, refused_by_card
from wire.codes import StatusCode

Event = dict[str, Any]
CARD, LPA, SERVER = "card", "lpa", "server"
_LANES = {"card": CARD, "lpa": LPA, "lab": LPA, "smdp": SERVER, "smds": SERVER}
# What a verdict judged -> the field that carries it, where they aren't called the same.
_FIELDS = {
    "CERT.EUICC": "euiccCertificate",
    "euiccSigned1": "euiccSignature1",
    "euiccSigned2": "euiccSignature2",
    "smdpSigned2": "smdpSignature2",
    "serverSigned1": "serverSignature1",
}
_SIGNATURES = frozenset({"signature", "chain", "certificate", "mac"})


@dataclass(slots=True)
class Judgement:
    """One verdict."""

    check: str
    what: str
    ok: bool
    reason: str


@dataclass(slots=True)
class Raw:
    """Octets (or text) as they went over the wire; main: they belong to the message itself, not to its envelope."""

    label: str
    text: str
    octets: int
    main: bool = True


@dataclass(slots=True)
class Row:
    """One row; kind: step, message, verdicts, state or note. `offset_ms` counts from the beginning of the session."""

    kind: str
    lane: str
    offset_ms: float
    title: str
    to: str = ""
    medium: str = ""
    answer: str = ""  # the status word, the HTTP status
    failed: bool = False
    decoded: Any = None
    facts: dict[str, str] = field(default_factory=dict)
    raw: list[Raw] = field(default_factory=list)
    judgements: list[Judgement] = field(default_factory=list)
    refusal: StatusCode | None = None

    @property
    def octets(self) -> int:
        """On the wire, in this direction."""
        return sum(piece.octets for piece in self.raw if piece.main)

    @property
    def blocks(self) -> int:
        """In how many APDUs they came."""
        return sum(piece.main and piece.octets > 2 for piece in self.raw)

    @property
    def good(self) -> int:
        """Verdicts that are good."""
        return sum(one.ok for one in self.judgements)


def timeline(events: Iterable[Event]) -> list[Row]:
    """The rows of a session's events, which are in the order of time."""
    events = list(events)
    if not events:
        return []
    return _Builder(events).build()


def marks(rows: Iterable[Row]) -> dict[str, Judgement]:
    """Field name -> what was judged of it; a bad verdict prevails."""
    found: dict[str, Judgement] = {}
    for row in rows:
        for one in row.judgements:
            name = _FIELDS.get(one.what, one.what)
            if one.check in _SIGNATURES and (name not in found or found[name].ok):
                found[name] = one
    return found


class _Builder:
    def __init__(self, events: list[Event]) -> None:
        self._events = events
        self._began = datetime.fromisoformat(events[0]["time"])
        self._rows: list[Row] = []
        self._apdu_role = "lpa" if any(e["kind"] == "apdu" and e["role"] == "lpa" for e in events) else "card"
        self._http: list[tuple[Row, Event]] = []
        self._command: Row | None = None
        self._complete = True
        self._answer: Row | None = None

    def build(self) -> list[Row]:
        for event in self._events:
            match event["kind"]:
                case "apdu":
                    if event["role"] == self._apdu_role:
                        self._apdu(event)
                case "http":
                    self._message(event)
                case "verdict":
                    self._verdict(event)
                case "progress":
                    self._step(event)
                case "state":
                    title = f"{event['entity']} {event['id']}: {event['before']} → {event['after']}"
                    self._rows.append(self._row("state", event, title, facts={"event": str(event["event"])}))
                case _:
                    self._note(event)
        for row, event in self._http:
            row.facts["recorded only by"] = str(event["role"])
        return self._rows

    def _row(self, kind: str, event: Event, title: str, **more: Any) -> Row:
        return Row(kind, _LANES.get(event["role"], LPA), self._offset(event), title, **more)

    def _offset(self, event: Event) -> float:
        return (datetime.fromisoformat(event["time"]) - self._began).total_seconds() * 1000

    def _step(self, event: Event) -> None:
        text = ": ".join(filter(None, [str(event["step"]), str(event.get("text") or "")]))
        last = next((row for row in reversed(self._rows) if row.kind == "step"), None)
        if last is None or last.title != text:
            self._rows.append(self._row("step", event, text))

    def _note(self, event: Event) -> None:
        fixed = {"n", "run", "time", "role", "session", "kind"}
        rest = {name: value for name, value in event.items() if name not in fixed}
        title = str(rest.pop("message", "") or rest.pop("what", "") or event["kind"])
        self._rows.append(self._row("note", event, title, decoded=rest or None, failed=event["kind"] == "security"))

    def _verdict(self, event: Event) -> None:
        one = Judgement(str(event["check"]), str(event["what"]), bool(event["ok"]), str(event.get("reason") or ""))
        last = self._rows[-1] if self._rows else None
        lane = _LANES.get(event["role"], LPA)
        if last is None or last.kind != "verdicts" or last.lane != lane:
            last = self._row("verdicts", event, f"{event['role']} judges")
            self._rows.append(last)
        last.judgements.append(one)
        last.failed = last.failed or not one.ok

    def _message(self, event: Event) -> None:
        if self._twin(event):
            return
        request = event["direction"] == "request"
        code = refused(event)
        status = str(event.get("status", ""))
        row = Row(
            kind="message",
            lane=LPA if request else SERVER,
            to=SERVER if request else LPA,
            offset_ms=self._offset(event),
            title=function_name(event),
            medium="HTTP",
            answer=f"{status} {code.pair}" if code else status,
            failed=code is not None or (status != "" and not status.startswith("2")),
            decoded=event.get("decoded"),
            refusal=code,
        )
        if "decode_error" in event:
            row.facts["does not decode"] = str(event["decode_error"])
        self._judge(row)
        row.facts |= self._seen_by(event)
        if not request and "duration_ms" in event:
            row.facts["took"] = f"{event['duration_ms']} ms"
        headers = event.get("headers") or {}
        start = f"{event.get('method', '')} {event.get('url', '')}" if request else f"HTTP {status}"
        head = "\n".join([start, *(f"{name}: {value}" for name, value in headers.items())])
        row.raw.append(Raw("start line and headers", head, len(head), main=False))
        body = str(event.get("body") or event.get("body_hex") or "")
        if body:
            row.raw.append(Raw("body", body, octets_of(event)))
        self._rows.append(row)
        self._http.append((row, event))

    def _judge(self, row: Row) -> None:
        """A refusal of the card travels in a value that is decoded, under 9000."""
        if reason := refused_by_card(row.decoded):
            row.failed = True
            row.facts["refused by the card"] = reason
            row.answer = " ".join(filter(None, [row.answer, reason.partition(":")[0]]))

    def _twin(self, event: Event) -> bool:
        """True if the other end's record of this very message is a row already."""
        for row, other in self._http:
            same = all(other.get(name) == event.get(name) for name in ("direction", "function", "body", "body_hex"))
            if same and other["role"] != event["role"]:
                self._http.remove((row, other))
                row.facts |= self._seen_by(event)
                return True
        return False

    def _seen_by(self, event: Event) -> dict[str, str]:
        seen = {f"recorded by {event['role']}": f"{event['time'][11:]}"}
        return seen | ({f"peer of {event['role']}": str(event["peer"])} if event.get("peer") else {})

    def _apdu(self, event: Event) -> None:
        raw = event.get("raw_hex")
        text = str(raw) if raw is not None else f"redacted: {(event.get('raw') or {}).get('redacted', 'secret')}"
        if event["direction"] == "command":
            self._on_command(event, Raw(f"C-APDU {event.get('name', '')}", text, octets_of(event)))
        else:
            self._on_response(event, Raw(f"R-APDU {event.get('sw', '')}", text, octets_of(event)))

    def _on_command(self, event: Event, raw: Raw) -> None:
        name = str(event.get("name", "APDU"))
        if name == "GET RESPONSE" and self._answer is not None:
            raw.main = False
            self._answer.raw.append(raw)
            return
        self._answer = None
        if self._complete or self._command is None:
            self._command = self._row("message", event, name, to=CARD, medium="APDU")
            self._command.lane = LPA
            self._rows.append(self._command)
        self._command.raw.append(raw)
        self._complete = name != "STORE DATA" or "pdu_hex" in event
        if self._complete:
            self._describe(self._command, event)

    def _on_response(self, event: Event, raw: Raw) -> None:
        sw = str(event.get("sw", ""))
        if not self._complete and sw == "9000" and self._command is not None:
            raw.main = False
            self._command.raw.append(raw)
            return
        self._complete = True
        if self._answer is None and raw.octets <= 2 and not sw.startswith("61") and self._command is not None:
            raw.main = False
            self._command.raw.append(raw)
            self._command.answer = sw
            self._command.failed = not sw.startswith(("90", "91"))
            if self._command.failed:
                self._command.facts["status word"] = f"{sw}: {event.get('meaning', '')}"
            return
        if self._answer is None:
            name = self._command.title if self._command else str(event.get("name", "APDU"))
            self._answer = self._row("message", event, name, to=LPA, medium="APDU")
            self._answer.lane = CARD
            self._rows.append(self._answer)
        self._answer.raw.append(raw)
        if not sw.startswith("61"):
            self._answer.answer = sw
            self._answer.failed = not sw.startswith(("90", "91"))
            if self._answer.failed:
                self._answer.facts["status word"] = f"{sw}: {event.get('meaning', '')}"
            self._describe(self._answer, event)
            self._answer = None

    def _describe(self, row: Row, event: Event) -> None:
        row.title = str(event.get("function") or row.title)
        row.decoded = event.get("pdu")
        self._judge(row)
        if "channel" in event:
            row.facts["logical channel"] = str(event["channel"])
        if "duration_ms" in event:
            row.facts["took"] = f"{event['duration_ms']} ms"
        if "decode_error" in event:
            row.facts["does not decode"] = str(event["decode_error"])
        if "pdu_hex" in event:
            row.raw.insert(0, Raw("whole value", str(event["pdu_hex"]), 0, main=False))


def octets_of(event: Event) -> int:
    """How many octets an `http` or `apdu` event had on the wire; `octets` says so where they aren't shown."""
    if "octets" in event:
        return int(event["octets"])
    if "raw" in event:
        return int(event["raw"].get("octets", 0))
    if "body" in event:
        return len(event["body"].encode())
    return len(event.get("raw_hex") or event.get("body_hex") or "") // 2
