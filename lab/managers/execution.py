"""One operation being carried out, and what its end means for the profiles of the device."""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any

from lab.agent import Agent
from lab.managers import truth
from lab.managers.cards import Cards
from lab.managers.errors import Code, ManagementError, understood
from lab.managers.foreign import profile_of
from lab.managers.operation_user import OperationUser
from lab.managers.orders import OrderDesk
from lab.managers.procedures import FAILURE, PROCEDURES, check_eligible, reached
from lab.managers.settings import ApiSettings
from lab.managers.states import ON_CARD, ProfileEvent
from lab.sealing import Texts
from lab.store import Ledger, Transaction, schema
from lab.store.ledger import table_of
from lab.store.records import Change, DeviceRecord, Operation, OperationKind, OperationState, ProfileState
from lab.trace import Recorder
from lpa.core.errors import LpaError, UserDeclined
from lpa.core.metadata import ProfileInfo, ProfileMetadata
from lpa.core.procedures.notifications import process_notifications
from lpa.core.procedures.profiles import list_profiles

MAX_ATTEMPTS = 3
_devices = table_of(DeviceRecord).c
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Workshop:
    """What carrying out needs. owner: this process; stopping: it is about to end."""

    ledger: Ledger
    cards: Cards
    orders: OrderDesk
    trace: Recorder
    settings: ApiSettings
    codes: Texts
    owner: str
    stopping: Callable[[], bool]


class Execution:
    """One operation being carried out."""

    def __init__(self, shop: Workshop, operation: Operation) -> None:
        self._shop = shop
        self._ledger = shop.ledger
        self._operation = operation
        self._truth: tuple[ProfileInfo, ...] | None = None
        self._session = ""

    def carry_out(self) -> None:
        """To the end, whatever happens."""
        operation = self._operation
        if operation.ended or operation.owner != self._shop.owner:
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
        operation, shop = self._operation, self._shop
        attempts = int(operation.parameters.get("attempts", 1))
        if operation.kind is OperationKind.DELETE and (result := self._withdrawn()):
            return result
        device = self._device()
        user = OperationUser(
            operation,
            self._current,
            self._note,
            self._known,
            self._loading,
            self._code,
            shop.settings.confirmation_timeout_s,
            shop.stopping,
        )
        trace = _SessionTrace(shop.trace, self._noticed, shop.trace.enabled)
        with shop.cards.agent(device, user, trace) as agent:
            try:
                if attempts > 1 and (result := self._settled(agent)):
                    return result
                if attempts > MAX_ATTEMPTS:
                    raise ManagementError(FAILURE[operation.kind], f"interrupted {attempts - 1} times", None)
                if operation.kind is OperationKind.DOWNLOAD:
                    check_eligible(agent, shop.orders.profile(operation.iccid))
                return PROCEDURES[operation.kind](agent, operation)
            finally:
                self._read_card(agent)

    def _current(self) -> Operation:
        with self._ledger.reading() as reading:
            operation = reading.get(Operation, self._operation.operation_id)
        if operation is None:
            raise LookupError(self._operation.operation_id)
        return operation

    def _code(self) -> str:
        operation = self._current()
        return self._shop.codes.open(
            operation.confirmation_code, f"{schema.CONFIRMATION_CODE} {operation.operation_id}"
        )

    def _known(self, metadata: ProfileMetadata) -> None:
        """A foreign server has told which profile its code leads to: it comes under management."""
        if self._operation.iccid:
            return
        operation = replace(self._operation, iccid=str(metadata.iccid))
        with self._ledger.transaction(operation.actor) as tx:
            if truth.living(tx, operation.iccid) is None:
                truth.created(tx, profile_of(operation, metadata, tx.now), operation.operation_id)
        self._note(iccid=operation.iccid)
        self._operation = operation

    def _withdrawn(self) -> dict[str, Any] | None:
        """A profile that never reached the card is withdrawn at the server; None if it is on the card."""
        with self._ledger.reading() as reading:
            profile = truth.living(reading, self._operation.iccid)
        if profile is None or profile.state in ON_CARD or self._shop.orders.is_installed(profile.iccid):
            return None
        self._shop.orders.remove(profile.iccid)
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
            if current is None or current.owner != self._shop.owner:
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
            if current is None or current.ended or current.owner != self._shop.owner:
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
            tx.emit(change_of(f"operation.{state.lower()}", ended), current, ended)

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


def change_of(kind: str, operation: Operation) -> Change:
    """An event of an operation."""
    return Change(
        kind,
        operation.operation_id,
        operation.iccid,
        operation.eid,
        after=operation.state,
        operation_id=operation.operation_id,
        data={"status": operation.state.value, "kind": operation.kind.value, "error": operation.error},
    )
