"""The delivery of the outbox: calls of other servers, by the rules of `smdp.web.lanes`.

A message is forgotten in the same step that notes its acknowledgement, so what was acknowledged is never sent again.
Only a crash between the answer and that step repeats a call, with the same octets and thus the same
functionCallIdentifier. A dead message is sent again when somebody revives it. A lane is one order at one destination.

Spec: SGP.22 v2.5 sections 5.3.5, 5.9 (the functions); retrying is left to the server
"""

from dataclasses import replace
from datetime import datetime
from typing import Final, Protocol

from smdp.core.events import Inaccessible
from smdp.core.messages import AT_ONCE, HANDLE_NOTIFICATION_PATH, Function, Message, MessageState
from smdp.core.outbox import Outbox
from smdp.web.lanes import DeliverySettings, LaneWorker
from smdp.web.peers import PeerClient, Reply, check_acknowledged, check_answer
from wire.codes import ES12, FunctionRefused
from wire.ports import Clock

__all__ = ["BlockingDelivery", "DeliverySettings", "DeliveryWorker", "Peers", "revive"]

_PATHS: Final = {
    Function.HANDLE_DOWNLOAD_PROGRESS_INFO: "/gsma/rsp2/es2plus/handleDownloadProgressInfo",
    Function.HANDLE_NOTIFICATION: HANDLE_NOTIFICATION_PATH,
    Function.REGISTER_EVENT: "/gsma/rsp2/es12/registerEvent",
    Function.DELETE_EVENT: "/gsma/rsp2/es12/deleteEvent",
}
_NAMES: Final = {
    Function.HANDLE_DOWNLOAD_PROGRESS_INFO: "ES2+.HandleDownloadProgressInfo",
    Function.HANDLE_NOTIFICATION: "ES2+.HandleNotification",
    Function.REGISTER_EVENT: "ES12.RegisterEvent",
    Function.DELETE_EVENT: "ES12.DeleteEvent",
}
_ACKNOWLEDGED: Final = frozenset({Function.HANDLE_DOWNLOAD_PROGRESS_INFO, Function.HANDLE_NOTIFICATION})
# Refusals of an SM-DS that is itself in trouble with its root: worth another attempt.
_TEMPORARY: Final = frozenset({ES12.REGISTER_EVENT.SMDS_INACCESSIBLE.pair, ES12.REGISTER_EVENT.SMDS_ERROR.pair})


class Peers(Protocol):
    """Who posts; `smdp.web.peers.PeerClient`."""

    async def post(self, url: str, body: bytes) -> Reply:
        """POST; Inaccessible if there is no response."""


class DeliveryWorker(LaneWorker[Message]):
    """Delivers the messages of one outbox."""

    def __init__(
        self,
        outbox: Outbox,
        peers: Peers,
        settings: DeliverySettings | None = None,
        clock: Clock | None = None,
    ) -> None:
        super().__init__(outbox, settings, clock)
        self._peers = peers

    async def call(self, message: Message) -> None:
        """Send a message once and judge the answer; nothing is stored.

        Raises FunctionRefused if the other server refuses, Inaccessible if it can't be asked.
        """
        reply = await self._peers.post(message.destination + _PATHS[message.function], message.body)
        if message.function in _ACKNOWLEDGED:
            check_acknowledged(reply, _NAMES[message.function])
        else:
            check_answer(reply, _NAMES[message.function])

    async def outcome(self, claimed: Message) -> Message:
        try:
            await self.call(claimed)
        except FunctionRefused as refused:
            return self._refused(claimed, refused)
        except Inaccessible as error:
            return self.failed(claimed, str(error))
        return replace(claimed, state=MessageState.DONE)

    def _refused(self, message: Message, refused: FunctionRefused) -> Message:
        pair = refused.status_code.pair
        if message.function is Function.DELETE_EVENT and pair == ES12.DELETE_EVENT.EVENT_UNKNOWN.pair:
            return replace(message, state=MessageState.DONE)
        registered = pair == ES12.REGISTER_EVENT.EVENT_ALREADY_REGISTERED.pair
        if message.function is Function.REGISTER_EVENT and registered and message.attempts > 1:
            return replace(message, state=MessageState.DONE)  # an earlier attempt got through, its answer didn't
        if pair in _TEMPORARY:
            return self.failed(message, str(refused))
        return self.dead(message, str(refused))


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
