"""`python -m scenarios [ID ...]`: run the catalogue against a fresh lab."""

import sys
import tempfile
from pathlib import Path

import scenarios.catalogue  # noqa: F401  (registers the scenarios)
from scenarios.model import REGISTRY, Verdict
from scenarios.runner import Result, run
from scenarios.world import fresh_world

SANITY = "sanity.download"


def main(names: list[str]) -> int:
    """Run the named scenarios (default: all); 0 if every one passed."""
    unknown = [name for name in names if name not in REGISTRY]
    if unknown:
        sys.stderr.write(f"there is no scenario {unknown[0]!r}; there are {', '.join(sorted(REGISTRY))}\n")
        return 2
    chosen = [REGISTRY[name] for name in names or REGISTRY]
    with tempfile.TemporaryDirectory(prefix="rsplab-") as directory, fresh_world(Path(directory, "lab")) as world:
        results = list(run(chosen, world, REGISTRY[SANITY], tell))
    worst = max((result.verdict for result in results), default=Verdict.NONE)
    sys.stdout.write(f"{len(results)} scenarios, worst verdict {worst.name}\n")
    return 0 if worst is Verdict.PASS else 1


def tell(result: Result) -> None:
    """One line a scenario."""
    reason = f"\n       {result.reason}" if result.reason else ""
    sys.stdout.write(f"{result.verdict.name:6} {result.scenario.id:34} {result.duration_s:5.2f} s{reason}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
