"""Broken eUICCs: revocation lists."""

from typing import Final

from scenarios.mutants.cards.places import CRL, ES10B
from scenarios.mutants.model import Mutant as M

MUTANTS: Final = (
    M(
        "card.crl.signature",
        CRL,
        "if not signed_by(crl, crl.tbs_certlist_bytes, anchors[ci_pkid]):",
        "if False:",
        "euicc.es10b.crl",
    ),
    M("card.crl.older", CRL, "if stored and crl_number.crl_number < stored.number:", "if False:", "euicc.es10b.crl"),
    M(
        "card.crl.one_part",
        CRL,
        (
            "parts = dict(stored.parts) if stored and (stored.number, stored.total) == "
            "(crl_number.crl_number, total) else {}"
        ),
        "parts = {}",
        "euicc.es10b.crl",
    ),
    M(
        "card.crl.unsupported",
        ES10B,
        "if not euicc.settings.rsp_capability & RspCapability.crlSupport:",
        "if False:",
        "euicc.es10b.crl",
    ),
    M("card.crl.not_kept", ES10B, "    euicc.store.nvm.commit({key_of(ci_pkid): record})\n", "", "euicc.es10b.crl"),
)
