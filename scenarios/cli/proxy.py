"""Record, decode and disturb what an LPA says to its card or server."""

import contextlib
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lab.cli.card_serve import Stdio, Tcp, Vpcd, Where, speaker, transport
from lab.cli.output import Json
from lab.cli.state import state

if TYPE_CHECKING:
    from lab.trace import Recorder
    from scenarios.proxy.skeleton import Story

app = typer.Typer(add_completion=False)
PANEL = "Conformance"

Faults = Annotated[
    list[str] | None,
    typer.Option("--fault", metavar="FAULT", help='As docs/scenarios.md has them: "StatusWord(0x6985, at=3)".'),
]
Scenario = Annotated[
    Path | None, typer.Option("--scenario", metavar="FILE.py", help="Write a scenario from what was seen.")
]
NoTrace = Annotated[bool, typer.Option("--no-trace", help="Write no trace.")]
Reveal = Annotated[
    str, typer.Option("--reveal", metavar="keys,upp,codes", help="Secrets that the trace may show in the clear.")
]


@app.callback()
def proxy() -> None:
    """In the middle: record and decode a real LPA with a real card or server, until SIGTERM or Ctrl-C.

    The trace is LAB/traces/DATE-proxy.jsonl (rsplab trace show last).
    """


@app.command()
def apdu(
    card: Annotated[str, typer.Argument(metavar="CARD", help="As rsplab lpa --card: NAME, pcsc:INDEX, tcp:PORT.")],
    where: Where = None,
    vpcd: Vpcd = False,
    tcp: Tcp = None,
    stdio: Stdio = False,
    fault: Faults = None,
    record: Annotated[
        Path | None, typer.Option("--record", metavar="FILE", help="Write the card's APDUs, for rsplab card replay.")
    ] = None,
    scenario: Scenario = None,
    protocol: Annotated[
        str | None, typer.Option("--protocol", metavar="T=0|T=1", help="Of a card in a reader.")
    ] = None,
    timeout_s: Annotated[float, typer.Option("--timeout", metavar="S", min=0.1, help="For one command.")] = 30.0,
    no_trace: NoTrace = False,
    reveal: Reveal = "",
    as_json: Json = False,
) -> None:
    """Show a card to a foreign LPA in a virtual reader; every APDU goes to the card and back."""
    from euicc_sim.io.slot import Slot
    from lab.agent import card_link
    from lab.card_service import http_poster, serve
    from lab.errors import LabError
    from lab.links import LinkOptions
    from scenarios.proxy.card import CardProxy
    from scenarios.proxy.card_story import card_stories
    from scenarios.proxy.fault_words import LINK_FAULTS, parse_faults

    chosen = transport(where, vpcd, tcp, stdio)
    if protocol not in (None, "T=0", "T=1"):
        raise LabError(f"--protocol {protocol!r} is unknown", "cards in readers speak T=0 or T=1")
    faults = parse_faults(fault or (), LINK_FAULTS)
    lab = state.lab()
    with (
        _trace(no_trace, reveal) as trace,
        card_link(lab, card, trace, LinkOptions(protocol, timeout_s, record)) as link,
        http_poster(lab, trace) if stdio else contextlib.nullcontext() as post,
    ):
        link.connect()
        middle = CardProxy(link, trace, faults)
        try:
            slot = Slot(middle)
            serve(slot, chosen, speaker(f"Card {card}", slot.atr, as_json), post)
        finally:
            middle.power_off()
            link.disconnect()
            _write(scenario, card_stories(middle.events, faults), f"rsplab proxy apdu {card}")


@app.command()
def es9(
    url: Annotated[str, typer.Argument(metavar="URL", help="The server: https://HOST[:PORT].")],
    port: Annotated[int, typer.Option("--port", metavar="PORT", min=0, max=65535, help="Where to listen; 0: any.")],
    bind: Annotated[str, typer.Option("--bind", metavar="ADDRESS", help="On which address to listen.")] = "127.0.0.1",
    no_tls: Annotated[bool, typer.Option("--no-tls", help="Plain HTTP on both sides; the URL is http://.")] = False,
    fault: Faults = None,
    scenario: Scenario = None,
    no_trace: NoTrace = False,
    reveal: Reveal = "",
    as_json: Json = False,
) -> None:
    """Stand before an SM-DP+ or SM-DS, with a certificate of the lab's CI for its name; bodies pass octet for octet."""
    from lab.agent import tls_trust
    from lab.card_service import stop_on_signals
    from scenarios.proxy.fault_words import HTTP_FAULTS, parse_faults
    from scenarios.proxy.listening import listening, server_url
    from scenarios.proxy.server import ServerProxy
    from scenarios.proxy.server_story import server_stories

    base = server_url(url, no_tls)
    faults = parse_faults(fault or (), HTTP_FAULTS)
    lab = state.lab()
    with _trace(no_trace, reveal) as trace, stop_on_signals() as stop:
        middle = ServerProxy(base, tls_trust(lab, no_tls), trace, faults)
        with listening(lab, base, middle, bind, port) as (bound, names):
            _say(as_json, base, bind, bound, names)
            while not stop.wait(60.0):
                pass
        _write(scenario, server_stories(middle.exchanges, faults), f"rsplab proxy es9 {base}")


@contextlib.contextmanager
def _trace(no_trace: bool, reveal: str) -> "Iterator[Recorder]":
    from lab.redaction import parse_reveal
    from lab.tracing import open_trace

    with open_trace(state.lab(), "lpa", not no_trace, parse_reveal(reveal), file="proxy") as trace:
        yield trace


def _say(as_json: bool, url: str, host: str, port: int, names: Sequence[str]) -> None:
    words = f"{url} is also at {host}:{port}, as {', '.join(names)}"
    ready = {"event": "listening", "host": host, "port": port, "names": list(names), "url": url}
    sys.stdout.write((json.dumps(ready) if as_json else words) + "\n")
    sys.stdout.flush()


def _write(path: Path | None, stories: "Sequence[Story]", source: str) -> None:
    from scenarios.proxy.skeleton import write

    if path is None:
        return
    if stories:
        write(path, stories, source)
        sys.stderr.write(f"{path} holds what was seen as a scenario: rsplab run {path}\n")
    else:
        sys.stderr.write(f"nothing was seen that {path} could hold; it was not written\n")
