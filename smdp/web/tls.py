"""TLS contexts of the listeners. Spec: SGP.22 v2.5 sections 2.6.5 (TLS), 6.1 (HTTPS)."""

import ssl
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

CIPHERS: Final = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-SHA256"


def server_context(chain_pem: bytes, key_pem: bytes) -> ssl.SSLContext:
    """A context for ES9+ and ES11: the server shows its certificate, the client none; TLS 1.2 and 1.3.

    chain_pem: CERT.DPtls and what stands between it and its CI; key_pem: its private key, not encrypted.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(CIPHERS)
    _show(context, chain_pem, key_pem)
    return context


def _show(context: ssl.SSLContext, chain_pem: bytes, key_pem: bytes) -> None:
    with tempfile.TemporaryDirectory(prefix="rsplab-") as directory:
        path = Path(directory, "chain-and-key.pem")
        path.touch(mode=0o600)
        path.write_bytes(chain_pem + key_pem)
        context.load_cert_chain(path)


def mutual_context(
    chain_pem: bytes, key_pem: bytes, client_roots_pem: bytes, *, required: bool = True
) -> ssl.SSLContext:
    """A context for ES2+ and ES12: the client must show a certificate under one of these roots, or one of them.

    required: False lets clients without a certificate in, for listeners that serve LPAs as well.
    """
    context = server_context(chain_pem, key_pem)
    context.verify_mode = ssl.CERT_REQUIRED if required else ssl.CERT_OPTIONAL
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.load_verify_locations(cadata=client_roots_pem.decode("ascii"))
    return context


def following(current: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
    """A context for a listener whose trust may change: each handshake goes by what `current` returns then.

    Only certificates, keys and roots may differ; whether a client has to show a certificate is settled by the first.
    """
    context = current()

    def replace(tls: ssl.SSLObject | ssl.SSLSocket, *_: object) -> None:
        tls.context = current()

    context.sni_callback = replace
    return context


Revoked = Callable[[bytes], bool]
"""Whether a certificate (DER) has been revoked."""


def client_context(
    chain_pem: bytes, key_pem: bytes, server_roots_pem: bytes, revoked: Revoked | None = None
) -> ssl.SSLContext:
    """A context for calling other servers: we show CERT.DPtls or CERT.DStls and verify theirs, host name included.

    revoked: asked in each handshake, before anything is sent.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(CIPHERS)
    _show(context, chain_pem, key_pem)
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.load_verify_locations(cadata=server_roots_pem.decode("ascii"))
    if revoked is not None:
        context.sslobject_class = _judging(revoked)
    return context


def _judging(revoked: Revoked) -> type[ssl.SSLObject]:
    class JudgingObject(ssl.SSLObject):
        def do_handshake(self) -> None:
            super().do_handshake()
            if revoked(self.getpeercert(binary_form=True) or b""):
                raise ssl.SSLCertVerificationError("the server's certificate is revoked")

    return JudgingObject
