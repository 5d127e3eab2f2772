"""The SM-DP+ under measurement: the same functions, timed; its trace, with the orders' state changes counted."""

import contextlib
from collections.abc import Iterator
from dataclasses import replace

from lab.logs import session_id
from lab.metrics import Metrics
from smdp.core.server import SmDpPlus
from wire.json_es9 import (
    AuthenticateClientRequest,
    AuthenticateClientResponse,
    CancelSessionRequest,
    CancelSessionResponse,
    GetBoundProfilePackageRequest,
    GetBoundProfilePackageResponse,
    HandleNotificationRequest,
    InitiateAuthenticationRequest,
    InitiateAuthenticationResponse,
)
from wire.ports import Trace


class CountingTrace:
    """A trace that also counts the state changes of orders."""

    def __init__(self, inner: Trace, metrics: Metrics) -> None:
        self._inner = inner
        self._metrics = metrics

    def record(self, kind: str, session: str, **fields: object) -> None:
        """As the inner one."""
        if kind == "state":
            self._metrics.order_moved(str(fields["before"]), str(fields["after"]))
        self._inner.record(kind, session, **fields)


class MeasuredSmDpPlus(SmDpPlus):
    """An SM-DP+ whose functions are timed; made of another one."""

    def __init__(self, server: SmDpPlus, metrics: Metrics) -> None:
        self.ports = replace(server.ports, trace=CountingTrace(server.ports.trace, metrics))
        self._metrics = metrics

    def initiate_authentication(self, request: InitiateAuthenticationRequest) -> InitiateAuthenticationResponse:
        return self._metrics.function("initiateAuthentication", super().initiate_authentication, request)

    def authenticate_client(self, request: AuthenticateClientRequest) -> AuthenticateClientResponse:
        with _session(request.transactionId):
            return self._metrics.function("authenticateClient", super().authenticate_client, request)

    def get_bound_profile_package(self, request: GetBoundProfilePackageRequest) -> GetBoundProfilePackageResponse:
        with _session(request.transactionId):
            return self._metrics.function("getBoundProfilePackage", super().get_bound_profile_package, request)

    def cancel_session(self, request: CancelSessionRequest) -> CancelSessionResponse:
        with _session(request.transactionId):
            return self._metrics.function("cancelSession", super().cancel_session, request)

    def handle_notification(self, request: HandleNotificationRequest) -> None:
        return self._metrics.function("handleNotification", super().handle_notification, request)


@contextlib.contextmanager
def _session(transaction_id: bytes) -> Iterator[None]:
    """Log lines inside name the session."""
    token = session_id.set(bytes(transaction_id).hex().upper())
    try:
        yield
    finally:
        session_id.reset(token)
