"""Operations on cards: kept in the database from the order to the end, carried out in threads, one at a time a card.

An operation belongs to the process that carries it out, which renews its lease. One whose process is gone is taken
over: its card is asked first, and what the card has done counts.
"""

import logging
import os
import socket
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from sqlalchemy import update

from lab.agent import Agent
from lab.managers import truth
from lab.managers.cards import Cards
from lab.managers.errors import Code, ManagementError, invalid, not_permitted, understood
from lab.managers.operation_user import OperationUser
from lab.managers.orders import OrderDesk
from lab.managers.procedures import FAILURE, PROCEDURES, check_eligible, reached
from lab.managers.settings import ApiSettings
from lab.managers.states import ON_CARD, ProfileEvent
from lab.store import Ledger, Transaction, schema
from lab.store.ledger import Reading, table_of
from lab.store.records import (
    ENDED,
    LOCAL,
    Actor,
    Change,
    DeviceRecord,
    Operation,
    OperationKind,
    OperationState,
    ProfileState,
)
from lab.store.rows import when
from lab.trace import Recorder
from lpa.core.errors import LpaError, UserDeclined
from lpa.core.metadata import ProfileInfo
from lpa.core.procedures.notifications import process_notifications
from lpa.core.procedures.profiles import list_profiles

LEASE_S = 60
HEARTBEAT_S = 10.0
MAX_ATTEMPTS = 3
ESTIMATED_TIME_S = {OperationKind.DOWNLOAD: 5}
_POLL_S = 0.05
_log = logging.getLogger(__name__)
_LIVE: set[str] = set()  # owners in this process
_operations = table_of(Operation).c
_devices = table_of(DeviceRecord).c
_OPEN = _operations.state.not_in([state.value for state in ENDED])


