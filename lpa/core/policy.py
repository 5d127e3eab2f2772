"""May this profile be installed under the card's Rules Authorisation Table?

Spec: SGP.22 v2.5 section 2.9.2.1, 2.9.2.4
"""

from collections.abc import Sequence
from enum import Enum

from lpa.core.chip import AuthorisationRule
from lpa.core.metadata import OperatorId, ProfileMetadata
from wire.es10 import PprIds

RULES = (PprIds.ppr1, PprIds.ppr2)
RULE_TEXTS = {
    PprIds.ppr1: "once enabled, the profile cannot be disabled (PPR1)",
    PprIds.ppr2: "the profile cannot be deleted (PPR2)",
}


class RuleVerdict(Enum):
    """What the table says about one policy rule of a profile."""

    ALLOWED = "allowed"
    CONSENT_REQUIRED = "allowed with the user's strong confirmation"
    NOT_ALLOWED = "not allowed"


def judge(metadata: ProfileMetadata, table: Sequence[AuthorisationRule]) -> dict[PprIds, RuleVerdict]:
    """The verdict on each policy rule that the profile carries; the first entry that names rule and owner decides."""
    return {rule: _judge_rule(rule, metadata.owner, table) for rule in RULES if rule in metadata.policy_rules}


def _judge_rule(rule: PprIds, owner: OperatorId | None, table: Sequence[AuthorisationRule]) -> RuleVerdict:
    if owner is None:
        return RuleVerdict.NOT_ALLOWED
    for entry in table:
        if rule in entry.policy_rules and any(matches(owner, operator) for operator in entry.allowed_operators):
            return RuleVerdict.CONSENT_REQUIRED if entry.consent_required else RuleVerdict.ALLOWED
    return RuleVerdict.NOT_ALLOWED


def matches(owner: OperatorId, allowed: OperatorId) -> bool:
    """Digit E of the table matches any digit; an empty GID matches any, an absent one only an absent one."""
    digits = zip(owner.mcc_mnc.hex(), allowed.mcc_mnc.hex(), strict=True)
    return (
        all(pattern in ("e", digit) for digit, pattern in digits)
        and _gid_matches(owner.gid1, allowed.gid1)
        and _gid_matches(owner.gid2, allowed.gid2)
    )


def _gid_matches(gid: bytes | None, allowed: bytes | None) -> bool:
    return allowed == b"" or gid == allowed
