"""The person at the terminal: consent, confirmation code, progress."""

import contextlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lab.cli.output import messages
from lab.cli.questions import require_terminal
from lab.views import class_name, rule_names
from lpa.core.actions import ConfirmationCodeWanted, Consent, Decision, Progress, StrongConfirmation
from lpa.explain import printable

if TYPE_CHECKING:
    from rich.progress import Progress as Bar


@dataclass
class TerminalUser:
    """Asks at the terminal, or answers what the command line gave (`--yes`, `--confirmation-code`)."""

    yes: bool = False
    code: str | None = None
    bar: "Bar | None" = None
    _task: Any = None
    steps: list[Progress] = field(default_factory=list)

    def consent(self, question: Consent) -> Decision:
        """Shows what is offered, and asks."""
        with self._paused():
            self._show(question)
            if self.yes:
                return Decision.ACCEPT
            return self._decide_strongly() if question.strong else self._decide("Download this profile?")

    def confirmation_code(self, question: ConfirmationCodeWanted) -> str | None:
        """The code of the command line once, then what is typed."""
        if self.code is not None and question.attempt == 1:
            return self.code
        if not sys.stdin.isatty():
            return None
        with self._paused():
            again = "was refused; again: " if question.attempt > 1 else ": "
            return self._read(f"Confirmation code {again}") or None

    def confirm(self, question: StrongConfirmation) -> Decision:
        """Asks whether to go on."""
        if self.yes:
            return Decision.ACCEPT
        require_terminal(question.text, "--yes")
        with self._paused():
            return self._decide(question.text)

    def progress(self, progress: Progress) -> None:
        """Moves the bar."""
        self.steps.append(progress)
        if self.bar is None:
            return
        text = printable(progress.text)
        if self._task is None:
            self._task = self.bar.add_task(text, total=progress.total)
        self.bar.update(self._task, description=text, completed=progress.done, total=progress.total)

    def _show(self, question: Consent) -> None:
        metadata = question.metadata
        out = messages()
        out.print(
            f"Profile {metadata.profile_name!r} of {metadata.service_provider_name!r}, ICCID {metadata.iccid}, "
            f"{class_name(metadata.profile_class)}"
        )
        if question.policy_rules:
            out.print(f"  policy rules: {', '.join(rule_names(question.policy_rules))}")
        for warning in question.warnings:
            out.print(f"  note: {warning}", soft_wrap=True)

    def _decide_strongly(self) -> Decision:
        """Strong confirmation (SGP.22 section 2.9.2.4): no single key, and nothing else, agrees to policy rules."""
        if not sys.stdin.isatty():
            return Decision.REJECT
        answer = self._read(
            "The card asks for your strong confirmation of these rules. Type yes, no or later: "
        ).lower()
        return {"yes": Decision.ACCEPT, "later": Decision.POSTPONE}.get(answer, Decision.REJECT)

    def _decide(self, question: str) -> Decision:
        if not sys.stdin.isatty():
            return Decision.REJECT
        answer = self._read(f"{question} [y]es, [n]o, [l]ater: ").lower()
        if answer.startswith("y"):
            return Decision.ACCEPT
        return Decision.POSTPONE if answer.startswith("l") else Decision.REJECT

    def _read(self, prompt: str) -> str:
        sys.stderr.write(prompt)
        sys.stderr.flush()
        return sys.stdin.readline().strip()

    @contextlib.contextmanager
    def _paused(self) -> Iterator[None]:
        if self.bar is None:
            yield
            return
        self.bar.stop()
        try:
            yield
        finally:
            self.bar.start()


@contextlib.contextmanager
def terminal_user(yes: bool, code: str | None = None, quiet: bool = False) -> Iterator[TerminalUser]:
    """A user with a progress bar on stderr, or (quiet) with none."""
    if quiet:
        yield TerminalUser(yes, code)
        return
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=messages()) as bar:
        yield TerminalUser(yes, code, bar)
