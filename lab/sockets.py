"""The sockets of the lab's servers, opened once and shared by all processes that serve."""

import contextlib
import os
import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from lab.database import ready_url
from lab.directory import Bound, Lab, RunningServer
from lab.listeners import Interface, Listener
from lab.listening import listen
from lab.readdressing import readdress
from lab.smds_addresses import smds_host
from smdp.store import open_store

if TYPE_CHECKING:
    from lab.managers.settings import ApiSettings


@dataclass(frozen=True, slots=True)
class OpenSockets:
    """What listens where."""

    pairs: tuple[tuple[Listener, socket.socket], ...]
    server: RunningServer
    api: "tuple[ApiSettings, socket.socket] | None" = None


@contextlib.contextmanager
def open_sockets(lab: Lab, listeners: Sequence[Listener], api: "ApiSettings | None" = None) -> Iterator[OpenSockets]:
    """Bind while the block runs; the first listener is the SM-DP+ on its own port. api: the management API, too.

    LabError if a port is taken, or if the database isn't as this version needs it.
    """
    url = ready_url(lab)
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(_bind(lab, listener)) for listener in listeners]
        server = RunningServer(os.getpid(), tuple(map(partial(_bound, lab), listeners, sockets)))
        opened = None
        if api is not None:
            from lab.api import serving

            opened = api, stack.enter_context(serving.bind(api))
            server = replace(server, api=serving.bound(*opened))
        with contextlib.closing(open_store(url)) as store:
            readdress(store, lab.settings.address, lab.settings.public_address(server.main.port))
        yield OpenSockets(tuple(zip(listeners, sockets, strict=True)), server, opened)


@contextlib.contextmanager
def noted(lab: Lab, server: RunningServer) -> Iterator[None]:
    """Agents of the lab find the server while the block runs."""
    _note_running(lab, server)
    try:
        yield
    finally:
        _forget_running(lab)


def _bind(lab: Lab, listener: Listener) -> socket.socket:
    return listen(listener.host or lab.settings.host, listener.port, "--port (0: any free one)")


def _bound(lab: Lab, listener: Listener, sock: socket.socket) -> Bound:
    host, port = sock.getsockname()[:2]
    name = smds_host(lab, listener.smds) if listener.interface in (Interface.ES11, Interface.ES12) else ""
    return Bound(listener.interface.value, host, port, listener.tls, name)


def _note_running(lab: Lab, server: RunningServer) -> None:
    temporary = lab.running_path.with_suffix(".new")
    temporary.write_text(server.to_json(), "utf-8")
    temporary.replace(lab.running_path)


def _forget_running(lab: Lab) -> None:
    server = lab.running_server()
    if server is not None and server.pid == os.getpid():
        lab.running_path.unlink(missing_ok=True)