class Operations:
    """Starts, watches, cancels and recovers operations."""

    def __init__(self, ledger: Ledger, cards: Cards, orders: OrderDesk, trace: Recorder, settings: ApiSettings) -> None:
        self._ledger = ledger
        self._cards = cards
        self._orders = orders
        self._trace = trace
        self._settings = settings
        self._owner = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
        _LIVE.add(self._owner)
        self._pool = ThreadPoolExecutor(settings.operation_threads, "operation")
        self._guard = threading.Lock()
        self._queues: dict[str, deque[str]] = {}
        self._stop = threading.Event()
        self._heart: threading.Thread | None = None

    # What callers do

    def begin(
        self,
        tx: Transaction,
        kind: OperationKind,
        iccid: str,
        eid: str,
        parameters: dict[str, Any] | None = None,
        confirmation_code: str = "",
    ) -> Operation:
        """A new operation in the caller's transaction, which then calls `submit`; OPERATION_NOT_PERMITTED if busy."""
        self.check_idle(tx, iccid)
        operation = tx.put(
            Operation(
                operation_id=str(uuid.uuid4()),
                kind=kind,
                iccid=iccid,
                eid=eid,
                state=OperationState.IN_PROGRESS,
                created_at=tx.now,
                updated_at=tx.now,
                progress=_progress("queued"),
                parameters=parameters or {},
                confirmation_code=confirmation_code,
                owner=self._owner,
                lease_until=tx.now + timedelta(seconds=LEASE_S),
                actor=tx.actor,
            )
        )
        tx.emit(_change("operation.started", operation), None, operation)
        return operation

    def check_idle(self, reading: Reading, iccid: str) -> None:
        """OPERATION_NOT_PERMITTED if something is going on with this profile."""
        if other := reading.first(Operation, _operations.iccid == iccid, _OPEN):
            raise not_permitted(
                f"profile {iccid} is busy: {other.kind} is going on", operationId=other.operation_id, reason="busy"
            )

    def submit(self, operation: Operation) -> Operation:
        """Let it be carried out, after what waits for the same card."""
        with self._guard:
            queue = self._queues.get(operation.eid)
            if queue is not None:
                queue.append(operation.operation_id)
                return operation
            self._queues[operation.eid] = deque([operation.operation_id])
        self._pool.submit(self._drain, operation.eid)
        self._beat()
        return operation

    def get(self, operation_id: str) -> Operation:
        """The operation as it stands; INVALID_REQUEST if there is none."""
        with self._ledger.reading() as reading:
            operation = reading.get(Operation, operation_id)
        if operation is None:
            raise _unknown(operation_id)
        return operation

    def wait(self, operation_id: str, timeout_s: float = 120.0) -> Operation:
        """The operation once it has ended, or as it stands after the timeout."""
        deadline = time.monotonic() + timeout_s
        while not (operation := self.get(operation_id)).ended and time.monotonic() < deadline:
            time.sleep(_POLL_S)
        return operation

    def cancel(self, operation_id: str, actor: Actor = LOCAL) -> Operation:
        """Ask it to stop: done at the next point where the session can be left; refused once it has ended."""
        with self._ledger.transaction(actor) as tx:
            operation = self._open(tx, operation_id)
            cancelled = tx.put(replace(operation, cancel_requested=True, updated_at=tx.now))
            tx.audit("operation.cancel", operation_id, before=operation, after=cancelled)
        return cancelled

    def confirm(self, operation_id: str, decision: str, code: str = "", actor: Actor = LOCAL) -> Operation:
        """Answer for the user: ACCEPT, REJECT or POSTPONE, with the confirmation code if one is needed."""
        with self._ledger.transaction(actor) as tx:
            operation = self._open(tx, operation_id)
            if operation.state is not OperationState.AWAITING_CONFIRMATION or operation.decision:
                raise not_permitted("the operation doesn't wait for a confirmation", state=operation.state.value)
            if decision not in ("ACCEPT", "REJECT", "POSTPONE"):
                raise invalid("decision", "is none of ACCEPT, REJECT, POSTPONE")
            needed = operation.parameters.get("confirmationCodeNeeded") and decision == "ACCEPT"
            if needed and not code and not operation.confirmation_code:
                raise invalid("confirmationCode", "this activation code needs one")
            answered = replace(operation, decision=decision, updated_at=tx.now)
            if code:
                answered = replace(answered, confirmation_code=code)
            answered = tx.put(answered)
            tx.audit("operation.confirm", operation_id, before=operation, after=answered)
        return answered

    def recover(self) -> int:
        """Take over what processes that are gone have left; returns how many."""
        with self._ledger.reading() as reading:
            left = [one for one in reading.find(Operation, _OPEN) if self._is_left(one)]
        for operation in left:
            with self._ledger.transaction(operation.actor) as tx:
                current = tx.get(Operation, operation.operation_id)
                if current is None or current.ended or current.owner != operation.owner:
                    continue
                attempts = int(current.parameters.get("attempts", 1)) + 1
                parameters = current.parameters | {"attempts": attempts}
                lease = tx.now + timedelta(seconds=LEASE_S)
                tx.put(replace(current, owner=self._owner, lease_until=lease, parameters=parameters))
            self.submit(operation)
        return len(left)

    def close(self) -> None:
        """End: what is running is finished (questions count as unanswered), what waits is left for the next start."""
        self._stop.set()
        self._pool.shutdown(wait=True)
        _LIVE.discard(self._owner)
        if self._heart is not None:
            self._heart.join()

    # Carrying out

    def _drain(self, eid: str) -> None:
        while True:
            with self._guard:
                queue = self._queues[eid]
                if not queue or self._stop.is_set():
                    del self._queues[eid]
                    return
                operation_id = queue.popleft()
            try:
                _Run(self, self.get(operation_id)).carry_out()
            except Exception:
                _log.exception("operation %s", operation_id)

    def _beat(self) -> None:
        with self._guard:
            if self._heart is None:
                self._heart = threading.Thread(target=self._keep_alive, name="operation-leases", daemon=True)
                self._heart.start()

    def _keep_alive(self) -> None:
        while not self._stop.wait(HEARTBEAT_S):
            try:
                until = when(self._ledger.clock.now() + timedelta(seconds=LEASE_S))
                mine = update(schema.operations).where(_operations.owner == self._owner, _OPEN)
                with self._ledger.engine.connect() as connection:
                    connection.execute(mine.values(lease_until=until))
                self.recover()
            except Exception:
                _log.exception("renewing the leases of operations")

    def _is_left(self, operation: Operation) -> bool:
        if operation.owner in _LIVE:
            return False
        host, pid, _ = operation.owner.split(":")
        if host == socket.gethostname() and (int(pid) == os.getpid() or not _alive(int(pid))):
            return True
        return operation.lease_until is None or operation.lease_until < self._ledger.clock.now()

    def _open(self, tx: Transaction, operation_id: str) -> Operation:
        operation = tx.get(Operation, operation_id)
        if operation is None:
            raise _unknown(operation_id)
        if operation.ended:
            raise not_permitted(f"the operation has ended: {operation.state}", state=operation.state.value)
        return operation


