"""`rsplab serve --zoo`: one TLS port with a broken DPtls certificate behind each of its names, to try LPAs on.

Which certificate a client sees is told by the name it asks for (SNI): `expired.zoo.localhost`,
`wrong-host.zoo.localhost`; any other name gets the sound one.
Nothing lives behind them: whoever gets through is answered 404.
"""

import contextlib
import ssl
import tempfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

from certs.authority import Credential
from certs.pki import Pki
from certs.roles import Role
from certs.zoo import DEFECTS, SOUND, zoo
from lab.directory import Lab
from lab.pki import load_pki

HANDSHAKE_S: Final = 10.0
REQUEST_OCTETS: Final = 1 << 20
"""What is read of a request before it is answered: closing on unread octets would reset the connection."""


def zoo_names(address: str) -> dict[str, str]:
    """Host name -> defect."""
    host = address.partition(":")[0]
    return {f"{defect.replace('_', '-')}.zoo.{host}": defect for defect in (SOUND, *DEFECTS[Role.DP_TLS])}


@contextlib.contextmanager
def open_zoo(lab: Lab, port: int) -> Iterator[int]:
    """Serve the zoo of this lab on `port` (0: any free one) of its host; gives the port."""
    server = _Server((lab.settings.host, port), _Nobody)
    server.context = _contexts(lab, load_pki(lab))
    thread = threading.Thread(target=server.serve_forever, name="zoo", daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _contexts(lab: Lab, pki: Pki) -> ssl.SSLContext:
    """The context of the sound one, which changes to that of the name asked for."""
    now = lab.clock.now()
    contexts = {
        name: _context(zoo(pki, Role.DP_TLS, defect, now=now, hosts=(name,)))
        for name, defect in zoo_names(lab.settings.address).items()
    }

    def choose(tls: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        tls.context = contexts.get((name or "").lower(), sound)

    sound = next(iter(contexts.values()))
    sound.sni_callback = choose
    return sound


def _context(credential: Credential) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    with tempfile.TemporaryDirectory(prefix="rsplab-") as directory:
        path = Path(directory, "chain-and-key.pem")
        path.touch(mode=0o600)
        path.write_bytes(credential.chain_pem + credential.key_pem)
        context.load_cert_chain(path)
    return context


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    context: ssl.SSLContext

    def finish_request(self, request: Any, client_address: Any) -> None:
        """The handshake in the connection's own thread; a client that leaves is what the zoo is for."""
        request.settimeout(HANDSHAKE_S)
        try:
            tls = self.context.wrap_socket(request, server_side=True)
        except OSError:
            return
        with contextlib.closing(tls):
            super().finish_request(tls, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """As above."""


class _Nobody(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(min(int(self.headers.get("Content-Length") or 0), REQUEST_OCTETS))
        body = b"the TLS handshake went through; nothing else lives here\n"
        self.send_response_only(404)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST

    def log_message(self, *_: object) -> None:
        """Silence."""
