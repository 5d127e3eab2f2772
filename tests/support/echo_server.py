"""An HTTP server on loopback that echoes or misbehaves, and both HTTP clients of the agent before it.

Validity is relative to the system clock, because that is the clock the TLS library looks at.
"""

import http.server
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from certs.authority import Credential
from certs.pki import Pki
from lpa.core.actions import HttpReply, TlsPeer
from lpa.http.asynchronous import AsyncioHttpClient
from lpa.http.blocking import BlockingHttpClient
from lpa.http.trust import TlsTrust

NOW = datetime.now(UTC)
HOST = "rsp.example.com"
HEADERS = {"Content-Type": "application/json"}


@cache
def new_pki() -> Pki:
    """A PKI for HOST that is valid since yesterday."""
    return Pki.generate([HOST], not_before=NOW - timedelta(days=1), curves=["NIST"])


class Handler(http.server.BaseHTTPRequestHandler):
    """Echoes; the path chooses the misbehaviour."""

    protocol_version = "HTTP/1.1"
    connections: set[int]
    paths: list[str]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.connections.add(self.client_address[1])
        self.paths.append(self.path)
        if self.path == "/stall":
            threading.Event().wait(2)
            return
        if self.path == "/hang-up":
            self.close_connection = True
            return
        self.send_response(302 if self.path == "/redirect" else 200)
        if self.path == "/redirect":
            self.send_header("Location", "https://elsewhere.example.com/")
        body = b"x" * 5000 if self.path == "/large" else body
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = self.path == "/then-close"

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serving(credential: Credential | None, tmp_path: Path, version: ssl.TLSVersion | None = None) -> Iterator[Any]:
    """An HTTP server; TLS with the credential, plain without. Yields it, with `port` and `connections`."""

    class Connections(Handler):
        connections: set[int] = set()
        paths: list[str] = []

    class Server(http.server.ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            pass

    server = Server(("127.0.0.1", 0), Connections)
    server.daemon_threads = True
    if credential:
        (tmp_path / "chain.pem").write_bytes(credential.chain_pem)
        (tmp_path / "key.pem").write_bytes(credential.key_pem)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tmp_path / "chain.pem", tmp_path / "key.pem")
        if version:
            context.maximum_version = version
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Client:
    """One of the two clients behind the same awaitable face."""

    def __init__(self, kind: str, trust: TlsTrust, **timeouts: float) -> None:
        make: Callable[..., Any] = BlockingHttpClient if kind == "blocking" else AsyncioHttpClient
        self._inner = make(trust, **timeouts)
        self._waits = kind == "asyncio"

    async def connect(self, url: str) -> TlsPeer | None:
        answer = self._inner.connect(url)
        return (await answer) if self._waits else answer

    async def post(self, url: str, body: bytes = b"{}") -> HttpReply:
        answer = self._inner.post(url, HEADERS, body)
        return (await answer) if self._waits else answer

    async def close(self) -> None:
        closed = self._inner.close()
        if self._waits:
            await closed


def trusting(pki: Pki, port: int, **more: Any) -> TlsTrust:
    """Trusts the PKI's CIs; the test host's names lead to the port on loopback."""
    names = {HOST: f"127.0.0.1:{port}", "other.example.com": f"127.0.0.1:{port}"}
    return TlsTrust([ci.certificate for ci in pki.cis], resolve=names, **more)
