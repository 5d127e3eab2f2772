"""`rsplab init`."""

from typing import Annotated

import typer

from lab.cli.output import Json, messages, print_json
from lab.cli.state import state

app = typer.Typer(add_completion=False)


@app.command()
def init(
    pki: Annotated[
        str, typer.Option("--pki", metavar="generate|sgp26:DIR", help="A fresh test PKI, or SGP.26's from DIR.")
    ] = "generate",
    address: Annotated[
        str, typer.Option("--address", metavar="HOST[:PORT]", help="The SM-DP+ address in activation codes.")
    ] = "localhost",
    force: Annotated[bool, typer.Option("--force", help="Overwrite the lab that is there.")] = False,
    as_json: Json = False,
) -> None:
    """Make a lab: settings, PKI, database.

    The lab resolves its own address to this machine, so that any name works without DNS.
    """
    from lab.creation import create_lab

    lab = create_lab(state.lab_path, pki_source=pki, address=address, force=force)
    if as_json:
        print_json({"lab": str(lab.path), "address": lab.settings.public_address(), "pki": lab.settings.pki_source})
        return
    messages().print(f"Lab in {lab.path}: SM-DP+ {lab.settings.public_address()}, PKI {lab.settings.pki_source}.")
