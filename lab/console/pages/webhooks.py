"""Webhooks: who hears of what, what was delivered, and what waits."""

import base64
import os
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from lab.console.visit import Page, PageRoute, Refusal, Reply, SeeOther, Visit
from lab.webhooks import ALL_EVENTS, NotFound, WebhookError, WebhookStore

LIMIT = 100
T = TypeVar("T")


def index(visit: Visit) -> Reply:
    """All of them, with a form for another one."""
    return _page(visit, {"url": "", "events": ALL_EVENTS, "description": ""}, {})


def create(visit: Visit) -> Reply:
    """A new one; its secret is made here and told once."""
    form = {name: visit.form.get(name, "").strip() for name in ("url", "events", "description")}
    secret = _new_secret()
    try:
        one = _store(visit).create(form["url"], form["events"].split(), secret, form["description"], visit.actor)
    except WebhookError as error:
        return _page(visit, form, {error.field: error.reason}, 400)
    return Page("told_once.html", _told(f"Webhook {one.webhook_id}", secret, f"/webhooks/{one.webhook_id}"))


def show(visit: Visit) -> Reply:
    """One webhook with its deliveries."""
    store, webhook_id = _store(visit), visit.parameters["webhook"]
    one = _found(lambda: store.get(webhook_id))
    found = list(reversed(store.deliveries(webhook_id)))[:LIMIT]
    values = {
        "title": f"Webhook {webhook_id}",
        "webhook": one,
        "deliveries": [(delivery, store.attempts(delivery)) for delivery in found],
        "may_write": visit.may("webhooks:write"),
    }
    return Page("webhook.html", values)


def act(visit: Visit) -> Reply:
    """Test, rotate or delete."""
    store, webhook_id, action = _store(visit), visit.parameters["webhook"], visit.parameters["action"]
    if action == "test":
        _found(lambda: store.send_test(webhook_id))
        return SeeOther(f"/webhooks/{webhook_id}", "A test event is on its way.")
    if action == "rotate":
        secret = _new_secret()
        _found(lambda: store.rotate(webhook_id, secret, timedelta(hours=24), visit.actor))
        return Page("told_once.html", _told(f"Webhook {webhook_id}", secret, f"/webhooks/{webhook_id}"))
    _found(lambda: store.delete(webhook_id, visit.actor))
    return SeeOther("/webhooks", f"Webhook {webhook_id} is gone.")


def redeliver(visit: Visit) -> Reply:
    """Send a delivery again."""
    store = _store(visit)
    delivery = _found(lambda: store.redeliver(visit.parameters["delivery"]))
    return SeeOther(f"/webhooks/{delivery.destination}", "It will be sent again.")


def _page(visit: Visit, form: dict[str, str], errors: dict[str, str], status: int = 200) -> Page:
    store = _store(visit)
    values = {
        "title": "Webhooks",
        "webhooks": store.subscriptions(),
        "counts": store.counts(),
        "form": form,
        "errors": errors,
        "may_write": visit.may("webhooks:write"),
    }
    return Page("webhooks.html", values, status)


def _store(visit: Visit) -> WebhookStore:
    return visit.context.management.webhooks


def _found(act: Callable[[], T]) -> T:
    try:
        return act()
    except NotFound as error:
        raise Refusal(404, str(error)) from None


def _new_secret() -> str:
    return f"whsec_{base64.b64encode(os.urandom(32)).decode()}"


def _told(what: str, secret: str, back: str) -> dict[str, str]:
    return {"title": what, "what": "The secret that signs what is sent", "secret": secret, "back": back}


ROUTES = (
    PageRoute("GET", "/webhooks", "webhooks:read", index),
    PageRoute("POST", "/webhooks", "webhooks:write", create),
    PageRoute("GET", "/webhooks/{webhook}", "webhooks:read", show),
    PageRoute("POST", "/webhooks/{webhook}/{action:test|rotate|delete}", "webhooks:write", act),
    PageRoute("POST", "/deliveries/{delivery}/redeliver", "webhooks:write", redeliver),
)
