"""What the server remembers: plain frozen values; the store keeps them, the procedures replace them.

Order and Session, of which a call makes several, are tuples: those are made and changed fastest.
Every record that can change carries `version`: 0 is a new one; a store accepts a changed record only while the stored
version is still the one it was read with (optimistic locking), and raises `Conflict` otherwise.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from smdp.core.messages import Message
from smdp.core.states import State


@dataclass(frozen=True, slots=True)
class Requirements:
    """What a profile asks of an eUICC, for the eligibility check."""

    package_version: tuple[int, int, int] = (2, 0, 0)
    services: frozenset[str] = frozenset()  # bit names of UICCCapability
    install_octets: int = 0


NO_REQUIREMENTS = Requirements()


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile in the inventory; while no order holds it, `state` is Available or Unavailable."""

    iccid: str  # 18 to 20 digits in reading order, no filler
    metadata: bytes  # StoreMetadataRequest (BF25), sent as it is in AuthenticateClient and in tag 88
    requirements: Requirements = NO_REQUIREMENTS
    profile_type: str = ""
    operator: str = ""  # functionRequesterIdentifier of the owner
    state: State = State.AVAILABLE
    version: int = 0


@dataclass(frozen=True, slots=True)
class Package:
    """The profile package and its protection, made once and offline where profile protection keys are used."""

    iccid: str
    upp: bytes = field(repr=False)
    replace_session_keys: bytes = field(default=b"", repr=False)  # BF26: initial MCV, PPK-ENC, PPK-CMAC
    segments: bytes = field(default=b"", repr=False)  # the 86 TLVs under these keys
    version: int = 0


@dataclass(frozen=True, slots=True)
class Binding:
    """A bound package: everything but its InitialiseSecureChannel, so that a retry can offer the same keys."""

    otpk_dp: bytes
    otpk_euicc: bytes
    host_id: bytes
    segments: bytes = field(repr=False)  # A0, A1 and A2; with session keys A0, A1 and A3
    offline: bool  # True: A3 is the one made offline under profile protection keys


class Order(NamedTuple):
    """A download order; the key of its life cycle is `state`."""

    order_id: str
    iccid: str
    state: State
    created_at: datetime
    operator: str = ""
    profile_type: str = ""
    matching_id: str | None = None  # "" is the default SM-DP+ use case
    eid: str | None = None
    confirmation_code_hash: bytes | None = None  # SHA-256 of the code
    confirmation_failures: int = 0
    confirmation_limit: int = 3
    download_attempts: int = 0
    download_limit: int | None = None
    expires_at: datetime | None = None
    reusable: bool = False  # downloadable any number of times, by any eUICC
    smds_address: str | None = None
    bound_in: bytes = b""  # transactionId of the session whose binding a retry may reuse
    version: int = 0

    def __repr__(self) -> str:
        """Without the hash, which tells a short code to whoever tries them all."""
        shown = (f"{name}={value!r}" for name, value in self._asdict().items() if name != "confirmation_code_hash")
        return f"Order({', '.join(shown)})"


class SessionState(StrEnum):
    """Where an RSP session stands."""

    INITIATED = "Initiated"
    AUTHENTICATED = "Authenticated"
    BOUND = "Bound"
    CLOSED = "Closed"


class Session(NamedTuple):
    """One RSP session; kept after its end, because the installation result comes later and without certificates."""

    transaction_id: bytes
    state: SessionState
    created_at: datetime
    server_address: str
    server_challenge: bytes
    euicc_ci_pkid: bytes
    dp_ci_pkid: bytes
    svn: bytes
    eid: str = ""
    euicc_certificate: bytes = b""
    smdp_signature2: bytes = b""  # the TLV, as it was sent
    order_id: str = ""
    iccid: str = ""
    binding: Binding | None = None  # what left the server in this session
    result: bytes = b""  # the ProfileInstallationResult that ended it
    version: int = 0


@dataclass(frozen=True, slots=True)
class Installation:
    """What an eUICC last reported of a profile: Installed, Enabled, Disabled or Deleted."""

    iccid: str
    eid: str
    state: str
    sequence_number: int
    reported_at: datetime


@dataclass(frozen=True, slots=True)
class Operator:
    """An operator that may call ES2+, known by its functionRequesterIdentifier and its TLS certificate."""

    identifier: str
    certificate: bytes = b""  # TLS client certificate or that of its issuer (DER); empty: any that a CI has issued
    notification_url: str = ""  # base for HandleDownloadProgressInfo, or the address of HandleNotification; empty: none
    notification_roots: bytes = b""  # the only roots its TLS certificate there may lead to (PEM); empty: the CIs
    version: int = 0


@dataclass(frozen=True, slots=True)
class Call:
    """An ES2+ call that was executed; the same call again gets the same answer."""

    requester: str  # functionRequesterIdentifier
    identifier: str  # functionCallIdentifier
    content: bytes  # SHA-256 of function and request
    answer: bytes  # the response body
    at: datetime
    version: int = 0


Record = Profile | Package | Order | Session | Installation | Operator | Call | Message
