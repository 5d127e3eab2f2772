"""The delivery of the outbox: every message until it is acknowledged, refused for good, or given up.

- Messages of one lane (one order at one destination) go one after the other; other lanes don't wait for them.
- A message is claimed before it is sent: for a lease, no other worker sends it, and a crash frees it again. It is
  forgotten in the same step that notes its acknowledgement, so what was acknowledged is never sent again. Only a crash
  between the answer and that step repeats a call, with the same octets and thus the same functionCallIdentifier.
- Whoever can't be asked is asked again, at growing intervals; after the limit, or when refused for good, the message is
  dead: kept and shown, and sent again when somebody revives it. The next one of its lane then has its turn.
- Each destination has a few calls of its own under way, so that a dead one delays nobody else.

Spec: SGP.22 v2.5 sections 5.3.5, 5.9 (the functions); retrying is left to the server
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final, ParamSpec, Protocol, TypeVar

from tenacity import RetryCallState, Retrying, wait_exponential, wait_random

from smdp.core.events import Inaccessible
from smdp.core.messages import AT_ONCE, Function, Message, MessageState
from smdp.core.outbox import Outbox
from smdp.core.ports import Conflict
from smdp.web.peers import PeerClient, Reply, check_acknowledged, check_answer
from wire.codes import ES12, FunctionRefused
from wire.ports import Clock

P = ParamSpec("P")
T = TypeVar("T")
_log = logging.getLogger("rsplab.smdp")
_PATHS: Final = {
    Function.HANDLE_DOWNLOAD_PROGRESS_INFO: "/gsma/rsp2/es2plus/handleDownloadProgressInfo",
    Function.REGISTER_EVENT: "/gsma/rsp2/es12/registerEvent",
    Function.DELETE_EVENT: "/gsma/rsp2/es12/deleteEvent",
}
_NAMES: Final = {
    Function.HANDLE_DOWNLOAD_PROGRESS_INFO: "ES2+.HandleDownloadProgressInfo",
    Function.REGISTER_EVENT: "ES12.RegisterEvent",
    Function.DELETE_EVENT: "ES12.DeleteEvent",
}
# Refusals of an SM-DS that is itself in trouble with its root: worth another attempt.
_TEMPORARY: Final = frozenset({ES12.REGISTER_EVENT.SMDS_INACCESSIBLE.pair, ES12.REGISTER_EVENT.SMDS_ERROR.pair})


class Peers(Protocol):
    """Who posts; `smdp.web.peers.PeerClient`."""

    async def post(self, url: str, body: bytes) -> Reply:
        """POST; Inaccessible if there is no response."""


class SystemClock:
    """The machine's clock: retries follow real time, whatever the lab's clock shows."""

    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class DeliverySettings:
    """How patient delivery is; the defaults give a message up after about a day.

    lease_s must be longer than a call may take.
    """

    poll_s: float = 0.5
    lease_s: float = 60.0
    calls_per_destination: int = 4
    first_wait_s: float = 1.0
    longest_wait_s: float = 600.0
    jitter_s: float = 1.0
    attempts_max: int = 150


class DeliveryWorker:
    """Delivers the messages of one outbox; several workers, in several processes, may share it."""

    def __init__(
        self,
        outbox: Outbox,
        peers: Peers,
        settings: DeliverySettings | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._outbox = outbox
        self._peers = peers
        self._settings = settings or DeliverySettings()
        self._clock = clock or SystemClock()
        self._wait = wait_exponential(
            multiplier=self._settings.first_wait_s, max=self._settings.longest_wait_s
        ) + wait_random(0, self._settings.jitter_s)
        self._busy: Counter[str] = Counter()
        self._in_flight: set[asyncio.Task[bool]] = set()

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
                    _log.exception("the outbox can't be read")
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

    async def _start_due(self) -> None:
        now = self._clock.now()
        for destination in await self._stored(self._outbox.destinations, now):
            free = self._settings.calls_per_destination - self._busy[destination]
            if free <= 0:
                continue
            for message in await self._stored(self._outbox.due, destination, now, free):
                claimed = await self._claim(message)
                if claimed is not None:
                    self._start(claimed)

    def _start(self, claimed: Message) -> None:
        def ended(task: asyncio.Task[bool]) -> None:
            self._in_flight.discard(task)
            self._busy[claimed.destination] -= 1
            if not task.cancelled() and task.exception() is not None:
                _log.error("delivery of %s failed", claimed.subject, exc_info=task.exception())

        task = asyncio.create_task(self._attempt(claimed))
        self._busy[claimed.destination] += 1
        self._in_flight.add(task)
        task.add_done_callback(ended)

    async def deliver(self, message: Message) -> bool:
        """Attempt a stored message now, due or not; True if that settled it, one way or the other."""
        claimed = await self._claim(message)
        return claimed is not None and await self._attempt(claimed)

    async def call(self, message: Message) -> None:
        """Send a message once and judge the answer; nothing is stored.

        Raises FunctionRefused if the other server refuses, Inaccessible if it can't be asked.
        """
        reply = await self._peers.post(message.destination + _PATHS[message.function], message.body)
        if message.function is Function.HANDLE_DOWNLOAD_PROGRESS_INFO:
            check_acknowledged(reply, _NAMES[message.function])
        else:
            check_answer(reply, _NAMES[message.function])

    async def _claim(self, message: Message) -> Message | None:
        until = self._clock.now() + timedelta(seconds=self._settings.lease_s)
        try:
            return await self._stored(self._outbox.save, replace(message, attempts=message.attempts + 1, due_at=until))
        except Conflict:
            return None

    async def _attempt(self, claimed: Message) -> bool:
        try:
            await self.call(claimed)
            after = replace(claimed, state=MessageState.DONE)
        except FunctionRefused as refused:
            after = self._refused(claimed, refused)
        except Inaccessible as error:
            after = self._failed(claimed, str(error))
        except asyncio.CancelledError:
            await self._settle(replace(claimed, due_at=self._clock.now()))
            raise
        await self._settle(after)
        return after.state is not MessageState.WAITING

    def _refused(self, message: Message, refused: FunctionRefused) -> Message:
        pair = refused.status_code.pair
        if message.function is Function.DELETE_EVENT and pair == ES12.DELETE_EVENT.EVENT_UNKNOWN.pair:
            return replace(message, state=MessageState.DONE)
        registered = pair == ES12.REGISTER_EVENT.EVENT_ALREADY_REGISTERED.pair
        if message.function is Function.REGISTER_EVENT and registered and message.attempts > 1:
            return replace(message, state=MessageState.DONE)  # an earlier attempt got through, its answer didn't
        if pair in _TEMPORARY:
            return self._failed(message, str(refused))
        return self._dead(message, str(refused))

    def _failed(self, message: Message, why: str) -> Message:
        if message.attempts >= self._settings.attempts_max:
            return self._dead(message, why)
        _log.info("%s to %s: %s", message.function.value, message.destination, why)
        due_at = self._clock.now() + timedelta(seconds=self._wait_s(message.attempts))
        return replace(message, due_at=due_at, error=why)

    def _dead(self, message: Message, why: str) -> Message:
        _log.error("%s to %s for %s given up: %s", message.function.value, message.destination, message.subject, why)
        return replace(message, state=MessageState.DEAD, error=why)

    def _wait_s(self, attempts: int) -> float:
        state = RetryCallState(Retrying(), None, (), {})
        state.attempt_number = attempts
        return self._wait(state)

    async def _settle(self, message: Message) -> None:
        try:
            await self._stored(self._outbox.save, message)
        except Conflict:
            _log.warning("message %d was taken over by another worker", message.sequence)

    async def _stored(self, method: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        if self._outbox.in_process:
            return method(*args, **kwargs)
        return await asyncio.to_thread(method, *args, **kwargs)


class BlockingDelivery:
    """The same for functions that run in threads; a `Delivery` (smdp.core.registration)."""

    def __init__(self, worker: DeliveryWorker, client: PeerClient) -> None:
        self._worker = worker
        self._client = client

    def now(self) -> datetime:
        """The time by the clock of delivery."""
        return self._worker.now()

    def call(self, message: Message) -> None:
        """Send once and judge the answer."""
        self._client.from_thread(self._worker.call(message))

    def deliver(self, message: Message) -> bool:
        """Attempt a stored message now, due or not; True if that settled it, one way or the other."""
        return self._client.from_thread(self._worker.deliver(message))


def revive(outbox: Outbox, message: Message) -> Message:
    """Give a dead message another row of attempts; Conflict if it was changed meanwhile."""
    return outbox.save(replace(message, state=MessageState.WAITING, attempts=0, due_at=AT_ONCE, error=""))
