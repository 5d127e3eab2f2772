"""Broken SM-DP+: whether a profile suits the eUICC."""

from typing import Final

from scenarios.mutants.model import Mutant as M
from scenarios.mutants.servers.places import AUTH, ELIGIBILITY

MUTANTS: Final = (
    M("dp.eligible.version", ELIGIBILITY, "or version[:2] < needs.package_version[:2]", "", "smdp.es9.eligibility"),
    M("dp.eligible.major", ELIGIBILITY, "version[:1] != needs.package_version[:1] or ", "", "smdp.es9.eligibility"),
    M(
        "dp.eligible.version_strict",
        ELIGIBILITY,
        "version[:2] < needs.package_version[:2]",
        "version[:2] <= needs.package_version[:2]",
        "smdp.es9.eligibility",
    ),
    M("dp.eligible.services", ELIGIBILITY, "for name in needs.services:", "for name in ():", "smdp.es9.eligibility"),
    M(
        "dp.eligible.test_profile",
        ELIGIBILITY,
        "if _class(metadata) == 0 and not",
        "if False and not",
        "smdp.es9.eligibility",
    ),
    M(
        "dp.eligible.test_bit",
        ELIGIBILITY,
        "_TEST_PROFILE_SUPPORT = 3",
        "_TEST_PROFILE_SUPPORT = 4",
        "smdp.es9.eligibility",
    ),
    M(
        "dp.eligible.forbidden",
        ELIGIBILITY,
        "if _bit(rules.value, position) and _bit(forbidden.value, position):",
        "if False:",
        "smdp.es9.eligibility",
    ),
    M(
        "dp.eligible.forbidden_any",
        ELIGIBILITY,
        "if _bit(rules.value, position) and _bit(forbidden.value, position):",
        "if _bit(forbidden.value, position):",
        "smdp.es9.eligibility",
    ),
    M(
        "dp.eligible.memory",
        ELIGIBILITY,
        "if free is not None and free < needs.install_octets:",
        "if False:",
        "smdp.es9.eligibility",
    ),
    M(
        "dp.eligible.memory_strict",
        ELIGIBILITY,
        "free < needs.install_octets:",
        "free <= needs.install_octets:",
        "smdp.es9.eligibility",
    ),
    M(
        "dp.eligible.memory_code",
        AUTH,
        "code = _AUTH.INSUFFICIENT_MEMORY if obstacle.memory else _AUTH.NO_ELIGIBLE_PROFILE",
        "code = _AUTH.NO_ELIGIBLE_PROFILE",
        "smdp.es9.eligibility",
    ),
)
