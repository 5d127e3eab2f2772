"""Broken eUICCs: the list of notifications."""

from typing import Final

from scenarios.mutants.cards.places import ELEMENTS, ES10B, NOTIFICATIONS
from scenarios.mutants.model import Mutant as M

MUTANTS: Final = (
    M(
        "card.notifications.filter_ignored",
        ES10B,
        "return found if events is None else",
        "return found if True else",
        "euicc.es10b.notifications",
    ),
    M(
        "card.notifications.removed_all",
        ES10B,
        "status = DeleteNotificationStatus.nothingToDelete",
        "status = DeleteNotificationStatus.ok",
        "euicc.es10b.notifications",
    ),
    M(
        "card.notifications.not_removed",
        ES10B,
        "        euicc.notifications.remove(transaction.changes, seq_number)\n",
        "",
        "euicc.es10b.notifications",
    ),
    M(
        "card.notifications.number_ignored",
        ES10B,
        "found = [notification] if notification else []",
        "found = notifications.all()",
        "euicc.es10b.notifications",
    ),
    M(
        "card.notifications.first_address_only",
        NOTIFICATIONS,
        "                self.add(changes, seq_number, profile.ci_pkid, signed.data, signature_tlv(signed.signature))",
        (
            "                self.add(changes, seq_number, profile.ci_pkid, signed.data, signature_tlv(signed.signature))\n"
            "                return"
        ),
        "euicc.es10b.notifications",
    ),
    M("card.notifications.all_events", NOTIFICATIONS, "if events & event:", "if True:", "euicc.es10b.notifications"),
    M(
        "card.notifications.no_certificates",
        NOTIFICATIONS,
        "return tlv(0x30, octets, chain.euicc_certificate, chain.eum_certificate)",
        "return tlv(0x30, octets)",
        "euicc.es10b.notifications",
    ),
    M(
        "card.notifications.eum_first",
        NOTIFICATIONS,
        "return tlv(0x30, octets, chain.euicc_certificate, chain.eum_certificate)",
        "return tlv(0x30, octets, chain.eum_certificate, chain.euicc_certificate)",
        "euicc.es10b.notifications",
    ),
    M(
        "card.integer_not_minimal",
        ELEMENTS,
        'value.to_bytes(value.bit_length() // 8 + 1, "big")',
        'value.to_bytes((value.bit_length() + 7) // 8 or 1, "big")',
        "euicc.es10b.notifications",
    ),
)
