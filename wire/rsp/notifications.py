"""ES10b notification functions and the notifications themselves.

Spec: SGP.22 v2.5 annex H
"""

from wire import es10
from wire.asn1 import OPTIONAL, Certificate, Choice, Integer, OctetString, Sequence, SequenceOf, around, at
from wire.rsp.common import NotificationEvent, NotificationMetadata
from wire.rsp.es8 import ProfileInstallationResult


class ListNotificationRequest(Sequence, wire_tag=0xBF28):
    _fields = [
        ("profileManagementOperation", NotificationEvent, at(0x81, OPTIONAL)),
    ]


class NotificationMetadataList(SequenceOf, of=NotificationMetadata):
    """SEQUENCE OF NotificationMetadata."""


class ListNotificationsResultError(Integer, of=es10.ListNotificationsResultError):
    """The type of `listNotificationsResultError`."""


class ListNotificationResponse(Choice, wire_tag=0xBF28):
    _alternatives = [
        ("notificationMetadataList", NotificationMetadataList, at(0xA0)),
        ("listNotificationsResultError", ListNotificationsResultError, at(0x81)),
    ]


class OtherSignedNotification(Sequence):
    _fields = [
        ("tbsOtherNotification", NotificationMetadata),
        ("euiccNotificationSignature", OctetString, at(0x5F37)),
        ("euiccCertificate", Certificate),
        ("eumCertificate", Certificate),
    ]


class PendingNotification(Choice):
    _alternatives = [
        ("profileInstallationResult", ProfileInstallationResult),
        ("otherSignedNotification", OtherSignedNotification),
    ]


class RetrieveNotificationsListRequestSearchCriteria(Choice):
    _alternatives = [
        ("seqNumber", Integer, at(0x80)),
        ("profileManagementOperation", NotificationEvent, at(0x81)),
    ]


class RetrieveNotificationsListRequest(Sequence, wire_tag=0xBF2B):
    _fields = [
        ("searchCriteria", RetrieveNotificationsListRequestSearchCriteria, around(0xA0, OPTIONAL)),
    ]


class NotificationList(SequenceOf, of=PendingNotification):
    """SEQUENCE OF PendingNotification."""


class NotificationsListResultError(Integer, of=es10.NotificationsListResultError):
    """The type of `notificationsListResultError`."""


class RetrieveNotificationsListResponse(Choice, wire_tag=0xBF2B):
    _alternatives = [
        ("notificationList", NotificationList, at(0xA0)),
        ("notificationsListResultError", NotificationsListResultError, at(0x81)),
    ]


class NotificationSentRequest(Sequence, wire_tag=0xBF30):
    _fields = [
        ("seqNumber", Integer, at(0x80)),
    ]


class DeleteNotificationStatus(Integer, of=es10.DeleteNotificationStatus):
    """The type of `deleteNotificationStatus`."""


class NotificationSentResponse(Sequence, wire_tag=0xBF30):
    _fields = [
        ("deleteNotificationStatus", DeleteNotificationStatus, at(0x80)),
    ]
