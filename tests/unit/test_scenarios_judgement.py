"""The verdicts: what is condemned, what is inconclusive, what is our own defect."""

import contextlib
import socket
import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from lpa.core.errors import CardRefused, Unreachable
from scenarios import (
    REGISTRY,
    CheckFailed,
    Importance,
    Inconclusive,
    NotApplicable,
    Role,
    Scenario,
    ScenarioError,
    Stage,
    Verdict,
    catalogue,
    scenario,
)
from scenarios.grounds import DEFAULT_CLOCK, Grounds
from scenarios.ics import Ics
from scenarios.runner import judge


@pytest.fixture(scope="module")
def grounds() -> Grounds:
    return Grounds("test", DEFAULT_CLOCK, Ics())


def case(body: Callable[[Stage], None], needs: tuple[str, ...] = (), timeout_s: float = 5.0) -> Scenario:
    tests = frozenset({Role.SMDP})
    return Scenario("x.y", "z", tests, frozenset(needs), Importance.MUST, "title", "", body, timeout_s)


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (CheckFailed("no"), Verdict.FAIL),
        (CardRefused("EnableProfile", 5), Verdict.FAIL),
        (Unreachable("gone"), Verdict.INCONCLUSIVE),
        (Inconclusive("unknown"), Verdict.INCONCLUSIVE),
        (NotApplicable("no such option"), Verdict.SKIPPED),
        (RuntimeError("bug"), Verdict.ERROR),
        (ScenarioError("bug"), Verdict.ERROR),
        (SystemExit(3), Verdict.ERROR),
    ],
)
def test_each_ending_has_its_verdict(grounds: Grounds, error: BaseException, verdict: Verdict) -> None:
    def body(s: Stage) -> None:
        s.check(True, "something")
        raise error

    assert judge(case(body), grounds).verdict is verdict


def test_verdicts_are_ordered_by_severity() -> None:
    lattice = [Verdict.NONE, Verdict.PASS, Verdict.INCONCLUSIVE, Verdict.FAIL, Verdict.ERROR]
    assert sorted(lattice) == lattice


def test_a_scenario_that_checks_nothing_does_not_pass(grounds: Grounds) -> None:
    assert judge(case(lambda s: None), grounds).verdict is Verdict.NONE


def test_the_guard_timer_ends_what_never_ends(grounds: Grounds) -> None:
    def body(s: Stage) -> None:
        while True:
            time.sleep(0.01)

    result = judge(case(body, timeout_s=0.1), grounds)
    assert (result.verdict, result.reason) == (Verdict.INCONCLUSIVE, "nothing was decided within 0.1 s")


def test_a_guard_timer_that_was_swallowed_still_decides(grounds: Grounds) -> None:
    def body(s: Stage) -> None:
        try:
            time.sleep(5)
        except BaseException as expired:
            s.check(False, f"what the timer raises: {type(expired).__name__}")

    result = judge(case(body, timeout_s=0.1), grounds)
    assert (result.verdict, result.reason) == (Verdict.INCONCLUSIVE, "nothing was decided within 0.1 s")
    assert result.duration_s < 2


def test_the_guard_timer_rings_again(grounds: Grounds) -> None:
    def body(s: Stage) -> None:
        for _ in range(2):
            with contextlib.suppress(BaseException):
                time.sleep(20)

    assert judge(case(body, timeout_s=0.1), grounds).duration_s < 5


@pytest.mark.parametrize(
    ("holds", "error", "verdict", "reason"),
    [
        (True, Unreachable("gone"), Verdict.INCONCLUSIVE, "at the end: gone"),
        (False, Unreachable("gone"), Verdict.FAIL, "it holds; at the end: gone"),
        (True, CardRefused("EnableProfile", 5), Verdict.ERROR, "at the end: CardRefused: "),
        (False, RuntimeError("bug"), Verdict.ERROR, "it holds; at the end: RuntimeError: bug"),
    ],
)
def test_what_breaks_when_everything_is_given_back(
    grounds: Grounds, holds: bool, error: Exception, verdict: Verdict, reason: str
) -> None:
    def give_back() -> None:
        raise error

    def body(s: Stage) -> None:
        s._stack.callback(give_back)
        s.check(holds, "it holds")

    result = judge(case(body), grounds)
    assert result.verdict is verdict
    assert result.reason.startswith(reason)


def test_a_port_that_is_taken_is_no_failure_of_the_lpa() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ics = Ics(suts={Role.LPA: "listen"}, settings={"IUT_LPA_PORT": port})
        catalogue.load()
        result = judge(REGISTRY["lpa.download.nominal"], Grounds("test", datetime.now(UTC), ics))
    assert result.verdict is Verdict.INCONCLUSIVE
    assert f"can't listen on 127.0.0.1 port {port}: Address already in use" in result.reason


def test_a_failed_pre_condition_is_no_failure(grounds: Grounds) -> None:
    def body(s: Stage) -> None:
        with s.given("the moon is made of cheese"):
            s.check(False, "cheese")

    result = judge(case(body), grounds)
    assert result.verdict is Verdict.INCONCLUSIVE
    assert "the moon is made of cheese" in result.reason


def test_what_does_not_apply_is_skipped_with_its_reason() -> None:
    grounds = Grounds("test", DEFAULT_CLOCK, Ics(options={"brainpool": False}))
    result = judge(case(lambda s: None, needs=("brainpool",)), grounds)
    assert result.verdict is Verdict.SKIPPED
    assert "brainpool" in result.reason
    foreign = Grounds("test", DEFAULT_CLOCK, Ics(suts={Role.EUICC: "pcsc:0"}))
    assert "under test is euicc" in judge(case(lambda s: None), foreign).reason


def test_ids_are_unique_and_every_scenario_says_what_it_shows() -> None:
    name = "registration.test"
    scenario(name, spec="z", tests="smdp")(_documented)
    try:
        with pytest.raises(ScenarioError, match="two scenarios"):
            scenario(name, spec="z", tests="smdp")(_documented)
    finally:
        del REGISTRY[name]
    with pytest.raises(ScenarioError, match="no docstring"):
        scenario("no.docstring", spec="z", tests="smdp")(lambda s: None)
    with pytest.raises(ScenarioError, match="roles are"):
        scenario("no.role", spec="z", tests="toaster")
    with pytest.raises(ScenarioError, match="has the tag 'a-b'"):
        scenario("no.tag", spec="z", tests="smdp", tags="a-b")(_documented)
    with pytest.raises(ScenarioError, match="doesn't know"):
        scenario("no.need", spec="z", tests="smdp", needs="flux_capacitor")(_documented)


def _documented(s: Stage) -> None:
    """It has a docstring."""
