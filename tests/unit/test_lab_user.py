"""The person at the terminal: what is asked, and what counts as an answer."""

import io
import sys

import pytest

from lab.cli.output import print_fields, print_table
from lab.cli.user import TerminalUser, terminal_user
from lpa.core.actions import Consent, Decision, Progress
from lpa.core.metadata import ProfileMetadata
from tests.support.card_bench import Order
from wire.es10 import PprIds


class Terminal(io.StringIO):
    """A terminal at which somebody types this."""

    def isatty(self) -> bool:
        return True


def question(strong: bool) -> Consent:
    metadata = ProfileMetadata.read(Order(1, pprs=PprIds.ppr1).metadata)
    return Consent(metadata, PprIds.ppr1, strong, ("once enabled, the profile cannot be disabled (PPR1)",))


@pytest.mark.parametrize(
    ("typed", "strong", "decision"),
    [
        ("y", False, Decision.ACCEPT),
        ("l", False, Decision.POSTPONE),
        ("", False, Decision.REJECT),
        ("yes", True, Decision.ACCEPT),
        ("y", True, Decision.REJECT),
        ("later", True, Decision.POSTPONE),
        ("no", True, Decision.REJECT),
    ],
)
def test_policy_rules_that_need_strong_confirmation_need_a_whole_yes(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    typed: str,
    strong: bool,
    decision: Decision,
) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal(f"{typed}\n"))
    assert TerminalUser().consent(question(strong)) is decision
    shown = capsys.readouterr().err
    assert "policy rules: ppr1" in shown
    assert "cannot be disabled" in shown
    assert ("strong confirmation" in shown) is strong


def test_yes_on_the_command_line_agrees_and_a_pipe_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("yes\n"))
    assert TerminalUser(yes=True).consent(question(True)) is Decision.ACCEPT
    assert TerminalUser().consent(question(True)) is Decision.REJECT


def test_a_name_from_outside_cannot_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{"name": "A\x1b[2J\nB", "rules": ["ppr1", "\x07"]}]
    print_table("Profiles", rows, {"name": "Name", "rules": "Rules"})
    print_fields("Profile", rows[0])
    shown = capsys.readouterr().out
    assert "\x1b[2J" not in shown
    assert "\x07" not in shown
    assert shown.count(r"A\x1b[2J\nB") == 2


def test_a_profile_name_in_the_progress_is_only_text(capsys: pytest.CaptureFixture[str]) -> None:
    with terminal_user(yes=True) as user:
        user.progress(Progress("preview", 5, 8, "[bold]A\x1b]0;title\x07"))
    shown = capsys.readouterr().err
    assert r"[bold]A\x1b]0;title\x07" in shown
    assert "\x1b]0;" not in shown
