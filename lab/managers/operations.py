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
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import update

from lab.directory import is_alive
from lab.managers.cards import Cards
from lab.managers.errors import Code, ManagementError, invalid, not_permitted
from lab.managers.execution import Execution, Workshop, change_of
from lab.managers.orders import OrderDesk
from lab.managers.settings import ApiSettings
from lab.sealing import Texts
from lab.store import Ledger, Transaction, schema
from lab.store.ledger import Reading, table_of
from lab.store.records import (
    ENDED,
    LOCAL,
    Actor,
    DeviceRecord,
    Operation,
    OperationKind,
    OperationState,
)
from lab.store.rows import when
from lab.trace import Recorder

LEASE_S = 60
HEARTBEAT_S = 10.0
ESTIMATED_TIME_S = {OperationKind.DOWNLOAD: 5}
_POLL_S = 0.05
_log = logging.getLogger(__name__)
_LIVE: set[str] = set()  # owners in this process
_operations = table_of(Operation).c
_devices = table_of(DeviceRecord).c
_OPEN = _operations.state.not_in([state.value for state in ENDED])


class Operations:
    """Starts, watches, cancels and recovers operations."""

    def __init__(
        self,
        ledger: Ledger,
        cards: Cards,
        orders: OrderDesk,
        trace: Recorder,
        settings: ApiSettings,
        codes: Texts,
    ) -> None:
        self._ledger = ledger
        self._owner = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
        _LIVE.add(self._owner)
        self._pool = ThreadPoolExecutor(settings.operation_threads, "operation")
        self._guard = threading.Lock()
        self._queues: dict[str, deque[str]] = {}
        self._stop = threading.Event()
        self._codes = codes
        self._shop = Workshop(ledger, cards, orders, trace, settings, codes, self._owner, self._stop.is_set)
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
        """A new operation in the caller's transaction, which then calls `submit`; OPERATION_NOT_PERMITTED if busy.

        iccid: "" where only a foreign server knows which profile comes.
        """
        if iccid:
            self.check_idle(tx, iccid)
        operation_id = str(uuid.uuid4())
        operation = tx.put(
            Operation(
                operation_id=operation_id,
                kind=kind,
                iccid=iccid,
                eid=eid,
                state=OperationState.IN_PROGRESS,
                created_at=tx.now,
                updated_at=tx.now,
                progress=_progress("queued"),
                parameters=parameters or {},
                confirmation_code=self._sealed(confirmation_code, operation_id),
                owner=self._owner,
                lease_until=tx.now + timedelta(seconds=LEASE_S),
                actor=tx.actor,
            )
        )
        tx.emit(change_of("operation.started", operation), None, operation)
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
                answered = replace(answered, confirmation_code=self._sealed(code, operation_id))
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
                Execution(self._shop, self.get(operation_id)).carry_out()
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
        if host == socket.gethostname() and (int(pid) == os.getpid() or not is_alive(int(pid))):
            return True
        return operation.lease_until is None or operation.lease_until < self._ledger.clock.now()

    def _sealed(self, confirmation_code: str, operation_id: str) -> str:
        return self._codes.seal(confirmation_code, f"{schema.CONFIRMATION_CODE} {operation_id}")

    def _open(self, tx: Transaction, operation_id: str) -> Operation:
        operation = tx.get(Operation, operation_id)
        if operation is None:
            raise _unknown(operation_id)
        if operation.ended:
            raise not_permitted(f"the operation has ended: {operation.state}", state=operation.state.value)
        return operation


def _progress(step: str) -> dict[str, Any]:
    return {"step": step, "done": 0, "total": 0, "text": ""}


def _unknown(operation_id: str) -> ManagementError:
    reason = "there is no such operation"
    return ManagementError(
        Code.INVALID_REQUEST, f"{reason}: {operation_id}", {"field": "operationId", "reason": reason}, missing=True
    )
