"""The SM-DP+ under measurement: the same functions, timed; its trace, with the orders' state changes counted."""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

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

T = TypeVar("T")
SessionRequestT = TypeVar(
    "SessionRequestT", AuthenticateClientRequest, GetBoundProfilePackageRequest, CancelSessionRequest
)


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
        return self._of_session("authenticateClient", super().authenticate_client, request)

    def get_bound_profile_package(self, request: GetBoundProfilePackageRequest) -> GetBoundProfilePackageResponse:
        return self._of_session("getBoundProfilePackage", super().get_bound_profile_package, request)

    def cancel_session(self, request: CancelSessionRequest) -> CancelSessionResponse:
        return self._of_session("cancelSession", super().cancel_session, request)

    def handle_notification(self, request: HandleNotificationRequest) -> None:
        return self._metrics.function("handleNotification", super().handle_notification, request)

    def _of_session(self, name: str, function: Callable[[SessionRequestT], T], request: SessionRequestT) -> T:
        """Log lines of the call name its session."""
        token = session_id.set(str(request.transactionId))
        try:
            return self._metrics.function(name, function, request)
        finally:
            session_id.reset(token)
