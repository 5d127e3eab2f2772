"""A run on disk: run.json and one trace for each scenario; for `rsplab replay` and `rsplab trace`."""

import json
from pathlib import Path
from typing import Any

from lab.errors import LabError
from scenarios.report.machine import as_document
from scenarios.run import Run

_MEMBERS = {"results", "seed", "clock", "ics", "pki_path", "reveal"}


def write_run(directory: Path, run: Run) -> None:
    """Write `run.json` and `traces/ID.jsonl`: nothing measured, so that the same run gives the same files."""
    check_room(directory)
    traces = directory / "traces"
    traces.mkdir(parents=True, exist_ok=True)
    for old in traces.glob("*.jsonl"):
        old.unlink()
    document = as_document(run, measured=False)
    (directory / "run.json").write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", "utf-8")
    for result in run.results:
        if not result.is_again:
            lines = "".join(json.dumps(event, ensure_ascii=False) + "\n" for event in result.events)
            (traces / f"{result.id}.jsonl").write_text(lines, "utf-8")


def check_room(directory: Path) -> None:
    """A run may be written there: nothing is, or an earlier run. LabError else."""
    if directory.exists() and not (directory / "run.json").is_file() and any(directory.iterdir()):
        raise LabError(
            f"--record {directory}: holds something else than a run", "name a new directory, or an empty one"
        )


def read_run(directory: Path) -> dict[str, Any]:
    """The content of `run.json`; LabError if there is none."""
    path = directory / "run.json"
    if not path.is_file():
        raise LabError(f"{directory}: no recorded run", "record one with rsplab run --record DIR")
    try:
        document: dict[str, Any] = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise LabError(f"{path}: {error}", "record the run again") from None
    if not isinstance(document, dict) or not document.keys() >= _MEMBERS:
        raise LabError(f"{path}: no recorded run", "record one with rsplab run --record DIR")
    return document


def read_events(directory: Path, name: str) -> list[dict[str, Any]]:
    """The trace of one scenario."""
    path = directory / "traces" / f"{name}.jsonl"
    if not path.is_file():
        return []
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]
