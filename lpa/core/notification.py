"""Notifications: what the card has to tell the servers.

Spec: SGP.22 v2.5 section 5.7.9 (ListNotification), 5.7.10 (RetrieveNotificationsList), 2.5.6 (installation result)
"""

from dataclasses import dataclass
from typing import Self

from lpa.core.errors import LpaError
from lpa.core.reading import integer
from wire.es10 import NotificationEvent
from wire.ids import Iccid, decode_oid
from wire.tlv import Tlv, parse

PROFILE_INSTALLATION_RESULT = 0xBF37
OTHER_SIGNED_NOTIFICATION = 0x30


@dataclass(frozen=True, slots=True)
class NotificationMetadata:
    """Sequence number, event (one bit), address of the recipient, and the profile where there is one."""

    seq_number: int
    event: NotificationEvent
    address: str
    iccid: Iccid | None

    @classmethod
    def read(cls, value: Tlv) -> Self:
        """From a BF2F; ValueError if it is none."""
        iccid = value.find(0x5A)
        return cls(
            seq_number=integer(value.child(0x80)),
            event=NotificationEvent.from_bits(value.child(0x81).value),
            address=value.child(0x0C).value.decode("utf-8"),
            iccid=None if iccid is None else Iccid.from_ef(iccid.value),
        )


@dataclass(frozen=True, slots=True)
class InstallationResult:
    """A ProfileInstallationResult; `raw` is the BF37 as received.

    Success has `isdp_aid`; failure has `bpp_command_id` and `error_reason` (unknown values are kept).
    """

    raw: bytes
    transaction_id: bytes
    metadata: NotificationMetadata
    smdp_oid: str
    isdp_aid: bytes | None
    bpp_command_id: int | None
    error_reason: int | None
    sima_response: bytes

    @classmethod
    def read(cls, raw: bytes) -> Self:
        """From a BF37; ValueError if it is none."""
        data = parse(raw, PROFILE_INSTALLATION_RESULT).at(0, 0xBF27)
        final = data.child(0xA2)
        success, error = final.find(0xA0), final.find(0xA1)
        if (success is None) == (error is None):
            raise ValueError("finalResult is neither successResult nor errorResult")
        sima_response = success.find(0x04) if success else error.find(0x82) if error else None
        return cls(
            raw=raw,
            transaction_id=data.child(0x80).value,
            metadata=NotificationMetadata.read(data.child(0xBF2F)),
            smdp_oid=decode_oid(data.child(0x06).value),
            isdp_aid=success.child(0x4F).value if success else None,
            bpp_command_id=integer(error.child(0x80)) if error else None,
            error_reason=integer(error.child(0x81)) if error else None,
            sima_response=sima_response.value if sima_response else b"",
        )

    @property
    def success(self) -> bool:
        """True if the profile is installed."""
        return self.isdp_aid is not None


@dataclass(frozen=True, slots=True)
class PendingNotification:
    """One notification ready to be delivered: `raw` goes to the server unchanged."""

    raw: bytes
    metadata: NotificationMetadata
    installation: InstallationResult | None

    @classmethod
    def read(cls, value: Tlv) -> Self:
        """From one item of RetrieveNotificationsList; ValueError if it is neither BF37 nor 30."""
        if value.tag == PROFILE_INSTALLATION_RESULT:
            result = InstallationResult.read(value.raw)
            return cls(value.raw, result.metadata, result)
        if value.tag == OTHER_SIGNED_NOTIFICATION:
            return cls(value.raw, NotificationMetadata.read(value.at(0, 0xBF2F)), None)
        raise ValueError(f"{value.tag:X} is no PendingNotification")


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of one notification; `error` says why it was not delivered or not removed."""

    metadata: NotificationMetadata
    delivered: bool
    removed: bool
    error: LpaError | None = None
