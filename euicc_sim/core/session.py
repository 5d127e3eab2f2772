"""The RSP session: one per card, in working memory, with a table of what may follow what.

Spec: SGP.22 v2.5 sections 3.0.1, 3.1.2, 3.1.3 and 5.7.5 to 5.7.14
"""

from dataclasses import dataclass
from enum import Enum

from cryptography.hazmat.primitives.asymmetric import ec

from euicc_sim.core.trust import ServerCertificate
from wire.tlv import Tlv


class SessionState(Enum):
    """Where the session stands."""

    NONE = "none"
    CHALLENGED = "challenged"
    AUTHENTICATED = "authenticated"
    PREPARED = "prepared"
    LOADING = "loading"


class SessionEvent(Enum):
    """What moves it."""

    GET_EUICC_CHALLENGE = "GetEUICCChallenge"
    AUTHENTICATE_SERVER = "AuthenticateServer"
    PREPARE_DOWNLOAD = "PrepareDownload"
    INITIALISE_SECURE_CHANNEL = "InitialiseSecureChannel"
    PROFILE_INSTALLATION_RESULT = "ProfileInstallationResult"
    CANCEL_SESSION = "CancelSession"
    END = "end"


_NONE, _CHALLENGED, _AUTHENTICATED, _PREPARED, _LOADING = SessionState

TRANSITIONS: dict[tuple[SessionState, SessionEvent], SessionState] = {
    **{(state, SessionEvent.GET_EUICC_CHALLENGE): _CHALLENGED for state in SessionState},
    **{(state, SessionEvent.END): _NONE for state in SessionState},
    (_CHALLENGED, SessionEvent.AUTHENTICATE_SERVER): _AUTHENTICATED,
    (_AUTHENTICATED, SessionEvent.PREPARE_DOWNLOAD): _PREPARED,
    (_PREPARED, SessionEvent.PREPARE_DOWNLOAD): _PREPARED,
    (_PREPARED, SessionEvent.INITIALISE_SECURE_CHANNEL): _LOADING,
    (_LOADING, SessionEvent.PROFILE_INSTALLATION_RESULT): _NONE,
    (_AUTHENTICATED, SessionEvent.CANCEL_SESSION): _NONE,
    (_PREPARED, SessionEvent.CANCEL_SESSION): _NONE,
    (_LOADING, SessionEvent.CANCEL_SESSION): _NONE,
}
"""(state, event) -> next state; an event that isn't listed for a state is refused and changes nothing."""


@dataclass(frozen=True, slots=True)
class Authentication:
    """What AuthenticateServer leaves for the rest of the session; transaction_id and address as received TLVs."""

    transaction_id: Tlv
    server_address: str
    server: ServerCertificate
    ci_pkid: bytes
    euicc_signature1: bytes


@dataclass(frozen=True, slots=True)
class Preparation:
    """What PrepareDownload adds: the DPpb certificate and the one-time key pair."""

    dp_pb: ServerCertificate
    otsk_euicc: ec.EllipticCurvePrivateKey
    otpk_euicc: bytes


class Session:
    """The session context."""

    def __init__(self) -> None:
        self.state = SessionState.NONE
        self.challenge: bytes | None = None
        self.authentication: Authentication | None = None
        self.preparation: Preparation | None = None

    @property
    def id(self) -> str:
        """The transactionId in upper-case hex, "" before AuthenticateServer."""
        return self.authentication.transaction_id.value.hex().upper() if self.authentication else ""

    def allows(self, event: SessionEvent) -> bool:
        """Whether `event` may happen now."""
        return (self.state, event) in TRANSITIONS

    def move(self, event: SessionEvent) -> None:
        """Take the transition of `event`; KeyError if there is none."""
        self.state = TRANSITIONS[self.state, event]
        if event is SessionEvent.AUTHENTICATE_SERVER:
            self.challenge = None
        elif self.state in (SessionState.NONE, SessionState.CHALLENGED):
            self.challenge = self.authentication = self.preparation = None
