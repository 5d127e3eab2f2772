"""`rsplab outbox`."""

from collections.abc import Callable
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lab.cli.output import Json, messages, print_json, print_table
from lab.cli.state import state

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smdp.core.messages import Message
    from smdp.core.outbox import Outbox

app = typer.Typer(add_completion=False, help="What operators and SM-DSs have still to be told.", no_args_is_help=True)

Numbers = Annotated[list[int] | None, typer.Argument(metavar="NUMBER...", help="As `rsplab outbox list` shows them.")]
All = Annotated[bool, typer.Option("--all", help="Every message.")]

_COLUMNS = {
    "number": "Number",
    "function": "Function",
    "subject": "About",
    "destination": "To",
    "state": "State",
    "attempts": "Attempts",
    "due_at": "Next attempt",
    "error": "Last failure",
}


@app.command(name="list")
def show(
    dead: Annotated[bool, typer.Option("--dead", help="Only those that were given up.")] = False,
    as_json: Json = False,
) -> None:
    """List the messages that wait or were given up, oldest first."""
    with _outbox() as outbox:
        found = [_view(one) for one in outbox.messages() if one.state == "Dead" or not dead]
    if as_json:
        print_json(found)
    else:
        print_table("Outbox", found, _COLUMNS, "empty")


@app.command()
def retry(numbers: Numbers = None, everything: All = False, as_json: Json = False) -> None:
    """Let messages be sent again at once, those that were given up, too, with all their attempts before them.

    A running `rsplab serve` sends them.
    """
    from smdp.web.outgoing import revive

    _change(numbers, everything, revive, "sent again", as_json)


@app.command()
def drop(numbers: Numbers = None, everything: All = False, as_json: Json = False) -> None:
    """Forget messages: the operator or SM-DS is never told."""
    from dataclasses import replace

    from smdp.core.messages import MessageState

    _change(
        numbers, everything, lambda outbox, one: outbox.save(replace(one, state=MessageState.DONE)), "dropped", as_json
    )


def _change(
    numbers: list[int] | None,
    everything: bool,
    change: "Callable[[Outbox, Message], Message]",
    what: str,
    as_json: bool,
) -> None:
    from lab.errors import ExitCode, LabError
    from smdp.core.ports import Conflict

    if bool(numbers) == everything:
        raise LabError("which messages?", "give their numbers, or --all")
    with _outbox() as outbox:
        known = {one.sequence: one for one in outbox.messages()}
        missing = [number for number in numbers or () if number not in known]
        if missing:
            raise LabError(f"there is no message {missing[0]}", "see rsplab outbox list; it may have been delivered")
        chosen = [known[number] for number in numbers or known]
        try:
            for one in chosen:
                change(outbox, one)
        except Conflict as error:
            raise LabError(f"message {one.sequence}: {error}", "see rsplab outbox list", ExitCode.REFUSED) from None
    if as_json:
        print_json([_view(one) for one in chosen])
    else:
        messages().print(f"{len(chosen)} {what}.")


@contextmanager
def _outbox() -> "Iterator[Outbox]":
    from lab.database import ready_url
    from smdp.store import open_store
    from smdp.store.outbox import SqlOutbox

    store = open_store(ready_url(state.lab()))
    try:
        yield SqlOutbox(store)
    finally:
        store.close()


def _view(message: "Message") -> dict[str, Any]:
    from smdp.core.messages import MessageState

    waits = message.state is MessageState.WAITING
    return {
        "number": message.sequence,
        "function": message.function.value,
        "subject": message.subject,
        "destination": message.destination,
        "state": message.state.value,
        "attempts": message.attempts,
        "created_at": message.created_at.isoformat(timespec="seconds"),
        "due_at": message.due_at.isoformat(timespec="seconds") if waits and message.due_at.year > 1970 else None,
        "error": message.error,
        "body": message.body.decode("utf-8", "replace"),
    }
