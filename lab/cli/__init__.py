"""The command line `rsplab`."""

from pathlib import Path
from typing import Annotated

import typer

from lab.cli.state import state
from lab.cli.tree import RootGroup

EPILOG = (
    "--lab DIR may stand anywhere. Exit codes: 0 done, 1 refused by the server or the card, 2 wrong command line, file "
    "or setting, 3 could not reach server or card, 4 declined by the user, 5 a check failed, 70 a defect of rsplab."
)

app = typer.Typer(cls=RootGroup, name="rsplab", no_args_is_help=True, epilog=EPILOG, pretty_exceptions_enable=False)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"rsplab {version('rsplab')}")
        raise typer.Exit


@app.callback()
def root(
    lab: Annotated[
        Path | None,
        typer.Option("--lab", envvar="RSPLAB_LAB", metavar="DIR", help="The lab directory (default: ./lab)."),
    ] = None,
    debug: Annotated[bool, typer.Option("--debug", envvar="RSPLAB_DEBUG", help="Show tracebacks.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Reference SM-DP+, LPA and simulated eUICC for consumer eSIM (GSMA SGP.22)."""
    state.lab_path, state.debug = lab, debug


def main() -> None:
    """Entry point of the console script."""
    app(prog_name="rsplab")
