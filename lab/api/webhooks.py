"""/webhooks: who hears of what, and what became of it. Secrets are never answered."""

from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from lab.api import models_admin as models
from lab.api.pagination import DEFAULT_SIZE, decode_cursor, encode_cursor
from lab.api.queries import DeliveryQuery, Page
from lab.api.routing import Answer, Call, Route
from lab.api.views import etag
from lab.managers.errors import Code, ManagementError, invalid
from lab.store.rows import when
from lab.webhooks import Delivery, NotFound, Subscription, WebhookError
from smdp.core.messages import MessageState

_TAG = "Webhooks"
_STATES = {"WAITING": MessageState.WAITING, "DONE": MessageState.DONE, "DEAD": MessageState.DEAD}
_NAMES = {state: name for name, state in _STATES.items()}
T = TypeVar("T")


def create_webhook(call: Call) -> Answer:
    """Register a receiver of events, which hears of what happens from now on."""
    new: models.WebhookIn = call.body
    webhook = _checked(
        lambda: call.management.webhooks.create(new.url, new.events, new.secret, new.description, call.actor)
    )
    return Answer(webhook_out(webhook), headers={"Location": _place(webhook.webhook_id), **etag(webhook.version)})


def get_webhook(call: Call) -> Answer:
    """The webhook."""
    webhook = _checked(lambda: call.management.webhooks.get(call.path["webhookId"]))
    return Answer(webhook_out(webhook), headers=etag(webhook.version))


def list_webhooks(call: Call) -> Answer:
    """Webhooks, oldest first."""
    query: Page = call.query
    found = [(_order(webhook), webhook) for webhook in call.management.webhooks.subscriptions()]
    if query.cursor is not None:
        after = tuple(decode_cursor(query.cursor, [int, str]))
        found = [one for one in found if one[0] > after]
    size = int(query.limit or DEFAULT_SIZE)
    cursor = encode_cursor(found[size - 1][0]) if len(found) > size else None
    return Answer(models.WebhookList(webhooks=[webhook_out(webhook) for _, webhook in found[:size]], nextCursor=cursor))


def delete_webhook(call: Call) -> Answer:
    """Send nothing there any more, and forget what was sent."""
    _checked(lambda: call.management.webhooks.delete(call.path["webhookId"], call.actor))
    return Answer()


def rotate_webhook(call: Call) -> Answer:
    """A new secret signs first; the one before signs, too, until the overlap ends."""
    new: models.WebhookRotationIn = call.body
    overlap = timedelta(seconds=new.overlapSeconds)
    webhook = _checked(lambda: call.management.webhooks.rotate(call.path["webhookId"], new.secret, overlap, call.actor))
    return Answer(webhook_out(webhook), headers=etag(webhook.version))


def check_webhook(call: Call) -> Answer:
    """Send the event webhook.test there."""
    delivery = _checked(lambda: call.management.webhooks.send_test(call.path["webhookId"]))
    return Answer(delivery_out(delivery))


def list_deliveries(call: Call) -> Answer:
    """What was sent there, or is to be, in the order of the events."""
    query: DeliveryQuery = call.query
    webhooks, webhook_id = call.management.webhooks, call.path["webhookId"]
    _checked(lambda: webhooks.get(webhook_id))
    size = int(query.limit or DEFAULT_SIZE)
    after = decode_cursor(query.cursor, [int])[0] if query.cursor is not None else 0
    state = _STATES[query.state] if query.state else None
    found = webhooks.deliveries(webhook_id, state, after, size + 1)
    cursor = encode_cursor([found[size - 1].sequence]) if len(found) > size else None
    return Answer(models.DeliveryList(deliveries=[delivery_out(one) for one in found[:size]], nextCursor=cursor))


def get_delivery(call: Call) -> Answer:
    """One delivery with every attempt."""
    delivery = _delivery(call)
    attempts = [
        models.AttemptOut(
            number=one.number, at=one.at, durationMs=one.duration_ms, status=one.status, error=one.error or None
        )
        for one in call.management.webhooks.attempts(delivery)
    ]
    return Answer(models.DeliveryDetail(**delivery_out(delivery).model_dump(), attemptLog=attempts))


