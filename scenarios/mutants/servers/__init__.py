"""Broken SM-DP+ and SM-DS."""

from typing import Final

from scenarios.mutants.servers import authentication, cancel, eligibility, es2, notifications, package, smds, trust

MUTANTS: Final = (
    *authentication.MUTANTS,
    *trust.MUTANTS,
    *eligibility.MUTANTS,
    *package.MUTANTS,
    *cancel.MUTANTS,
    *notifications.MUTANTS,
    *es2.MUTANTS,
    *smds.MUTANTS,
)
