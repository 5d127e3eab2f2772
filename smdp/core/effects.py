"""What a procedure tells others about, besides its answer: the operator, and the SM-DS of the order."""

from dataclasses import dataclass
from enum import IntEnum

from smdp.core.records import Order
from smdp.core.states import Event, State
from wire.codes import StatusCode


class NotificationPoint(IntEnum):
    """notificationPointId of ES2+.HandleDownloadProgressInfo. Spec: SGP.22 v2.5 section 5.3.5."""

    ELIGIBILITY = 1
    CONFIRMATION = 2
    DOWNLOAD = 3
    INSTALLATION = 4


@dataclass(frozen=True, slots=True)
class Progress:
    """The operator of the order hears of this; status None is success."""

    order: Order
    point: NotificationPoint
    eid: str
    status: StatusCode | None = None
    result: bytes = b""  # ProfileInstallationResult


@dataclass(frozen=True, slots=True)
class EventEnded:
    """The SM-DS forgets the event of this order."""

    order: Order


@dataclass(frozen=True, slots=True)
class EventDue:
    """The SM-DS gets an event for this order."""

    order: Order


@dataclass(frozen=True, slots=True)
class Moved:
    """An order changed its state (for the trace)."""

    order: Order
    before: State
    event: Event


Effect = Progress | EventEnded | EventDue | Moved
