"""The SM-DP+: one method for each function, bodies in, bodies out, FunctionRefused for every refusal.

Each call reads, decides, and stores once; if another call was faster, it starts over with what that one left.
Spec: SGP.22 v2.5 section 5.6 (ES9+).
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from smdp.core import authentication, cancel, download, inventory, notifications
from smdp.core.credentials import DpCredentials
from smdp.core.effects import Effect, Moved
from smdp.core.ports import Conflict, Store
from smdp.core.procedure import Outcome, Ports, Refusal
from smdp.core.records import NO_REQUIREMENTS, Order, Profile, Requirements
from smdp.core.settings import SmDpSettings
from smdp.core.states import State
from smdp.core.trust import TrustStore
from wire.codes import GENERIC, FunctionRefused
from wire.errors import DecodeError
from wire.ids import Eid, Iccid, IdentifierError, MatchingId
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

    # ES9+

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

    # administration

    def import_profile(
        self,
        upp: bytes,
        metadata: bytes,
        *,
        requirements: Requirements = NO_REQUIREMENTS,
        profile_type: str = "",
        operator: str = "",
    ) -> Profile:
        """Put a profile package with its metadata (BF25) into the inventory; Conflict if its ICCID is there already."""
        profile = inventory.new_profile(metadata, requirements, profile_type, operator)
        package = inventory.new_package(profile.iccid, upp, self.ports.entropy)
        self.ports.store.commit(profile, package)
        return profile

    def create_order(
        self,
        iccid: str,
        *,
        matching_id: str | None = None,
        eid: str | None = None,
        confirmation_code: str | None = None,
        state: State = State.RELEASED,
        reusable: bool = False,
        expires_at: datetime | None = None,
        download_limit: int | None = None,
        confirmation_limit: int | None = None,
        operator: str = "",
    ) -> Order:
        """Order a profile of the inventory, in whatever state it shall begin.

        matching_id: None makes one, "" is the default SM-DP+ use case, which needs an EID.
        Raises Conflict if another order holds the profile or the Matching ID, ValueError for what can't be.
        """
        ports, settings = self.ports, self.ports.settings
        iccid, profile = str(Iccid(iccid)), ports.store.profile(str(Iccid(iccid)))
        if profile is None:
            raise ValueError(f"no profile has the ICCID {iccid}")
        if matching_id == "" and eid is None and not reusable:
            raise ValueError("an order without Matching ID needs an EID")
        token = inventory.new_matching_id(ports.entropy) if matching_id is None else MatchingId(matching_id)
        code = confirmation_code
        order = Order(
            order_id=inventory.new_order_id(ports.entropy),
            iccid=iccid,
            state=state,
            created_at=ports.now(),
            operator=operator or profile.operator,
            profile_type=profile.profile_type,
            matching_id=token,
            eid=None if eid is None else Eid(eid),
            confirmation_code_hash=None if code is None else inventory.hash_confirmation_code(code),
            confirmation_limit=settings.confirmation_limit if confirmation_limit is None else confirmation_limit,
            download_limit=settings.download_limit if download_limit is None else download_limit,
            expires_at=expires_at,
            reusable=reusable,
        )
        ports.store.commit(order)
        return replace(order, version=1)

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
                if outcome.saves:
                    self.ports.store.commit(*outcome.saves)
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
