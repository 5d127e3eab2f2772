"""The SM-DP+: one method for each function, bodies in, bodies out, FunctionRefused for every refusal.

Each call reads, decides, and stores once; if another call was faster, it starts over with what that one left.
Spec: SGP.22 v2.5 section 5.6 (ES9+).
"""

import logging
from collections.abc import Sequence
from datetime import timedelta

from smdp.core import authentication, cancel, download, expiry, notifications
from smdp.core.credentials import DpCredentials
from smdp.core.ports import Store
from smdp.core.procedure import Ports
from smdp.core.settings import SmDpSettings
from smdp.core.trust import TrustStore
from smdp.core.unit_of_work import run
from wire.codes import FunctionRefused
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
        return run(self.ports, lambda: authentication.initiate_authentication(self.ports, request))

    def authenticate_client(self, request: AuthenticateClientRequest) -> AuthenticateClientResponse:
        """ES9+.AuthenticateClient. Spec: SGP.22 v2.5 section 5.6.3."""
        session = self.ports.store.recall_session
        return run(
            self.ports, lambda: authentication.authenticate_client(self.ports, session(request.transactionId), request)
        )

    def get_bound_profile_package(self, request: GetBoundProfilePackageRequest) -> GetBoundProfilePackageResponse:
        """ES9+.GetBoundProfilePackage. Spec: SGP.22 v2.5 section 5.6.2."""
        session = self.ports.store.recall_session
        return run(
            self.ports, lambda: download.get_bound_profile_package(self.ports, session(request.transactionId), request)
        )

    def cancel_session(self, request: CancelSessionRequest) -> CancelSessionResponse:
        """ES9+.CancelSession. Spec: SGP.22 v2.5 section 5.6.5."""
        session = self.ports.store.recall_session
        return run(self.ports, lambda: cancel.cancel_session(self.ports, session(request.transactionId), request))

    def handle_notification(self, request: HandleNotificationRequest) -> None:
        """ES9+.HandleNotification: never refuses; what can't be verified is noted as a security event.

        Spec: SGP.22 v2.5 section 5.6.4.
        """
        try:
            run(self.ports, lambda: notifications.handle_notification(self.ports, request))
        except (notifications.Unverifiable, FunctionRefused) as error:
            _log.warning("notification ignored: %s", error)
            self.ports.trace.record(
                "security", "", message=f"notification ignored: {error}", notification=request.pendingNotification
            )

    def keep_house(self) -> None:
        """What has to be done now and then."""
        self.forget_stale_sessions()
        expiry.withdraw_events(self.ports)

    def forget_stale_sessions(self) -> int:
        """Remove sessions that are too old to go on and delivered nothing; returns how many."""
        oldest = self.ports.now() - timedelta(seconds=self.ports.settings.session_lifetime_s)
        return self.ports.store.forget_sessions(oldest)
