"""Signing in with an API key, and out."""

from lab.console.visit import Page, PageRoute, Reply, SeeOther, Visit, own_path
from lab.store.records import Actor


def show(visit: Visit) -> Reply:
    """The form."""
    return Page("login.html", {"next": own_path(visit.query.get("next", "/")), "error": ""})


def sign_in(visit: Visit) -> Reply:
    """A good key becomes a session; a bad one is on record."""
    management = visit.context.management
    key = management.keys.holder(visit.form.get("key", "").strip())
    back = own_path(visit.form.get("next", "/"))
    actor = Actor(f"key:{key.key_id}" if key else "unknown", visit.source, visit.request_id)
    with management.ledger.transaction(actor) as tx:
        tx.audit("console.sign_in", key.key_id if key else "-", "done" if key else "refused")
    if key is None:
        return Page("login.html", {"next": back, "error": "This key is unknown, expired or revoked."}, 401)
    return SeeOther(back, f"Signed in as {key.name} ({key.role}).", key.key_id)


def sign_out(visit: Visit) -> Reply:
    """A new session, without a key."""
    return SeeOther("/login", "Signed out.", "")


ROUTES = (
    PageRoute("GET", "/login", "", show),
    PageRoute("POST", "/login", "", sign_in),
    PageRoute("POST", "/logout", "", sign_out),
)
