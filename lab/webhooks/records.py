"""What webhooks remember."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from smdp.core.messages import AT_ONCE, MessageState

ALL_EVENTS: Final = "*"
TEST_EVENT: Final = "webhook.test"


class WebhookError(Exception):
    """A value can't be accepted; `field` names it, `reason` says why."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class NotFound(Exception):
    """There is no such webhook, or no such delivery."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """One webhook: who hears of which events.

    events: their types, or ALL_EVENTS. secrets: the one that signs first, then, until `previous_until`, the one before.
    """

    webhook_id: str
    url: str
    events: tuple[str, ...]
    secret: str = field(repr=False)
    description: str
    created_at: datetime
    previous_secret: str = field(default="", repr=False)
    previous_until: datetime | None = None
    version: int = 0

    def secrets(self, now: datetime) -> tuple[str, ...]:
        """Those that sign now, the newest first."""
        overlapping = self.previous_until is not None and now < self.previous_until
        return (self.secret, self.previous_secret) if overlapping else (self.secret,)

    def wants(self, event_type: str) -> bool:
        """Whether this event is to be sent."""
        return ALL_EVENTS in self.events or event_type in self.events


@dataclass(frozen=True, slots=True)
class Event:
    """What is told: `data` is {iccid, eid, status}; the id stays the same however often it is sent."""

    event_id: str
    event_type: str
    at: datetime
    iccid: str = ""
    eid: str = ""
    status: str = ""

    def payload(self) -> dict[str, Any]:
        """As the receiver gets it, without `signature`."""
        at = self.at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        data = {"iccid": self.iccid, "eid": self.eid, "status": self.status}
        return {"eventType": self.event_type, "timestamp": at, "data": data}


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event for one webhook, and what became of it.

    destination: the webhook; lane: deliveries of one lane (webhook and profile) keep their order.
    due_at: by the machine's clock.
    """

    destination: str
    lane: str
    event_id: str
    event_type: str
    payload: bytes = field(repr=False)
    created_at: datetime
    due_at: datetime = AT_ONCE
    attempts: int = 0
    state: MessageState = MessageState.WAITING
    error: str = ""  # why the last attempt failed
    sequence: int = 0
    version: int = 0

    @property
    def subject(self) -> str:
        """What people know it by."""
        return self.event_id

    @property
    def delivery_id(self) -> str:
        """Its number, for those outside."""
        return f"dlv_{self.sequence}"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try: HTTP status (0: no answer), what went wrong ("" for nothing), and how long it took."""

    delivery: int
    number: int
    at: datetime
    duration_ms: int
    status: int
    error: str
