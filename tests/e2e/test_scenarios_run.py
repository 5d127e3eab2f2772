"""The catalogue against a fresh lab; and the runner's verdicts, which must be able to condemn."""

from collections.abc import Iterator

import pytest

import scenarios.catalogue  # noqa: F401  (registers the scenarios)
from lpa.core.errors import CardRefused, Unreachable
from scenarios.__main__ import SANITY, main
from scenarios.expect import raised, refused_by_server
from scenarios.model import REGISTRY, CheckFailed, Importance, Scenario, Verdict, check, scenario
from scenarios.runner import judge, run
from scenarios.world import World, fresh_world
from smdp.core.records import Order
from wire.codes import ES9P


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with fresh_world(tmp_path_factory.mktemp("scenarios") / "lab") as world:
        yield world


@pytest.mark.parametrize("name", sorted(REGISTRY))
def test_the_catalogue_passes(world: World, name: str) -> None:
    result = judge(REGISTRY[name], world)
    assert (result.verdict, result.reason) == (Verdict.PASS, "")


def test_a_world_that_lies_is_condemned(world: World) -> None:
    class Lying(World):
        def order_state(self, order: Order) -> str:
            return "Released"

    result = judge(REGISTRY[SANITY], Lying(world.lab, world.settings, world._cards))
    assert (result.verdict, result.reason) == (Verdict.FAIL, "the order is Installed")


def case(body: object, name: str = "x") -> Scenario:
    return Scenario(name, "", "", frozenset(), Importance.MUST, "", body)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (CheckFailed("no"), Verdict.FAIL),
        (CardRefused("EnableProfile", 5), Verdict.FAIL),
        (Unreachable("gone"), Verdict.INCONCLUSIVE),
        (RuntimeError("bug"), Verdict.ERROR),
    ],
)
def test_each_ending_has_its_verdict(world: World, error: Exception, verdict: Verdict) -> None:
    def body(_: World) -> None:
        raise error

    assert judge(case(body), world).verdict is verdict


def test_sanity_goes_first_and_last_and_stops_a_hopeless_run(world: World) -> None:
    def good(_: World) -> None: ...

    def bad(_: World) -> None:
        check(False, "never")

    fine, broken = case(good, "fine"), case(bad, "broken")
    order = [result.scenario.id for result in run([case(good, "a"), fine], world, fine)]
    assert order == ["fine", "a", "fine"]
    assert [result.verdict for result in run([fine], world, broken)] == [Verdict.FAIL]


def test_expectations_fail_when_nothing_is_refused() -> None:
    with pytest.raises(CheckFailed), refused_by_server(ES9P.AUTHENTICATE_CLIENT.MATCHING_ID_REFUSED):
        pass
    with pytest.raises(CheckFailed):
        raised(CardRefused, lambda: None)


def test_ids_are_unique_and_every_scenario_says_what_it_shows() -> None:
    with pytest.raises(ValueError, match="two scenarios"):
        scenario(SANITY, spec="", tests="")(lambda world: None)
    with pytest.raises(ValueError, match="no docstring"):
        scenario("no.docstring", spec="", tests="")(lambda world: None)
    assert all(one.title and one.spec and one.tests for one in REGISTRY.values())


def test_an_unknown_name_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["no.such.scenario"]) == 2
    assert SANITY in capsys.readouterr().err
