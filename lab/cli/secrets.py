"""`rsplab secrets`."""

from pathlib import Path
from typing import Annotated

import typer

from lab.cli.output import Json, messages, print_json
from lab.cli.state import state

app = typer.Typer(add_completion=False, help="The master key, and what lies sealed under it.", no_args_is_help=True)


@app.command()
def rotate(as_json: Json = False) -> None:
    """Seal everything under a new master key and forget the old one. No server may run meanwhile."""
    from lab.resealing import rotate as make_new
    from lab.secrets import refuse_environment

    refuse_environment()
    _tell(make_new(state.lab()), as_json)


@app.command()
def reseal(as_json: Json = False) -> None:
    """Seal everything under the first key of RSPLAB_MASTER_KEY (or of the file) that isn't yet."""
    from lab.resealing import reseal as run

    lab = state.lab()
    _tell(run(lab, lab.keyring), as_json)


@app.command(name="export-keys")
def export_keys(directory: Annotated[Path, typer.Argument(metavar="DIR", help="A new directory.")]) -> None:
    """Write the lab's PKI with its private keys in the clear, in SGP.26's layout, for other programs."""
    from lab.errors import LabError
    from lab.pki import load_pki

    if directory.exists():
        raise LabError(f"{directory} exists", "name a new directory")
    load_pki(state.lab()).save(directory)
    messages().print(f"PKI with its private keys, readable by whoever reads {directory}.")


def _tell(counts: dict[str, int], as_json: bool) -> None:
    if as_json:
        print_json(counts)
        return
    words = ", ".join(f"{number} {what.replace('_', ' ')}" for what, number in counts.items())
    messages().print(f"Sealed again: {words}.")
