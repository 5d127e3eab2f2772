"""Whom the agent trusts: the CI certificates, and optionally pinned keys. Verification cannot be turned off.

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
from lpa.core.errors import (
    CertificateExpired,
    CertificateRevoked,
    HttpTimeout,
    PinMismatch,
    PlainHttpRefused,
    TlsRefused,
    TransportError,
    UnknownRoot,
    Unreachable,
    WrongHost,
)
from wire.tlv import parse

_WITH_PORT = re.compile(r"(?P<host>\[.*\]|[^:]+):(?P<port>[0-9]{1,5})")

HTTPS_PORT = 443
HTTP_PORT = 80

_EXPIRED = {9, 10}
_REVOKED = {23}
_UNKNOWN_ROOT = {2, 18, 19, 20, 21, 24, 26, 79}
_WRONG_HOST = {62, 63, 64}


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

    ci_certificates: DER of the CIs (trust anchors); a chain must end in one of them.
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
        """A context that verifies chain, validity, host name and pins in every handshake; TLS 1.2 or later."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if self.ci_certificates:
            context.load_verify_locations(cadata=b"".join(self.ci_certificates))
        if self.crls:
            _load_crls(context, self.crls)
        if self.pins:
            pins = self.pins
            context.sslobject_class = _pinned(ssl.SSLObject, pins)
            context.sslsocket_class = _pinned(ssl.SSLSocket, pins)
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


def _pinned(base: type[Any], pins: frozenset[bytes]) -> type[Any]:
    class Pinned(base):  # type: ignore[misc]
        def do_handshake(self, *arguments: Any) -> None:
            super().do_handshake(*arguments)
            key = sha256(public_key_info(self.getpeercert(True))).digest()
            if key not in pins:
                raise PinRefused(f"the server's key {key.hex()} is not pinned")

    return Pinned


def public_key_info(certificate: bytes) -> bytes:
    """SubjectPublicKeyInfo of a certificate, as it stands in its DER."""
    to_be_signed = parse(certificate, 0x30).at(0, 0x30).children
    return to_be_signed[6 if to_be_signed[0].tag == 0xA0 else 5].raw


def peer_of(tls: ssl.SSLSocket | ssl.SSLObject, host: str) -> TlsPeer:
    """What is known of a server after the handshake."""
    cipher = tls.cipher()
    return TlsPeer(host, tls.version() or "", cipher[0] if cipher else "", tls.getpeercert(True) or b"")


def transport_error(error: BaseException, url: str) -> TransportError:
    """The error of the agent's tree for what `ssl`, a socket or an HTTP library raised."""
    if isinstance(error, TransportError):
        return error
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
