"""Repeat a recorded run against today's build, and point at the first differing field."""

from pathlib import Path
from typing import Annotated

import typer

from lab.cli.output import Json, console, print_json

app = typer.Typer()
PANEL = "Conformance"


@app.command()
def replay(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The directory of rsplab run --record.")],
    names: Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="Only these scenarios.")] = None,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, help="Processes.")] = 1,
    as_json: Json = False,
) -> None:
    """Repeat a recorded run with its seed, clock, PKI and ICS, and compare octet by octet.

    Ends with 0 if every trace is identical, 5 if not.
    """
    from lab.errors import ExitCode
    from scenarios.replay import replay as repeat

    differences, repeated = repeat(run, names or [], jobs)
    if as_json:
        print_json([difference.as_dict() for difference in differences])
    else:
        out = console()
        for difference in differences:
            for line in difference.lines():
                out.print(line, soft_wrap=True)
        out.print(f"{repeated} scenarios repeated, {len(differences)} differ")
    if differences:
        raise typer.Exit(ExitCode.CHECK_FAILED)
