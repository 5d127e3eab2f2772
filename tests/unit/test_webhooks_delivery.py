"""No event is lost, none out of order, whatever the receiver does."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web

from lab.webhooks import ALL_EVENTS, NotFound, Subscription, WebhookError, signing
from lab.webhooks.targets import TargetPolicy
from smdp.core.messages import MessageState
from smdp.web.lanes import DeliverySettings
from tests.support.outbox_world import until
from tests.support.webhook_world import PATIENCE, SECRET, Receiver, WebhookWorld, acknowledge

STATUSES = [f"S{number}" for number in range(12)]
IMPATIENT = DeliverySettings(poll_s=0.01, first_wait_s=0.01, longest_wait_s=0.01, jitter_s=0.0, attempts_max=2)


@pytest.fixture
def world(tmp_path: Path) -> WebhookWorld:
    return WebhookWorld(tmp_path)


def subscribe(world: WebhookWorld, receiver: Receiver, *events: str) -> Subscription:
    return world.store.create(receiver.url, events or [ALL_EVENTS], SECRET)


async def test_an_event_arrives_signed(world: WebhookWorld) -> None:
    async with Receiver().listening() as receiver, world.delivering():
        subscribe(world, receiver)
        world.emit("ENABLED")
        await until(lambda: len(receiver.accepted) == 1)
    headers, body = receiver.requests[0]
    with world.ledger.reading() as reading:
        event_id = reading.connection.exec_driver_sql("SELECT event_id FROM esim_events").scalar_one()
    assert signing.verify([SECRET], headers, body, datetime.now(UTC)) == event_id
    signing.verify_member(SECRET, body)
    payload = json.loads(body)
    assert payload.keys() == {"eventType", "timestamp", "data", "signature"}
    assert payload["eventType"] == "profile.enabled"
    assert payload["data"] == {"iccid": "8900", "eid": "8904", "status": "ENABLED"}
    assert headers["Content-Type"] == "application/json"


async def test_only_wanted_events_from_now_on(world: WebhookWorld) -> None:
    world.emit("BEFORE")
    world.clock.advance(seconds=1)
    async with Receiver().listening() as receiver, world.delivering():
        subscribe(world, receiver, "profile.enabled")
        world.emit("OTHER", type="profile.deleted")
        world.emit("WANTED")
        await until(lambda: bool(receiver.accepted))
    assert receiver.statuses == ["WANTED"]


async def test_a_receiver_that_was_down_gets_everything_in_order(world: WebhookWorld) -> None:
    receiver = Receiver()
    async with receiver.listening():
        webhook = subscribe(world, receiver)
    async with world.delivering():
        world.emit(*STATUSES)
        await until(lambda: bool(world.store.deliveries()) and world.store.deliveries()[0].attempts > 2)
        async with receiver.listening():
            await until(lambda: len(receiver.accepted) == len(STATUSES))
    assert receiver.statuses == STATUSES
    first = world.store.deliveries(webhook.webhook_id)[0]
    tries = world.store.attempts(first)
    assert [one.number for one in tries] == list(range(1, len(tries) + 1))
    assert all(one.status == 0 and one.error for one in tries[:-1])
    assert (tries[-1].status, tries[-1].error) == (204, "")


@pytest.mark.parametrize("wrong", [500, 503, 429, 404, 410, 301, 302, 307, 308])
async def test_answers_that_acknowledge_nothing(world: WebhookWorld, wrong: int) -> None:
    """Every third attempt is accepted; the others get the wrong answer."""
    receiver = Receiver()

    def moody(_: bytes) -> web.StreamResponse:
        if len(receiver.requests) % 3 == 0:
            return web.Response(status=200)
        return web.Response(status=wrong, headers={"Location": f"http://127.0.0.1:{receiver.port}/elsewhere"})

    receiver.behave = moody
    async with receiver.listening(), world.delivering():
        subscribe(world, receiver)
        world.emit(*STATUSES)
        await until(lambda: len(receiver.accepted) == len(STATUSES))
    assert receiver.statuses == STATUSES
    assert len(receiver.requests) == 3 * len(STATUSES)
    assert len({body for _, body in receiver.requests}) == len(STATUSES)  # a repetition is the same octets
    logged = world.store.attempts(world.store.deliveries()[0])
    assert [one.status for one in logged] == [wrong, wrong, 200]


async def test_a_redirect_is_not_followed(world: WebhookWorld) -> None:
    async with Receiver().listening() as elsewhere, Receiver().listening() as receiver:
        receiver.behave = lambda _: web.Response(status=307, headers={"Location": elsewhere.url})
        subscribe(world, receiver)
        world.emit("ENABLED")
        async with world.delivering():
            await until(lambda: len(receiver.requests) > 1)
    assert elsewhere.requests == []


async def test_a_slow_receiver_loses_nothing(world: WebhookWorld) -> None:
    receiver = Receiver(delay_s=0.5)
    async with receiver.listening(), world.delivering(timeout_s=0.1):
        subscribe(world, receiver)
        world.emit(*STATUSES)
        await until(lambda: bool(world.store.deliveries()) and world.store.deliveries()[0].error == "no answer in time")
        assert len({body for _, body in receiver.requests}) == 1  # nothing overtakes
        receiver.delay_s = 0.0
        await until(lambda: world.store.counts() == {"Done": len(STATUSES)})
    # What it accepted too late comes again: the same event, in its turn.
    assert list(dict.fromkeys(receiver.statuses)) == STATUSES
    assert receiver.statuses == sorted(receiver.statuses, key=STATUSES.index)


async def test_an_endless_answer_is_cut(world: WebhookWorld) -> None:
    receiver = Receiver(behave=lambda _: web.Response(body=bytes(100_000)))
    async with receiver.listening(), world.delivering(IMPATIENT):
        subscribe(world, receiver)
        world.emit("ENABLED")
        await until(lambda: world.store.counts() == {"Dead": 1})
    assert "longer" in world.store.deliveries()[0].error


async def test_one_profile_does_not_wait_for_another(world: WebhookWorld) -> None:
    broken = {b'"iccid":"1"'}
    receiver = Receiver(behave=lambda body: web.Response(status=500 if any(part in body for part in broken) else 200))
    async with receiver.listening(), world.delivering():
        subscribe(world, receiver)
        world.emit("A", "B", iccid="1")
        world.emit("C", "D", iccid="2")
        await until(lambda: receiver.statuses == ["C", "D"])
        broken.clear()
        await until(lambda: len(receiver.statuses) == 4)
    assert receiver.statuses == ["C", "D", "A", "B"]


async def test_dead_letters_are_kept_and_sent_again(world: WebhookWorld) -> None:
    receiver = Receiver(behave=lambda _: web.Response(status=500))
    async with receiver.listening(), world.delivering(IMPATIENT):
        webhook = subscribe(world, receiver)
        world.emit("A", "B")
        await until(lambda: world.store.counts() == {"Dead": 2})
        dead = world.store.deliveries(webhook.webhook_id, MessageState.DEAD)
        assert [one.error for one in dead] == ["HTTP status 500"] * 2
        receiver.behave = acknowledge
        for one in dead:
            world.store.redeliver(one.delivery_id)
        await until(lambda: receiver.statuses == ["A", "B"])
        await until(lambda: world.store.counts() == {"Done": 2})
        ids = [headers["webhook-id"] for headers, _ in receiver.requests]
        assert set(ids) == {one.event_id for one in dead}
        world.store.redeliver(dead[0].delivery_id)  # what was delivered, too
        await until(lambda: receiver.statuses == ["A", "B", "A"])


async def test_a_worker_that_dies_leaves_nothing_behind(world: WebhookWorld) -> None:
    """Cancelled while the receiver takes its time: the next worker sends it at once."""
    receiver = Receiver(delay_s=30)
    async with receiver.listening():
        subscribe(world, receiver)
        world.emit("A", "B")
        async with world.delivering():
            await until(lambda: len(receiver.requests) == 1)
        receiver.delay_s = 0.0
        async with world.delivering():
            await until(lambda: receiver.statuses == ["A", "B"])


async def test_two_workers_send_each_event_once(world: WebhookWorld) -> None:
    async with Receiver().listening() as receiver, world.delivering(), world.delivering():
        subscribe(world, receiver)
        for profile in range(5):
            world.emit(*STATUSES[:4], iccid=str(profile))
        await until(lambda: world.store.counts() == {"Done": 20})
    assert len(receiver.accepted) == 20
    for profile in range(5):
        mine = [json.loads(body)["data"] for body in receiver.accepted]
        assert [data["status"] for data in mine if data["iccid"] == str(profile)] == STATUSES[:4]


async def test_a_rotated_secret_verifies(world: WebhookWorld) -> None:
    new = "the next secret of the receiver"
    async with Receiver().listening() as receiver, world.delivering():
        webhook = subscribe(world, receiver)
        world.store.rotate(webhook.webhook_id, new, timedelta(hours=1))
        world.emit("DURING")
        await until(lambda: len(receiver.accepted) == 1)
        headers, body = receiver.requests[0]
        for secret in (SECRET, new):
            signing.verify([secret], headers, body, datetime.now(UTC))
        signing.verify_member(new, body)
        world.clock.advance(hours=1)
        world.emit("AFTER")
        await until(lambda: len(receiver.accepted) == 2)
    headers, body = receiver.requests[1]
    signing.verify([new], headers, body, datetime.now(UTC))
    with pytest.raises(signing.SignatureError):
        signing.verify([SECRET], headers, body, datetime.now(UTC))


async def test_a_target_that_is_no_longer_allowed_gets_nothing(world: WebhookWorld) -> None:
    async with Receiver().listening() as receiver:
        subscribe(world, receiver)
        world.emit("A")
        world.store.policy = TargetPolicy(plain_http=True)
        async with world.delivering(IMPATIENT):
            await until(lambda: world.store.counts() == {"Dead": 1})
        assert receiver.requests == []
    assert "public" in world.store.deliveries()[0].error


async def test_a_name_that_leads_inside_gets_nothing(tmp_path: Path) -> None:
    world = WebhookWorld(tmp_path, policy=TargetPolicy(plain_http=True))
    async with Receiver().listening() as receiver:
        world.store.create(f"http://localhost:{receiver.port}/", [ALL_EVENTS], SECRET)
        world.emit("A")
        async with world.delivering(IMPATIENT):
            await until(lambda: world.store.counts() == {"Dead": 1})
        assert receiver.requests == []
    assert "public" in world.store.deliveries()[0].error


def test_secrets_lie_sealed(world: WebhookWorld) -> None:
    webhook = world.store.create("https://example.com/", [ALL_EVENTS], SECRET)
    world.store.rotate(webhook.webhook_id, SECRET + "2")
    with world.ledger.reading() as reading:
        (row,) = reading.connection.exec_driver_sql("SELECT secret, previous_secret FROM webhook_subscriptions").all()
    assert all(value and SECRET.encode() not in value for value in row)
    stored = world.store.get(webhook.webhook_id)
    assert (stored.secret, stored.previous_secret) == (SECRET + "2", SECRET)
    assert SECRET not in repr(stored)


def test_what_can_not_be_accepted_is_named(world: WebhookWorld) -> None:
    for name, arguments in {
        "url": ("https://10.0.0.1/", ["*"], SECRET),
        "events": ("https://example.com/", [], SECRET),
        "secret": ("https://example.com/", ["*"], "short"),
    }.items():
        with pytest.raises(WebhookError) as refused:
            world.store.create(*arguments)
        assert refused.value.field == name
    assert world.store.subscriptions() == []


async def test_deleting_forgets_what_waits(world: WebhookWorld) -> None:
    async with Receiver(behave=lambda _: web.Response(status=500)).listening() as receiver, world.delivering():
        webhook = subscribe(world, receiver)
        world.emit("A")
        await until(lambda: bool(receiver.requests))
        world.store.delete(webhook.webhook_id)
    assert world.store.deliveries() == []
    for call in (world.store.get, world.store.delete, world.store.send_test):
        with pytest.raises(NotFound):
            call(webhook.webhook_id)
    with pytest.raises(NotFound):
        world.store.delivery("dlv_1")


async def test_a_test_event_goes_to_one_webhook(world: WebhookWorld) -> None:
    async with Receiver().listening() as receiver, Receiver().listening() as other, world.delivering():
        webhook = subscribe(world, receiver, "profile.enabled")
        subscribe(world, other)
        delivery = world.store.send_test(webhook.webhook_id)
        await until(lambda: bool(receiver.accepted))
        await asyncio.sleep(0)
    assert json.loads(receiver.accepted[0])["eventType"] == "webhook.test"
    assert other.requests == []
    assert world.store.delivery(delivery.delivery_id).event_id == delivery.event_id


async def test_old_deliveries_are_forgotten_and_dead_letters_stay(world: WebhookWorld) -> None:
    async with Receiver().listening() as receiver, world.delivering(IMPATIENT):
        subscribe(world, receiver)
        world.emit("A")
        await until(lambda: world.store.counts() == {"Done": 1})
        receiver.behave = lambda _: web.Response(status=500)
        world.emit("B")
        await until(lambda: world.store.counts() == {"Done": 1, "Dead": 1})
    assert world.store.forget_settled(world.clock.now() + timedelta(seconds=1)) == 1
    assert world.store.counts() == {"Dead": 1}
    assert PATIENCE.attempts_max > IMPATIENT.attempts_max
