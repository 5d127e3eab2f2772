"""`rsplab demo`."""

import os
from pathlib import Path

import typer

from lab.cli.state import state

app = typer.Typer(add_completion=False)


@app.command()
def demo() -> None:
    """Show a whole profile download in one go, in a lab of its own (./lab-demo, or --lab DIR).

    Runs the commands that a user has and shows them; ends with 0 only if every check held. KEEP=1 leaves the server
    running and says where its console is.
    """
    from lab.demo import run_demo
    from lab.errors import ExitCode

    keep = os.environ.get("KEEP", "") not in ("", "0")
    if not run_demo(state.lab_path or Path("lab-demo"), keep):
        raise typer.Exit(ExitCode.CHECK_FAILED)
