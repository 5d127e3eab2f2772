"""What a scenario is, and what may come out of it."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scenarios.world import World

Body = Callable[["World"], None]


class Verdict(IntEnum):
    """Ordered by severity: the worst of a run is the run's."""

    NONE = 0
    PASS = 1
    INCONCLUSIVE = 2
    FAIL = 3
    ERROR = 4


class Importance(StrEnum):
    """How much a failure matters."""

    MUST = "must"
    SHOULD = "should"


class CheckFailed(AssertionError):
    """The system under test did something else than the standard says."""


def check(holds: bool, what: str) -> None:
    """The system under test must have done this; anything that raises otherwise is no failure of it."""
    if not holds:
        raise CheckFailed(what)


@dataclass(frozen=True, slots=True)
class Scenario:
    """One scenario: `tests` names the role whose behaviour it judges, `needs` what the run must provide."""

    id: str
    spec: str
    tests: str
    needs: frozenset[str]
    importance: Importance
    title: str
    body: Body


REGISTRY: dict[str, Scenario] = {}


def scenario(
    id: str, *, spec: str, tests: str, needs: tuple[str, ...] = (), importance: Importance = Importance.MUST
) -> Callable[[Body], Body]:
    """Register a function as a scenario; its docstring is the title."""

    def register(body: Body) -> Body:
        if id in REGISTRY:
            raise ValueError(f"two scenarios are called {id}")
        title = (body.__doc__ or "").strip().splitlines()
        if not title:
            raise ValueError(f"scenario {id} has no docstring")
        REGISTRY[id] = Scenario(id, spec, tests, frozenset(needs), importance, title[0], body)
        return body

    return register
