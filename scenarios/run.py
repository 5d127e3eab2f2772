"""A run: the chosen scenarios between their sanity cases, in one process or several, and everything about it."""

import contextlib
import logging
import multiprocessing
import signal
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from multiprocessing.pool import AsyncResult
from pathlib import Path
from typing import Any, Final, TypeAlias

from scenarios.grounds import DEFAULT_CLOCK, Grounds
from scenarios.ics import Ics
from scenarios.model import REGISTRY, Scenario, Verdict
from scenarios.runner import LONGEST_END_S, Result, judge
from scenarios.selection import sanity_of, user_file

DEFAULT_SEED: Final = "1"
_SLACK_S: Final = 5.0
"""What a process may need to tell a result, beside the guard timers."""
Tell: TypeAlias = Callable[[Result], None]
_Judged: TypeAlias = Callable[[Sequence[str]], Iterator[Result]]


@dataclass(frozen=True)
class RunOptions:
    """seed, clock: what makes a run repeatable; pki_path: a PKI instead of one from the seed; jobs: processes;
    reveal: classes of secrets that traces may show.
    """

    seed: str = DEFAULT_SEED
    clock: datetime = DEFAULT_CLOCK
    ics: Ics = field(default_factory=Ics)
    pki_path: Path | None = None
    jobs: int = 1
    sanity: bool = True
    reveal: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Run:
    """What was run and what came out. started: by this machine's clock; the header has the run's own.

    interrupted: somebody ended it (Ctrl-C) before everything was run.
    """

    header: dict[str, Any]
    results: list[Result]
    started: datetime
    interrupted: bool = False

    @property
    def worst(self) -> Verdict:
        """The most severe verdict."""
        return max((result.verdict for result in self.results), default=Verdict.NONE)

    @property
    def condemned(self) -> list[Result]:
        """Everything that neither passed nor was skipped."""
        return [result for result in self.results if result.verdict not in (Verdict.PASS, Verdict.SKIPPED)]

    @property
    def groups(self) -> dict[str, list[Result]]:
        """The results by interface group, in the order in which they came."""
        found: dict[str, list[Result]] = {}
        for result in self.results:
            found.setdefault(result.scenario.group, []).append(result)
        return found

    def count(self, verdict: Verdict) -> int:
        return sum(result.verdict is verdict for result in self.results)


def tool_version() -> str:
    """The version of rsplab."""
    try:
        return version("rsplab")
    except PackageNotFoundError:
        return "unknown"


def execute(scenarios: Sequence[Scenario], options: RunOptions, tell: Tell = lambda _: None) -> Run:
    """Run them; `tell` hears of each result in the order of the scenarios.

    Where a sanity case fails at the start, what depends on it is inconclusive; sanity cases run once more at the end.
    Ctrl-C ends the run with what there is by then.
    """
    started = datetime.now(UTC).replace(microsecond=0)
    logging.getLogger("rsplab").addHandler(logging.NullHandler())  # what our servers log is in the trace
    grounds = Grounds(options.seed, options.clock, options.ics, options.pki_path, options.reveal)
    header = {
        "tool": "rsplab",
        "version": tool_version(),
        "seed": options.seed,
        "clock": options.clock.isoformat(),
        "pki": grounds.pki_fingerprint,
        "pki_path": None if options.pki_path is None else str(options.pki_path.resolve()),
        "ics": options.ics.as_dict(),
        "scenarios": [one.id for one in scenarios],
        "files": sorted({str(path) for one in scenarios if (path := user_file(one))}),
        "sanity": options.sanity,
        "reveal": sorted(options.reveal),
    }
    results: list[Result] = []

    def note(result: Result) -> None:
        results.append(result)
        tell(result)

    interrupted = False
    with _workers(grounds, 1 if options.ics.foreign else options.jobs) as judged:
        try:
            _in_order(scenarios, options.sanity, judged, note)
        except KeyboardInterrupt:
            interrupted = True
    return Run(header, results, started, interrupted)


def planned(scenarios: Sequence[Scenario], sanity: bool) -> int:
    """How many results there will be: sanity cases count twice."""
    firsts = set(sanity_of(scenarios).values()) if sanity else set()
    return len({one.id for one in scenarios} | firsts) + len(firsts)


def _in_order(scenarios: Sequence[Scenario], sanity: bool, judged: _Judged, note: Tell) -> None:
    cases = sanity_of(scenarios) if sanity else {}
    firsts = sorted(set(cases.values()))
    broken = set()
    for result in judged(firsts):
        note(result)
        if result.verdict not in (Verdict.PASS, Verdict.SKIPPED):
            broken.add(result.id)
    rest = [one for one in scenarios if one.id not in firsts]
    hopeless = {one.id: cases[one.id] for one in rest if cases.get(one.id) in broken}
    outcomes = judged([one.id for one in rest if one.id not in hopeless])
    for one in rest:
        if one.id in hopeless:
            reason = f"not tried: the sanity case {hopeless[one.id]} did not pass"
            note(Result(one.id, Verdict.INCONCLUSIVE, reason, 0.0))
        else:
            note(next(outcomes))
    for result in judged([name for name in firsts if name not in broken]):
        if result.verdict is not Verdict.SKIPPED:
            note(result.as_again())


@contextlib.contextmanager
def _workers(grounds: Grounds, jobs: int) -> Iterator[_Judged]:
    """Judges by name: in this process, or in forked ones, which share what the grounds have already made."""
    if jobs <= 1:
        yield lambda names: (judge(REGISTRY[name], grounds) for name in names)
        return
    grounds.prepare()
    with multiprocessing.get_context("fork").Pool(jobs, _begin, (grounds,)) as pool:

        def judged(names: Sequence[str]) -> Iterator[Result]:
            tasks = [(name, pool.apply_async(_judge_named, (name,))) for name in names]
            return (_outcome(name, task) for name, task in tasks)

        yield judged


def _outcome(name: str, task: AsyncResult[Result]) -> Result:
    """What a process found; whose turn it is in the order of the scenarios is under way, and its guard timer runs."""
    try:
        return task.get(REGISTRY[name].timeout_s + LONGEST_END_S + _SLACK_S)
    except multiprocessing.TimeoutError:
        return Result(name, Verdict.ERROR, "the process that ran it has ended without a result", 0.0)


_grounds: list[Grounds] = []
"""Those of this worker process."""


def _begin(grounds: Grounds) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # a handler of the parent's would outlive the pool's end
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches every process; the parent ends the others
    _grounds[:] = [grounds]


def _judge_named(name: str) -> Result:
    return judge(REGISTRY[name], _grounds[0])
