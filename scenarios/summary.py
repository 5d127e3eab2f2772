"""The end of a run in the terminal: it fits the screen. In a file or a CI log nothing is left out."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from scenarios.baseline import Comparison
from scenarios.model import Verdict
from scenarios.run import Run
from scenarios.runner import Result

_COLUMNS: Final = (
    ("passed", Verdict.PASS, "green"),
    ("failed", Verdict.FAIL, "red"),
    ("inconclusive", Verdict.INCONCLUSIVE, "yellow"),
    ("error", Verdict.ERROR, "magenta"),
    ("none", Verdict.NONE, "magenta"),
    ("skipped", Verdict.SKIPPED, "dim"),
)
_TABLE_LINES: Final = 4
"""Of the table, beside one for each group."""
_PROMPT_LINES: Final = 2
_LEAST: Final = 2
"""Lines that each list has on a screen that is too small for all."""


def print_summary(
    out: Console,
    run: Run,
    comparison: Comparison | None = None,
    written: Sequence[str] = (),
    on_screen: bool = False,
) -> None:
    """A table by interface group, what didn't pass, what was left out and why, what changed.

    written: the files; on_screen: all of it has to fit `out`.
    """
    condemned = [_told(result) for result in run.condemned]
    skipped = [Text(f"skipped {count:4}  {reason}", "dim") for reason, count in _skipped(run).most_common()]
    end = [*_compared(comparison), *_ending(run, written)]
    if on_screen:
        room = out.height - _PROMPT_LINES - _TABLE_LINES - len(run.groups) - len(end)
        skipped_room = max(_LEAST, room - len(condemned), room // 3)
        skipped = _cut(skipped, skipped_room, "reasons")
        condemned = _cut(condemned, max(_LEAST, room - len(skipped)), "that did not pass")
    out.print(_table(run))
    for line in (*condemned, *skipped, *end):
        if on_screen:
            line.truncate(out.width, overflow="ellipsis")
        out.print(line, soft_wrap=True)


def _cut(lines: list[Text], room: int, what: str) -> list[Text]:
    if len(lines) <= room:
        return lines
    return [*lines[: room - 1], Text(f"... and {len(lines) - room + 1} more {what}: --report html:FILE has all", "dim")]


def _told(result: Result) -> Text:
    return Text(f"{result.verdict.name.lower():12} {result.id}: {result.reason}", _style(result))


def _compared(comparison: Comparison | None) -> list[Text]:
    if comparison is None:
        return []
    rows = (
        ("newly failing", comparison.newly_failing, "red"),
        ("still failing", comparison.still_failing, "red"),
        ("fixed", comparison.fixed, "green"),
    )
    return [Text(f"{title} {len(names)}: {_names(names)}", style if names else "") for title, names, style in rows]


def _names(names: Iterable[str]) -> str:
    return ", ".join(names) or "nothing"


def _ending(run: Run, written: Sequence[str]) -> list[Text]:
    header = run.header
    foreign = [f"{role}={where}" for role, where in header["ics"]["sut"].items() if where != "simulated"]
    under_test = ", ".join(foreign) or "our own simulators"
    facts = f"{under_test}; seed {header['seed']}, clock {header['clock']}, PKI {header['pki'][:16]}"
    lines = [Text(facts, "dim")]
    if written:
        lines.append(Text(f"written: {', '.join(written)}"))
    if run.worst is Verdict.SKIPPED:
        lines.append(Text("nothing of what was chosen applies to what is under test", "yellow"))
    if run.interrupted:
        lines.append(Text("interrupted: not everything was run", "yellow"))
    return lines


def _table(run: Run) -> Table:
    used = [column for column in _COLUMNS if run.count(column[1]) or column[1] is Verdict.PASS]
    table = Table(show_footer=True, box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column("group", footer="all", no_wrap=True)
    for heading, verdict, style in used:
        table.add_column(heading, justify="right", footer=str(run.count(verdict)), style=style, no_wrap=True)
    table.add_column("time", justify="right", footer=_seconds(run.results), no_wrap=True)
    for group, results in run.groups.items():
        counts = [str(sum(one.verdict is verdict for one in results) or "") for _, verdict, _ in used]
        table.add_row(group, *counts, _seconds(results))
    return table


def _seconds(results: Iterable[Result]) -> str:
    return f"{sum(one.duration_s for one in results):.1f} s"


def _style(result: Result) -> str:
    return next(style for _, verdict, style in _COLUMNS if verdict is result.verdict)


def _skipped(run: Run) -> Counter[str]:
    return Counter(result.reason for result in run.results if result.verdict is Verdict.SKIPPED)