def redeliver(call: Call) -> Answer:
    """Send it again; the event's id stays the same."""
    delivery = _delivery(call)
    return Answer(delivery_out(_checked(lambda: call.management.webhooks.redeliver(delivery.delivery_id))))


def webhook_out(webhook: Subscription) -> models.WebhookOut:
    """A webhook without its secret."""
    return models.WebhookOut.model_validate(
        {
            "webhookId": webhook.webhook_id,
            "url": webhook.url,
            "events": list(webhook.events),
            "description": webhook.description,
            "createdAt": webhook.created_at,
        }
    )


def delivery_out(delivery: Delivery) -> models.DeliveryOut:
    """A delivery."""
    return models.DeliveryOut.model_validate(
        {
            "deliveryId": delivery.delivery_id,
            "webhookId": delivery.destination,
            "eventId": delivery.event_id,
            "eventType": delivery.event_type,
            "createdAt": delivery.created_at,
            "state": _NAMES[delivery.state],
            "attempts": delivery.attempts,
            "error": delivery.error or None,
        }
    )


def _delivery(call: Call) -> Delivery:
    delivery = _checked(lambda: call.management.webhooks.delivery(call.path["deliveryId"]))
    if delivery.destination != call.path["webhookId"]:
        raise _missing("deliveryId", f"there is no delivery {delivery.delivery_id} of this webhook")
    return delivery


def _checked(work: Callable[[], T]) -> T:
    try:
        return work()
    except WebhookError as error:
        raise invalid(error.field, error.reason) from None
    except NotFound as error:
        raise _missing("webhookId", str(error)) from None


def _missing(field: str, reason: str) -> ManagementError:
    return ManagementError(Code.INVALID_REQUEST, reason, {"field": field, "reason": reason}, missing=True)


def _order(webhook: Subscription) -> tuple[int, str]:
    return when(webhook.created_at), webhook.webhook_id


def _place(webhook_id: str) -> str:
    return f"/api/v1/esim/webhooks/{webhook_id}"


_ONE = "/webhooks/{webhookId}"
_LOG = "/webhooks/{webhookId}/deliveries"
ROUTES = (
    Route(
        "POST",
        "/webhooks",
        create_webhook,
        "Register a webhook",
        "webhooks:write",
        _TAG,
        models.WebhookOut,
        body=models.WebhookIn,
        status=201,
        etag=True,
    ),
    Route("GET", "/webhooks", list_webhooks, "List webhooks", "webhooks:read", _TAG, models.WebhookList, query=Page),
    Route("GET", _ONE, get_webhook, "Show a webhook", "webhooks:read", _TAG, models.WebhookOut, etag=True),
    Route("DELETE", _ONE, delete_webhook, "Remove a webhook", "webhooks:write", _TAG, None, status=204),
    Route(
        "POST",
        f"{_ONE}/rotate",
        rotate_webhook,
        "Rotate a webhook's secret",
        "webhooks:write",
        _TAG,
        models.WebhookOut,
        body=models.WebhookRotationIn,
        etag=True,
    ),
    Route(
        "POST",
        f"{_ONE}/test",
        check_webhook,
        "Send a test event",
        "webhooks:write",
        _TAG,
        models.DeliveryOut,
        status=202,
    ),
    Route(
        "GET", _LOG, list_deliveries, "List deliveries", "webhooks:read", _TAG, models.DeliveryList, query=DeliveryQuery
    ),
    Route(
        "GET",
        f"{_LOG}/{{deliveryId}}",
        get_delivery,
        "Show a delivery",
        "webhooks:read",
        _TAG,
        models.DeliveryDetail,
    ),
    Route(
        "POST",
        f"{_LOG}/{{deliveryId}}/redeliver",
        redeliver,
        "Deliver again",
        "webhooks:write",
        _TAG,
        models.DeliveryOut,
        status=202,
    ),
)
