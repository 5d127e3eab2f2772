"""The SM-DP+: one method for each function, bodies in, bodies out, FunctionRefused for every refusal.

Each call reads, decides, and stores once; if another call was faster, it starts over with what that one left.
Spec: SGP.22 v2.5 section 5.6 (ES9+).
"""

import logging
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TypeVar

from smdp.core import authentication, cancel, download, notifications, outbox
from smdp.core.credentials import DpCredentials
from smdp.core.effects import Effect, Moved
from smdp.core.ports import Conflict, Store
from smdp.core.procedure import Outcome, Ports, Refusal
from smdp.core.settings import SmDpSettings
from smdp.core.trust import TrustStore
from wire.codes import GENERIC, FunctionRefused
from wire.errors import DecodeError
from wire.ids import IdentifierError
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
from wire.ports import Clock, Entropy, Trace

T = TypeVar("T")
_ATTEMPTS = 20
_log = logging.getLogger("rsplab.smdp")


class SmDpPlus:
    """One SM-DP+.

    credentials: one pair of DPauth and DPpb for each CI; trust: the CIs of the eUICCs it serves.
    """

    def __init__(
        self,
        settings: SmDpSettings,
        credentials: Sequence[DpCredentials],
        trust: TrustStore,
        store: Store,
        clock: Clock,
        entropy: Entropy,
        trace: Trace,
    ) -> None:
        by_ci = {pair.ci_pkid: pair for pair in credentials}
        self.ports = Ports(settings, by_ci, trust, store, clock, entropy, trace)

    def initiate_authentication(self, request: InitiateAuthenticationRequest) -> InitiateAuthenticationResponse:
        """ES9+.InitiateAuthentication. Spec: SGP.22 v2.5 section 5.6.1."""
        return self._run(lambda: authentication.initiate_authentication(self.ports, request))

    def authenticate_client(self, request: AuthenticateClientRequest) -> AuthenticateClientResponse:
        """ES9+.AuthenticateClient. Spec: SGP.22 v2.5 section 5.6.3."""
        session = self.ports.store.session
        return self._run(
            lambda: authentication.authenticate_client(self.ports, session(request.transactionId), request)
        )

    def get_bound_profile_package(self, request: GetBoundProfilePackageRequest) -> GetBoundProfilePackageResponse:
        """ES9+.GetBoundProfilePackage. Spec: SGP.22 v2.5 section 5.6.2."""
        session = self.ports.store.session
        return self._run(
            lambda: download.get_bound_profile_package(self.ports, session(request.transactionId), request)
        )

    def cancel_session(self, request: CancelSessionRequest) -> CancelSessionResponse:
        """ES9+.CancelSession. Spec: SGP.22 v2.5 section 5.6.5."""
        session = self.ports.store.session
        return self._run(lambda: cancel.cancel_session(self.ports, session(request.transactionId), request))

    def handle_notification(self, request: HandleNotificationRequest) -> None:
        """ES9+.HandleNotification: never refuses; what can't be verified is noted as a security event.

        Spec: SGP.22 v2.5 section 5.6.4.
        """
        try:
            self._run(lambda: notifications.handle_notification(self.ports, request))
        except (notifications.Unverifiable, FunctionRefused) as error:
            _log.warning("notification ignored: %s", error)
            self.ports.trace.record(
                "security", "", message=f"notification ignored: {error}", notification=request.pendingNotification
            )

    def forget_stale_sessions(self) -> int:
        """Remove sessions that are too old to go on and delivered nothing; returns how many."""
        oldest = self.ports.now() - timedelta(seconds=self.ports.settings.session_lifetime_s)
        return self.ports.store.forget_sessions(oldest)

    def _run(self, procedure: Callable[[], Outcome[T]]) -> T:
        for _ in range(_ATTEMPTS):
            try:
                outcome = procedure()
            except Refusal as refusal:
                outcome = refusal.outcome()
            except (DecodeError, IdentifierError) as error:
                raise FunctionRefused(GENERIC.MALFORMED_ELEMENT, str(error)) from error
            try:
                records = (*outcome.saves, *outbox.messages(self.ports, outcome.effects))
                if records:
                    self.ports.store.commit(*records)
            except Conflict:
                continue
            self._tell(outcome.effects)
            if isinstance(outcome.answer, FunctionRefused):
                raise outcome.answer
            return outcome.answer
        raise Conflict("the records kept changing")

    def _tell(self, effects: Sequence[Effect]) -> None:
        for effect in effects:
            if isinstance(effect, Moved):
                self.ports.trace.record(
                    "state",
                    effect.order.bound_in.hex().upper(),
                    entity="order",
                    id=effect.order.iccid,
                    before=effect.before.value,
                    after=effect.order.state.value,
                    event=effect.event.value,
                )
