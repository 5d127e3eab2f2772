"""`python -m scenarios.mutants [PREFIX...] [--jobs N] [-o FILE]`: try every mutant (or those named), and report."""

import argparse
import multiprocessing
import sys
from collections.abc import Sequence
from pathlib import Path

from scenarios.model import REGISTRY
from scenarios.mutants import asn1, cards, lpas, regressions, servers
from scenarios.mutants.model import Mutant
from scenarios.mutants.report import report, score
from scenarios.mutants.survivors import REASONS
from scenarios.mutants.worker import SHARED, Outcome, attempt, prepared

MUTANTS: tuple[Mutant, ...] = (*cards.MUTANTS, *servers.MUTANTS, *lpas.MUTANTS, *regressions.MUTANTS, *asn1.MUTANTS)
TARGET_PERCENT = 95.0
SLOW = ("tls.",)
RELATED = {"smdp": ("smdp", "smds"), "euicc": ("euicc",), "lpa": ("lpa", "tls")}


def order(mutant: Mutant) -> tuple[str, ...]:
    """The scenarios for a mutant: those named first, then its group's, then end to end; slow ones last."""
    first = tuple(one.strip() for one in mutant.first.split(",") if one.strip())
    groups = RELATED[mutant.role]

    def rank(name: str) -> tuple[bool, bool, bool, int]:
        is_related = name.partition(".")[0] in groups
        return not (first and name.startswith(first)), not is_related, name.startswith(SLOW), len(name)

    names = [name for name, one in REGISTRY.items() if name.partition(".")[0] in (*groups, "e2e", "regression")]
    return tuple(sorted(names, key=rank))


def run(mutants: Sequence[Mutant], jobs: int) -> list[Outcome]:
    """Try them, each in a process of its own; in their order."""
    tasks = [(mutant, order(mutant)) for mutant in mutants]
    with multiprocessing.get_context("fork").Pool(jobs, maxtasksperchild=1) as pool:
        outcomes = []
        for done, outcome in enumerate(pool.imap(attempt, tasks, chunksize=1), start=1):
            told = f"condemned by {outcome.condemned_by}" if outcome.condemned_by else "SURVIVES"
            print(f"{done}/{len(tasks)} {outcome.name}: {told} ({outcome.tried} tried)", flush=True)
            outcomes.append(outcome)
    return outcomes


def main() -> int:
    """0 if the score is reached."""
    parser = argparse.ArgumentParser(prog="python -m scenarios.mutants", description=__doc__)
    parser.add_argument("prefixes", nargs="*", help="names of mutants, or their beginnings")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("-o", "--output", type=Path, help="where the report goes (docs/mutants.md)")
    options = parser.parse_args()
    SHARED[:] = [prepared()]
    chosen = [one for one in MUTANTS if not options.prefixes or one.name.startswith(tuple(options.prefixes))]
    outcomes = run(chosen, options.jobs)
    if options.output:
        options.output.write_text(report(chosen, outcomes, REASONS), encoding="utf-8")
    print(f"{score(outcomes):.1f} % of {len(outcomes)} mutants condemned")
    return 0 if score(outcomes) >= TARGET_PERCENT else 1


if __name__ == "__main__":
    sys.exit(main())
