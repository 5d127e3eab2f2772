"""Broken SM-DP+: the trust in the eUICC's chain."""

from typing import Final

from scenarios.mutants.model import Mutant as M
from scenarios.mutants.servers.places import CERTIFICATES, TRUST

MUTANTS: Final = (
    M(
        "dp.trust.eum_expired",
        TRUST,
        "            if not certificate.valid_at(now):\n                raise",
        "            if False:\n                raise",
        "smdp.certificates.eum",
    ),
    M(
        "dp.trust.euicc_expired",
        TRUST,
        "        if not leaf.valid_at(now):",
        "        if False:",
        "smdp.certificates.euicc",
    ),
    M(
        "dp.trust.expiry_codes_swapped",
        TRUST,
        "raise ChainRefused(Fault.EUICC_EXPIRED,",
        "raise ChainRefused(Fault.EUM_EXPIRED,",
        "smdp.certificates.euicc",
    ),
    M(
        "dp.trust.not_yet_valid",
        CERTIFICATES,
        "return self.not_before <= now <= self.not_after",
        "return now <= self.not_after",
        "smdp.certificates",
    ),
    M(
        "dp.trust.ci_of_choice",
        TRUST,
        "if chain[-1].authority_key_id != ci_pkid or ci_pkid not in self._roots:",
        "if ci_pkid not in self._roots:",
        "smdp.certificates",
    ),
    M(
        "dp.trust.signature",
        TRUST,
        'raise ChainRefused(fault, f"the signature of {certificate.name} is wrong") from None',
        "return",
        "smdp.certificates",
    ),
    M("dp.trust.roles", TRUST, "    if roles not in _INTERMEDIATE_ROLES:", "    if False:", "smdp.certificates.eum"),
    M("dp.trust.euicc_role", TRUST, "    if leaf.role is not expected:", "    if False:", "smdp.certificates.euicc"),
    M(
        "dp.trust.ca_flag",
        TRUST,
        "if not certificate.is_ca or not certificate.signs_certificates:",
        "if False:",
        "smdp.certificates.eum",
    ),
    M(
        "dp.trust.path_length",
        TRUST,
        "if certificate.path_length is not None and certificate.path_length < depth:",
        "if False:",
        "smdp.certificates.eum",
    ),
    M(
        "dp.trust.euicc_key_usage",
        TRUST,
        "if not leaf.signs_data or leaf.is_ca:",
        "if False:",
        "smdp.certificates.euicc",
    ),
    M(
        "dp.trust.eid_range",
        TRUST,
        "if not any(certificate.permits(leaf.organization, eid) for certificate in chain):",
        "if False:",
        "smdp.certificates",
    ),
    M(
        "dp.trust.organisation",
        CERTIFICATES,
        "eid.startswith(prefix) and (not owner or owner == organization)",
        "eid.startswith(prefix)",
        "smdp.certificates",
    ),
    M(
        "dp.trust.curve",
        TRUST,
        "if certificate.public_key.curve.name != issuer.public_key.curve.name:",
        "if False:",
        "smdp.certificates",
    ),
    M(
        "dp.trust.critical_extension",
        CERTIFICATES,
        "if extension.critical and extension.oid not in _JUDGED:",
        "if False:",
        "smdp.certificates",
    ),
)
