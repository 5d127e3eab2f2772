"""Events of orders that have expired: no LPA shall find them any more.

The order itself stays as it is, so that the first who comes with its Matching ID hears that it has expired
(8.8.5/4.10). That ends it (Error): who comes later hears what all dead Matching IDs answer, 8.2.6/3.8.
Spec: SGP.22 v2.5 section 3.6.3 (event deletion)
"""

from functools import partial

from smdp.core.effects import EventEnded
from smdp.core.procedure import Outcome, Ports
from smdp.core.records import Order
from smdp.core.states import DOWNLOADABLE
from smdp.core.unit_of_work import run


def withdraw_events(ports: Ports) -> int:
    """Let the SM-DSs forget the events of expired orders; returns how many."""
    found = ports.store.expired_orders_with_event(ports.now())
    return sum(run(ports, partial(_withdraw, ports, order.order_id)) for order in found)


def _withdraw(ports: Ports, order_id: str) -> Outcome[bool]:
    order = ports.store.order(order_id)
    if order is None or not _is_due(ports, order):
        return Outcome(False)
    return Outcome(True, (order._replace(smds_address=None),), (EventEnded(order),))


def _is_due(ports: Ports, order: Order) -> bool:
    expired = order.expires_at is not None and order.expires_at <= ports.now()
    return expired and bool(order.smds_address) and order.state in DOWNLOADABLE
