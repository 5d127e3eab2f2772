"""Profile policy: which rules a profile may bring, and which state changes the rules and classes allow.

Spec: SGP.22 v2.5 sections 2.9, 3.2 and 5.7.16 to 5.7.19
"""

from collections.abc import Iterable

from euicc_sim.core.rules import AuthorisationRule, Operator
from euicc_sim.core.store import Profile
from wire.es10 import DeleteResult, DisableResult, EnableResult, PprIds, ProfileClass

RULES = (PprIds.ppr1, PprIds.ppr2)
"""The bits of PprIds that are rules; pprUpdateControl says who may change them and is none itself."""


def rules_of(pprs: PprIds) -> PprIds:
    """The rules in `pprs`, unknown ones included."""
    return PprIds(int(pprs) & ~int(PprIds.pprUpdateControl))


def owner_matches(allowed: Operator, owner: Operator) -> bool:
    """Whether a profile owner is meant by an entry of the rules authorisation table.

    Nibble E is any digit; an empty GID is any; an absent GID demands that the profile has none.
    Spec: SGP.22 v2.5 section 2.4.12.2
    """
    nibbles = zip(allowed.mcc_mnc.hex(), owner.mcc_mnc.hex(), strict=True)
    if any(wanted not in ("e", found) for wanted, found in nibbles):
        return False
    gids = ((allowed.gid1, owner.gid1), (allowed.gid2, owner.gid2))
    return all(wanted == b"" or (wanted or None) == (found or None) for wanted, found in gids)


def is_authorised(ppr: PprIds, owner: Operator, table: Iterable[AuthorisationRule]) -> bool:
    """Whether the table lets `owner` set the rule `ppr`."""
    return any(
        rule.ppr_ids & ppr and any(owner_matches(operator, owner) for operator in rule.operators) for rule in table
    )


def names_one_operator(owner: Operator | None) -> bool:
    """Whether the owner is given without wildcards: digits only, F only as third MNC digit."""
    if owner is None:
        return False
    digits = owner.mcc_mnc.hex()
    third_mnc, others = digits[2], digits[:2] + digits[3:]
    return others.isdecimal() and third_mnc in "0123456789f"


def pprs_allowed(
    pprs: PprIds,
    owner: Operator,
    table: Iterable[AuthorisationRule],
    forbidden: PprIds,
    operational_profile_installed: bool,
) -> bool:
    """Whether a profile with these rules may be installed; PPR1 only as the first operational profile.

    Spec: SGP.22 v2.5 sections 2.9.3.1 and 5.5.3
    """
    rules = rules_of(pprs)
    if rules & forbidden or int(rules) & ~int(PprIds.ppr1 | PprIds.ppr2):
        return False
    if rules & PprIds.ppr1 and operational_profile_installed:
        return False
    table = tuple(table)
    return all(is_authorised(rule, owner, table) for rule in RULES if rules & rule)


def may_enable(target: Profile | None, enabled: Profile | None, previous: int | None) -> EnableResult:
    """The verdict of EnableProfile as far as states, classes and rules decide it, in the standard's order."""
    if target is None:
        return EnableResult.iccidOrAidNotFound
    if enabled is None:
        return EnableResult.ok
    if target.index == enabled.index:
        return EnableResult.profileNotInDisabledState
    target_is_test = target.profile_class is ProfileClass.test
    if enabled.profile_class is ProfileClass.test and not target_is_test and target.index != previous:
        return EnableResult.wrongProfileReenabling
    if enabled.pprs & PprIds.ppr1 and target.profile_class is ProfileClass.operational:
        return EnableResult.disallowedByPolicy
    return EnableResult.ok


def may_disable(target: Profile | None, enabled: Profile | None) -> DisableResult:
    """The verdict of DisableProfile."""
    if target is None:
        return DisableResult.iccidOrAidNotFound
    if enabled is None or target.index != enabled.index:
        return DisableResult.profileNotInEnabledState
    if target.pprs & PprIds.ppr1:
        return DisableResult.disallowedByPolicy
    return DisableResult.ok


def may_delete(target: Profile | None, enabled: Profile | None) -> DeleteResult:
    """The verdict of DeleteProfile."""
    if target is None:
        return DeleteResult.iccidOrAidNotFound
    if enabled is not None and target.index == enabled.index:
        return DeleteResult.profileNotInDisabledState
    if target.pprs & PprIds.ppr2:
        return DeleteResult.disallowedByPolicy
    return DeleteResult.ok


def previous_after_enable(target: Profile, enabled: Profile | None, previous: int | None) -> int | None:
    """Which operational profile comes back when the then enabled test profile is disabled."""
    if target.profile_class is not ProfileClass.test:
        return None
    if enabled is None:
        return None
    if enabled.profile_class is ProfileClass.test:
        return previous
    return enabled.index if enabled.profile_class is ProfileClass.operational else None
