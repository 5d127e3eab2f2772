"""Whom ES2+ trusts, both ways: operators as they are registered at the moment of each handshake."""

import asyncio
import ssl
from functools import lru_cache

from certs.authority import Credential
from lab.listener_tls import OwnTls
from smdp.core.messages import HANDLE_NOTIFICATION_PATH
from smdp.core.ports import Store
from smdp.core.records import Operator
from smdp.web.tls import Revoked, client_context, following, mutual_context


class OperatorTrust:
    """TLS contexts of the SM-DP+ towards operators and other servers.

    credential: the SM-DP+'s CERT.DPtls; ci_roots_pem: who is trusted unless an operator is pinned to something else;
    revoked: whether a server's certificate has been revoked.
    """

    def __init__(self, store: Store, credential: Credential, ci_roots_pem: bytes, revoked: Revoked) -> None:
        self._store = store
        self._ci_roots = ci_roots_pem
        self._calling = lru_cache(maxsize=64)(
            lambda roots: client_context(credential.chain_pem, credential.key_pem, roots, revoked)
        )

    def listening(self, credential: Credential | OwnTls) -> ssl.SSLContext:
        """For an ES2+ listener: clients under the CIs, and those that operators are pinned to."""
        context = lru_cache(maxsize=2)(lambda roots: mutual_context(credential.chain_pem, credential.key_pem, roots))
        return following(lambda: context(self._ci_roots + b"".join(map(_pinned, self._store.operators()))))

    async def calling(self, url: str) -> ssl.SSLContext:
        """For a call to `url`: the server shows a certificate under the CIs, or one its operator is pinned to."""
        in_process = self._store.in_process
        operators = self._store.operators() if in_process else await asyncio.to_thread(self._store.operators)
        roots = {one.notification_roots: None for one in operators if _is_at(one, url)}
        return self._calling(b"".join(roots) or self._ci_roots)


def _pinned(operator: Operator) -> bytes:
    return ssl.DER_cert_to_PEM_cert(operator.certificate).encode() if operator.certificate else b""


def _is_at(operator: Operator, url: str) -> bool:
    base = operator.notification_url.rstrip("/").removesuffix(HANDLE_NOTIFICATION_PATH)
    return bool(base) and url.startswith(f"{base}/")
