"""An outbox with messages in it, and peers that answer as they are told."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime

from smdp.core.messages import Function, Message
from smdp.store import SqlStore
from smdp.store.outbox import SqlOutbox
from smdp.web.outgoing import DeliverySettings, DeliveryWorker
from smdp.web.peers import Reply
from tests.support.smdp_world import MovableClock

FAST = DeliverySettings(poll_s=0.01, jitter_s=0.0, attempts_max=4)
SUCCESS = Reply(200, b'{"header":{"functionExecutionStatus":{"status":"Executed-Success"}}}')
ACKNOWLEDGED = Reply(204, b"")


def failed(pair: str) -> Reply:
    subject, reason = pair.split("/")
    code = f'{{"subjectCode":"{subject}","reasonCode":"{reason}"}}'
    status = f'{{"status":"Failed","statusCodeData":{code}}}'
    return Reply(200, f'{{"header":{{"functionExecutionStatus":{status}}}}}'.encode())


class ScriptedPeers:
    """Notes every call; `answer(url, body)` returns a Reply or raises."""

    def __init__(self, answer: Callable[[str, bytes], Reply]) -> None:
        self.answer = answer
        self.calls: list[tuple[str, bytes]] = []
        self.hold: asyncio.Event | None = None

    async def post(self, url: str, body: bytes) -> Reply:
        self.calls.append((url, body))
        if self.hold is not None:
            await self.hold.wait()
        return self.answer(url, body)

    @property
    def bodies(self) -> list[bytes]:
        return [body for _, body in self.calls]


def message(
    body: str, at: datetime, lane: str = "L", destination: str = "https://op.example.com", **more: object
) -> Message:
    given: dict[str, object] = {"function": Function.HANDLE_DOWNLOAD_PROGRESS_INFO} | more
    return Message(
        destination=destination, lane=lane, subject=body, body=body.encode(), created_at=at, due_at=at, **given
    )


def put(store: SqlStore, clock: MovableClock, *bodies: str, **more: object) -> None:
    for body in bodies:
        store.commit(message(body, clock.now(), **more))


def worker(
    store: SqlStore, peers: ScriptedPeers, clock: MovableClock, settings: DeliverySettings = FAST
) -> DeliveryWorker:
    return DeliveryWorker(SqlOutbox(store), peers, settings, clock)


def left(store: SqlStore) -> Sequence[tuple[str, str, int]]:
    """What is in the outbox: subject, state and attempts."""
    return [(one.subject, one.state.value, one.attempts) for one in SqlOutbox(store).messages()]


async def until(condition: Callable[[], bool]) -> None:
    """Wait until it holds."""
    for _ in range(20_000):
        if condition():
            return
        await asyncio.sleep(0.001)
    raise AssertionError("it never came to hold")
