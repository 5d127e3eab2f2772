"""What the management remembers: plain frozen values, one class a table."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class ProfileState(StrEnum):
    """Where a profile stands, as the order at the SM-DP+ and the card have it."""

    CREATED = "CREATED"
    DOWNLOADED = "DOWNLOADED"
    INSTALLED = "INSTALLED"
    ENABLED = "ENABLED"
    DISABLED = "DISABLED"
    DELETED = "DELETED"


class OperationState(StrEnum):
    """Where an operation stands."""

    IN_PROGRESS = "IN_PROGRESS"
    AWAITING_CONFIRMATION = "AWAITING_CONFIRMATION"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


ENDED = frozenset({OperationState.SUCCEEDED, OperationState.FAILED, OperationState.CANCELLED})


class OperationKind(StrEnum):
    """What an operation does to a card."""

    DOWNLOAD = "DOWNLOAD"
    ENABLE = "ENABLE"
    DISABLE = "DISABLE"
    DELETE = "DELETE"


@dataclass(frozen=True, slots=True)
class Actor:
    """On whose behalf something is done: a key's name or "local", from where, and in which request."""

    name: str = "local"
    source: str = ""
    request_id: str = ""


LOCAL = Actor()


@dataclass(frozen=True, slots=True)
class ProfileRecord:
    """A profile under management; version 0 is a new one."""

    profile_id: str
    iccid: str
    eid: str
    state: ProfileState
    profile_type: str
    mno: str
    metadata: dict[str, Any]
    activation_code: str
    created_at: datetime
    updated_at: datetime
    expires_at: datetime | None = None
    version: int = 0


@dataclass(frozen=True, slots=True)
class DeviceRecord:
    """A registered device; `card` is its eUICC as `rsplab lpa --card` names it."""

    device_id: str
    eid: str
    device_info: dict[str, Any]
    card: str
    registered_at: datetime
    version: int = 0


@dataclass(frozen=True, slots=True)
class Operation:
    """Something that is done to a card, from the order to its end."""

    operation_id: str
    kind: OperationKind
    iccid: str
    eid: str
    state: OperationState
    created_at: datetime
    updated_at: datetime
    ended_at: datetime | None = None
    progress: dict[str, Any] = field(default_factory=dict)
    parameters: dict[str, Any] = field(default_factory=dict)
    result: dict[str, Any] | None = None
    error: dict[str, Any] | None = None
    session: str = ""
    decision: str = ""
    confirmation_code: str = field(default="", repr=False)
    cancel_requested: bool = False
    owner: str = ""
    lease_until: datetime | None = None
    actor: Actor = LOCAL
    version: int = 0

    @property
    def ended(self) -> bool:
        """True once nothing more will happen."""
        return self.state in ENDED


@dataclass(frozen=True, slots=True)
class Change:
    """One event: what changed, from what to what, on whose behalf. `number` is 0 until it is stored."""

    type: str
    subject: str
    iccid: str = ""
    eid: str = ""
    before: str = ""
    after: str = ""
    operation_id: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    actor: Actor = LOCAL
    event_id: str = ""
    at: datetime | None = None
    number: int = 0


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key without its secret."""

    key_id: str
    name: str
    role: str
    digest: bytes = field(repr=False)
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    replaces: str = ""
    version: int = 0


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One line of the audit log; `hash` covers everything else and the line before."""

    number: int
    at: datetime
    actor: str
    source: str
    request_id: str
    action: str
    resource: str
    outcome: str
    before_digest: str
    after_digest: str
    previous_hash: str
    hash: str
