"""A recorded run, once more: the same seed, clock, PKI and systems under test, compared event by event."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from lab.errors import LabError
from lab.trace_diff import Difference, first_difference
from scenarios.ics import Ics
from scenarios.model import REGISTRY, Role
from scenarios.recording import read_events, read_run
from scenarios.run import RunOptions, execute
from scenarios.selection import load_file, select

_NOTHING_MAY_DIFFER: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Changed:
    """A scenario that went another way: verdicts before and now, and the first difference of the traces, if any."""

    id: str
    before: str
    now: str
    difference: Difference | None

    def lines(self) -> Iterator[str]:
        """For people."""
        verdicts = self.before if self.before == self.now else f"{self.before} -> {self.now}"
        yield f"{self.id}: {verdicts}"
        if self.difference is not None:
            for line in self.difference.lines():
                yield f"  {line}"

    def as_dict(self) -> dict[str, Any]:
        """For programs."""
        found = self.difference.as_dict() if self.difference else None
        return {"id": self.id, "before": self.before, "now": self.now, "difference": found}


def replay(directory: Path, names: Sequence[str], jobs: int = 1) -> tuple[list[Changed], int]:
    """Repeat the run (or only `names` of it): what changed, and how many scenarios were repeated.

    A scenario that the catalogue no longer has is a change, too.
    """
    document = read_run(directory)
    recorded = {one["id"]: one["verdict"] for one in document["results"] if not one.get("again")}
    select([])
    for file in document.get("files", []):
        load_file(Path(file))
    wanted = [name for name in recorded if not names or name in names]
    if not wanted:
        raise LabError(f"{directory} has none of these scenarios", f"it has {', '.join(list(recorded)[:5])}, ...")
    there = [name for name in wanted if name in REGISTRY]
    finished = execute([REGISTRY[name] for name in there], _options(document, jobs))
    if finished.interrupted:
        raise KeyboardInterrupt
    changed = [Changed(name, recorded[name], "no longer there", None) for name in wanted if name not in REGISTRY]
    for result in finished.results:
        if result.is_again or result.id not in recorded:
            continue
        now = result.verdict.name.lower()
        difference = first_difference(read_events(directory, result.id), result.events, _NOTHING_MAY_DIFFER)
        if difference is not None or now != recorded[result.id]:
            changed.append(Changed(result.id, recorded[result.id], now, difference))
    return changed, len(there)


def _options(document: dict[str, Any], jobs: int) -> RunOptions:
    stated = document["ics"]
    suts = {Role(role): where for role, where in stated["sut"].items()}
    path = document["pki_path"]
    return RunOptions(
        seed=document["seed"],
        clock=datetime.fromisoformat(document["clock"]),
        ics=Ics(suts, stated["options"], stated["settings"]),
        pki_path=Path(path) if path else None,
        jobs=jobs,
        sanity=False,
        reveal=frozenset(document["reveal"]),
    )
