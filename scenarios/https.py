"""Real TLS: a small HTTPS server for handlers of scenarios, and a client for foreign servers."""

import contextlib
import http.client
import socket
import ssl
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from certs.authority import Credential
from lpa.core.actions import HttpReply
from scenarios.model import Inconclusive
from scenarios.network import AnswerTooLate, ConnectionLost, Handler, HttpRequest

_VERSIONS = {
    "1.0": ssl.TLSVersion.TLSv1,
    "1.1": ssl.TLSVersion.TLSv1_1,
    "1.2": ssl.TLSVersion.TLSv1_2,
    "1.3": ssl.TLSVersion.TLSv1_3,
}
TIMEOUT_S = 10.0


class HttpsServer:
    """Serves handlers by host name under one certificate, or (None) over plain HTTP; close it.

    requests: how many came through; chain: certificates (DER) to send after the credential's own.
    """

    def __init__(
        self,
        credential: Credential | None,
        *,
        version: str = "1.3",
        ciphers: str = "",
        client_roots: Sequence[bytes] = (),
        chain: Sequence[bytes] = (),
        bind: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        self.requests = 0
        self._handlers: dict[str, Handler] = {}
        self._server = _Server((bind, port), _handler_class(self))
        if credential is not None:
            shown = replace(credential, chain=(*credential.chain, *chain))
            self._server.context = _server_context(shown, version, ciphers, client_roots)
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def add(self, host: str, handler: Handler) -> None:
        """Let `handler` answer for this host; for "" for any other."""
        self._handlers[host.partition(":")[0].lower()] = handler

    def answer(self, request: HttpRequest) -> HttpReply:
        """Called for each request."""
        self.requests += 1
        name = request.host.partition(":")[0].lower()
        handler = self._handlers.get(name) or self._handlers.get("")
        return HttpReply(404, {}, b"") if handler is None else handler(request)

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    context: ssl.SSLContext | None = None

    def finish_request(self, request: Any, client_address: Any) -> None:
        """The handshake happens in the connection's own thread; one that fails ends it quietly."""
        request.settimeout(TIMEOUT_S)
        if self.context is None:
            super().finish_request(request, client_address)
            return
        try:
            wrapped = self.context.wrap_socket(request, server_side=True)
        except (ssl.SSLError, OSError):
            return
        with contextlib.closing(wrapped):
            super().finish_request(wrapped, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no news."""


def _handler_class(server: HttpsServer) -> type[BaseHTTPRequestHandler]:
    class Exchange(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            shown = self.connection.getpeercert(True) or b"" if isinstance(self.connection, ssl.SSLSocket) else b""
            host = self.headers.get("Host", "")
            try:
                reply = server.answer(HttpRequest(host, self.path, dict(self.headers), body, shown))
            except (ConnectionLost, AnswerTooLate):
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            self.send_response_only(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            if reply.status != 204:
                self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body if reply.status != 204 else b"")

        def log_message(self, *_: object) -> None:
            """The trace tells."""

    return Exchange


def _server_context(
    credential: Credential, version: str, ciphers: str, client_roots: Sequence[bytes]
) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    highest = _VERSIONS[version]
    context.minimum_version = min(ssl.TLSVersion.TLSv1_2, highest)
    context.maximum_version = highest
    if version in ("1.0", "1.1"):
        context.set_ciphers("ALL:@SECLEVEL=0")
    if ciphers:
        context.set_ciphers(ciphers)
    _show(context, credential)
    if client_roots:
        context.verify_mode = ssl.CERT_OPTIONAL
        context.load_verify_locations(cadata=b"".join(client_roots))
    return context


def _show(context: ssl.SSLContext, credential: Credential) -> None:
    with tempfile.TemporaryDirectory(prefix="rsplab-") as directory:
        path = Path(directory, "chain-and-key.pem")
        path.touch(mode=0o600)
        path.write_bytes(credential.chain_pem + credential.key_pem)
        context.load_cert_chain(path)


class ConnectionEnded(Inconclusive):
    """The server ended the connection in the TLS handshake, or instead of an answer."""


class HttpsPost:
    """A `Handler` that asks a foreign server: verified against these CIs, showing the request's credential if any.

    connect: ADDRESS:PORT to dial, "" for the host's own. What can't be asked is inconclusive.
    """

    def __init__(self, host: str, port: int, roots: Sequence[bytes], connect: str = "") -> None:
        self._host, self._port, self._connect = host, port, connect
        self._roots = b"".join(roots)

    def _context(self, credential: Credential | None) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        context.load_verify_locations(cadata=self._roots)
        if credential is not None:
            _show(context, credential)
        return context

    def __call__(self, request: HttpRequest) -> HttpReply:
        context = self._context(request.credential)
        connection = http.client.HTTPSConnection(self._host, self._port, timeout=TIMEOUT_S, context=context)
        try:
            plain = socket.create_connection(self._target(), TIMEOUT_S)
            connection.sock = context.wrap_socket(plain, server_hostname=self._host)
            headers = {**request.headers, "Host": request.host}
            connection.request("POST", request.path, request.body, headers)
            response = connection.getresponse()
            body = response.read()
        except (ssl.SSLError, ConnectionResetError) as error:
            raise ConnectionEnded(f"https://{self._host}:{self._port} ends the connection: {error}") from error
        except (OSError, http.client.HTTPException) as error:
            raise Inconclusive(f"https://{self._host}:{self._port} can't be asked: {error}") from error
        finally:
            connection.close()
        return HttpReply(response.status, {name.lower(): value for name, value in response.getheaders()}, body)

    def _target(self) -> tuple[str, int]:
        host, _, port = (self._connect or f"{self._host}:{self._port}").rpartition(":")
        return host.strip("[]"), int(port)
