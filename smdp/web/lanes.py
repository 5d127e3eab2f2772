"""Delivery from a durable queue: each item until it is acknowledged, refused for good, or given up.

- Items of one lane go one after the other; other lanes don't wait for them.
- An item is claimed before it is sent: for a lease, no other worker sends it, and a crash frees it again.
- Whoever can't be asked is asked again, at growing intervals; after the limit, or when refused for good, the item is
  dead: kept and shown. The next one of its lane then has its turn.
- Each destination has a few calls of its own under way, so that a dead one delays nobody else.
"""

import asyncio
import logging
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import Field, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Generic, ParamSpec, Protocol, TypeVar

from tenacity import RetryCallState, Retrying, wait_exponential, wait_random

from smdp.core.messages import MessageState
from smdp.core.ports import Conflict
from wire.ports import Clock

P = ParamSpec("P")
T = TypeVar("T")
_log = logging.getLogger("rsplab.delivery")


class Item(Protocol):
    """A dataclass that waits in a queue; due_at is by the clock of delivery."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    @property
    def destination(self) -> str: ...
    @property
    def subject(self) -> str: ...
    @property
    def due_at(self) -> datetime: ...
    @property
    def attempts(self) -> int: ...
    @property
    def state(self) -> MessageState: ...
    @property
    def error(self) -> str: ...


ItemT = TypeVar("ItemT", bound=Item)


class Queue(Protocol[ItemT]):
    """What delivery needs of a store. in_process: calls are so short that they need no thread of their own."""

    in_process: bool

    def destinations(self, now: datetime) -> Sequence[str]:
        """Where there is something to be sent now."""

    def due(self, destination: str, now: datetime, count: int) -> Sequence[ItemT]:
        """The first waiting item of each lane to this destination, if it is due; oldest first."""

    def save(self, item: ItemT, /) -> ItemT:
        """Store a changed item and return it as stored; Conflict if it is stale."""


class SystemClock:
    """The machine's clock: retries follow real time, whatever the lab's clock shows."""

    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class DeliverySettings:
    """How patient delivery is; the defaults give an item up after about a day.

    lease_s must be longer than a call may take.
    """

    poll_s: float = 0.5
    lease_s: float = 60.0
    calls_per_destination: int = 4
    first_wait_s: float = 1.0
    longest_wait_s: float = 600.0
    jitter_s: float = 1.0
    attempts_max: int = 150


class LaneWorker(ABC, Generic[ItemT]):
    """Delivers the items of one queue; several workers, in several processes, may share it."""

    def __init__(
        self, queue: Queue[ItemT], settings: DeliverySettings | None = None, clock: Clock | None = None
    ) -> None:
        self._queue = queue
        self._settings = settings or DeliverySettings()
        self._clock = clock or SystemClock()
        self._wait = wait_exponential(
            multiplier=self._settings.first_wait_s, max=self._settings.longest_wait_s
        ) + wait_random(0, self._settings.jitter_s)
        self._busy: Counter[str] = Counter()
        self._in_flight: set[asyncio.Task[bool]] = set()

    @abstractmethod
    async def outcome(self, claimed: ItemT) -> ItemT:
        """Attempt it once: done, or as `failed` or `dead` have it."""

    def now(self) -> datetime:
        """The time by the clock that retries go by."""
        return self._clock.now()

    async def run(self) -> None:
        """Deliver until cancelled; what is under way then is given back at once."""
        try:
            while True:
                try:
                    await self.deliver_due()
                except Exception:
                    _log.exception("the queue can't be read")
                await asyncio.sleep(self._settings.poll_s)
        finally:
            for task in self._in_flight:
                task.cancel()
            await asyncio.gather(*self._in_flight, return_exceptions=True)

    async def deliver_due(self) -> None:
        """Deliver until nothing is due and nothing is under way."""
        await self._start_due()
        while self._in_flight:
            await asyncio.wait(self._in_flight, timeout=self._settings.poll_s, return_when=asyncio.FIRST_COMPLETED)
            await self._start_due()

    async def deliver(self, item: ItemT) -> bool:
        """Attempt a stored item now, due or not; True if that settled it, one way or the other."""
        claimed = await self._claim(item)
        return claimed is not None and await self._attempt(claimed)

    def failed(self, item: ItemT, why: str) -> ItemT:
        """The item after an attempt that may be repeated."""
        if item.attempts >= self._settings.attempts_max:
            return self.dead(item, why)
        _log.info("%s to %s: %s", item.subject, item.destination, why)
        due_at = self._clock.now() + timedelta(seconds=self._wait_s(item.attempts))
        return replace(item, due_at=due_at, error=why)

    def dead(self, item: ItemT, why: str) -> ItemT:
        """The item, given up."""
        _log.error("%s to %s given up: %s", item.subject, item.destination, why)
        return replace(item, state=MessageState.DEAD, error=why)

    async def settle(self, after: ItemT) -> None:
        """Store what became of a claimed item; if somebody else was faster, theirs counts."""
        try:
            await self._stored(self._queue.save, after)
        except Conflict:
            _log.warning("%s to %s was settled by somebody else", after.subject, after.destination)

    async def _start_due(self) -> None:
        now = self._clock.now()
        for destination in await self._stored(self._queue.destinations, now):
            free = self._settings.calls_per_destination - self._busy[destination]
            if free <= 0:
                continue
            for item in await self._stored(self._queue.due, destination, now, free):
                claimed = await self._claim(item)
                if claimed is not None:
                    self._start(claimed)

    def _start(self, claimed: ItemT) -> None:
        def ended(task: asyncio.Task[bool]) -> None:
            self._in_flight.discard(task)
            self._busy[claimed.destination] -= 1
            if not task.cancelled() and task.exception() is not None:
                _log.error("delivery of %s failed", claimed.subject, exc_info=task.exception())

        task = asyncio.create_task(self._attempt(claimed))
        self._busy[claimed.destination] += 1
        self._in_flight.add(task)
        task.add_done_callback(ended)

    async def _claim(self, item: ItemT) -> ItemT | None:
        until = self._clock.now() + timedelta(seconds=self._settings.lease_s)
        try:
            return await self._stored(self._queue.save, replace(item, attempts=item.attempts + 1, due_at=until))
        except Conflict:
            return None

    async def _attempt(self, claimed: ItemT) -> bool:
        try:
            after = await self.outcome(claimed)
        except asyncio.CancelledError:
            await self.settle(replace(claimed, due_at=self._clock.now()))
            raise
        await self.settle(after)
        return after.state is not MessageState.WAITING

    def _wait_s(self, attempts: int) -> float:
        state = RetryCallState(Retrying(), None, (), {})
        state.attempt_number = attempts
        return self._wait(state)

    async def _stored(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        if self._queue.in_process:
            return call(*args, **kwargs)
        return await asyncio.to_thread(call, *args, **kwargs)
