"""`rsplab probe`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lab.cli.output import Json, print_fields, print_json
from lab.cli.state import state

if TYPE_CHECKING:
    from lab.directory import Lab

app = typer.Typer(add_completion=False)


@app.command()
def probe(
    card: Annotated[
        str | None,
        typer.Argument(
            metavar="[NAME|pcsc:INDEX|pcsc:NAME|tcp:PORT]", help="Which card (default: the only one in a reader)."
        ),
    ] = None,
    record: Annotated[Path | None, typer.Option("--record", metavar="FILE", help="Write every APDU to a log.")] = None,
    as_json: Json = False,
) -> None:
    """Find out what sort of card this is: ATR, ISD-R, EUICCInfo2, CIs, memory, and which presets behave like it."""
    from lab.probing import ci_names, probe_card
    from lab.readers import only_card

    card = card or only_card()
    lab = _lab()
    view = probe_card(lab, card, record).view(ci_names(lab))
    if as_json:
        print_json(view)
    else:
        print_fields(f"Card {card}", view)


def _lab() -> "Lab | None":
    """The lab, if there is one: only its own cards need it."""
    from lab.errors import LabError

    try:
        return state.lab()
    except LabError:
        if state.lab_path is not None:
            raise
        return None
