"""Broken eUICCs: addresses and what the eUICC says of itself."""

from typing import Final

from scenarios.mutants.cards.places import ES10A, ES10C, INFO
from scenarios.mutants.model import Mutant as M

MUTANTS: Final = (
    M(
        "card.address.not_stored",
        ES10A,
        "transaction.changes[DEFAULT_DP_ADDRESS] = address.encode() if address else None",
        "pass",
        "euicc.es10a",
    ),
    M(
        "card.address.never_cleared",
        ES10A,
        "address.encode() if address else None",
        "address.encode() or b'x'",
        "euicc.es10a",
    ),
    M(
        "card.address.empty_root",
        ES10A,
        "root = tlv(0x81, euicc.settings.root_ds_address.encode())",
        "root = tlv(0x81, b'lpa.ds.gsma.com')",
        "euicc.es10a",
    ),
    M("card.info.svn_missing", INFO, "        tlv(0x82, settings.svn),\n", "", "euicc.es10b.info2"),
    M(
        "card.info.pp_version_early",
        INFO,
        "        tlv(0x81, settings.profile_version),\n",
        "        tlv(0x04, settings.pp_version),\n        tlv(0x81, settings.profile_version),\n",
        "euicc.es10b.info2",
    ),
    M(
        "card.info.memory_fixed",
        INFO,
        'euicc.store.free_octets.to_bytes(4, "big")',
        '(0xA0000).to_bytes(4, "big")',
        "euicc.es10b.info2",
    ),
    M(
        "card.info.forbidden_hidden",
        INFO,
        'tlv(0x99, forbidden.to_bits()) if forbidden else b""',
        'b""',
        "euicc.es10b.info2",
    ),
    M(
        "card.info.signing_is_verification",
        INFO,
        "tlv(0xAA, *(tlv(0x04, pkid) for pkid in euicc.signing_chains))",
        "tlv(0xAA)",
        "euicc.es10b.info",
    ),
    M(
        "card.eid.swapped",
        ES10C,
        "euicc.settings.eid.to_bytes()",
        "bytes((o >> 4) | (o & 15) << 4 for o in euicc.settings.eid.to_bytes())",
        "euicc.es10c.eid",
    ),
    M(
        "card.rat.hidden",
        INFO,
        "tlv(RAT, tlv(0xA0, *(rule.encode() for rule in euicc.settings.rules)))",
        "tlv(RAT, tlv(0xA0))",
        "euicc.es10b.rat",
    ),
)
