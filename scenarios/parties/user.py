"""The simulated end user in front of the LPA, and a human asked at the terminal."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field

from lpa.core.actions import ConfirmationCodeWanted, Consent, Decision, Progress, StrongConfirmation

Question = Consent | ConfirmationCodeWanted | StrongConfirmation


@dataclass
class EndUser:
    """Answers by script, and remembers what it was asked and shown.

    consent: to a download; REJECT, POSTPONE and TIMEOUT are the refusals. confirm: to what can't be undone.
    codes: Confirmation Codes, one for each question; after the last one the user gives up.
    """

    consent_to: Decision = Decision.ACCEPT
    confirm_with: Decision = Decision.ACCEPT
    codes: Sequence[str] = ()
    questions: list[Question] = field(default_factory=list)
    steps: list[Progress] = field(default_factory=list)
    _given: int = 0

    def consent(self, question: Consent) -> Decision:
        self.questions.append(question)
        return self.consent_to

    def confirmation_code(self, question: ConfirmationCodeWanted) -> str | None:
        self.questions.append(question)
        self._given += 1
        return self.codes[self._given - 1] if self._given <= len(self.codes) else None

    def confirm(self, question: StrongConfirmation) -> Decision:
        self.questions.append(question)
        return self.confirm_with

    def progress(self, progress: Progress) -> None:
        self.steps.append(progress)

    def asked(self, kind: type[Question]) -> list[Question]:
        """The questions of one kind."""
        return [question for question in self.questions if isinstance(question, kind)]

    @property
    def instructions(self) -> str:
        """What a human at a real phone has to do in this user's place."""
        said = {
            Decision.ACCEPT: "agree to",
            Decision.REJECT: "reject",
            Decision.POSTPONE: "postpone ('not now')",
            Decision.TIMEOUT: "leave unanswered until it times out",
        }
        codes = f"; give the Confirmation Code {', then '.join(self.codes)}" if self.codes else ""
        return f"{said[self.consent_to]} the download when asked{codes}"


def ask_human(text: str) -> str:
    """Print what to do and wait for Enter (or an answer)."""
    sys.stderr.write(f"\n{text}\n")
    sys.stderr.flush()
    return sys.stdin.readline().strip()
