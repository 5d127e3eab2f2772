"""API keys: made, rotated and revoked; the secret is told once."""

from datetime import timedelta

from lab.console.visit import Page, PageRoute, Reply, SeeOther, Visit
from lab.managers.errors import ManagementError
from lab.managers.keys import ROLES, IssuedKey, is_good

_OVERLAP = timedelta(hours=24)


def index(visit: Visit) -> Reply:
    """All keys, oldest first, with a form for another one."""
    return _page(visit, "")


def create(visit: Visit) -> Reply:
    """A new key."""
    name, days = visit.form.get("name", "").strip(), visit.form.get("days", "").strip()
    if not name or len(name) > 64:
        return _page(visit, "A name of 1 to 64 characters is needed.", 400)
    if days and not (days.isascii() and days.isdigit() and 0 < int(days) <= 3650):
        return _page(visit, "Days are a number from 1 to 3650, or nothing for a key that doesn't expire.", 400)
    lifetime = timedelta(days=int(days)) if days else None
    try:
        return _told(visit.context.management.keys.create(name, visit.form.get("role", ""), lifetime, visit.actor))
    except ManagementError as error:
        return _page(visit, error.message, 400)


def rotate(visit: Visit) -> Reply:
    """A new key in place of this one, which stays good for a day."""
    return _told(visit.context.management.keys.rotate(visit.parameters["key"], _OVERLAP, visit.actor))


def revoke(visit: Visit) -> Reply:
    """No longer good, from now on."""
    key = visit.context.management.keys.revoke(visit.parameters["key"], visit.actor)
    return SeeOther("/keys", f"Key {key.name} ({key.key_id}) is revoked.")


def _page(visit: Visit, error: str, status: int = 200) -> Page:
    now = visit.lab.clock.now()
    keys = [(key, is_good(key, now)) for key in visit.context.management.keys.all()]
    return Page("keys.html", {"title": "API keys", "keys": keys, "roles": ROLES, "error": error}, status)


def _told(issued: IssuedKey) -> Page:
    values = {"title": f"Key {issued.key.name}", "what": "The key", "secret": issued.token, "back": "/keys"}
    return Page("told_once.html", values)


ROUTES = (
    PageRoute("GET", "/keys", "keys:manage", index),
    PageRoute("POST", "/keys", "keys:manage", create),
    PageRoute("POST", "/keys/{key}/rotate", "keys:manage", rotate),
    PageRoute("POST", "/keys/{key}/revoke", "keys:manage", revoke),
)
