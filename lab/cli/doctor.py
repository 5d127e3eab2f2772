"""`rsplab doctor`."""

from dataclasses import asdict

import typer

from lab.cli.output import Json, print_json, print_table

app = typer.Typer(add_completion=False)


@app.command()
def doctor(as_json: Json = False) -> None:
    """Check what this machine needs for cards in readers; ends with 5 if something needed is missing."""
    from lab.doctor import examine
    from lab.errors import ExitCode

    checks = list(examine())
    if as_json:
        print_json([asdict(check) for check in checks])
    else:
        words = {True: "ok", False: "MISSING", None: "optional"}
        rows = [asdict(check) | {"ok": words[check.ok]} for check in checks]
        print_table("Readers and cards", rows, {"ok": "", "name": "Check", "found": "Found", "hint": "What to do"})
    if any(check.ok is False for check in checks):
        raise typer.Exit(ExitCode.CHECK_FAILED)
