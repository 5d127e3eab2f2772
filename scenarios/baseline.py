"""Comparison with an earlier run: what is new, fixed, still failing."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from lab.errors import LabError
from scenarios.model import REGISTRY, Verdict
from scenarios.run import Run


@dataclass(frozen=True)
class Comparison:
    """Scenario ids; `appeared` weren't in the baseline, `gone` of it are neither in the catalogue nor in a named file.

    What of the baseline wasn't chosen this time is in none of the lists.
    """

    newly_failing: list[str]
    fixed: list[str]
    still_failing: list[str]
    appeared: list[str]
    gone: list[str]


def read_baseline(path: Path) -> dict[str, Verdict]:
    """Scenario -> verdict, of a json report or a recorded run."""
    try:
        document = json.loads(path.read_text("utf-8"))
        return _worst((one["id"], Verdict[one["verdict"].upper()]) for one in document["results"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise LabError(f"{path}: no report to compare with ({error})", "name a file of --report json:FILE") from None


def _worst(verdicts: Iterable[tuple[str, Verdict]]) -> dict[str, Verdict]:
    """Sanity cases are there twice: the worse counts."""
    found: dict[str, Verdict] = {}
    for name, verdict in verdicts:
        found[name] = max(found.get(name, verdict), verdict)
    return found


def compare(before: dict[str, Verdict], run: Run) -> Comparison:
    """What changed since `before`."""
    now = _worst((result.id, result.verdict) for result in run.results)
    bad = {name for name, verdict in now.items() if verdict not in (Verdict.PASS, Verdict.SKIPPED)}
    was_bad = {name for name, verdict in before.items() if verdict not in (Verdict.PASS, Verdict.SKIPPED)}
    good = {name for name, verdict in now.items() if verdict is Verdict.PASS}
    return Comparison(
        newly_failing=sorted(bad - was_bad),
        fixed=sorted(was_bad & good),
        still_failing=sorted(bad & was_bad),
        appeared=sorted(now.keys() - before.keys()),
        gone=sorted(before.keys() - now.keys() - REGISTRY.keys()),
    )
