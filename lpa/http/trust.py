"""Whom the agent trusts: the CI certificates, roles, and optionally pinned keys. Verification cannot be turned off.

Spec: SGP.22 v2.5 section 2.6.6, 4.5.2.2 (TLS server certificates)
"""

import base64
import re
import ssl
import tempfile
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from lpa.core.actions import TlsPeer
from lpa.core.certificate import public_key_info
from lpa.core.errors import (
    CertificateExpired,
    CertificateRevoked,
    HttpTimeout,
    PinMismatch,
    PlainHttpRefused,
    TlsRefused,
    TransportError,
    UnfitCertificate,
    UnknownRoot,
    Unreachable,
    WrongHost,
)
from lpa.core.tls_certificate import TlsRole, Unfit, is_ci, role_of

_WITH_PORT = re.compile(r"(?P<host>\[.*\]|[^:]+):(?P<port>[0-9]{1,5})")

HTTPS_PORT = 443
HTTP_PORT = 80

_EXPIRED = {9, 10}
_REVOKED = {23}
_UNKNOWN_ROOT = {2, 18, 19, 20, 21, 24, 26, 79}
_WRONG_HOST = {62, 63, 64}


class RoleRefused(ssl.SSLError):
    """The verified server's certificate isn't one for its TLS."""


class PinRefused(ssl.SSLError):
    """The verified server's key is not one of the pinned ones."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a URL leads: `host` is the name in the certificate, `connect_host` and `port` are where to dial."""

    host: str
    connect_host: str
    port: int
    tls: bool


@dataclass(frozen=True, slots=True)
class TlsTrust:
    """Trust anchors and name resolution of an agent.

    ci_certificates: DER of the trust anchors; a chain must end in one of them. As soon as one is a GSMA CI
    (id-rspRole-ci), servers must show CERT.DPtls or CERT.DStls; public CAs' alone don't know such roles.
    crls: DER of revocation lists. Where any is given, each CI needs a current one, or its servers are refused.
    pins: SHA-256 of SubjectPublicKeyInfo; if any are given, the server's own key must be one of them as well.
    resolve: host, or host:port, -> address, or address:port, to dial instead (as a hosts file; the name that is
    verified stays the same).
    insecure_plain_http: also talk to http:// addresses, where nobody is verified; for labs without TLS.
    """

    ci_certificates: Sequence[bytes]
    crls: Sequence[bytes] = ()
    pins: frozenset[bytes] = frozenset()
    resolve: Mapping[str, str] = field(default_factory=dict)
    insecure_plain_http: bool = False

    def context(self) -> ssl.SSLContext:
        """A context that judges servers in every handshake, by all that is above; TLS 1.2 or later."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if self.ci_certificates:
            context.load_verify_locations(cadata=b"".join(self.ci_certificates))
        if self.crls:
            _load_crls(context, self.crls)
        has_roles = any(is_ci(one) for one in self.ci_certificates)
        context.sslobject_class = _judging(ssl.SSLObject, self.pins, has_roles)
        context.sslsocket_class = _judging(ssl.SSLSocket, self.pins, has_roles)
        return context

    def target(self, url: str) -> Target:
        """Take a URL apart; PlainHttpRefused for http:// unless it is allowed by name."""
        try:
            parts = urlsplit(url)
            tls = parts.scheme == "https"
            host, port = parts.hostname or "", parts.port or (HTTPS_PORT if tls else HTTP_PORT)
        except ValueError as error:
            raise Unreachable(f"{url}: {error}") from None
        if not tls and not self.insecure_plain_http:
            raise PlainHttpRefused(f"{url} is not https")
        mapped = self.resolve.get(f"{host}:{port}") or self.resolve.get(host) or host
        with_port = _WITH_PORT.fullmatch(mapped)
        if with_port:
            return Target(host, with_port["host"].strip("[]"), int(with_port["port"]), tls)
        return Target(host, mapped.strip("[]"), port, tls)


def _load_crls(context: ssl.SSLContext, crls: Sequence[bytes]) -> None:
    """`ssl` reads revocation lists from PEM files only."""
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
        for crl in crls:
            body = "\n".join(textwrap.wrap(base64.b64encode(crl).decode(), 64))
            file.write(f"-----BEGIN X509 CRL-----\n{body}\n-----END X509 CRL-----\n")
        file.flush()
        context.load_verify_locations(cafile=file.name)
    context.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF


def _judging(base: type[Any], pins: frozenset[bytes], has_roles: bool) -> type[Any]:
    """The class of connections that judge the server's certificate before anything is sent."""

    class Judging(base):  # type: ignore[misc]
        role: TlsRole | None = None

        def do_handshake(self, *arguments: Any) -> None:
            super().do_handshake(*arguments)
            certificate = self.getpeercert(True)
            if has_roles:
                try:
                    self.role = role_of(certificate)
                except Unfit as error:
                    raise RoleRefused(str(error)) from None
            key = sha256(public_key_info(certificate)).digest()
            if pins and key not in pins:
                raise PinRefused(f"the server's key {key.hex()} is not pinned")

    return Judging


def peer_of(tls: ssl.SSLSocket | ssl.SSLObject, host: str) -> TlsPeer:
    """What is known of a server after a handshake under `TlsTrust.context`."""
    cipher = tls.cipher()
    certificate, role = tls.getpeercert(True) or b"", getattr(tls, "role", None)
    return TlsPeer(host, tls.version() or "", cipher[0] if cipher else "", certificate, role)


def transport_error(error: BaseException, url: str) -> TransportError:
    """The error of the agent's tree for what `ssl`, a socket or an HTTP library raised."""
    if isinstance(error, TransportError):
        return error
    if isinstance(error, RoleRefused):
        return UnfitCertificate(f"{url}: the server's TLS certificate is unfit: {error.args[0]}")
    if isinstance(error, PinRefused):
        return PinMismatch(f"{url}: {error.args[0]}")
    if isinstance(error, ssl.SSLCertVerificationError):
        text = f"{url}: {error.verify_message}"
        if error.verify_code in _WRONG_HOST:
            return WrongHost(text)
        if error.verify_code in _EXPIRED:
            return CertificateExpired(text)
        if error.verify_code in _REVOKED:
            return CertificateRevoked(text)
        if error.verify_code in _UNKNOWN_ROOT:
            return UnknownRoot(text)
        return TlsRefused(text)
    if isinstance(error, (ssl.SSLEOFError, ssl.SSLZeroReturnError)):
        return Unreachable(f"{url}: the server closed the connection")
    if isinstance(error, ssl.SSLError):
        return TlsRefused(f"{url}: TLS failed: {error.reason or error}")
    if isinstance(error, TimeoutError):
        return HttpTimeout(f"{url}: no answer in time")
    return Unreachable(f"{url}: {error or type(error).__name__}")
