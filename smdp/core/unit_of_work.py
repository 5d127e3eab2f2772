"""One call of a function as one unit of work: read, decide, store once, tell; start over if somebody was faster.

An outcome counts only if nothing that was recalled for it was stale.
"""

from collections.abc import Callable
from typing import Final, TypeVar

from smdp.core import outbox
from smdp.core.effects import Moved
from smdp.core.ports import Conflict
from smdp.core.procedure import Outcome, Ports, Refusal
from smdp.core.records import Session
from wire.codes import GENERIC, FunctionRefused
from wire.errors import DecodeError
from wire.ids import IdentifierError

T = TypeVar("T")
_ATTEMPTS: Final = 20


def run(ports: Ports, procedure: Callable[[], Outcome[T]]) -> T:
    """The answer of a procedure whose outcome is stored; raises FunctionRefused for every refusal.

    Conflict after many attempts means that something is wrong with the store.
    """
    for _ in range(_ATTEMPTS):
        try:
            outcome = _outcome(procedure)
            records = (*outcome.saves, *outbox.messages(ports, outcome.effects))
        except Exception as error:
            if not ports.store.proved():
                continue
            if isinstance(error, (DecodeError, IdentifierError)):
                raise FunctionRefused(GENERIC.MALFORMED_ELEMENT, str(error)) from error
            raise
        try:
            ports.store.commit(*records)
        except Conflict:
            continue
        _note(ports, outcome)
        if isinstance(outcome.answer, FunctionRefused):
            raise outcome.answer
        return outcome.answer
    raise Conflict("the records kept changing")


def _outcome(procedure: Callable[[], Outcome[T]]) -> Outcome[T]:
    try:
        return procedure()
    except Refusal as refusal:
        return refusal.outcome()


def _note(ports: Ports, outcome: Outcome[T]) -> None:
    for effect in outcome.effects:
        if isinstance(effect, Moved):
            sessions = (record.transaction_id for record in outcome.saves if isinstance(record, Session))
            ports.trace.record(
                "state",
                next(sessions, b"").hex().upper(),
                entity="order",
                id=effect.order.iccid,
                before=effect.before.value,
                after=effect.order.state.value,
                event=effect.event.value,
            )
