"""The plain runner: one scenario after the other, sanity first and last, a verdict each."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from lpa.core.errors import LpaError, TransportError
from scenarios.model import CheckFailed, Scenario, Verdict
from scenarios.world import World


@dataclass(frozen=True, slots=True)
class Result:
    """What came out of one scenario."""

    scenario: Scenario
    verdict: Verdict
    reason: str
    duration_s: float


def run(
    scenarios: Iterable[Scenario], world: World, sanity: Scenario, tell: Callable[[Result], None] = lambda _: None
) -> Iterator[Result]:
    """Run them in order; where the sanity case fails at the start nothing else is tried."""
    first = judge(sanity, world)
    tell(first)
    yield first
    if first.verdict is not Verdict.PASS:
        return
    for one in (*(item for item in scenarios if item is not sanity), sanity):
        result = judge(one, world)
        tell(result)
        yield result


def judge(scenario: Scenario, world: World) -> Result:
    """Run one scenario: what could not be asked is inconclusive, what broke in ourselves an error, not a failure."""
    started = time.monotonic()
    verdict, reason = Verdict.PASS, ""
    try:
        scenario.body(world)
    except CheckFailed as failed:
        verdict, reason = Verdict.FAIL, str(failed)
    except TransportError as error:
        verdict, reason = Verdict.INCONCLUSIVE, f"could not ask: {error}"
    except LpaError as error:
        verdict, reason = Verdict.FAIL, f"unexpected refusal: {error}"
    except Exception as error:  # whatever else breaks is a defect of the scenario or the lab, and must not stop the run
        verdict, reason = Verdict.ERROR, f"{type(error).__name__}: {error}"
    return Result(scenario, verdict, reason, time.monotonic() - started)
