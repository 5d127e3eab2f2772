"""The simulated end user in front of the LPA, and a human asked at the terminal."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field

from lab.qr import terminal_qr
from lpa.core.actions import ConfirmationCodeWanted, Consent, Decision, Progress, StrongConfirmation
from scenarios.model import Inconclusive

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
        match self.consent_to:
            case Decision.REJECT:
                return "When the device asks whether to download, say no"
            case Decision.POSTPONE:
                return "When the device asks whether to download, say 'not now'"
            case Decision.TIMEOUT:
                return "When the device asks whether to download, don't answer, and wait until it gives up"
        codes = f"give {', then '.join(self.codes)}; if it asks again, cancel" if self.codes else "cancel"
        return f"When the device asks whether to download, agree; if it asks for a Confirmation Code, {codes}"


def ask_human(text: str, qr: str | None = None) -> str:
    """Print what to do, with a QR code to scan where stderr is a terminal, and wait for an answer (Enter: "").

    Inconclusive where standard input has ended: nobody is there.
    """
    drawn = terminal_qr(qr) if qr and sys.stderr.isatty() else ""
    sys.stderr.write(f"\n{drawn}{text}\n")
    sys.stderr.flush()
    answer = sys.stdin.readline()
    if not answer:
        raise Inconclusive("nobody is there to drive the LPA: standard input has ended")
    return answer.strip()
