"""Broken eUICCs."""

from typing import Final

from scenarios.mutants.cards import (
    authentication,
    crl,
    download,
    information,
    notifications,
    package,
    profiles,
    transport,
)

MUTANTS: Final = (
    *transport.MUTANTS,
    *information.MUTANTS,
    *profiles.MUTANTS,
    *notifications.MUTANTS,
    *authentication.MUTANTS,
    *download.MUTANTS,
    *package.MUTANTS,
    *crl.MUTANTS,
)
