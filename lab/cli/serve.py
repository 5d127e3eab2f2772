"""`rsplab serve`."""

import contextlib
import json
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from lab.cli.output import Json
from lab.cli.state import state

if TYPE_CHECKING:
    from lab.directory import Bound, RunningServer
    from lab.settings import Settings

app = typer.Typer(add_completion=False)

_NAMES = {"es9+": "SM-DP+", "es2+": "SM-DP+ ES2+", "es11": "SM-DS", "es12": "SM-DS ES12"}


@app.command()
def serve(
    port: Annotated[int | None, typer.Option("--port", min=0, max=65535, help="ES9+; 0: any free port.")] = None,
    host: Annotated[str | None, typer.Option("--host", help="The interface to bind.")] = None,
    no_tls: Annotated[bool, typer.Option("--no-tls", help="ES9+ in plain HTTP: nobody is verified.")] = False,
    es2_port: Annotated[
        int | None, typer.Option("--es2-port", min=0, max=65535, help="ES2+ for operators, too: mutual TLS.")
    ] = None,
    smds_port: Annotated[
        int | None, typer.Option("--smds-port", min=0, max=65535, help="An SM-DS for LPAs, too (ES11).")
    ] = None,
    es12_port: Annotated[
        int | None, typer.Option("--es12-port", min=0, max=65535, help="The SM-DS for SM-DP+ (ES12): mutual TLS.")
    ] = None,
    api_port: Annotated[
        int | None, typer.Option("--api-port", min=0, max=65535, help="The management API; 0: any free port.")
    ] = None,
    api_host: Annotated[str | None, typer.Option("--api-host", help="Its interface; TLS beyond loopback.")] = None,
    api_anonymous: Annotated[
        str | None,
        typer.Option("--api-anonymous", metavar="ROLE", help="What callers on loopback may do without a key."),
    ] = None,
    no_api: Annotated[bool, typer.Option("--no-api", help="No management API.")] = False,
    no_trace: Annotated[bool, typer.Option("--no-trace", help="Write no trace.")] = False,
    reveal: Annotated[
        str, typer.Option("--reveal", metavar="keys,upp,codes", help="Secrets that the trace may show.")
    ] = "",
    workers: Annotated[
        int, typer.Option("--workers", min=1, max=64, help="Processes that share the port and the database.")
    ] = 1,
    database_url: Annotated[
        str, typer.Option("--database-url", metavar="URL", help="Instead of lab.toml's; RSPLAB_DATABASE_URL does, too.")
    ] = "",
    zoo: Annotated[
        int | None,
        typer.Option("--zoo", metavar="PORT", min=0, max=65535, help="Broken TLS certificates, too: DEFECT.zoo.HOST."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Run the SM-DP+ and the management API until SIGTERM or Ctrl-C, with the other listeners of lab.toml.

    Says where it listens as soon as it does: one line each, or with --json one JSON object on one line.
    """
    from lab.listeners import Interface, Listener
    from lab.redaction import parse_reveal
    from lab.server import serve_forever
    from lab.sockets import noted, open_sockets
    from lab.tracing import open_trace

    lab = state.lab(database_url)
    settings = lab.settings
    bind = host or settings.host
    listeners = [Listener(Interface.ES9P, settings.port if port is None else port, bind, tls=not no_tls)]
    for interface, number in ((Interface.ES2P, es2_port), (Interface.ES11, smds_port), (Interface.ES12, es12_port)):
        if number is not None:
            listeners.append(Listener(interface, number, bind))
    listeners.extend(settings.listeners)

    api = None
    if not no_api:
        from lab.api.serving import settings_of

        api = settings_of(lab, port=api_port, host=api_host, anonymous=api_anonymous, free_port=listeners[0].port == 0)
        api = api if api.enabled else None
    classes = parse_reveal(reveal)
    with contextlib.ExitStack() as stack:
        sockets = stack.enter_context(open_sockets(lab, listeners, api))

        def ready() -> None:
            stack.enter_context(noted(lab, sockets.server))
            told = _json(settings, sockets.server) if as_json else _text(settings, sockets.server)
            if zoo is not None:
                from lab.zoo import open_zoo, zoo_names

                at, names = stack.enter_context(open_zoo(lab, zoo)), list(zoo_names(settings.address))
                if as_json:
                    told = json.dumps(json.loads(told) | {"zoo": {"port": at, "names": names}}) + "\n"
                else:
                    told += f"Zoo of TLS certificates on port {at}: {', '.join(names)}\n"
            sys.stdout.write(told)
            sys.stdout.flush()

        if workers > 1:
            from lab.workers import Supervisor

            Supervisor(lab, sockets, not no_trace, classes).run(workers, ready)
        else:
            trace = stack.enter_context(open_trace(lab, "smdp", not no_trace, classes))
            serve_forever(lab, trace, sockets, ready)


def _address(settings: "Settings", bound: "Bound") -> str:
    return f"{bound.name}:{bound.port}" if bound.name else settings.public_address(bound.port)


def _text(settings: "Settings", server: "RunningServer") -> str:
    lines = []
    for bound in server.listeners:
        scheme, label = ("https", "") if bound.tls else ("http", " (PLAIN HTTP: nobody is verified)")
        address = _address(settings, bound)
        lines.append(f"{_NAMES[bound.interface]} {address} listens on {scheme}://{bound.host}:{bound.port}{label}\n")
    if server.api is not None:
        scheme = "https" if server.api.tls else "http"
        address = f"{scheme}://{server.api.target}"
        lines.append(f"Management API listens on {address}/api/v1/esim, the console on {address}/\n")
    return "".join(lines)


def _json(settings: "Settings", server: "RunningServer") -> str:
    listeners = [
        {
            "interface": bound.interface,
            "address": _address(settings, bound),
            "host": bound.host,
            "port": bound.port,
            "tls": bound.tls,
        }
        for bound in server.listeners
    ]
    main = listeners[0]
    url = f"{'https' if main['tls'] else 'http'}://{main['address']}"
    told = {**main, "url": url, "listeners": listeners}
    if server.api is not None:
        scheme = "https" if server.api.tls else "http"
        told["api"] = f"{scheme}://{server.api.target}"
    return json.dumps(told) + "\n"
