"""The HTTP client for plain threads: http.client over verified TLS, one kept connection a server."""

import http.client
import socket
import ssl
from collections.abc import Mapping

from lpa.core.actions import HttpReply, TlsPeer
from lpa.core.errors import BodyTooLarge
from lpa.http.client import MAX_BODY_OCTETS
from lpa.http.trust import Target, TlsTrust, peer_of, transport_error


class BlockingHttpClient:
    """An `HttpClient`; not to be shared between threads."""

    def __init__(self, trust: TlsTrust, connect_timeout_s: float = 10.0, answer_timeout_s: float = 60.0) -> None:
        self._trust = trust
        self._context = trust.context()
        self._connect_timeout_s = connect_timeout_s
        self._answer_timeout_s = answer_timeout_s
        self._connections: dict[Target, _Connection] = {}

    def connect(self, url: str) -> TlsPeer | None:
        """Open and verify a connection, kept for the posts that follow; None over plain HTTP."""
        target = self._trust.target(url)
        try:
            return self._connection(target).open()
        except (OSError, http.client.HTTPException) as error:
            self._drop(target)
            raise transport_error(error, url) from error

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> HttpReply:
        """POST over a verified connection; one that the server closed while idle is opened again.

        What was sent is never sent again here: the server may have acted on it.
        """
        target = self._trust.target(url)
        path = url.split("://", 1)[1].partition("/")[2]
        if self._connection(target).was_closed():
            self._drop(target)
        try:
            return self._exchange(self._connection(target), url, path, headers, body)
        except (OSError, http.client.HTTPException, BodyTooLarge) as error:
            self._drop(target)
            raise transport_error(error, url) from error

    def close(self) -> None:
        """Close every connection."""
        for target in list(self._connections):
            self._drop(target)

    def _exchange(
        self, connection: "_Connection", url: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> HttpReply:
        connection.open()
        connection.request("POST", f"/{path}", body, dict(headers))
        response = connection.getresponse()
        content = response.read(MAX_BODY_OCTETS + 1)
        if len(content) > MAX_BODY_OCTETS:
            raise BodyTooLarge(f"{url} answered more than {MAX_BODY_OCTETS} octets")
        names = {name.lower(): value for name, value in response.getheaders()}
        return HttpReply(response.status, names, content)

    def _connection(self, target: Target) -> "_Connection":
        if target not in self._connections:
            self._connections[target] = _Connection(
                target, self._context, self._connect_timeout_s, self._answer_timeout_s
            )
        return self._connections[target]

    def _drop(self, target: Target) -> None:
        connection = self._connections.pop(target, None)
        if connection:
            connection.close()


class _Connection(http.client.HTTPConnection):
    """Dials where the target says, and verifies the name that the URL says."""

    def __init__(self, target: Target, context: ssl.SSLContext, connect_timeout_s: float, answer_timeout_s: float):
        super().__init__(target.host, target.port, timeout=connect_timeout_s)
        self._target = target
        self._context = context
        self._answer_timeout_s = answer_timeout_s

    def open(self) -> TlsPeer | None:
        """Connect unless connected."""
        if self.sock is None:
            self.connect()
        return peer_of(self.sock, self._target.host) if isinstance(self.sock, ssl.SSLSocket) else None

    def was_closed(self) -> bool:
        """Whether there is a connection that the server has closed since (or speaks on unasked)."""
        if self.sock is None:
            return False
        self.sock.settimeout(0)
        try:
            self.sock.recv(1)
        except (BlockingIOError, ssl.SSLWantReadError):
            return False
        except OSError:
            return True
        finally:
            self.sock.settimeout(self._answer_timeout_s)
        return True

    def connect(self) -> None:
        plain = socket.create_connection((self._target.connect_host, self._target.port), self.timeout)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            self.sock = (
                self._context.wrap_socket(plain, server_hostname=self._target.host) if self._target.tls else plain
            )
        except BaseException:
            plain.close()
            raise
        self.sock.settimeout(self._answer_timeout_s)
