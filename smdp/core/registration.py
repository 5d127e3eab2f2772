"""SM-DS events at once, while the ES2+ call that causes them waits.

ES2+ has status codes for an SM-DS that can't be reached or refuses (8.9/5.1, 8.9/4.2), so ConfirmOrder, ReleaseProfile
and CancelOrder ask the SM-DS before anything is stored: if it says no, the call fails and the order is as it was. All
other changes of an order (installed, failed, rejected, expired) happen while an LPA waits that can do nothing about an
SM-DS; their events go through the outbox.

A registration is undone if the order isn't released after all, even by a crash between the two: before the SM-DS is
called, a DeleteEvent is put into the outbox that is due a little later; the transaction that releases the order removes
it. What still waits for the same event in the outbox is delivered first, or the call fails.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, Protocol, TypeVar

from smdp.core.effects import Effect, EventDue, EventEnded
from smdp.core.events import Inaccessible, Unreachable
from smdp.core.messages import AT_ONCE, Message, MessageState
from smdp.core.outbox import Outbox, deletion, registration
from smdp.core.ports import Conflict
from smdp.core.procedure import Outcome, Ports, Refusal
from smdp.core.records import Order, Record
from wire.codes import ES2P, ES12, FunctionRefused
from wire.json_es2 import CancelOrderRequest, ConfirmOrderRequest, ReleaseProfileRequest
from wire.json_header import Request

T = TypeVar("T")
UNDO_AFTER_S: Final = 120  # longer than an ES2+ call with all that it waits for
_Codes = type[ES2P.CONFIRM_ORDER] | type[ES2P.RELEASE_PROFILE] | type[ES2P.CANCEL_ORDER]
_CODES: Final[dict[type[Request], _Codes]] = {
    ConfirmOrderRequest: ES2P.CONFIRM_ORDER,
    ReleaseProfileRequest: ES2P.RELEASE_PROFILE,
    CancelOrderRequest: ES2P.CANCEL_ORDER,
}


class Delivery(Protocol):
    """Calls to other servers, each of which blocks until its end. Implementation: smdp.web.outgoing."""

    def now(self) -> datetime:
        """The time by the clock that the outbox goes by."""

    def call(self, message: Message) -> None:
        """Send once; FunctionRefused if the other server refuses, Inaccessible if it can't be asked."""

    def deliver(self, message: Message) -> bool:
        """Attempt a stored message now, due or not; True if that settled it."""


class Registrar:
    """Registers and deletes the events of one SM-DP+ at once."""

    def __init__(self, ports: Ports, outbox: Outbox, delivery: Delivery) -> None:
        self._ports = ports
        self._outbox = outbox
        self._delivery = delivery

    def settled(self, outcome: Outcome[T], request: Request) -> Outcome[T]:
        """The outcome of this ES2+ request with its SM-DS events done; Refusal if the SM-DS can't or won't."""
        codes = _CODES.get(type(request))
        if codes is None:
            return outcome
        saves: tuple[Record, ...] = outcome.saves
        effects: list[Effect] = []
        for effect in outcome.effects:
            if isinstance(effect, EventDue):
                saves += self._register(effect.order, codes)
            elif isinstance(effect, EventEnded):
                self._delete(effect.order, codes)
            else:
                effects.append(effect)
        return replace(outcome, saves=saves, effects=tuple(effects))

    def _register(self, order: Order, codes: _Codes) -> tuple[Record, ...]:
        message, undo = registration(self._ports, order), deletion(self._ports, order)
        if message is None or undo is None:
            return ()
        self._clear(message.lane, codes)
        self._ports.store.commit(replace(undo, due_at=self._delivery.now() + timedelta(seconds=UNDO_AFTER_S)))
        undo = self._outbox.lane(undo.lane)[-1]
        try:
            self._call(message, codes)
        except Refusal as refusal:
            self._release(undo, needed=not isinstance(refusal.__cause__, Unreachable))
            raise
        return (replace(undo, state=MessageState.DONE),)

    def _release(self, undo: Message, needed: bool) -> None:
        """Let the undo be delivered at once, or forget it where the SM-DS has heard nothing."""
        try:
            self._outbox.save(replace(undo, due_at=AT_ONCE) if needed else replace(undo, state=MessageState.DONE))
        except Conflict:
            return  # it is on its way already

    def _delete(self, order: Order, codes: _Codes) -> None:
        message = deletion(self._ports, order)
        if message is not None:
            self._clear(message.lane, codes)
            self._call(message, codes, ES12.DELETE_EVENT.EVENT_UNKNOWN.pair)

    def _clear(self, lane: str, codes: _Codes) -> None:
        for message in self._outbox.lane(lane):
            if not self._delivery.deliver(message):
                raise Refusal(codes.SMDS_INACCESSIBLE, "an earlier call about this event is still under way")

    def _call(self, message: Message, codes: _Codes, as_good_as_done: str = "") -> None:
        try:
            self._delivery.call(message)
        except Inaccessible as error:
            raise Refusal(codes.SMDS_INACCESSIBLE, str(error)) from error
        except FunctionRefused as refused:
            pair = refused.status_code.pair
            if pair == ES12.REGISTER_EVENT.SMDS_INACCESSIBLE.pair:
                raise Refusal(codes.SMDS_INACCESSIBLE, "the SM-DS can't reach its root") from refused
            if pair != as_good_as_done:
                raise Refusal(codes.SMDS_ERROR, f"the SM-DS answers {pair}") from refused
