"""Runs scenarios: a stage each, the guard timer, and the verdict."""

import contextlib
import signal
import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final

from lpa.core.errors import LpaError, TransportError
from scenarios.grounds import Grounds
from scenarios.model import REGISTRY, CheckFailed, Inconclusive, NotApplicable, Role, Scenario, Verdict
from scenarios.ports import StageClock
from scenarios.recorder import Recorder
from scenarios.stage import Stage

HUMAN_TIMEOUT_S: Final = 900.0
"""The guard timer where somebody has to handle a device."""
LONGEST_END_S: Final = 10.0
"""The guard timer of giving everything back."""


@dataclass(frozen=True, slots=True)
class Result:
    """What came out of one scenario; events: its trace; is_again: a sanity case, run once more at the end."""

    id: str
    verdict: Verdict
    reason: str
    duration_s: float
    checks: int = 0
    events: tuple[dict[str, Any], ...] = field(default=(), repr=False)
    is_again: bool = False

    def as_again(self) -> "Result":
        """The same, as the repetition of a sanity case."""
        return replace(self, is_again=True)

    @property
    def scenario(self) -> Scenario:
        return REGISTRY[self.id]


class GuardExpired(BaseException):
    """The guard timer: nothing was decided in time. No `Exception`, so that nothing under test swallows it."""


def judge(scenario: Scenario, grounds: Grounds) -> Result:
    """Run one scenario on a stage of its own.

    What could not be asked or set up is inconclusive, what broke in ourselves an error; neither is a failure.
    """
    reason = grounds.ics.reason_against(scenario)
    if reason:
        return Result(scenario.id, Verdict.SKIPPED, reason, 0.0)
    by_hand = grounds.ics.is_foreign(Role.LPA)
    timeout_s = max(scenario.timeout_s, HUMAN_TIMEOUT_S) if by_hand else scenario.timeout_s
    started = time.monotonic()
    clock = StageClock(grounds.clock)
    recorder = Recorder(scenario.id, clock, grounds.reveal)
    verdict, checks = Verdict.NONE, 0
    stage: Stage | None = None
    try:
        with _guard(timeout_s):
            stage = Stage(grounds, scenario, recorder, clock)
            scenario.body(stage)
            afterwards(stage)
        verdict, reason = (Verdict.PASS, "") if stage.checks else (Verdict.NONE, "the scenario checked nothing")
    except CheckFailed as failed:
        verdict, reason = Verdict.FAIL, str(failed)
    except NotApplicable as absent:
        verdict, reason = Verdict.SKIPPED, str(absent)
    except Inconclusive as unknown:
        verdict, reason = Verdict.INCONCLUSIVE, str(unknown)
    except TransportError as error:
        verdict, reason = Verdict.INCONCLUSIVE, f"could not ask: {error}"
    except LpaError as error:
        verdict, reason = Verdict.FAIL, f"unexpected refusal: {error}"
    except GuardExpired:
        verdict, reason = Verdict.INCONCLUSIVE, f"nothing was decided within {timeout_s:g} s"
    except (Exception, SystemExit) as error:  # a defect of the scenario or of ours, which must not stop the run
        verdict, reason = Verdict.ERROR, _defect(error)
    if stage is not None:
        checks = stage.checks
        verdict, reason = _ended(stage, verdict, reason)
    recorder.role("scenario").record("verdict", "", check="scenario", what=scenario.id, ok=verdict == 1, reason=reason)
    return Result(scenario.id, verdict, reason, time.monotonic() - started, checks, tuple(recorder.events))


def _ended(stage: Stage, verdict: Verdict, reason: str) -> tuple[Verdict, str]:
    """Give everything back. What goes wrong there is told, too, but is no failure of anybody's."""
    try:
        with _guard(LONGEST_END_S):
            stage.close()
    except (Inconclusive, TransportError) as unknown:
        end, what = Verdict.INCONCLUSIVE, str(unknown)
    except GuardExpired:
        end, what = Verdict.INCONCLUSIVE, f"not over within {LONGEST_END_S:g} s"
    except (Exception, SystemExit) as error:
        end, what = Verdict.ERROR, _defect(error)
    else:
        return verdict, reason
    return max(verdict, end), "; ".join(filter(None, (reason, f"at the end: {what}")))


def _defect(error: BaseException) -> str:
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error} ({place.filename}:{place.lineno})"


def afterwards(stage: Stage) -> None:
    """Post-conditions of every scenario: the parties that were used are still in order."""
    used = stage.__dict__
    roles = stage.scenario.tests
    if Role.EUICC in roles and "card" in used:
        card = stage.card
        card.power_on()
        states = card.states
        enabled = [iccid for iccid, state in states.items() if state == "enabled"]
        stage.check(len(enabled) <= 1, "afterwards: at most one profile is enabled", "0 or 1", len(enabled))
    if Role.SMDP in roles and "smdp" in used:
        answer = stage.smdp.es9("initiateAuthentication")
        stage.check(
            answer.status in (200, 400), "afterwards: the SM-DP+ still answers", "HTTP 200 or 400", answer.status
        )


@contextlib.contextmanager
def _guard(timeout_s: float) -> Iterator[None]:
    """Raise GuardExpired in the main thread after `timeout_s`, each second again, and at the end if swallowed."""
    expired = False

    def expire(*_: object) -> None:
        nonlocal expired
        expired = True
        raise GuardExpired

    before = signal.signal(signal.SIGALRM, expire)
    signal.setitimer(signal.ITIMER_REAL, timeout_s, 1.0)
    try:
        yield
    except Exception:
        if not expired:
            raise
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    if expired:
        raise GuardExpired
