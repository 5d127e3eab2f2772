"""`rsplab trace`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from lab.cli.output import Json, console, print_json
from lab.cli.state import state

app = typer.Typer(
    add_completion=False, help="Show, compare and export what happened, APDU by APDU.", no_args_is_help=True
)


@app.callback()
def trace() -> None:
    """Show, compare and export what happened, APDU by APDU and message by message."""


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


@app.command()
def diff(
    left: Annotated[str, typer.Argument(metavar="FILE", help="A trace file.")],
    right: Annotated[str, typer.Argument(metavar="FILE|last", help="Another one.")],
    as_json: Json = False,
) -> None:
    """Point at the first event and field in which two traces differ; times, sessions and durations aside.

    Ends with 0 if there is none, 5 if there is one.
    """
    from lab.errors import ExitCode
    from lab.trace_diff import first_difference

    found = first_difference(_events(left), _events(right))
    if as_json:
        print_json(None if found is None else found.as_dict())
    elif found is None:
        console().print("the traces tell the same")
    else:
        for line in found.lines():
            console().print(line, soft_wrap=True)
    if found is not None:
        raise typer.Exit(ExitCode.CHECK_FAILED)


@app.command()
def export(
    file: Annotated[str, typer.Argument(metavar="FILE|last", help="A trace file, or the last run in this lab.")],
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="A page for people.")] = None,
    har: Annotated[Path | None, typer.Option("--har", metavar="FILE", help="HTTP, for developer tools.")] = None,
    pcap: Annotated[Path | None, typer.Option("--pcap", metavar="FILE", help="APDUs (GSMTAP), for Wireshark.")] = None,
    identifiers: Annotated[
        bool, typer.Option("--identifiers", help="Show every EID, ICCID and IMSI, of which else the end is left.")
    ] = False,
) -> None:
    """Write a trace in other formats, without anybody's EID, ICCID or IMSI unless told otherwise."""
    from lab.console.masking import mask
    from lab.errors import LabError

    if html is har is pcap is None:
        raise LabError("nothing to export", "name at least one of --html, --har, --pcap")
    if pcap is not None and not identifiers:
        raise LabError("APDUs can't be masked and stay APDUs", "add --identifiers, and mind who gets the file")
    events = _events(file) if identifiers else mask(_events(file))
    if html is not None:
        from lab.trace_html import to_html

        html.write_text(to_html(events, f"rsplab trace {file}", with_octets=identifiers), "utf-8")
    if har is not None:
        from lab.trace_har import to_har

        har.write_text(to_har(events), "utf-8")
    if pcap is not None:
        from lab.trace_pcap import to_pcap

        pcap.write_bytes(to_pcap(events))


def _events(file: str) -> list[dict[str, Any]]:
    from lab.errors import LabError
    from lab.trace import last_session, read_trace

    if file != "last":
        path = Path(file)
        if not path.is_file():
            raise LabError(f"there is no trace {file}", "traces lie in the lab's traces/ directory")
        try:
            events = list(read_trace(path))
        except UnicodeDecodeError:
            events = []
        if not events or not all("kind" in event for event in events):
            raise LabError(f"{file} is no trace", "a trace has one JSON object a line, see docs/trace.md")
        return events
    events = last_session(state.lab().traces_path)
    if not events:
        raise LabError("this lab has no trace yet", "run rsplab serve or rsplab lpa first")
    return events
