"""The person in front of the agent."""

from dataclasses import dataclass, field
from typing import Protocol

from lpa.core.actions import ConfirmationCodeWanted, Consent, Decision, Progress, StrongConfirmation


class UserAgent(Protocol):
    """Answers an agent's questions and sees its progress; for plain threads."""

    def consent(self, question: Consent) -> Decision:
        """May this profile be downloaded? The profile's names, rules and warnings are in the question."""

    def confirmation_code(self, question: ConfirmationCodeWanted) -> str | None:
        """The confirmation code; None ends the download."""

    def confirm(self, question: StrongConfirmation) -> Decision:
        """May this be done, for it cannot be undone?"""

    def progress(self, progress: Progress) -> None:
        """Show how far the procedure is."""


class AsyncUserAgent(Protocol):
    """The same for asyncio: the three questions are awaited."""

    async def consent(self, question: Consent) -> Decision: ...

    async def confirmation_code(self, question: ConfirmationCodeWanted) -> str | None: ...

    async def confirm(self, question: StrongConfirmation) -> Decision: ...

    def progress(self, progress: Progress) -> None: ...


@dataclass
class ScriptedUser:
    """Answers as it was told beforehand: `--yes`, tests, scenarios. It keeps what it was asked and shown.

    A confirmation code is given once: a refused one is not tried again.
    """

    decision: Decision = Decision.ACCEPT
    code: str | None = None
    questions: list[Consent | ConfirmationCodeWanted | StrongConfirmation] = field(default_factory=list)
    steps: list[Progress] = field(default_factory=list)

    def consent(self, question: Consent) -> Decision:
        self.questions.append(question)
        return self.decision

    def confirmation_code(self, question: ConfirmationCodeWanted) -> str | None:
        self.questions.append(question)
        return self.code if question.attempt == 1 else None

    def confirm(self, question: StrongConfirmation) -> Decision:
        self.questions.append(question)
        return self.decision

    def progress(self, progress: Progress) -> None:
        self.steps.append(progress)
