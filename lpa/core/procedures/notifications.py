"""The notification engine: list, process, replay, remove.

A notification is removed from the card only after its recipient has acknowledged it. Each recipient gets its
notifications in the order of their sequence numbers; when one cannot be delivered, the later ones for the same
recipient wait, those for others don't.
Spec: SGP.22 v2.5 section 3.5
"""

from collections.abc import Collection, Sequence

from lpa.core import es10
from lpa.core.actions import Procedure, Progress, Verdict
from lpa.core.apdu_link import Isdr, with_isdr
from lpa.core.errors import CardLinkError, CardRefused, LpaError, NotPossible, ProtocolViolation
from lpa.core.es9 import Server
from lpa.core.notification import Delivery, NotificationMetadata, PendingNotification
from lpa.core.settings import LpaSettings


def list_notifications(settings: LpaSettings) -> Procedure[tuple[NotificationMetadata, ...]]:
    """What is waiting in the card."""
    return (yield from with_isdr(settings, lambda isdr: es10.list_notification(isdr)))


def retrieve_notification(settings: LpaSettings, seq_number: int) -> Procedure[PendingNotification]:
    """One notification as it would be delivered."""
    return (yield from with_isdr(settings, lambda isdr: _retrieve(isdr, seq_number)))


def process_notifications(
    settings: LpaSettings, seq_numbers: Collection[int] | None = None
) -> Procedure[tuple[Delivery, ...]]:
    """Deliver every notification, or those named, and remove what was acknowledged; NotPossible if one isn't there."""
    return (yield from with_isdr(settings, lambda isdr: process(isdr, seq_numbers)))


def replay_notification(settings: LpaSettings, seq_number: int) -> Procedure[Delivery]:
    """Deliver one notification without removing it from the card."""

    def body(isdr: Isdr) -> Procedure[Delivery]:
        pending = yield from _retrieve(isdr, seq_number)
        return (yield from _deliver(isdr, pending, remove=False))

    return (yield from with_isdr(settings, body))


def remove_notification(settings: LpaSettings, seq_number: int) -> Procedure[None]:
    """Forget a notification without delivering it; its recipient will never know."""
    yield from with_isdr(settings, lambda isdr: es10.remove_notification_from_list(isdr, seq_number))


def process(isdr: Isdr, seq_numbers: Collection[int] | None = None) -> Procedure[tuple[Delivery, ...]]:
    """Deliver and remove on an open ISD-R; a failed delivery is in the result.

    Raises NotPossible, before anything is sent, if the card doesn't have one of `seq_numbers`.
    """
    listed = yield from es10.list_notification(isdr)
    if seq_numbers is None:
        return (yield from _process(isdr, listed))
    for number in seq_numbers:
        if all(item.seq_number != number for item in listed):
            raise _no_notification(number)
    return (yield from _process(isdr, [item for item in listed if item.seq_number in seq_numbers]))


def process_after(isdr: Isdr, last_seq_number: int) -> Procedure[tuple[Delivery, ...]]:
    """Deliver what an operation left: all for each recipient that has something newer than `last_seq_number`.

    Older notifications for the same recipient go first, so that it gets them in order. The operation itself has
    succeeded: a card that doesn't list its notifications now keeps them for later.
    """
    try:
        listed = yield from es10.list_notification(isdr)
    except (CardRefused, ProtocolViolation) as error:
        yield Verdict("card", "ListNotification", False, str(error))
        return ()
    recipients = {item.address for item in listed if item.seq_number > last_seq_number}
    return (yield from _process(isdr, [item for item in listed if item.address in recipients]))


def last_seq_number(isdr: Isdr) -> Procedure[int]:
    """The highest sequence number in the list, -1 if it is empty."""
    listed = yield from es10.list_notification(isdr)
    return max((item.seq_number for item in listed), default=-1)


def _process(isdr: Isdr, wanted: Sequence[NotificationMetadata]) -> Procedure[tuple[Delivery, ...]]:
    failed: dict[str, LpaError] = {}
    deliveries = []
    for done, metadata in enumerate(wanted, start=1):
        names = ", ".join(metadata.event.names)
        yield Progress("notify", done, len(wanted), f"{names} {metadata.seq_number} to {metadata.address}")
        if metadata.address in failed:
            delivery = Delivery(metadata, False, False, failed[metadata.address])
        else:
            delivery = yield from _retrieve_and_deliver(isdr, metadata)
            if delivery.error and not delivery.delivered:
                failed[metadata.address] = delivery.error
        deliveries.append(delivery)
    return tuple(deliveries)


def _retrieve_and_deliver(isdr: Isdr, metadata: NotificationMetadata) -> Procedure[Delivery]:
    try:
        pending = yield from _retrieve(isdr, metadata.seq_number)
    except CardLinkError:
        raise
    except LpaError as error:
        return Delivery(metadata, False, False, error)
    return (yield from _deliver(isdr, pending, remove=True))


def _retrieve(isdr: Isdr, seq_number: int) -> Procedure[PendingNotification]:
    pending = yield from es10.retrieve_notifications_list(isdr, seq_number)
    if pending is None:
        raise _no_notification(seq_number)
    return pending


def _no_notification(seq_number: int) -> NotPossible:
    return NotPossible(f"the card has no notification {seq_number}")


def _deliver(isdr: Isdr, pending: PendingNotification, remove: bool) -> Procedure[Delivery]:
    delivered = False
    try:
        yield from Server(isdr.settings, pending.metadata.address).handle_notification(pending.raw)
        delivered = True
        if remove:
            yield from es10.remove_notification_from_list(isdr, pending.metadata.seq_number)
    except CardLinkError:
        raise
    except LpaError as error:
        return Delivery(pending.metadata, delivered, False, error)
    return Delivery(pending.metadata, True, remove)
