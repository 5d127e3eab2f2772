"""A card behind a virtual reader: in vpcd, on a TCP port, or on the pipes of an LPA that speaks newline JSON."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TextIO

from euicc_sim.io.messages import Stop
from euicc_sim.io.slot import Slot
from euicc_sim.io.stdio import Post, serve_stdio
from euicc_sim.io.tcp import serve_tcp
from euicc_sim.io.vpcd import HOST, PORT, serve_vpcd
from lab.agent import tls_trust
from lab.directory import Lab
from lab.errors import LabError, Unreachable
from lab.trace import Recorder
from lpa.core.errors import TransportError
from lpa.http.blocking import BlockingHttpClient

MAX_LINE_OCTETS = 1 << 24


@dataclass(frozen=True, slots=True)
class Transport:
    """Where the card is to be: exactly one of them."""

    vpcd: tuple[str, int] | None = None
    tcp: int | None = None
    stdio: bool = False


def parse_vpcd(text: str | None) -> tuple[str, int]:
    """`HOST:PORT`, `HOST` or nothing for vpcd's first reader on this machine."""
    host, _, port = (text or HOST).partition(":")
    if not host or (port and not (port.isdigit() and 0 < int(port) < 65536)):
        raise LabError(f"{text!r} is not HOST:PORT", f"vpcd usually listens on {HOST}:{PORT}")
    return host, int(port) if port else PORT


def serve(slot: Slot, transport: Transport, say: Callable[[str, str, int], None], post: Post | None) -> None:
    """Serve until SIGTERM, SIGINT or, on stdio, the end of the input.

    say: is told of "plugged" or "waiting" (vpcd) or "listening" (TCP), with host and port.
    """
    with stop_on_signals() as stop:
        if transport.vpcd is not None:
            host, port = transport.vpcd
            serve_vpcd(slot, stop, host, port, lambda: say("plugged", host, port), lambda: say("waiting", host, port))
        elif transport.tcp is not None:
            try:
                serve_tcp(slot, stop, transport.tcp, lambda port: say("listening", "127.0.0.1", port))
            except OSError as error:
                raise Unreachable(
                    f"can't listen on port {transport.tcp}: {error.strerror or error}",
                    "choose another with --tcp (0: any free one)",
                ) from None
        else:
            with contextlib.suppress(BrokenPipeError):
                serve_stdio(slot, _lines(sys.stdin.fileno(), stop), sys.stdout, post, _to_stderr)


def run_program(slot: Slot, command: Sequence[str], post: Post, result: TextIO) -> int:
    """Run an LPA with the card and the HTTP client on its pipes; its results go to `result`. Returns its exit code."""
    environment = {**os.environ, "LPAC_APDU": "stdio", "LPAC_HTTP": "stdio"}
    try:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8", env=environment
        )
    except OSError as error:
        raise LabError(f"can't start {command[0]}: {error.strerror}", "is it installed, and on the PATH?") from None

    def hand_on(line: str) -> None:
        result.write(line + "\n")
        result.flush()

    assert process.stdin is not None
    assert process.stdout is not None
    try:
        with contextlib.suppress(BrokenPipeError):
            serve_stdio(slot, process.stdout, process.stdin, post, hand_on)
    finally:
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
        process.stdout.close()
        code = process.wait()
    return code


@contextlib.contextmanager
def http_poster(lab: Lab, trace: Recorder) -> Iterator[Post]:
    """An HTTP client that trusts the lab's CIs, for LPAs that leave HTTP to us; what goes wrong is said on stderr.

    Its messages are traced as those of an LPA, in the session of the card's.
    """
    client: BlockingHttpClient | None = None
    notes = trace.as_role("lpa")

    def post(url: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        nonlocal client
        same = {"function": url.rpartition("/")[2], "method": "POST", "url": url}
        notes.record("http", "", direction="request", **same, headers=dict(headers), body=body)
        started = time.monotonic()
        try:
            if client is None:
                client = BlockingHttpClient(tls_trust(lab))
            reply = client.post(url, headers, body)
        except TransportError as error:
            notes.record("note", "", message=f"{type(error).__name__}: {error}")
            _to_stderr(f"rsplab: {error}")
            _to_stderr(f"  -> {error.hint}")
            return 0, b""
        notes.record(
            "http",
            "",
            direction="response",
            **same,
            status=reply.status,
            headers=dict(reply.headers),
            body=reply.body,
            duration_ms=round((time.monotonic() - started) * 1000, 3),
        )
        return reply.status, reply.body

    try:
        with trace.scope():
            yield post
    finally:
        if client is not None:
            client.close()


@contextlib.contextmanager
def stop_on_signals() -> Iterator[Stop]:
    """A `Stop` that SIGTERM and SIGINT set."""
    stop = Stop()
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        stop.close()


def _lines(file: int, stop: Stop) -> Iterator[str]:
    """The lines of a pipe until it ends or `stop` is set."""
    pending = b""
    while not stop.before(file):
        octets = os.read(file, 1 << 16)
        if not octets or len(pending) > MAX_LINE_OCTETS:
            return
        *lines, pending = (pending + octets).split(b"\n")
        yield from (line.decode("utf-8", "replace") for line in lines)


def _to_stderr(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()