class _Run:
    """One operation being carried out."""

    def __init__(self, parent: Operations, operation: Operation) -> None:
        self._parent = parent
        self._ledger = parent._ledger
        self._operation = operation
        self._truth: tuple[ProfileInfo, ...] | None = None
        self._session = ""

    def carry_out(self) -> None:
        """To the end, whatever happens."""
        operation = self._operation
        if operation.ended or operation.owner != self._parent._owner:
            return
        try:
            if operation.cancel_requested:
                raise UserDeclined(operation.kind.lower(), "postpone")
            result = self._do()
        except Exception as error:
            if not isinstance(error, LpaError | ManagementError):
                _log.exception("operation %s", operation.operation_id)
            self._end_badly(error)
        else:
            self._end(OperationState.SUCCEEDED, result=result)

    def _do(self) -> dict[str, Any]:
        operation, parent = self._operation, self._parent
        attempts = int(operation.parameters.get("attempts", 1))
        if operation.kind is OperationKind.DELETE and (result := self._withdrawn()):
            return result
        device = self._device()
        user = OperationUser(
            operation,
            lambda: parent.get(operation.operation_id),
            self._note,
            self._loading,
            parent._settings.confirmation_timeout_s,
            parent._stop.is_set,
        )
        trace = _SessionTrace(parent._trace, self._noticed, parent._trace.enabled)
        with parent._cards.agent(device, user, trace) as agent:
            try:
                if attempts > 1 and (result := self._settled(agent)):
                    return result
                if attempts > MAX_ATTEMPTS:
                    raise ManagementError(FAILURE[operation.kind], f"interrupted {attempts - 1} times", None)
                if operation.kind is OperationKind.DOWNLOAD:
                    check_eligible(agent, parent._orders.profile(operation.iccid))
                return PROCEDURES[operation.kind](agent, operation)
            finally:
                self._read_card(agent)

    def _withdrawn(self) -> dict[str, Any] | None:
        """A profile that never reached the card is withdrawn at the server; None if it is on the card."""
        with self._ledger.reading() as reading:
            profile = truth.living(reading, self._operation.iccid)
        if profile is None or profile.state in ON_CARD or self._parent._orders.is_installed(profile.iccid):
            return None
        self._parent._orders.remove(profile.iccid)
        return {"withdrawn": True}

    def _settled(self, agent: Agent) -> dict[str, Any] | None:
        """After a crash: deliver what the card has to tell, and see whether it had done everything."""
        agent.run(process_notifications(agent.settings))
        card = agent.run(list_profiles(agent.settings))
        return {"recovered": True} if reached(self._operation, card) else None

    def _read_card(self, agent: Agent) -> None:
        try:
            self._truth = agent.run(list_profiles(agent.settings))
        except LpaError as error:
            _log.warning("operation %s: the card can't be read: %s", self._operation.operation_id, error)

    def _device(self) -> DeviceRecord:
        with self._ledger.reading() as reading:
            device = reading.first(DeviceRecord, _devices.eid == self._operation.eid)
        if device is None:
            raise ManagementError(Code.INVALID_EID, "no device is registered with this EID", {"field": "eid"}, True)
        return device

    def _loading(self) -> None:
        with self._ledger.transaction(self._operation.actor) as tx:
            profile = truth.living(tx, self._operation.iccid)
            if profile is not None and profile.state is ProfileState.CREATED:
                truth.move(tx, profile, ProfileEvent.DOWNLOAD, self._operation.operation_id)

    def _noticed(self, session: str) -> None:
        if session != self._session:
            self._session = session
            self._note(session=session)

    def _note(self, **changes: Any) -> Operation:
        with self._ledger.transaction(self._operation.actor) as tx:
            current = tx.get(Operation, self._operation.operation_id)
            if current is None or current.owner != self._parent._owner:
                raise ManagementError(Code.OPERATION_NOT_PERMITTED, "another process has taken the operation over")
            return tx.put(replace(current, updated_at=tx.now, **changes))

    def _end_badly(self, error: Exception) -> None:
        found = understood(error, FAILURE[self._operation.kind])
        state = OperationState.CANCELLED if isinstance(error, UserDeclined) else OperationState.FAILED
        body = {"error": found.code.value, "message": found.message, "details": found.details}
        self._end(state, error=body)

    def _end(
        self, state: OperationState, result: dict[str, Any] | None = None, error: dict[str, Any] | None = None
    ) -> None:
        """The operation's end and the states that the card says, in one transaction."""
        with self._ledger.transaction(self._operation.actor) as tx:
            current = tx.get(Operation, self._operation.operation_id)
            if current is None or current.ended or current.owner != self._parent._owner:
                return
            if self._truth is not None:
                truth.agree(tx, current.eid, self._truth, current.operation_id)
            self._without_card(tx, result)
            done = current.progress | ({"step": "done"} if state is OperationState.SUCCEEDED else {})
            ended = tx.put(
                replace(
                    current,
                    state=state,
                    result=result if result is not None else current.result,
                    error=error,
                    progress=done,
                    updated_at=tx.now,
                    ended_at=tx.now,
                    confirmation_code="",
                )
            )
            tx.emit(_change(f"operation.{state.lower()}", ended), current, ended)

    def _without_card(self, tx: Transaction, result: dict[str, Any] | None) -> None:
        """States that don't depend on the card: a withdrawn profile, a download of which nothing more is known."""
        profile = truth.living(tx, self._operation.iccid)
        if profile is None:
            return
        if result is not None and result.get("withdrawn"):
            truth.lead(tx, profile, ProfileState.DELETED, self._operation.operation_id)
        elif profile.state is ProfileState.DOWNLOADED:
            truth.move(tx, profile, ProfileEvent.DOWNLOAD_FAILED, self._operation.operation_id)


