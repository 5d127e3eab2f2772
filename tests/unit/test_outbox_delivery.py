"""Delivery: order, back-off, verdicts on answers, leases, dead letters; clock and peers are the test's."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from smdp.core.events import Inaccessible
from smdp.core.messages import Function, MessageState
from smdp.core.ports import Conflict
from smdp.store import SqlStore, open_store
from smdp.store.outbox import SqlOutbox
from smdp.web.outgoing import DeliverySettings, DeliveryWorker, revive
from smdp.web.peers import Reply
from tests.support.outbox_world import (
    ACKNOWLEDGED,
    FAST,
    SUCCESS,
    ScriptedPeers,
    failed,
    left,
    message,
    put,
    until,
    worker,
)
from tests.support.smdp_world import MovableClock

OTHER = "https://other.example.com"
REGISTER, DELETE = Function.REGISTER_EVENT, Function.DELETE_EVENT


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    store = open_store(f"sqlite:///{tmp_path / 'smdp.db'}")
    yield store
    store.close()


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


def always(reply: Reply) -> ScriptedPeers:
    return ScriptedPeers(lambda url, body: reply)


def unreachable(url: str, body: bytes) -> Reply:
    raise Inaccessible("no route")


async def test_messages_go_out_in_order_and_are_forgotten(store: SqlStore, clock: MovableClock) -> None:
    put(store, clock, "1", "2", "3")
    peers = always(ACKNOWLEDGED)
    await worker(store, peers, clock).deliver_due()
    path = "https://op.example.com/gsma/rsp2/es2plus/handleDownloadProgressInfo"
    assert peers.calls == [(path, b"1"), (path, b"2"), (path, b"3")]
    assert left(store) == []
    await worker(store, peers, clock).deliver_due()
    assert len(peers.calls) == 3


@pytest.mark.parametrize(("function", "path"), [(REGISTER, "registerEvent"), (DELETE, "deleteEvent")])
async def test_events_go_to_es12(store: SqlStore, clock: MovableClock, function: Function, path: str) -> None:
    put(store, clock, "1", function=function)
    peers = always(SUCCESS)
    await worker(store, peers, clock).deliver_due()
    assert peers.calls[0][0] == f"https://op.example.com/gsma/rsp2/es12/{path}"
    assert left(store) == []


async def test_a_failure_holds_back_its_own_lane_only(store: SqlStore, clock: MovableClock) -> None:
    put(store, clock, "a1", "a2", lane="A")
    put(store, clock, "b1", "b2", lane="B")
    peers = ScriptedPeers(lambda url, body: Reply(500, b"") if body == b"a1" else ACKNOWLEDGED)
    await worker(store, peers, clock).deliver_due()
    assert sorted(peers.bodies) == [b"a1", b"b1", b"b2"]
    assert left(store) == [("a1", "Waiting", 1), ("a2", "Waiting", 0)]


async def test_what_failed_is_sent_again_later_with_the_same_octets(store: SqlStore, clock: MovableClock) -> None:
    put(store, clock, "1", "2")
    peers = always(Reply(503, b""))
    await worker(store, peers, clock).deliver_due()
    await worker(store, peers, clock).deliver_due()
    assert peers.bodies == [b"1"]  # not due yet
    clock.advance(seconds=2)
    peers.answer = lambda url, body: ACKNOWLEDGED
    await worker(store, peers, clock).deliver_due()
    assert peers.bodies == [b"1", b"1", b"2"]
    assert left(store) == []


async def test_intervals_grow_up_to_a_limit_with_jitter(store: SqlStore, clock: MovableClock) -> None:
    settings = DeliverySettings(first_wait_s=1, longest_wait_s=8, jitter_s=0.5, attempts_max=9)
    put(store, clock, "1")
    peers = ScriptedPeers(unreachable)
    waits = []
    for _ in range(6):
        await worker(store, peers, clock, settings).deliver_due()
        (waiting,) = SqlOutbox(store).messages()
        waits.append((waiting.due_at - clock.now()).total_seconds())
        clock.at = waiting.due_at
    for wait, least in zip(waits, [1, 2, 4, 8, 8, 8], strict=True):
        assert least <= wait <= least + 0.5
    assert len({wait % 1 for wait in waits}) > 1
    assert SqlOutbox(store).messages()[0].error == "no route"


async def test_a_dead_letter_is_kept_and_the_next_has_its_turn(store: SqlStore, clock: MovableClock) -> None:
    put(store, clock, "1", "2")
    peers = ScriptedPeers(lambda url, body: Reply(500, b"") if body == b"1" else ACKNOWLEDGED)
    for _ in range(FAST.attempts_max):
        await worker(store, peers, clock).deliver_due()
        clock.advance(hours=1)
    assert left(store) == [("1", "Dead", FAST.attempts_max)]
    assert peers.bodies == [b"1"] * FAST.attempts_max + [b"2"]
    clock.advance(days=1)
    await worker(store, peers, clock).deliver_due()
    assert len(peers.calls) == FAST.attempts_max + 1
    (dead,) = SqlOutbox(store).messages()
    assert dead.error == "HTTP status 500"


async def test_a_dead_letter_can_be_revived(store: SqlStore, clock: MovableClock) -> None:
    put(store, clock, "1")
    peers = always(failed("8.2.1/3.9"))
    await worker(store, peers, clock).deliver_due()
    outbox = SqlOutbox(store)
    (dead,) = outbox.messages()
    assert dead.state is MessageState.DEAD
    revive(outbox, dead)
    peers.answer = lambda url, body: ACKNOWLEDGED
    await worker(store, peers, clock).deliver_due()
    assert left(store) == []


ANSWERS = [
    (Function.HANDLE_DOWNLOAD_PROGRESS_INFO, ACKNOWLEDGED, None),
    (Function.HANDLE_DOWNLOAD_PROGRESS_INFO, Reply(200, b""), None),
    (Function.HANDLE_NOTIFICATION, ACKNOWLEDGED, None),
    (Function.HANDLE_NOTIFICATION, Reply(404, b""), "Waiting"),
    (Function.HANDLE_DOWNLOAD_PROGRESS_INFO, SUCCESS, None),
    (Function.HANDLE_DOWNLOAD_PROGRESS_INFO, failed("1.1/3.9"), "Dead"),
    (Function.HANDLE_DOWNLOAD_PROGRESS_INFO, Reply(301, b""), "Waiting"),
    (Function.HANDLE_DOWNLOAD_PROGRESS_INFO, Reply(404, b""), "Waiting"),
    (Function.HANDLE_DOWNLOAD_PROGRESS_INFO, Reply(500, b""), "Waiting"),
    (REGISTER, SUCCESS, None),
    (REGISTER, Reply(204, b""), "Waiting"),
    (REGISTER, Reply(200, b""), "Waiting"),
    (REGISTER, Reply(500, b""), "Waiting"),
    (REGISTER, failed("8.9.5/3.3"), "Dead"),
    (REGISTER, failed("8.9/5.1"), "Waiting"),
    (REGISTER, failed("8.9/4.2"), "Waiting"),
    (REGISTER, failed("1.1/3.9"), "Dead"),
    (DELETE, SUCCESS, None),
    (DELETE, failed("8.9.5/3.9"), None),
    (DELETE, failed("8.9.5/3.3"), "Dead"),
    (DELETE, failed("8.9/5.1"), "Waiting"),
    (DELETE, failed("99/99"), "Dead"),
]


@pytest.mark.parametrize(("function", "reply", "expected"), ANSWERS)
async def test_what_an_answer_means(
    store: SqlStore, clock: MovableClock, function: Function, reply: Reply, expected: str | None
) -> None:
    put(store, clock, "1", function=function)
    await worker(store, always(reply), clock).deliver_due()
    assert left(store) == ([] if expected is None else [("1", expected, 1)])


async def test_registered_already_is_success_where_an_answer_was_lost(store: SqlStore, clock: MovableClock) -> None:
    put(store, clock, "1", function=REGISTER)
    peers = ScriptedPeers(unreachable)
    await worker(store, peers, clock).deliver_due()
    clock.advance(seconds=5)
    peers.answer = lambda url, body: failed("8.9.5/3.3")
    await worker(store, peers, clock).deliver_due()
    assert left(store) == []


async def test_two_workers_never_send_one_message_twice(store: SqlStore, clock: MovableClock, tmp_path: Path) -> None:
    put(store, clock, *(f"{n}" for n in range(10)))
    peers = always(ACKNOWLEDGED)
    second = open_store(f"sqlite:///{tmp_path / 'smdp.db'}")
    await asyncio.gather(worker(store, peers, clock).deliver_due(), worker(second, peers, clock).deliver_due())
    while left(store):
        await worker(store, peers, clock).deliver_due()
    assert peers.bodies == [f"{n}".encode() for n in range(10)]
    second.close()


async def test_what_a_crashed_worker_held_is_free_after_the_lease(store: SqlStore, clock: MovableClock) -> None:
    put(store, clock, "1", "2")
    claimed = SqlOutbox(store).messages()[0]
    until = clock.now() + timedelta(seconds=60)
    SqlOutbox(store).save(replace(claimed, attempts=1, due_at=until))  # and then the process was killed
    peers = always(ACKNOWLEDGED)
    await worker(store, peers, clock).deliver_due()
    assert peers.calls == []
    clock.advance(seconds=60)
    await worker(store, peers, clock).deliver_due()
    assert peers.bodies == [b"1", b"2"]


async def test_a_late_worker_cannot_undo_what_its_successor_did(store: SqlStore, clock: MovableClock) -> None:
    put(store, clock, "1")
    slow = always(Reply(500, b""))
    slow.hold = asyncio.Event()
    late = asyncio.create_task(worker(store, slow, clock).deliver_due())
    await until(lambda: bool(slow.calls))
    clock.advance(seconds=61)
    await worker(store, always(ACKNOWLEDGED), clock).deliver_due()
    assert left(store) == []
    slow.hold.set()
    await late
    assert left(store) == []


async def test_a_worker_that_is_stopped_gives_back_what_it_holds(store: SqlStore, clock: MovableClock) -> None:
    put(store, clock, "1")
    peers = always(ACKNOWLEDGED)
    peers.hold = asyncio.Event()
    running = asyncio.create_task(worker(store, peers, clock).run())
    await until(lambda: bool(peers.calls))
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    peers.hold = None
    await worker(store, peers, clock).deliver_due()
    assert peers.bodies == [b"1", b"1"]
    assert left(store) == []


async def test_a_running_worker_finds_what_comes_later(store: SqlStore, clock: MovableClock) -> None:
    peers = always(ACKNOWLEDGED)
    running = asyncio.create_task(worker(store, peers, clock).run())
    for body in ("1", "2"):
        put(store, clock, body)
        await until(lambda: not left(store))
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert peers.bodies == [b"1", b"2"]


async def test_a_broken_store_is_tried_again(store: SqlStore, clock: MovableClock) -> None:
    failures = iter([OSError("disk"), OSError("disk")])

    class Broken(SqlOutbox):
        def destinations(self, now: datetime) -> Sequence[str]:
            for failure in failures:
                raise failure
            return super().destinations(now)

    outbox = Broken(store)
    put(store, clock, "1")
    peers = always(ACKNOWLEDGED)
    running = asyncio.create_task(DeliveryWorker(outbox, peers, FAST, clock).run())
    await until(lambda: not left(store))
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert peers.bodies == [b"1"]


async def test_a_destination_that_hangs_delays_no_other(store: SqlStore, clock: MovableClock) -> None:
    for n in range(20):
        put(store, clock, f"slow{n}", lane=f"S{n}")
    put(store, clock, "quick1", "quick2", lane="Q", destination=OTHER)
    hanging = asyncio.Event()

    class Peers(ScriptedPeers):
        async def post(self, url: str, body: bytes) -> Reply:
            self.calls.append((url, body))
            if not url.startswith(OTHER):
                await hanging.wait()
            return ACKNOWLEDGED

    peers = Peers(lambda url, body: ACKNOWLEDGED)
    delivering = asyncio.create_task(worker(store, peers, clock).deliver_due())
    await until(lambda: b"quick2" in peers.bodies)
    assert len([body for body in peers.bodies if body.startswith(b"slow")]) == FAST.calls_per_destination
    hanging.set()
    await delivering
    assert left(store) == []
    assert len(peers.calls) == 22


async def test_a_stored_message_can_be_attempted_before_it_is_due(store: SqlStore, clock: MovableClock) -> None:
    put(store, clock, "1")
    peers = always(Reply(500, b""))
    at_work = worker(store, peers, clock)
    outbox = SqlOutbox(store)
    assert await at_work.deliver(outbox.lane("L")[0]) is False
    stale = outbox.lane("L")[0]
    peers.answer = lambda url, body: ACKNOWLEDGED
    assert await at_work.deliver(stale) is True
    assert await at_work.deliver(stale) is False  # somebody else was faster
    assert len(peers.calls) == 2


def test_a_stale_message_cannot_be_saved(store: SqlStore, clock: MovableClock) -> None:
    put(store, clock, "1")
    outbox = SqlOutbox(store)
    (first,) = outbox.messages()
    outbox.save(replace(first, error="x"))
    for state in MessageState:
        with pytest.raises(Conflict):
            outbox.save(replace(first, state=state))


def test_a_message_is_done_in_the_transaction_of_other_changes(store: SqlStore, clock: MovableClock) -> None:
    put(store, clock, "1")
    (stored,) = SqlOutbox(store).messages()
    done = replace(stored, state=MessageState.DONE)
    with pytest.raises(Conflict):
        store.commit(message("2", clock.now()), replace(done, version=9))
    assert [one.subject for one in SqlOutbox(store).messages()] == ["1"]
    store.commit(message("2", clock.now()), done)
    assert [one.subject for one in SqlOutbox(store).messages()] == ["2"]
