"""The proxy's own TLS listener: a certificate of the lab's CI for the server's name and the lab's."""

import contextlib
from collections.abc import Iterator
from urllib.parse import urlsplit

from lab.directory import Lab
from lab.errors import LabError, Unreachable
from lab.pki import load_pki
from scenarios.https import HttpsServer
from scenarios.network import Handler


def server_url(text: str, no_tls: bool) -> str:
    """Scheme, host and port of the server; LabError for anything else, and for http:// unless it is asked for."""
    scheme = "http" if no_tls else "https"
    try:
        parts = urlsplit(text)
        is_one = bool(parts.hostname) and parts.path in ("", "/") and not parts.query and (parts.port or 1) > 0
    except ValueError:
        is_one = False
    if not is_one or parts.scheme != scheme:
        hint = f"write {scheme}://HOST[:PORT]" + ("" if no_tls else "; http:// needs --no-tls")
        raise LabError(f"{text!r} is no address of a server", hint)
    return f"{scheme}://{parts.netloc}"


@contextlib.contextmanager
def listening(lab: Lab, url: str, handler: Handler, bind: str, port: int) -> Iterator[tuple[int, list[str]]]:
    """Serve while the block runs: the port, and the names that the certificate has."""
    parts = urlsplit(url)
    names = list(dict.fromkeys([str(parts.hostname), lab.settings.address.lower(), "localhost"]))
    credential = load_pki(lab).issue_tls(names) if parts.scheme == "https" else None
    try:
        server = HttpsServer(credential, bind=bind, port=port)
    except OSError as error:
        raise Unreachable(
            f"can't listen on {bind}:{port}: {error.strerror or error}", "choose another with --port (0: any free one)"
        ) from None
    server.add("", handler)
    try:
        yield server.port, names
    finally:
        server.close()
