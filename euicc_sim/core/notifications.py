"""The notification list: numbered, signed when they arise, kept until the LPA removes them.

Spec: SGP.22 v2.5 sections 3.5 and 5.7.9 to 5.7.11
"""

from dataclasses import dataclass
from typing import Protocol

from euicc_sim.core.elements import encode_integer
from euicc_sim.core.settings import EuiccChain
from euicc_sim.core.signed import signature_tlv
from euicc_sim.core.store import NOTIFICATIONS, SEQUENCE, Changes, Profile, Store, number
from wire.es10 import NotificationEvent
from wire.ports import Signer
from wire.tlv import Tlv, parse, tlv

INSTALLATION_RESULT = 0xBF37
METADATA = 0xBF2F


class Signers(Protocol):
    """Where the card's chains and their keys are."""

    def chain(self, ci_pkid: bytes) -> EuiccChain:
        """The card's chain under that CI, or its first one where it has none there."""

    def signer(self, ci_pkid: bytes) -> Signer:
        """The signer of `chain(ci_pkid)`."""


@dataclass(frozen=True, slots=True)
class Notification:
    """A pending notification as kept: its CI and either BF37 or BF2F and its signature."""

    ci_pkid: bytes
    parts: tuple[Tlv, ...]

    @classmethod
    def decode(cls, raw: bytes) -> "Notification":
        """From the record."""
        ci_pkid, *parts = parse(raw, 0x30).children
        return cls(ci_pkid.value, tuple(parts))

    @property
    def is_installation_result(self) -> bool:
        """Whether it is a ProfileInstallationResult, not an OtherSignedNotification."""
        return self.parts[0].tag == INSTALLATION_RESULT

    @property
    def metadata(self) -> Tlv:
        """Its NotificationMetadata."""
        first = self.parts[0]
        return first.child(0xBF27).child(METADATA) if self.is_installation_result else first

    @property
    def event(self) -> NotificationEvent:
        """What happened."""
        return NotificationEvent.from_bits(self.metadata.child(0x81).value)

    @property
    def number(self) -> int:
        """Its sequence number."""
        return int.from_bytes(self.metadata.child(0x80).value, "big")

    def pending(self, chain: EuiccChain) -> bytes:
        """The PendingNotification; certificates are those of the card's chain."""
        octets = b"".join(part.raw for part in self.parts)
        if self.is_installation_result:
            return octets
        return tlv(0x30, octets, chain.euicc_certificate, chain.eum_certificate)


def notification_metadata(seq_number: int, event: NotificationEvent, address: str, iccid: bytes | None) -> bytes:
    """A NotificationMetadata."""
    number_and_event = encode_integer(0x80, seq_number) + tlv(0x81, event.to_bits())
    return tlv(METADATA, number_and_event, tlv(0x0C, address.encode()), tlv(0x5A, iccid) if iccid else b"")


class NotificationList:
    """Reads the list and writes its changes into a transaction's `Changes`."""

    def __init__(self, store: Store, signers: Signers) -> None:
        self._store = store
        self._signers = signers

    def all(self) -> list[Notification]:
        """All pending notifications, ascending."""
        records = (self._store.nvm.get(key) for key in self._store.nvm.keys(NOTIFICATIONS))
        return [Notification.decode(record) for record in records if record is not None]

    def get(self, seq_number: int) -> Notification | None:
        """One notification."""
        record = self._store.nvm.get(_key(seq_number))
        return None if record is None else Notification.decode(record)

    def pending(self, notification: Notification) -> bytes:
        """The PendingNotification to send."""
        return notification.pending(self._signers.chain(notification.ci_pkid))

    def remove(self, changes: Changes, seq_number: int) -> None:
        """Take one off the list."""
        changes[_key(seq_number)] = None

    def next_number(self, changes: Changes) -> int:
        """The next sequence number; it is used up with the transaction. A full list loses its oldest entry."""
        pending = changes.get(SEQUENCE)
        last = self._store.last_sequence_number if pending is None else int.from_bytes(pending, "big")
        changes[SEQUENCE] = number(last + 1)
        kept = [key for key in self._store.nvm.keys(NOTIFICATIONS) if changes.get(key, b"") is not None]
        added = sum(1 for key, value in changes.items() if key.startswith(NOTIFICATIONS) and value is not None)
        surplus = len(kept) + added + 1 - self._store.settings.options.notifications
        for key in kept[: max(0, surplus)]:
            changes[key] = None
        return last + 1

    def add(self, changes: Changes, seq_number: int, ci_pkid: bytes, *parts: bytes) -> None:
        """Keep a signed notification under a number from `next_number`."""
        changes[_key(seq_number)] = tlv(0x30, tlv(0x04, ci_pkid), *parts)

    def notify(self, changes: Changes, event: NotificationEvent, profile: Profile) -> None:
        """One OtherSignedNotification for each address that the profile configures for `event`."""
        for events, address in profile.notification_configuration:
            if events & event:
                seq_number = self.next_number(changes)
                tbs = notification_metadata(seq_number, event, address, profile.iccid)
                signed = self._signers.signer(profile.ci_pkid).sign("tbsOtherNotification", tbs)
                self.add(changes, seq_number, profile.ci_pkid, signed.data, signature_tlv(signed.signature))


def _key(seq_number: int) -> str:
    return f"{NOTIFICATIONS}{seq_number:010d}"
