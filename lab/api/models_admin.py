"""The bodies of webhooks, keys and the audit log."""

from typing import Annotated, Literal

from pydantic import Field

from lab.api.models import In, Instant, Out
from lab.api.values import WHOLE, Text64, Text256, WebhookSecret, WebhookUrl

Role = Literal["viewer", "tester", "operator", "admin"]
DeliveryState = Literal["WAITING", "DONE", "DEAD"]
EventType = Literal[
    "*",
    "profile.created",
    "profile.downloaded",
    "profile.download_failed",
    "profile.installed",
    "profile.enabled",
    "profile.disabled",
    "profile.deleted",
    "activation_code.generated",
    "device.registered",
    "operation.started",
    "operation.succeeded",
    "operation.failed",
    "operation.cancelled",
]


class WebhookIn(In):
    """POST /webhooks; the secret signs what is sent; event "*" is every one."""

    url: WebhookUrl
    events: Annotated[list[EventType], Field(min_length=1, max_length=32)]
    secret: WebhookSecret
    description: Text256 = ""


class WebhookRotationIn(In):
    """POST /webhooks/{webhookId}/rotate: how long the old secret signs, too."""

    secret: WebhookSecret
    overlapSeconds: Annotated[int, Field(ge=0, le=30 * 86400), WHOLE] = 86400


class WebhookOut(Out):
    """A webhook without its secret."""

    webhookId: str
    url: str
    events: list[EventType]
    description: str
    createdAt: Instant


class WebhookList(Out):
    """A page of webhooks."""

    webhooks: list[WebhookOut]
    nextCursor: str | None = None


class DeliveryOut(Out):
    """One event for one webhook; error: why the last attempt failed."""

    deliveryId: str
    webhookId: str
    eventId: str
    eventType: str
    createdAt: Instant
    state: DeliveryState
    attempts: int
    error: str | None = None


class DeliveryList(Out):
    """A page of deliveries."""

    deliveries: list[DeliveryOut]
    nextCursor: str | None = None


class AttemptOut(Out):
    """One attempt; status 0: there was no answer."""

    number: int
    at: Instant
    durationMs: int
    status: int
    error: str | None = None


class DeliveryDetail(DeliveryOut):
    """A delivery with its attempts."""

    attemptLog: list[AttemptOut]


class NewKeyIn(In):
    """POST /keys; without expiresInDays it doesn't expire."""

    name: Text64
    role: Role
    expiresInDays: Annotated[int, Field(ge=1, le=3650), WHOLE] | None = None


class RotationIn(In):
    """POST /keys/{keyId}/rotate: how long the old key stays good."""

    overlapSeconds: Annotated[int, Field(ge=0, le=7 * 86400), WHOLE] = 3600


class KeyOut(Out):
    """A key without its secret."""

    keyId: str
    name: str
    role: Role
    createdAt: Instant
    expiresAt: Instant | None = None
    revokedAt: Instant | None = None
    replaces: str | None = None


class KeyCreated(KeyOut):
    """A key with its secret, which is never told again."""

    key: str


class KeyList(Out):
    """A page of keys."""

    keys: list[KeyOut]
    nextCursor: str | None = None


class AuditLine(Out):
    """One line of the audit log."""

    number: int
    at: Instant
    actor: str
    source: str
    requestId: str
    action: str
    resource: str
    outcome: str
    beforeDigest: str
    afterDigest: str
    previousHash: str
    hash: str


class AuditPage(Out):
    """A page of the audit log."""

    entries: list[AuditLine]
    nextCursor: str | None = None
