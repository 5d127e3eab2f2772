"""Webhooks: every change of the management, told to those who asked for it, signed, in order, until acknowledged.

| module | what |
|---|---|
| `records.py` | `Subscription`, `Event`, `Delivery`, `Attempt`; `WebhookError(field, reason)`, `NotFound` |
| `store.py` | `WebhookStore(ledger, keyring, policy)`: subscriptions, what waits for them, and the log |
| `signing.py` | Standard Webhooks headers and the `signature` member; `verify(...)` is the receiver's side |
| `targets.py` | `TargetPolicy`: which addresses may be called |
| `worker.py` | `WebhookWorker(store)`: `run()` delivers until cancelled |

A delivery is `Waiting`, `Done` or `Dead` (given up: the dead letters, to be sent again with `redeliver`).
"""

from lab.webhooks.records import ALL_EVENTS, TEST_EVENT, Attempt, Delivery, Event, NotFound, Subscription, WebhookError
from lab.webhooks.store import WebhookStore

__all__ = [
    "ALL_EVENTS",
    "TEST_EVENT",
    "Attempt",
    "Delivery",
    "Event",
    "NotFound",
    "Subscription",
    "WebhookError",
    "WebhookStore",
]
