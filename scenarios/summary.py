"""The end of a run in the terminal: it fits a screen."""

from rich.console import Console
from rich.table import Table

from scenarios.baseline import Comparison
from scenarios.model import Verdict
from scenarios.run import Run
from scenarios.runner import Result

SHOWN = 12
_COLUMNS = (
    ("passed", Verdict.PASS, "green"),
    ("failed", Verdict.FAIL, "red"),
    ("inconclusive", Verdict.INCONCLUSIVE, "yellow"),
    ("error", Verdict.ERROR, "magenta"),
    ("nothing checked", Verdict.NONE, "magenta"),
    ("skipped", Verdict.SKIPPED, "dim"),
)


def print_summary(run: Run, comparison: Comparison | None = None) -> None:
    """A table by interface group, what didn't pass, and what changed."""
    out = Console(highlight=False, markup=False, soft_wrap=True)
    out.print(_table(run))
    condemned = run.condemned
    for result in condemned[:SHOWN]:
        out.print(f"{result.verdict.name.lower():12} {result.id}: {result.reason}", style=_style(result))
    if len(condemned) > SHOWN:
        out.print(f"... and {len(condemned) - SHOWN} more; --report html:FILE shows all of them")
    for reason, count in _skipped(run):
        out.print(f"skipped {count:3}  {reason}", style="dim")
    if comparison is not None:
        for title, names in (("new", comparison.newly_failing), ("still failing", comparison.still_failing)):
            out.print(f"{title}: {', '.join(names) or 'nothing'}", style="red" if names else "green")
        out.print(f"fixed: {', '.join(comparison.fixed) or 'nothing'}")
    header = run.header
    foreign = [f"{role}={where}" for role, where in header["ics"]["sut"].items() if where != "simulated"]
    under_test = ", ".join(foreign) or "our own simulators"
    out.print(f"{under_test}; seed {header['seed']}, clock {header['clock']}, PKI {header['pki'][:16]}", style="dim")


def _table(run: Run) -> Table:
    groups: dict[str, list[Result]] = {}
    for result in run.results:
        groups.setdefault(result.scenario.group, []).append(result)
    used = [column for column in _COLUMNS if run.count(column[1]) or column[1] is Verdict.PASS]
    table = Table(show_footer=True)
    table.add_column("group", footer="all")
    for heading, verdict, style in used:
        count = run.count(verdict)
        table.add_column(heading, justify="right", footer=str(count), style=style)
    table.add_column("time", justify="right", footer=f"{sum(one.duration_s for one in run.results):.1f} s")
    for group, results in groups.items():
        counts = [str(sum(one.verdict is verdict for one in results) or "") for _, verdict, _ in used]
        table.add_row(group, *counts, f"{sum(one.duration_s for one in results):.1f} s")
    return table


def _style(result: Result) -> str:
    return next(style for _, verdict, style in _COLUMNS if verdict is result.verdict)


def _skipped(run: Run) -> list[tuple[str, int]]:
    counts: dict[str, int] = {}
    for result in run.results:
        if result.verdict is Verdict.SKIPPED:
            counts[result.reason] = counts.get(result.reason, 0) + 1
    return sorted(counts.items(), key=lambda item: -item[1])[:SHOWN]
