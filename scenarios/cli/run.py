"""Run scenarios: scripted conformance for server, card and LPA."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lab.cli.output import console

if TYPE_CHECKING:
    from scenarios.model import Scenario
    from scenarios.run import Run, RunOptions
    from scenarios.runner import Result

_FIRST_YEAR, _LAST_YEAR = 1951, 9900  # a UTCTime begins with 1950, and a PKI has to end before the year 10000
_EVERY = 50
"""Results between two lines of progress in a log."""
app = typer.Typer()
PANEL = "Conformance"


@app.command()
def run(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[ID|TAG|FILE.py]...",
            help="What to run: IDs or what they begin with, patterns (*.nominal), tags, files; everything without.",
        ),
    ] = None,
    tag: Annotated[
        list[str] | None,
        typer.Option("--tag", metavar="TAG", help="Of these only what has the tag; may be repeated: all of them."),
    ] = None,
    all_scenarios: Annotated[bool, typer.Option("--all", help="Everything, as without names.")] = False,
    sut: Annotated[
        list[str] | None,
        typer.Option("--sut", metavar="ROLE=WHERE", help="euicc=pcsc:0, smdp=https://HOST, smds=..., lpa=listen."),
    ] = None,
    ics: Annotated[
        Path | None, typer.Option("--ics", metavar="FILE", help="Options and settings of the system under test, TOML.")
    ] = None,
    pki: Annotated[
        Path | None,
        typer.Option("--pki", metavar="DIR", help="A PKI in SGP.26's layout, or a lab, that the SUT trusts."),
    ] = None,
    seed: Annotated[
        str | None,
        typer.Option("--seed", help="The same seed gives the same octets (default 1; with a foreign LPA the time)."),
    ] = None,
    clock: Annotated[str, typer.Option("--clock", metavar="DATE", help="The run's time, ISO 8601.")] = "",
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, help="Processes.")] = 1,
    report: Annotated[
        list[str] | None,
        typer.Option("--report", metavar="KIND:FILE", help="junit:FILE, html:FILE or json:FILE; may be repeated."),
    ] = None,
    baseline: Annotated[
        Path | None, typer.Option("--baseline", metavar="FILE", help="Compare with an earlier json report.")
    ] = None,
    record: Annotated[
        Path | None, typer.Option("--record", metavar="DIR", help="Keep the run, its traces too, for rsplab replay.")
    ] = None,
    sanity: Annotated[bool, typer.Option("--sanity/--no-sanity", help="Sanity cases first and last.")] = True,
    reveal: Annotated[
        str, typer.Option("--reveal", metavar="keys,upp,codes", help="Secrets that traces and reports may show.")
    ] = "",
    identifiers: Annotated[
        bool,
        typer.Option("--identifiers", help="Reports show every EID, ICCID and IMSI, of which else the end is left."),
    ] = False,
) -> None:
    """Run scenarios against our simulators, a card in a reader, a foreign server or a foreign LPA.

    Ends with 0 if everything that applies passed, 5 if not or if nothing applies, 130 if it was interrupted (the
    reports hold what there is).
    """
    from lab.errors import ExitCode, LabError
    from lab.redaction import parse_reveal
    from scenarios.baseline import compare, read_baseline
    from scenarios.grounds import DEFAULT_CLOCK
    from scenarios.ics import read_ics
    from scenarios.model import Role, Verdict
    from scenarios.recording import check_room, write_run
    from scenarios.report import write_reports
    from scenarios.run import DEFAULT_SEED, RunOptions
    from scenarios.selection import select

    if all_scenarios and names:
        raise LabError("--all and names exclude each other", "leave one of them out")
    reports = [_report(word) for word in report or ()]
    before = read_baseline(baseline) if baseline else None
    if record is not None:
        check_room(record)
    statement = read_ics(ics, sut or ())
    now = datetime.now(UTC).replace(microsecond=0)
    by_hand = statement.is_foreign(Role.LPA)
    if by_hand and pki is None:
        raise LabError("--sut lpa=listen: the LPA has to trust our certificates", "name its PKI with --pki DIR")
    # Foreign systems and PKIs live in the present, whatever our seed; a device keeps the profiles of earlier runs.
    options = RunOptions(
        seed=seed or (f"{now:%Y%m%d%H%M%S}" if by_hand else DEFAULT_SEED),
        clock=_clock(clock) if clock else now if statement.foreign or pki else DEFAULT_CLOCK,
        ics=statement,
        pki_path=pki,
        jobs=jobs,
        sanity=sanity,
        reveal=parse_reveal(reveal),
    )
    chosen = select(names or [], tag or [])
    finished = _watched(chosen, options)
    comparison = compare(before, finished) if before is not None else None
    write_reports(reports, finished, comparison, identifiers)
    if record is not None:
        write_run(record, finished)
    from scenarios.summary import print_summary

    written = [str(path) for _, path in reports] + ([str(record)] if record is not None else [])
    print_summary(console(), finished, comparison, written, on_screen=sys.stdout.isatty())
    if finished.interrupted:
        raise typer.Exit(ExitCode.INTERRUPTED)
    if finished.condemned or finished.worst is Verdict.SKIPPED:
        raise typer.Exit(ExitCode.CHECK_FAILED)


def _watched(chosen: list["Scenario"], options: "RunOptions") -> "Run":
    """Run with a progress bar on stderr; in a file or CI log a line now and then instead."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from scenarios.model import Role, Verdict
    from scenarios.run import execute, planned

    err = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
    columns = TextColumn("{task.description:40.40}"), BarColumn(20), MofNCompleteColumn(), TimeElapsedColumn()
    # The human at a foreign LPA is asked questions in between: no bar then.
    by_hand = options.ics.is_foreign(Role.LPA)
    bar = sys.stderr.isatty() and not by_hand  # a CI log may want colours, but no bar
    total = planned(chosen, options.sanity)
    told = 0
    with Progress(*columns, console=err, transient=True, disable=not bar, auto_refresh=False) as progress:
        task = progress.add_task("", total=total)

        def tell(result: "Result") -> None:
            nonlocal told
            told += 1
            if result.verdict not in (Verdict.PASS, Verdict.SKIPPED) or (by_hand and result.verdict is Verdict.PASS):
                err.print(f"{result.verdict.name.lower():12} {result.id}: {result.reason}".removesuffix(": "))
            elif not bar and not by_hand and told % _EVERY == 0:
                err.print(f"{told} of {total}")
            progress.update(task, advance=1, description=result.id)
            progress.refresh()

        return execute(chosen, options, tell)


def _report(word: str) -> tuple[str, Path]:
    from lab.errors import LabError
    from scenarios.report import KINDS

    kind, colon, path = word.partition(":")
    if not colon or kind not in KINDS or not path:
        raise LabError(f"--report {word}: not a report", f"write KIND:FILE, KIND one of {', '.join(KINDS)}")
    file = Path(path)
    if file.is_dir():
        raise LabError(f"--report {word}: {path} is a directory", f"write {kind}:FILE")
    file.parent.mkdir(parents=True, exist_ok=True)
    is_new = not file.exists()
    file.open("a").close()  # that nothing can be written there is told before the run, not after it
    if is_new:
        file.unlink()
    return kind, file


def _clock(text: str) -> datetime:
    from lab.errors import LabError

    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise LabError(f"--clock {text}: not a date", "write 2031-05-01 or 2031-05-01T12:00:00+00:00") from None
    if not _FIRST_YEAR <= at.year <= _LAST_YEAR:
        raise LabError(
            f"--clock {text}: certificates can't tell that time", f"a year from {_FIRST_YEAR} to {_LAST_YEAR}"
        )
    return at if at.tzinfo else at.replace(tzinfo=UTC)
