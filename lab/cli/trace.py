"""`rsplab trace`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from lab.cli.output import Json, console, print_json
from lab.cli.state import state

app = typer.Typer(
    add_completion=False, help="Show what happened, APDU by APDU and message by message.", no_args_is_help=True
)


@app.callback()
def trace() -> None:
    """Show what happened, APDU by APDU and message by message."""


@app.command()
def show(
    file: Annotated[
        str, typer.Argument(metavar="FILE|last", help="A trace file, or the last session in this lab, both sides.")
    ],
    session: Annotated[str, typer.Option("--session", help="Only this transactionId.")] = "",
    kind: Annotated[list[str] | None, typer.Option("--kind", help="Only http, apdu, verdict, state, ...")] = None,
    decoded: Annotated[bool, typer.Option("--decoded", "-d", help="Show every PDU decoded.")] = False,
    as_json: Json = False,
) -> None:
    """Show a trace: one line an event, or (--decoded) every field of every PDU."""
    events = [
        event
        for event in _events(file)
        if (not session or event["session"] == session.upper()) and (not kind or event["kind"] in kind)
    ]
    if as_json:
        print_json(events)
        return
    from lab.trace_view import decoded_lines, headline

    out = console()
    for event in events:
        out.print(headline(event), soft_wrap=True)
        if decoded:
            for line in decoded_lines(event):
                out.print(f"        {line}", soft_wrap=True)


def _events(file: str) -> list[dict[str, Any]]:
    from lab.errors import LabError
    from lab.trace import last_session, read_trace

    if file != "last":
        path = Path(file)
        if not path.is_file():
            raise LabError(f"there is no trace {file}", "traces lie in the lab's traces/ directory")
        return list(read_trace(path))
    events = last_session(state.lab().traces_path)
    if not events:
        raise LabError("this lab has no trace yet", "run rsplab serve or rsplab lpa first")
    return events
