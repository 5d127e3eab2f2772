"""The user of an operation's LPA: agrees at once, or waits for what the API's caller says; notes the progress."""

import time
from collections.abc import Callable
from typing import Any

from lab.store.records import Operation, OperationState
from lab.views import rule_names
from lpa.core.actions import ConfirmationCodeWanted, Consent, Decision, Progress, StrongConfirmation
from lpa.core.metadata import ProfileMetadata

_POLL_S = 0.1
_PROGRESS_S = 0.2
_DECISIONS = {"ACCEPT": Decision.ACCEPT, "REJECT": Decision.REJECT, "POSTPONE": Decision.POSTPONE}


class OperationUser:
    """A `UserAgent` that speaks through the operation's record, so that any process may answer.

    read, note: the record, and a change of it; known: called when it is known which profile comes; loading: called
    once, when the package begins to be loaded; code: the confirmation code, "" if there is none.
    """

    def __init__(
        self,
        operation: Operation,
        read: Callable[[], Operation],
        note: Callable[..., Operation],
        known: Callable[[ProfileMetadata], None],
        loading: Callable[[], None],
        code: Callable[[], str],
        timeout_s: float,
        stopping: Callable[[], bool],
    ) -> None:
        self._asks = bool(operation.parameters.get("confirmationRequired"))
        self._read = read
        self._note = note
        self._known = known
        self._loading = loading
        self._code = code
        self._timeout_s = timeout_s
        self._stopping = stopping
        self._noted_at = 0.0
        self._step = ""
        self._loaded = False

    def consent(self, question: Consent) -> Decision:
        self._known(question.metadata)
        if self._read().cancel_requested:
            return Decision.POSTPONE
        if not self._asks:
            return Decision.ACCEPT
        metadata = question.metadata
        preview: dict[str, Any] = {
            "iccid": str(metadata.iccid),
            "name": metadata.profile_name,
            "mno": metadata.service_provider_name,
            "policies": rule_names(question.policy_rules),
            "warnings": list(question.warnings),
        }
        return self._answer({"preview": preview})

    def confirmation_code(self, question: ConfirmationCodeWanted) -> str | None:
        if question.attempt > 1 or self._read().cancel_requested:
            return None
        return self._code() or None

    def confirm(self, question: StrongConfirmation) -> Decision:
        return Decision.ACCEPT

    def progress(self, progress: Progress) -> None:
        if progress.step == "load" and not self._loaded:
            self._loaded = True
            self._loading()
        now = time.monotonic()
        if progress.step == self._step and progress.done < progress.total and now - self._noted_at < _PROGRESS_S:
            return
        self._noted_at, self._step = now, progress.step
        self._note(
            progress={"step": progress.step, "done": progress.done, "total": progress.total, "text": progress.text}
        )

    def _answer(self, result: dict[str, Any]) -> Decision:
        self._note(state=OperationState.AWAITING_CONFIRMATION, result=result)
        deadline = time.monotonic() + self._timeout_s
        decision = Decision.TIMEOUT
        while time.monotonic() < deadline and not self._stopping():
            operation = self._read()
            if operation.cancel_requested:
                decision = Decision.POSTPONE
                break
            if operation.decision:
                decision = _DECISIONS[operation.decision]
                break
            time.sleep(_POLL_S)
        self._note(state=OperationState.IN_PROGRESS)
        return decision
