"""`rsplab audit`: the audit log of the management."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lab.cli.output import Json, messages, print_json, print_table
from lab.cli.state import state

if TYPE_CHECKING:
    from lab.store.records import AuditEntry

app = typer.Typer(add_completion=False, help="Read and verify the audit log of the management.", no_args_is_help=True)

COLUMNS = {
    "number": "No",
    "at": "Time",
    "actor": "Who",
    "source": "From",
    "action": "What",
    "resource": "Of",
    "outcome": "Outcome",
}


@app.command("list")
def list_entries(
    last: Annotated[int, typer.Option("--last", metavar="N", min=1, help="Only the last N lines.")] = 50,
    as_json: Json = False,
) -> None:
    """List the last lines."""
    views = [_view(entry) for entry in _entries()[-last:]]
    if as_json:
        print_json(views)
    else:
        print_table("Audit log", views, COLUMNS)


@app.command()
def verify(
    head: Annotated[
        str | None,
        typer.Option("--head", metavar="HASH", help="A hash noted earlier: it must still be in the chain."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Check that no line was changed or taken out; prints the last line's hash, to be kept elsewhere.

    The chain alone can't show that lines at its end are missing: --head can.
    """
    from lab.errors import ExitCode, LabError
    from lab.store.audit import GENESIS, broken_at

    entries = _entries()
    broken = broken_at(entries)
    if broken is not None:
        raise LabError(f"the audit log is broken at line {broken}", "compare it with a backup", ExitCode.CHECK_FAILED)
    hashes = {GENESIS, *(entry.hash for entry in entries)}
    if head is not None and head not in hashes:
        raise LabError(
            f"no line of the audit log has the hash {head}", "lines at its end are missing", ExitCode.CHECK_FAILED
        )
    found = {"lines": len(entries), "head": entries[-1].hash if entries else GENESIS}
    if as_json:
        print_json(found)
    else:
        messages().print(f"{found['lines']} lines, every one follows from the one before; the last one's hash is")
        typer.echo(found["head"])


def _entries() -> "list[AuditEntry]":
    from lab.database import ready_url
    from lab.store import open_ledger
    from lab.store.records import AuditEntry

    lab = state.lab()
    ledger = open_ledger(ready_url(lab), lab.clock)
    with ledger.reading() as reading:
        found = reading.find(AuditEntry)
    ledger.close()
    return found


def _view(entry: "AuditEntry") -> dict[str, Any]:
    return asdict(entry) | {"at": entry.at.isoformat(timespec="seconds").replace("+00:00", "Z")}
