"""The run as JUnit XML, in the dialect that CI servers read: one suite for each interface group."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, indent, tostring  # nosec B405

from scenarios.model import Verdict
from scenarios.run import Run
from scenarios.runner import Result

if TYPE_CHECKING:
    from scenarios.baseline import Comparison

_UNPRINTABLE = re.compile(r"[^\t\n\r\x20-\uD7FF\uE000-\uFFFD]")


def junit(run: Run, comparison: "Comparison | None" = None) -> str:
    """testsuites > testsuite (group) > testcase; inconclusive cases are errors, for nothing was found out."""
    totals = _counts(run.results)
    del totals["skipped"]  # which Jenkins knows of suites only
    root = Element("testsuites", {"name": "rsplab", **totals})
    started = run.started.strftime("%Y-%m-%dT%H:%M:%S")
    for group, results in run.groups.items():
        attributes = {"name": group, "timestamp": started, "hostname": "rsplab", **_counts(results)}
        suite = SubElement(root, "testsuite", attributes)
        properties = SubElement(suite, "properties")
        for name, value in (*_facts(run), *_compared(results, comparison)):
            SubElement(properties, "property", name=name, value=_printable(value))
        for result in results:
            _case(suite, result)
        SubElement(suite, "system-out")
        SubElement(suite, "system-err")
    indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'


def _facts(run: Run) -> Iterator[tuple[str, str]]:
    """What was run and what was under test: the whole ICS, options that weren't stated as (default)."""
    for name in ("version", "seed", "clock", "pki"):
        yield name, str(run.header[name])
    if run.interrupted:
        yield "interrupted", "true"
    ics = run.header["ics"]
    for role, where in ics["sut"].items():
        yield f"sut.{role}", where
    for name, has in ics["options"].items():
        yield f"option.{name}", str(has).lower()
    for name, has in ics["defaults"].items():
        yield f"option.{name}", f"{str(has).lower()} (default)"
    for name, value in ics["settings"].items():
        yield f"setting.{name}", value


def _compared(results: Sequence[Result], comparison: "Comparison | None") -> Iterator[tuple[str, str]]:
    """What of this suite changed since the baseline."""
    if comparison is None:
        return
    here = {result.id for result in results}
    for title, names in asdict(comparison).items():
        if found := [name for name in names if name in here]:
            yield f"baseline.{title}", ", ".join(found)


def _case(suite: Element, result: Result) -> None:
    name = f"{result.id} (again)" if result.is_again else result.id
    spec = result.scenario.spec
    case = SubElement(
        suite, "testcase", name=name, classname=f"rsplab.{result.scenario.group}", time=f"{result.duration_s:.3f}"
    )
    text = _printable(result.reason)
    match result.verdict:
        case Verdict.SKIPPED:
            SubElement(case, "skipped", message=text)
        case Verdict.FAIL:
            SubElement(case, "failure", message=text, type="fail").text = _printable(f"{spec}\n{result.reason}")
        case Verdict.ERROR | Verdict.INCONCLUSIVE | Verdict.NONE:
            kind = result.verdict.name.lower()
            SubElement(case, "error", message=text, type=kind).text = _printable(f"{spec}\n{result.reason}")


def _counts(results: Sequence[Result]) -> dict[str, str]:
    verdicts = [result.verdict for result in results]
    errors = sum(verdict in (Verdict.ERROR, Verdict.INCONCLUSIVE, Verdict.NONE) for verdict in verdicts)
    return {
        "tests": str(len(results)),
        "failures": str(verdicts.count(Verdict.FAIL)),
        "errors": str(errors),
        "skipped": str(verdicts.count(Verdict.SKIPPED)),
        "time": f"{sum(result.duration_s for result in results):.3f}",
    }


def _printable(text: str) -> str:
    """Without what XML 1.0 can't carry."""
    return _UNPRINTABLE.sub("\ufffd", text)
