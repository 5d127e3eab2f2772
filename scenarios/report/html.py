"""The run as one self-contained HTML file: what did not pass, matrix by clause, each case with its time line, ICS."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from lab.trace_view import decoded_lines, headline
from scenarios.ics import SETTINGS
from scenarios.model import Verdict
from scenarios.needs import NEEDS
from scenarios.report.clauses import by_clause
from scenarios.run import Run
from scenarios.runner import Result
from wire.codes import explain

if TYPE_CHECKING:
    from scenarios.baseline import Comparison

_HEAD: Final = re.compile(r"^\S+ \S+ +(\[\w+\] )?(note )?")
_GOOD: Final = (Verdict.PASS, Verdict.SKIPPED)
_ORDER: Final = (Verdict.FAIL, Verdict.ERROR, Verdict.INCONCLUSIVE, Verdict.NONE, Verdict.PASS, Verdict.SKIPPED)
LONGEST_LINES: Final = 400
"""Decoded lines shown of one message; the trace has them all."""


def html(run: Run, comparison: "Comparison | None" = None, with_octets: bool = True) -> str:
    """One page; nothing is loaded from anywhere. with_octets: of APDUs; an identity may lie in two of them."""
    counts = {verdict.name.lower(): run.count(verdict) for verdict in _ORDER if run.count(verdict)}
    page: str = _template().render(
        header=run.header,
        started=f"{run.started:%Y-%m-%d %H:%M:%S} UTC",
        duration=f"{sum(result.duration_s for result in run.results):.1f} s",
        interrupted=run.interrupted,
        condemned=[_condemned(number, one, comparison) for number, one in enumerate(run.results, 1) if _is_bad(one)],
        skipped=Counter(one.reason for one in run.results if one.verdict is Verdict.SKIPPED).most_common(),
        options=_options(run.header["ics"]),
        settings=[(f"#{name}", value, SETTINGS[name].meaning) for name, value in run.header["ics"]["settings"].items()],
        counts=counts,
        total=len(run.results),
        worst=run.worst.name.lower(),
        groups=_groups(run),
        matrix=by_clause(run),
        cases=(_case(number, result, with_octets) for number, result in enumerate(run.results, 1)),
        comparison=comparison,
    )
    return page


def _is_bad(result: Result) -> bool:
    return result.verdict not in _GOOD


def _ending(number: int, result: Result) -> dict[str, Any]:
    """What table and case both say of a result."""
    return {
        "anchor": f"case-{number}",
        "id": result.id,
        "again": result.is_again,
        "verdict": result.verdict.name.lower(),
        "reason": result.reason,
    }


def _condemned(number: int, result: Result, comparison: "Comparison | None") -> dict[str, Any]:
    before = ""
    if comparison is not None:
        before = "new" if result.id in comparison.newly_failing else "still"
    return _ending(number, result) | {"before": before}


def _options(ics: Mapping[str, Any]) -> list[tuple[str, bool, str, str]]:
    """Name, value, who says so, meaning."""
    stated = [(name, has, "stated", NEEDS[name].meaning) for name, has in ics["options"].items()]
    return stated + [(name, has, "default", NEEDS[name].meaning) for name, has in ics["defaults"].items()]


@cache
def _template() -> Any:
    environment = Environment(
        loader=PackageLoader("scenarios.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html")


def _groups(run: Run) -> list[dict[str, Any]]:
    return [
        {"name": name, "total": len(results), "counts": {v.name.lower(): _count(results, v) for v in Verdict}}
        for name, results in run.groups.items()
    ]


def _count(results: list[Result], verdict: Verdict) -> int:
    return sum(result.verdict is verdict for result in results)


def _case(number: int, result: Result, with_octets: bool) -> dict[str, Any]:
    one = result.scenario
    return _ending(number, result) | {
        "title": one.title,
        "description": one.description,
        "clauses": one.clauses,
        "tests": ", ".join(sorted(one.tests)),
        "tags": ", ".join(sorted(one.tags)),
        "duration": f"{result.duration_s:.2f} s",
        "is_open": _is_bad(result),
        "events": [] if result.is_again and not _is_bad(result) else _timeline(result, with_octets),
    }


def _timeline(result: Result, with_octets: bool) -> list[dict[str, Any]]:
    """The events but for the verdict; where it isn't a good one the last message each way is shown open."""
    events = result.events[:-1]
    opened = _last_messages(events) if _is_bad(result) else set()
    return [_event(event, with_octets) | {"is_open": event["n"] in opened} for event in events]


def _last_messages(events: Sequence[Mapping[str, Any]]) -> set[int]:
    """Numbers of the last two events with a decoded message: what was asked, and answered, before it went wrong."""
    return {event["n"] for event in [one for one in events if one["kind"] == "http" or "pdu" in one][-2:]}


def _event(event: Mapping[str, Any], with_octets: bool) -> dict[str, Any]:
    kind = str(event["kind"])
    shown: dict[str, Any] = {"n": event["n"], "role": event["role"], "kind": kind, "style": _style(event)}
    shown |= {"explained": "", "lines": []}
    if kind == "check":
        shown |= {"text": event["what"], "expected": event["expected"], "seen": event["seen"], "ok": event["ok"]}
        return shown
    text = _HEAD.sub("", headline(dict(event)))
    lines = list(_first(decoded_lines(dict(event), with_octets)))
    return shown | {"text": text, "explained": _explained(event), "lines": lines}


def _style(event: Mapping[str, Any]) -> str:
    if event["kind"] in ("check", "verdict"):
        return "good" if event["ok"] else "bad"
    return str(event.get("direction", ""))


def _explained(event: Mapping[str, Any]) -> str:
    """What `rsplab explain` advises on the codes in a refusal; what they mean stands in the event's headline."""
    if event["kind"] != "http" or event.get("direction") != "response":
        return ""
    try:
        data = json.loads(event.get("body") or "{}")["header"]["functionExecutionStatus"]["statusCodeData"]
        code = explain(data["subjectCode"], data["reasonCode"])
    except (ValueError, KeyError, TypeError):
        return ""
    return f"Likely cause: {code.likely_cause}. Next step: {code.next_step}"


def _first(lines: Iterator[str]) -> Iterator[str]:
    for number, line in enumerate(lines):
        if number == LONGEST_LINES:
            yield "... (the trace has all of it)"
            return
        yield line
