"""ES10b: sessions, notifications, revocation lists; the functions that an LPAd calls around a download.

Spec: SGP.22 v2.5 sections 5.7.5 to 5.7.14 and 5.7.22
"""

from collections.abc import Iterable

from euicc_sim.core.crl import CrlRefused, judge_crl, key_of
from euicc_sim.core.elements import bits, encode_integer, integer
from euicc_sim.core.euicc import Euicc
from euicc_sim.core.mutual_authentication import CHALLENGE_OCTETS
from euicc_sim.core.notifications import Notification
from euicc_sim.core.refusal import Refused
from euicc_sim.core.session import SessionEvent
from wire.es10 import (
    DeleteNotificationStatus,
    LoadCRLResponseError,
    LpaeActivationResult,
    NotificationEvent,
    NotificationsListResultError,
    RspCapability,
)
from wire.sw import SW
from wire.tlv import Tlv, tlv

GET_EUICC_CHALLENGE, LIST_NOTIFICATION, RETRIEVE_NOTIFICATIONS = 0xBF2E, 0xBF28, 0xBF2B
NOTIFICATION_SENT, LOAD_CRL, LPAE_ACTIVATION = 0xBF30, 0xBF35, 0xBF42


def get_euicc_challenge(euicc: Euicc, request: Tlv) -> bytes:
    """GetEUICCChallenge: a new session; whatever was under way is discarded."""
    euicc.session.move(SessionEvent.GET_EUICC_CHALLENGE)
    euicc.session.challenge = euicc.entropy.octets(CHALLENGE_OCTETS)
    return tlv(GET_EUICC_CHALLENGE, tlv(0x80, euicc.session.challenge))


def list_notification(euicc: Euicc, request: Tlv) -> bytes:
    """ListNotification: metadata of all pending notifications, or of those with one of the events asked for."""
    wanted = request.find(0x81)
    events = bits(wanted, NotificationEvent) if wanted else None
    listed = (notification.metadata.raw for notification in _with_events(euicc.notifications.all(), events))
    return tlv(LIST_NOTIFICATION, tlv(0xA0, *listed))


def retrieve_notifications_list(euicc: Euicc, request: Tlv) -> bytes:
    """RetrieveNotificationsList: the pending notifications themselves; an unknown number gives an empty list.

    searchCriteria without its A0 is an undefinedError: it must not pass for a request for all.
    """
    criteria = request.find(0xA0)
    notifications = euicc.notifications
    if criteria is None and (request.find(0x80) or request.find(0x81)):
        return tlv(RETRIEVE_NOTIFICATIONS, tlv(0x81, bytes((NotificationsListResultError.undefinedError,))))
    if criteria is None:
        found: Iterable[Notification] = notifications.all()
    elif seq_number := criteria.find(0x80):
        notification = notifications.get(integer(seq_number))
        found = [notification] if notification else []
    else:
        found = _with_events(notifications.all(), bits(criteria.child(0x81), NotificationEvent))
    return tlv(RETRIEVE_NOTIFICATIONS, tlv(0xA0, *(notifications.pending(notification) for notification in found)))


def _with_events(found: list[Notification], events: NotificationEvent | None) -> list[Notification]:
    return found if events is None else [notification for notification in found if notification.event & events]


def remove_notification_from_list(euicc: Euicc, request: Tlv) -> bytes:
    """RemoveNotificationFromList (NotificationSent)."""
    seq_number = integer(request.at(0, 0x80))
    status = DeleteNotificationStatus.nothingToDelete
    if euicc.notifications.get(seq_number):
        transaction = euicc.transaction()
        euicc.notifications.remove(transaction.changes, seq_number)
        transaction.state("notification", str(seq_number), "pending", "removed", "RemoveNotificationFromList")
        transaction.commit()
        status = DeleteNotificationStatus.ok
    return tlv(NOTIFICATION_SENT, tlv(0x80, bytes((status,))))


def load_crl(euicc: Euicc, request: Tlv) -> bytes:
    """LoadCRL: a list, or a part or delta of one; the response names the parts that are still missing."""
    if not euicc.settings.rsp_capability & RspCapability.crlSupport:
        raise Refused(SW.REFERENCED_DATA_NOT_FOUND)
    try:
        missing = _load_crl(euicc, request.at(0, 0xA0))
    except CrlRefused as refused:
        euicc.verdict("crl", "CertificateList", False, refused.reason)
        return tlv(LOAD_CRL, tlv(0x81, bytes((refused.error,))))
    euicc.verdict("crl", "CertificateList", True)
    parts = tlv(0xA0, *(encode_integer(0x02, part) for part in missing)) if missing else b""
    return tlv(LOAD_CRL, tlv(0xA0, parts))


def _load_crl(euicc: Euicc, crl: Tlv) -> list[int]:
    ci_pkid, revocation_list = judge_crl(crl, euicc.anchors, euicc.store)
    record = revocation_list.encode()
    replaced = len(euicc.store.nvm.get(key_of(ci_pkid)) or b"")
    if len(record) > euicc.store.free_octets + replaced:
        raise CrlRefused(LoadCRLResponseError.notEnoughMemorySpace, f"{len(record)} octets do not fit")
    euicc.store.nvm.commit({key_of(ci_pkid): record})
    return revocation_list.missing_parts


def lpae_activation(euicc: Euicc, request: Tlv) -> bytes:
    """LpaeActivation: there is no LPAe on this card."""
    request.at(0, 0x80)
    return tlv(LPAE_ACTIVATION, tlv(0x80, bytes((LpaeActivationResult.notSupported,))))
