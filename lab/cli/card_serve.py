"""`rsplab card serve|run|replay`: a simulated or a recorded card behind a virtual reader."""

import json
import sys
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lab.cli.output import Json
from lab.cli.state import state

if TYPE_CHECKING:
    from euicc_sim.io.slot import Slot
    from euicc_sim.io.stdio import Post
    from lab.card_service import Transport

app = typer.Typer(add_completion=False)

Name = Annotated[str, typer.Argument(help="The card's name.")]
Where = Annotated[str | None, typer.Argument(metavar="[HOST:PORT]", help="Where vpcd is, if not on localhost:35963.")]
Vpcd = Annotated[bool, typer.Option("--vpcd", help="Plug it into pcscd's virtual reader; any PC/SC program sees it.")]
Tcp = Annotated[
    int | None, typer.Option("--tcp", metavar="PORT", min=0, max=65535, help="APDUs on a loopback port; 0: any free.")
]
Stdio = Annotated[bool, typer.Option("--stdio", help="Newline JSON on stdin and stdout, as lpac speaks it.")]
NoTrace = Annotated[bool, typer.Option("--no-trace", help="Write no trace.")]


@app.command()
def serve(
    name: Name,
    where: Where = None,
    vpcd: Vpcd = False,
    tcp: Tcp = None,
    stdio: Stdio = False,
    no_trace: NoTrace = False,
    as_json: Json = False,
) -> None:
    """Put a card into a virtual reader, until SIGTERM or Ctrl-C.

    Says when it can be used: one line, or with --json one JSON object on one line.
    """
    from euicc_sim.io.slot import Slot
    from lab.card_service import http_poster
    from lab.cards import open_card
    from lab.tracing import open_trace

    chosen = transport(where, vpcd, tcp, stdio)
    lab = state.lab()
    with (
        open_trace(lab, "card", not no_trace) as trace,
        open_card(lab, name, trace) as card,
        http_poster(lab, trace) if stdio else nullcontext() as post,
    ):
        slot = Slot(card, card.settings.options.answer_delay_ms / 1000)
        _serve(slot, chosen, f"Card {name}", as_json, post)


@app.command()
def run(
    name: Name,
    command: Annotated[list[str], typer.Argument(metavar="-- COMMAND...", help="For example: -- lpac chip info")],
    no_trace: NoTrace = False,
) -> None:
    """Run an LPA that speaks newline JSON (lpac) with this card, and with HTTPS to the lab; ends with its exit code."""
    from euicc_sim.io.slot import Slot
    from lab.card_service import http_poster, run_program
    from lab.cards import open_card
    from lab.tracing import open_trace

    lab = state.lab()
    with (
        open_trace(lab, "card", not no_trace) as trace,
        open_card(lab, name, trace) as card,
        http_poster(lab, trace) as post,
    ):
        slot = Slot(card, card.settings.options.answer_delay_ms / 1000)
        code = run_program(slot, command, post, sys.stdout)
    raise typer.Exit(code)


@app.command()
def replay(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An APDU log of `rsplab lpa --record`.")],
    where: Where = None,
    vpcd: Vpcd = False,
    tcp: Tcp = None,
    stdio: Stdio = False,
    strict: Annotated[bool, typer.Option("--strict", help="Only in the order of the recording.")] = False,
    as_json: Json = False,
) -> None:
    """Put a recorded card into a virtual reader; ends with 5 if it was asked what the recording doesn't know."""
    from euicc_sim.io.slot import Slot
    from lab.errors import ExitCode
    from lab.replay import ReplayedCard, load_recording

    mismatches: list[str] = []

    def note(text: str) -> None:
        mismatches.append(text)
        sys.stderr.write(f"rsplab: {text}\n")

    chosen = transport(where, vpcd, tcp, stdio)
    card = ReplayedCard(load_recording(file), strict, note)
    _serve(Slot(card), chosen, f"The recording {file.name}", as_json, None)
    if mismatches:
        raise typer.Exit(ExitCode.CHECK_FAILED)


def transport(where: str | None, vpcd: bool, tcp: int | None, stdio: bool) -> "Transport":
    """Where the options say that the card is to be; LabError unless they name exactly one place."""
    from lab.card_service import Transport, parse_vpcd
    from lab.errors import LabError

    if [vpcd, tcp is not None, stdio].count(True) != 1:
        raise LabError("where should the card be?", "add one of --vpcd, --tcp PORT and --stdio")
    if where is not None and not vpcd:
        raise LabError(f"{where!r}: only --vpcd connects to an address", "leave it out")
    return Transport(parse_vpcd(where) if vpcd else None, tcp, stdio)


def _serve(slot: "Slot", chosen: "Transport", what: str, as_json: bool, post: "Post | None") -> None:
    from lab.card_service import serve as serve_slot

    serve_slot(slot, chosen, speaker(what, slot.atr, as_json), post)


def speaker(what: str, atr: bytes, as_json: bool) -> Callable[[str, str, int], None]:
    """Says on stdout that the card can be used, and on stderr that it waits."""
    words = {
        "plugged": "is in the virtual reader of vpcd at",
        "listening": "listens for APDUs on",
        "waiting": "waits (does pcscd run, and is the reader empty?) for vpcd at",
    }

    def say(event: str, host: str, port: int) -> None:
        if as_json:
            line = json.dumps({"event": event, "host": host, "port": port, "atr_hex": atr.hex().upper()})
        else:
            line = f"{what} {words[event]} {host}:{port}"
        out = sys.stdout if as_json or event != "waiting" else sys.stderr
        out.write(line + "\n")
        out.flush()

    return say
