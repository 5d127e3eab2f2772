"""What a scenario is, and what may come out of it.

    @scenario("smdp.es9.cancel.unknown_transaction", spec="SGP.22 v2.5 section 5.6.5", tests="smdp")
    def unknown_transaction(s: Stage) -> None:
        '''An unknown transactionId is refused with 8.10.1/3.9.'''

docs/scenarios.md is the author's guide.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, Final

from scenarios.needs import NEEDS
from scenarios.tags import derived, normal

if TYPE_CHECKING:
    from scenarios.stage import Stage

Body = Callable[["Stage"], None]

DEFAULT_TIMEOUT_S: Final = 30.0
_ID = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)+")
_TAG = re.compile(r"[a-z0-9_]+")


class Verdict(IntEnum):
    """Ordered by severity: the worst of a run is the run's; SKIPPED stands outside, with its reason."""

    SKIPPED = -1
    NONE = 0
    PASS = 1
    INCONCLUSIVE = 2
    FAIL = 3
    ERROR = 4


class Importance(StrEnum):
    """How much a failure matters."""

    MUST = "must"
    SHOULD = "should"


class Role(StrEnum):
    """Whose behaviour a scenario judges."""

    SMDP = "smdp"
    SMDS = "smds"
    EUICC = "euicc"
    LPA = "lpa"


class ScenarioError(Exception):
    """The scenario itself is wrong: registered twice, no docstring, unknown words. Never the SUT's fault."""


class CheckFailed(AssertionError):
    """The system under test did something else than the standard says: verdict FAIL."""


class SutCrashed(CheckFailed):
    """A simulated system under test raised an exception instead of answering: verdict FAIL."""


class Inconclusive(Exception):
    """It could not be found out: a pre-condition could not be set, a peer could not be asked."""


class NotApplicable(Exception):
    """Found out while running that this system under test has no such option: verdict SKIPPED."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """One scenario.

    id: GROUP.NAME..., the first part is the interface group. spec: the clauses it tests. tests: whose behaviour it
    judges. needs: options the run must have (`scenarios.needs`). timeout_s: the guard timer. own_tags: those that its
    author gave it.
    """

    id: str
    spec: str
    tests: frozenset[Role]
    needs: frozenset[str]
    importance: Importance
    title: str
    description: str
    body: Body
    timeout_s: float = DEFAULT_TIMEOUT_S
    own_tags: frozenset[str] = frozenset()

    @property
    def tags(self) -> frozenset[str]:
        """Its own tags, and those that follow from the rest (`scenarios.tags`)."""
        return self.own_tags | derived(self.id, self.clauses, self.tests, self.needs, self.importance)

    @property
    def group(self) -> str:
        """The interface group: smdp, euicc, lpa, smds, tls, e2e, ..."""
        return self.id.partition(".")[0]

    @property
    def clauses(self) -> tuple[str, ...]:
        """The clauses, one each: "SGP.22 v2.5 section 5.6.1, 3.0.1" -> "SGP.22 v2.5 section 5.6.1", "... 3.0.1"."""
        found: list[str] = []
        for part in self.spec.split(";"):
            document, word, numbers = part.strip().partition(" section ")
            found += [f"{document} section {number.strip()}" for number in numbers.split(",")] if word else [document]
        return tuple(found)


REGISTRY: dict[str, Scenario] = {}


def scenario(
    id: str,
    *,
    spec: str,
    tests: str,
    needs: str | Iterable[str] = (),
    importance: Importance = Importance.MUST,
    timeout_s: float = DEFAULT_TIMEOUT_S,
    tags: str | Iterable[str] = (),
) -> Callable[[Body], Body]:
    """Register a function as a scenario; the first line of its docstring is the title, the rest the description.

    tests: comma-separated roles ("smdp", "euicc, lpa"). needs: names from `scenarios.needs.NEEDS`. tags: words of one's
    own to choose it by. Several clauses of one document stand after its name ("SGP.22 v2.5 section 5.6.1, 3.0.1"),
    several documents are parted by ";".
    ScenarioError for a name that is taken, a role or need that doesn't exist, no tag, or a missing docstring.
    """
    roles = _roles(id, tests)
    wanted = frozenset(_words(needs))
    own_tags = frozenset(map(normal, _words(tags)))

    def register(body: Body) -> Body:
        if not _ID.fullmatch(id):
            raise ScenarioError(f"{id!r} is no name for a scenario: group.name, lower case")
        if id in REGISTRY:
            raise ScenarioError(f"two scenarios are called {id}")
        if unknown := wanted - NEEDS.keys():
            raise ScenarioError(f"{id} needs {sorted(unknown)[0]!r}, which scenarios.needs doesn't know")
        if wrong := [tag for tag in own_tags if not _TAG.fullmatch(tag)]:
            raise ScenarioError(f"{id} has the tag {wrong[0]!r}: tags are letters, digits, _ and +")
        title, _, description = (body.__doc__ or "").strip().partition("\n")
        if not title:
            raise ScenarioError(f"scenario {id} has no docstring")
        text = " ".join(description.split())
        REGISTRY[id] = Scenario(id, spec, roles, wanted, importance, title, text, body, timeout_s, own_tags)
        return body

    return register


def _words(given: str | Iterable[str]) -> Iterable[str]:
    return given.replace(",", " ").split() if isinstance(given, str) else given


def _roles(id: str, tests: str) -> frozenset[Role]:
    try:
        roles = frozenset(Role(word.strip()) for word in tests.split(","))
    except ValueError as error:
        raise ScenarioError(f"scenario {id} tests: {error}; roles are {', '.join(Role)}") from None
    return roles