@dataclass(slots=True)
class _SessionTrace:
    """The lab's trace, telling the operation which RSP session it is in."""

    inner: Recorder
    noticed: Callable[[str], None]
    enabled: bool

    def record(self, kind: str, session: str, **fields: object) -> None:
        if session:
            self.noticed(session)
        self.inner.record(kind, session, **fields)

    def as_role(self, role: str, without: frozenset[str] = frozenset()) -> Recorder:
        noticed = self.noticed if role == "lpa" else _nothing
        return _SessionTrace(self.inner.as_role(role, without), noticed, self.enabled)

    def scope(self) -> AbstractContextManager[None]:
        return self.inner.scope()


def _nothing(_: str) -> None:
    return None


def _progress(step: str) -> dict[str, Any]:
    return {"step": step, "done": 0, "total": 0, "text": ""}


def _change(kind: str, operation: Operation) -> Change:
    return Change(
        kind,
        operation.operation_id,
        operation.iccid,
        operation.eid,
        after=operation.state,
        operation_id=operation.operation_id,
        data={"status": operation.state.value, "kind": operation.kind.value, "error": operation.error},
    )


def _unknown(operation_id: str) -> ManagementError:
    reason = "there is no such operation"
    return ManagementError(
        Code.INVALID_REQUEST, f"{reason}: {operation_id}", {"field": "operationId", "reason": reason}, missing=True
    )


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
