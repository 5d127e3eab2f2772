"""The words with which a scenario judges; every one is a line in the trace: what, expected, seen, verdict."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from enum import IntEnum
from typing import TypeVar

from lpa.core.errors import LpaError
from scenarios.faults.model import Fault
from scenarios.model import CheckFailed, Inconclusive, NotApplicable
from scenarios.parties import asn1
from scenarios.parties.answer import Answer
from scenarios.parties.euicc import installation_error
from scenarios.parties.lpa import Outcome
from scenarios.recorder import Recorder
from wire.codes import StatusCode
from wire.es10 import BppCommandId, ErrorReason
from wire.sw import describe
from wire.tlv import Tlv, tlv

ErrorT = TypeVar("ErrorT", bound=LpaError)


class Judge:
    """Checks that a scenario makes, and its narration."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._trace = recorder.role("scenario")
        self.checks = 0

    # narration

    def step(self, text: str) -> None:
        """Say what comes next."""
        self._trace.record("note", "", message=text)

    def note_faults(self, whose: str, faults: Sequence[Fault]) -> None:
        """Record the faults that a party was given."""
        for fault in faults:
            self._trace.record("fault", "", where=whose, fault=repr(fault))

    @contextlib.contextmanager
    def given(self, what: str) -> Iterator[None]:
        """A pre-condition, set and verified: what fails inside is inconclusive, not a failure."""
        self._trace.record("note", "", message=f"given: {what}")
        try:
            yield
        except (CheckFailed, LpaError) as failed:
            raise Inconclusive(f"pre-condition: {what}: {failed}") from failed

    def not_applicable(self, reason: str) -> None:
        """End the scenario as skipped: this system under test turns out not to have the option."""
        raise NotApplicable(reason)

    # judgement

    def check(self, holds: bool, what: str, expected: object = True, seen: object = None) -> None:
        """The system under test must have done this."""
        self.checks += 1
        shown = holds if seen is None else seen
        self._trace.record("check", "", what=what, expected=_text(expected), seen=_text(shown), ok=holds)
        if not holds:
            told = "" if seen is None and expected is True else f": expected {_text(expected)}, seen {_text(shown)}"
            raise CheckFailed(f"{what}{told}")

    def equal(self, what: str, expected: object, seen: object) -> None:
        """These must be equal."""
        self.check(expected == seen, what, _text(expected), _text(seen))

    def accepted(self, answer: Answer) -> Answer:
        """The server must have executed the function."""
        self.check(answer.ok, f"{answer.function} is executed", "Executed-Success", str(answer))
        return answer

    def refused(self, answer: Answer, code: StatusCode) -> None:
        """The server must have refused with this subject and reason code, in an HTTP 200."""
        self.refused_with(answer, code)

    def refused_with(self, answer: Answer, *codes: StatusCode) -> None:
        """The server must have refused with one of these codes, in an HTTP 200."""
        pairs = [(code.subject, code.reason) for code in codes]
        self.check(
            answer.status == 200 and answer.execution == "Failed" and answer.code in pairs,
            f"{answer.function} is refused",
            "Failed " + " or ".join(f"{code.subject}/{code.reason} ({code.meaning})" for code in codes),
            str(answer),
        )

    def refused_by_integer(self, answer: Answer, error: asn1.Error) -> None:
        """The server must have answered nothing but this integer of the ASN.1 binding, in an HTTP 200."""
        assert isinstance(answer, asn1.Asn1Answer)
        self.result(answer.function, answer.error, error)
        expected = tlv(0xA2, tlv(answer.tag, tlv(0x81, bytes((error,)))))
        self.equal("HTTP status and body", (200, expected), (answer.status, answer.body))
        self.equal("Content-Type", asn1.CONTENT_TYPE, answer.headers.get("content-type", "").partition(";")[0])

    def result(self, function: str, code: int | None, *expected: IntEnum | None) -> None:
        """The card must have answered one of these result (or error) codes; None stands for the good alternative."""
        told = " or ".join("no error" if one is None else f"{one.name}({int(one)})" for one in expected)
        kind = next((type(one) for one in expected if one is not None), None)
        seen = "no error" if code is None else _code(kind, code)
        self.check(code in expected, f"{function} answers", told, seen)

    def installed(self, final_result: Tlv) -> None:
        """The eUICC must have installed the profile."""
        self.check(final_result.tag == 0xA0, "the profile is installed", "successResult", _final(final_result))

    def not_installed(self, final_result: Tlv, command: BppCommandId, *reasons: ErrorReason) -> None:
        """The eUICC must have ended the installation at this command with one of these reasons."""
        error = installation_error(final_result)
        told = f"{command.name}, {' or '.join(reason.name for reason in reasons)}"
        self.check(
            error is not None and error[0] == command and error[1] in reasons,
            "the installation is refused",
            told,
            _final(final_result),
        )

    def status_word(self, what: str, expected: Sequence[int] | int, seen: int) -> None:
        """The card must have answered this (or one of these) status words."""
        allowed = [expected] if isinstance(expected, int) else list(expected)
        self.check(seen in allowed, what, " or ".join(map(_status_word, allowed)), _status_word(seen))

    def went_through(self, outcome: Outcome) -> None:
        """The LPA's procedure must have ended well; of a foreign one the server must have heard an installation."""
        self.check(outcome.ok, "the LPA's procedure ends well", "went through", str(outcome))

    def raised(self, outcome: Outcome, kind: type[ErrorT]) -> ErrorT | None:
        """The LPA's procedure must have ended with this kind of error; None where that can't be seen: then the server
        must have heard of no installation.
        """
        if not outcome.is_known:
            self.check(not outcome.ok, "the LPA's procedure ends", kind.__name__, str(outcome))
            return None
        self.check(isinstance(outcome.error, kind), "the LPA's procedure ends", kind.__name__, str(outcome))
        assert isinstance(outcome.error, kind)
        return outcome.error

    def fails(self, what: str, action: Callable[[], object]) -> str:
        """`action` must fail a check of its own (the kit must have found something wrong); its words."""
        try:
            action()
        except CheckFailed as failed:
            self.check(True, what, "found", str(failed))
            return str(failed)
        self.check(False, what, "found", "nothing was wrong")
        return ""


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return value.hex().upper() or "(no octets)"
    if isinstance(value, (set, frozenset)):
        return "{" + ", ".join(sorted(repr(one) for one in value)) + "}"  # a set's own order differs between processes
    return str(value)


def _status_word(sw: int) -> str:
    return f"{sw:04X} ({describe(sw)})"


def _code(kind: type[IntEnum] | None, code: int) -> str:
    try:
        return f"{kind(code).name}({code})" if kind else str(code)
    except ValueError:
        return f"unknown({code})"


def _final(final_result: Tlv) -> str:
    error = installation_error(final_result)
    if error is None:
        return "successResult"
    return f"{_code(BppCommandId, error[0])}, {_code(ErrorReason, error[1])}"
