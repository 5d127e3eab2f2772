"""List and show scenarios, and what of the standard they cover."""

from pathlib import Path
from typing import Annotated, Any

import typer

from lab.cli.output import Json, console, print_fields, print_json, print_table

app = typer.Typer(help="List and show scenarios, and what of the standard they cover.", no_args_is_help=True)
PANEL = "Conformance"
_USUAL = frozenset({"must", "nist"})
"""Tags of nearly every scenario: no use in a table."""


@app.command("list")
def list_scenarios(
    names: Annotated[list[str] | None, typer.Argument(metavar="[ID|TAG|FILE.py]...", help="As rsplab run.")] = None,
    tag: Annotated[
        list[str] | None, typer.Option("--tag", metavar="TAG", help="Only with this tag; may be repeated: all of them.")
    ] = None,
    as_json: Json = False,
) -> None:
    """List scenarios: all, or those that the words name."""
    from scenarios.selection import select

    rows = [_row(one) for one in select(names or [], tag or [])]
    if as_json:
        print_json(rows)
        return
    for row in rows:
        row["telling"] = [one for one in row["tags"] if one not in _USUAL]
    print_table(f"{len(rows)} scenarios", rows, {"id": "scenario", "telling": "tags", "title": "what it shows"})


@app.command()
def tags(as_json: Json = False) -> None:
    """List the tags that `rsplab run` takes, with how many scenarios have each."""
    from scenarios.selection import select, tags_in_use

    select([])
    counts = tags_in_use()
    if as_json:
        print_json(counts)
        return
    rows = [{"tag": tag, "scenarios": count} for tag, count in counts.items()]
    print_table(f"{len(rows)} tags", rows, {"tag": "tag", "scenarios": "scenarios"})


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
        console().print("\n" + inspect.getsource(one.body), soft_wrap=True)


@app.command()
def options(as_json: Json = False) -> None:
    """List what an ICS file may state: options with their defaults, and settings."""
    from scenarios.ics import SETTINGS
    from scenarios.needs import NEEDS

    stated = [
        {"option": name, "ours": need.simulated, "foreign": need.foreign, "meaning": need.meaning}
        for name, need in NEEDS.items()
    ]
    settings = [
        {"setting": f"#{name}", "value": setting.form, "meaning": setting.meaning} for name, setting in SETTINGS.items()
    ]
    if as_json:
        print_json({"options": stated, "settings": settings})
        return
    columns = {"option": "option", "ours": "ours", "foreign": "foreign", "meaning": "the system under test"}
    print_table("Options and their defaults, for our simulators and for foreign systems", stated, columns)
    print_table("Settings", settings, {"setting": "setting", "value": "value", "meaning": "meaning"})


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


@app.command()
def provision(
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE.toml", help="Write it there.")],
    names: Annotated[list[str] | None, typer.Argument(metavar="[ID|TAG|FILE.py]...", help="As rsplab run.")] = None,
    seed: Annotated[str, typer.Option("--seed", help="The seed of the run to come.")] = "1",
    operator: Annotated[
        str, typer.Option("--operator", metavar="OID", help="functionRequesterIdentifier of the run (ES2+).")
    ] = "2.999.20",
) -> None:
    """Write what an SM-DP+ under test has to hold, for `rsplab provision`.

    Load it before each run: it puts every profile and order back into the state that the scenarios begin with.
    """
    from scenarios.preparation import prepare
    from scenarios.selection import select

    stock = prepare(select(names or []), seed)
    output.write_text(stock.to_toml(operator), "utf-8")
    typer.echo(f"{output}: {len(stock.profiles)} profiles, {len(stock.orders)} orders")


def _row(one: Any) -> dict[str, Any]:
    return {
        "id": one.id,
        "tests": sorted(one.tests),
        "tags": sorted(one.tags),
        "title": one.title,
        "spec": list(one.clauses),
    }
