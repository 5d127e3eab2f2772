"""The run as JUnit XML, in the dialect that CI servers read: one suite for each interface group."""

import re
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
    groups: dict[str, list[Result]] = {}
    for result in run.results:
        groups.setdefault(result.scenario.group, []).append(result)
    root = Element("testsuites", {"name": "rsplab", **_counts(run.results)})
    started = str(run.header["clock"]).replace("+00:00", "")
    for group, results in groups.items():
        attributes = {"name": group, "timestamp": started, "hostname": "rsplab", **_counts(results)}
        suite = SubElement(root, "testsuite", attributes)
        properties = SubElement(suite, "properties")
        for name in ("version", "seed", "clock", "pki"):
            SubElement(properties, "property", name=name, value=str(run.header[name]))
        for role, where in run.header["ics"]["sut"].items():
            SubElement(properties, "property", name=f"sut.{role}", value=str(where))
        for result in results:
            _case(suite, result)
        SubElement(suite, "system-out")
        SubElement(suite, "system-err")
    indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'


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


def _counts(results: list[Result]) -> dict[str, str]:
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
