"""Webhooks in the management's database: who hears of what, what waits to be sent, what became of it."""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields, replace
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from sqlalchemy import ColumnElement, and_, delete, func, insert, select, update

from lab.secrets import Keyring
from lab.store import feed
from lab.store.ledger import Ledger, Transaction
from lab.store.records import LOCAL, Actor, Change
from lab.webhooks import signing
from lab.webhooks.records import (
    ALL_EVENTS,
    TEST_EVENT,
    Attempt,
    Delivery,
    Event,
    NotFound,
    Subscription,
    WebhookError,
)
from lab.webhooks.schema import attempts, deliveries, subscriptions
from lab.webhooks.targets import TargetPolicy
from smdp.core.messages import AT_ONCE, MessageState
from smdp.core.ports import Conflict
from smdp.store.rows import microseconds, time_of

READER: Final = "webhooks"
OVERLAP: Final = timedelta(hours=24)
_DELIVERY = tuple(field.name for field in fields(Delivery))
_BATCH = 100
T = TypeVar("T")


class WebhookStore:
    """Subscriptions, deliveries and their log; `now` is by the ledger's clock, retries go by the machine's."""

    in_process: bool

    def __init__(self, ledger: Ledger, keyring: Keyring, policy: TargetPolicy | None = None) -> None:
        self.ledger = ledger
        self.policy = policy or TargetPolicy()
        self._keyring = keyring
        self.in_process = ledger.engine.dialect.name == "sqlite"

    def now(self) -> datetime:
        """The time by the lab's clock."""
        return self.ledger.clock.now()

    def create(
        self, url: str, events: Sequence[str], secret: str, description: str = "", actor: Actor = LOCAL
    ) -> Subscription:
        """A new webhook, which hears of what happens from now on; WebhookError for an unacceptable value."""
        self.policy.check_url(url)
        _check_secret(secret)
        if not events:
            raise WebhookError("events", f'name at least one event, or "{ALL_EVENTS}"')
        webhook_id = f"wh_{secrets.token_hex(12)}"
        wanted = tuple(dict.fromkeys(events))
        new = Subscription(webhook_id, url, wanted, secret, description, self.now(), version=1)
        with self.ledger.transaction(actor) as tx:
            tx.connection.execute(insert(subscriptions).values(self._values(new)))
            tx.audit("webhook.created", webhook_id, after=_shown(new))
        return new

    def get(self, webhook_id: str) -> Subscription:
        """The webhook; NotFound if there is none."""
        with self.ledger.reading() as reading:
            row = reading.connection.execute(select(subscriptions).where(_key(webhook_id))).first()
        if row is None:
            raise NotFound(f"there is no webhook {webhook_id}")
        return self._subscription(row._mapping)

    def subscriptions(self) -> list[Subscription]:
        """All of them, oldest first."""
        with self.ledger.reading() as reading:
            return self._subscriptions(reading.connection)

    def rotate(self, webhook_id: str, secret: str, overlap: timedelta = OVERLAP, actor: Actor = LOCAL) -> Subscription:
        """A new secret signs first; until the overlap ends, the old one signs as well."""
        _check_secret(secret)
        old = self.get(webhook_id)
        new = replace(old, secret=secret, previous_secret=old.secret, previous_until=self.now() + overlap)
        return self._replace(old, new, "webhook.rotated", actor)

    def delete(self, webhook_id: str, actor: Actor = LOCAL) -> None:
        """Forget the webhook with all that waited for it and its log; NotFound if there is none."""
        old = self.get(webhook_id)
        own = select(deliveries.c.sequence).where(deliveries.c.destination == webhook_id)
        with self.ledger.transaction(actor) as tx:
            tx.connection.execute(delete(attempts).where(attempts.c.delivery.in_(own)))
            tx.connection.execute(delete(deliveries).where(deliveries.c.destination == webhook_id))
            tx.connection.execute(delete(subscriptions).where(_key(webhook_id)))
            tx.audit("webhook.deleted", webhook_id, before=_shown(old))

    def fan_out(self) -> int:
        """Queue the changes nobody has looked at yet, each exactly once; how many changes there were."""
        with self.ledger.reading() as reading:
            if not feed.changes_after(reading, feed.position(reading, READER), 1):
                return 0
        with self.ledger.transaction() as tx:
            changes = feed.changes_after(tx, feed.position(tx, READER), _BATCH)
            known = self._subscriptions(tx.connection)
            for change in changes:
                event = event_of(change)
                for one in known:
                    if one.wants(event.event_type) and one.created_at <= event.at:
                        self._queue(tx, one, event)
            if changes:
                feed.advance(tx, READER, changes[-1].number)
        return len(changes)

    def send_test(self, webhook_id: str) -> Delivery:
        """Queue an event TEST_EVENT for this webhook."""
        one = self.get(webhook_id)
        event = Event(f"evt_{secrets.token_hex(12)}", TEST_EVENT, self.now(), status="TEST")
        with self.ledger.transaction() as tx:
            return self._queue(tx, one, event)

    def deliveries(
        self, webhook_id: str | None = None, state: MessageState | None = None, after: int = 0, limit: int | None = None
    ) -> list[Delivery]:
        """Deliveries in the order of their events; `after` and `limit` page through them by sequence."""
        where: list[ColumnElement[bool]] = [deliveries.c.sequence > after]
        if webhook_id is not None:
            where.append(deliveries.c.destination == webhook_id)
        if state is not None:
            where.append(deliveries.c.state == state.value)
        return self._find(and_(*where), limit)

    def delivery(self, delivery_id: str) -> Delivery:
        """The delivery with this id; NotFound if there is none."""
        number = delivery_id.removeprefix("dlv_")
        found = self._find(deliveries.c.sequence == int(number)) if number.isascii() and number.isdigit() else []
        if not found:
            raise NotFound(f"there is no delivery {delivery_id}")
        return found[0]

    def attempts(self, delivery: Delivery) -> list[Attempt]:
        """What was tried, oldest first."""
        statement = select(attempts).where(attempts.c.delivery == delivery.sequence).order_by(attempts.c.sequence)
        with self.ledger.reading() as reading:
            rows = reading.connection.execute(statement).all()
        return [
            Attempt(row.delivery, row.number, time_of(row.at), row.duration_ms, row.status, row.error) for row in rows
        ]

    def redeliver(self, delivery_id: str) -> Delivery:
        """Send a settled delivery again, before later ones of its lane; a waiting one at once. The event's id stays."""
        while True:
            one = self.delivery(delivery_id)
            try:
                return self.save(replace(one, state=MessageState.WAITING, attempts=0, due_at=AT_ONCE, error=""))
            except Conflict:  # an attempt has just ended
                continue

    def forget_settled(self, before: datetime) -> int:
        """Remove what was delivered and created before this time, with its log; dead letters stay."""
        old = and_(deliveries.c.state == MessageState.DONE.value, deliveries.c.created_at < microseconds(before))
        with self.ledger.transaction() as tx:
            tx.connection.execute(
                delete(attempts).where(attempts.c.delivery.in_(select(deliveries.c.sequence).where(old)))
            )
            return int(tx.connection.execute(delete(deliveries).where(old)).rowcount)

    def counts(self) -> dict[str, int]:
        """How many deliveries are in which state."""
        statement = select(deliveries.c.state, func.count()).group_by(deliveries.c.state)
        with self.ledger.reading() as reading:
            return {state: count for state, count in reading.connection.execute(statement)}

    # What delivery needs (smdp.web.lanes.Queue).

    def destinations(self, now: datetime) -> Sequence[str]:
        """Webhooks for which there is something to be sent now."""
        statement = select(deliveries.c.destination).where(_due(now)).distinct()
        with self.ledger.reading() as reading:
            return list(reading.connection.execute(statement.order_by(deliveries.c.destination)).scalars())

    def due(self, destination: str, now: datetime, count: int) -> Sequence[Delivery]:
        """The first waiting delivery of each lane of this webhook, if it is due; oldest first."""
        earlier = deliveries.alias("earlier")
        first = ~(
            select(earlier.c.sequence)
            .where(
                earlier.c.lane == deliveries.c.lane,
                earlier.c.state == MessageState.WAITING.value,
                earlier.c.sequence < deliveries.c.sequence,
            )
            .exists()
        )
        return self._find(and_(_due(now), deliveries.c.destination == destination, first), count)

    def save(self, delivery: Delivery) -> Delivery:
        """Store a changed delivery; Conflict if somebody was faster."""
        with self._writing() as connection:
            return _save(connection, delivery)

    def log(self, attempt: Attempt) -> None:
        """Add an attempt to the log."""
        values = {field.name: getattr(attempt, field.name) for field in fields(Attempt)}
        with self._writing() as connection:
            connection.execute(insert(attempts).values(values | {"at": microseconds(attempt.at)}))

    def _queue(self, tx: Transaction, one: Subscription, event: Event) -> Delivery:
        lane = f"{one.webhook_id} {event.iccid or event.eid or event.event_id}"
        new = Delivery(
            destination=one.webhook_id,
            lane=lane,
            event_id=event.event_id,
            event_type=event.event_type,
            payload=signing.canonical(event.payload()),
            created_at=event.at,
            version=1,
        )
        values = _delivery_values(new)
        del values["sequence"]
        key = tx.connection.execute(insert(deliveries).values(values)).inserted_primary_key
        return replace(new, sequence=key[0] if key else 0)

    def _replace(self, old: Subscription, new: Subscription, action: str, actor: Actor) -> Subscription:
        new = replace(new, version=old.version + 1)
        guard = and_(_key(old.webhook_id), subscriptions.c.version == old.version)
        with self.ledger.transaction(actor) as tx:
            if tx.connection.execute(update(subscriptions).where(guard).values(self._values(new))).rowcount != 1:
                raise Conflict("the webhook was changed by somebody else")
            tx.audit(action, new.webhook_id, before=_shown(old), after=_shown(new))
        return new

    def _find(self, where: ColumnElement[bool], limit: int | None = None) -> list[Delivery]:
        statement = select(deliveries).where(where).order_by(deliveries.c.sequence).limit(limit)
        with self.ledger.reading() as reading:
            return [_delivery(row._mapping) for row in reading.connection.execute(statement)]

    @contextmanager
    def _writing(self) -> Iterator[Any]:
        """A transaction of deliveries alone: optimistic locking suffices, no event is numbered."""
        with self.ledger.engine.connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE" if self.in_process else "BEGIN")
            try:
                yield connection
            except BaseException:
                connection.exec_driver_sql("ROLLBACK")
                raise
            connection.exec_driver_sql("COMMIT")

    def _subscriptions(self, connection: Any) -> list[Subscription]:
        statement = select(subscriptions).order_by(subscriptions.c.created_at, subscriptions.c.webhook_id)
        return [self._subscription(row._mapping) for row in connection.execute(statement)]

    def _values(self, one: Subscription) -> dict[str, Any]:
        previous = one.previous_secret
        return {
            "webhook_id": one.webhook_id,
            "url": one.url,
            "events": list(one.events),
            "secret": self._keyring.seal(one.secret.encode(), _place(one.webhook_id)),
            "description": one.description,
            "created_at": microseconds(one.created_at),
            "previous_secret": self._keyring.seal(previous.encode(), _place(one.webhook_id)) if previous else b"",
            "previous_until": None if one.previous_until is None else microseconds(one.previous_until),
            "version": one.version,
        }

    def _subscription(self, row: Any) -> Subscription:
        place = _place(row["webhook_id"])
        previous, until = bytes(row["previous_secret"]), row["previous_until"]
        return Subscription(
            webhook_id=row["webhook_id"],
            url=row["url"],
            events=tuple(row["events"]),
            secret=self._keyring.open(bytes(row["secret"]), place).decode(),
            description=row["description"],
            created_at=time_of(row["created_at"]),
            previous_secret=self._keyring.open(previous, place).decode() if previous else "",
            previous_until=None if until is None else time_of(until),
            version=row["version"],
        )


