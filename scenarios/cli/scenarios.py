"""List and show scenarios, and what of the standard they cover."""

from pathlib import Path
from typing import Annotated, Any

import typer

from lab.cli.output import Json, console, print_fields, print_json, print_table

app = typer.Typer(help="List and show scenarios, and what of the standard they cover.", no_args_is_help=True)
PANEL = "Conformance"


@app.command("list")
def list_scenarios(
    names: Annotated[list[str] | None, typer.Argument(metavar="[ID|PREFIX|PATTERN|FILE.py]...")] = None,
    as_json: Json = False,
) -> None:
    """List scenarios: all, or those that the words name."""
    from scenarios.selection import select

    rows = [_row(one) for one in select(names or [])]
    if as_json:
        print_json(rows)
        return
    print_table(f"{len(rows)} scenarios", rows, {"id": "scenario", "tests": "tests", "title": "what it shows"})


@app.command()
def show(name: Annotated[str, typer.Argument(metavar="ID")], as_json: Json = False) -> None:
    """Show one scenario: its clauses, what it needs, and its source."""
    import inspect

    from scenarios.selection import select

    for one in select([name]):
        row = _row(one) | {
            "description": one.description,
            "needs": sorted(one.needs),
            "importance": one.importance.value,
            "guard_timer_s": one.timeout_s,
            "file": inspect.getsourcefile(one.body),
        }
        if as_json:
            print_json(row)
            continue
        print_fields(one.id, row)
        console().print("\n" + inspect.getsource(one.body))


@app.command()
def coverage(
    output: Annotated[Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write it there.")] = None,
    check: Annotated[bool, typer.Option("--check", help="Only say whether FILE is up to date.")] = False,
) -> None:
    """What of the standard is covered: clause -> scenarios, scenario -> clauses, in Markdown (docs/coverage.md)."""
    from lab.errors import ExitCode, LabError
    from scenarios.coverage import coverage as generate
    from scenarios.selection import select

    text = generate(select([]))
    if output is None:
        typer.echo(text, nl=False)
    elif check:
        if not output.is_file() or output.read_text("utf-8") != text:
            hint = f"rsplab scenarios coverage -o {output}"
            raise LabError(f"{output} is not up to date", hint, ExitCode.CHECK_FAILED)
    else:
        output.write_text(text, "utf-8")


def _row(one: Any) -> dict[str, Any]:
    return {"id": one.id, "tests": sorted(one.tests), "title": one.title, "spec": list(one.clauses)}
