"""What this server has still to tell another server: the records of the outbox.

Free of all other records, which is why the unit of work can hold both: the change and what others hear of it.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

AT_ONCE: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Function(StrEnum):
    """The functions that are called through the outbox."""

    HANDLE_DOWNLOAD_PROGRESS_INFO = "handleDownloadProgressInfo"
    HANDLE_NOTIFICATION = "handleNotification"  # what SGP.22 v3 calls the same
    REGISTER_EVENT = "registerEvent"
    DELETE_EVENT = "deleteEvent"


HANDLE_NOTIFICATION_PATH: Final = "/gsma/rsp2/es2plus/handleNotification"  # (unverified)


class MessageState(StrEnum):
    """Where a message stands."""

    WAITING = "Waiting"
    DONE = "Done"  # acknowledged: a store that is told so forgets the message
    DEAD = "Dead"  # given up; kept until somebody looks at it


@dataclass(frozen=True, slots=True)
class Message:
    """One call to another server.

    lane: messages of one lane are delivered strictly one after the other, in the order they were committed.
    body: the JSON body as it is sent; a repeated call is the same octets, functionCallIdentifier included.
    due_at: by the clock of delivery, which need not be the server's.
    """

    function: Function
    destination: str  # scheme, host and port
    lane: str
    subject: str  # what people know it by: an ICCID or EventID
    body: bytes = field(repr=False)
    created_at: datetime
    due_at: datetime = AT_ONCE
    attempts: int = 0
    state: MessageState = MessageState.WAITING
    error: str = ""  # why the last attempt failed
    sequence: int = 0  # given by the store
    version: int = 0
