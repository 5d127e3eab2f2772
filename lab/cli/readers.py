"""`rsplab readers`."""

import typer

from lab.cli.output import Json, print_json, print_table

app = typer.Typer(add_completion=False)


@app.command()
def readers(as_json: Json = False) -> None:
    """List the PC/SC readers and the cards in them."""
    from lab.readers import reader_views

    found = reader_views()
    if as_json:
        print_json(found)
    else:
        columns = {"card": "--card", "name": "Reader", "atr_hex": "ATR", "euicc": "eUICC"}
        print_table("Readers", found, columns, "none; see rsplab doctor")
