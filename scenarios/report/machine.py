"""The run as JSON, for programs and as a baseline."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from scenarios.run import Run
from scenarios.runner import Result

if TYPE_CHECKING:
    from scenarios.baseline import Comparison


def as_document(run: Run, comparison: "Comparison | None" = None, measured: bool = True) -> dict[str, Any]:
    """Header and results; without traces, which `--record` keeps. measured: when and how long, too."""
    results = []
    for result in run.results:
        one = result.scenario
        results.append(
            {
                "id": result.id,
                "title": one.title,
                "spec": list(one.clauses),
                "tests": sorted(one.tests),
                "tags": sorted(one.tags),
                "importance": one.importance.value,
                "verdict": result.verdict.name.lower(),
                "reason": result.reason,
                **_failed_check(result),
                "checks": result.checks,
                **({"duration_s": round(result.duration_s, 3)} if measured else {}),
                **({"again": True} if result.is_again else {}),
            }
        )
    compared = {"comparison": asdict(comparison)} if comparison is not None else {}
    started = {"started": run.started.isoformat()} if measured else {}
    interrupted = {"interrupted": True} if run.interrupted else {}
    return {**run.header, **started, **interrupted, "worst": run.worst.name.lower(), **compared, "results": results}


def _failed_check(result: Result) -> dict[str, Any]:
    """The check that failed: what, expected, seen."""
    failed = next((event for event in reversed(result.events) if event["kind"] == "check" and not event["ok"]), None)
    return {"failed_check": {name: failed[name] for name in ("what", "expected", "seen")}} if failed else {}


def machine(run: Run, comparison: "Comparison | None" = None) -> str:
    """The document as text."""
    return json.dumps(as_document(run, comparison), indent=2, ensure_ascii=False) + "\n"