def event_of(change: Change) -> Event:
    """What a change of the management is to those outside."""
    assert change.at is not None
    return Event(change.event_id, change.type, change.at, change.iccid, change.eid, change.after)


def _place(webhook_id: str) -> str:
    return f"webhook_subscriptions.secret {webhook_id}"


def _shown(one: Subscription) -> dict[str, Any]:
    return {"webhook_id": one.webhook_id, "url": one.url, "events": one.events, "description": one.description}


def _check_secret(secret: str) -> None:
    try:
        signing.key_of(secret)
    except ValueError as error:
        raise WebhookError("secret", str(error)) from None


def _key(webhook_id: str) -> ColumnElement[bool]:
    return subscriptions.c.webhook_id == webhook_id


def _due(now: datetime) -> ColumnElement[bool]:
    return and_(deliveries.c.state == MessageState.WAITING.value, deliveries.c.due_at <= microseconds(now))


def _save(connection: Any, delivery: Delivery) -> Delivery:
    after = replace(delivery, version=delivery.version + 1)
    guard = and_(deliveries.c.sequence == delivery.sequence, deliveries.c.version == delivery.version)
    if connection.execute(update(deliveries).where(guard).values(_delivery_values(after))).rowcount != 1:
        raise Conflict("the delivery was changed by somebody else")
    return after


def _delivery_values(one: Delivery) -> dict[str, Any]:
    values: dict[str, Any] = {name: getattr(one, name) for name in _DELIVERY}
    values["state"] = one.state.value
    values["created_at"], values["due_at"] = microseconds(one.created_at), microseconds(one.due_at)
    return values


def _delivery(row: Any) -> Delivery:
    values: dict[str, Any] = {name: row[name] for name in _DELIVERY}
    values["state"], values["payload"] = MessageState(values["state"]), bytes(values["payload"])
    values["created_at"], values["due_at"] = time_of(values["created_at"]), time_of(values["due_at"])
    return Delivery(**values)
