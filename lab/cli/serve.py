"""`rsplab serve`."""

import sys
from typing import Annotated

import typer

from lab.cli.output import Json
from lab.cli.state import state

app = typer.Typer()


@app.command()
def serve(
    port: Annotated[int | None, typer.Option("--port", min=0, max=65535, help="0: any free port.")] = None,
    host: Annotated[str | None, typer.Option("--host", help="The interface to bind.")] = None,
    no_tls: Annotated[
        bool, typer.Option("--no-tls", help="Plain HTTP: nobody is verified, nothing is secret.")
    ] = False,
    no_trace: Annotated[bool, typer.Option("--no-trace", help="Write no trace.")] = False,
    reveal: Annotated[
        str, typer.Option("--reveal", metavar="keys,upp,codes", help="Secrets that the trace may show.")
    ] = "",
    as_json: Json = False,
) -> None:
    """Run the SM-DP+ until SIGTERM or Ctrl-C.

    Says where it listens as soon as it does: one line, or with --json one JSON object on one line.
    """
    from lab.redaction import parse_reveal
    from lab.server import serve_forever
    from lab.tracing import open_trace

    lab = state.lab()
    settings = lab.settings
    bind = host or settings.host

    def ready(actual: int) -> None:
        scheme = "http" if no_tls else "https"
        address = settings.public_address(actual)
        if as_json:
            import json

            line = {"address": address, "host": bind, "port": actual, "tls": not no_tls, "url": f"{scheme}://{address}"}
            sys.stdout.write(json.dumps(line) + "\n")
        else:
            label = " (PLAIN HTTP: nobody is verified)" if no_tls else ""
            sys.stdout.write(f"SM-DP+ {address} listens on {scheme}://{bind}:{actual}{label}\n")
        sys.stdout.flush()

    with open_trace(lab, "smdp", not no_trace, parse_reveal(reveal)) as trace:
        serve_forever(lab, trace, bind, settings.port if port is None else port, not no_tls, ready)
