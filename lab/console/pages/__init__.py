"""The pages, each a function `Visit -> Reply`."""

from lab.console.pages import (
    audit,
    cards,
    certificates,
    devices,
    keys,
    login,
    operations,
    overview,
    profiles,
    sessions,
    webhooks,
)

ROUTES = (
    *overview.ROUTES,
    *login.ROUTES,
    *profiles.ROUTES,
    *operations.ROUTES,
    *devices.ROUTES,
    *cards.ROUTES,
    *sessions.ROUTES,
    *webhooks.ROUTES,
    *keys.ROUTES,
    *audit.ROUTES,
    *certificates.ROUTES,
)
