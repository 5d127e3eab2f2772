"""The summary: on a screen it fits, in a file nothing is left out."""

from io import StringIO

from rich.console import Console

from scenarios import REGISTRY, Verdict
from scenarios.baseline import Comparison
from scenarios.grounds import DEFAULT_CLOCK
from scenarios.ics import Ics
from scenarios.run import Run
from scenarios.runner import Result
from scenarios.selection import select
from scenarios.summary import print_summary

HEADER = {"ics": Ics().as_dict(), "seed": "1", "clock": DEFAULT_CLOCK.isoformat(), "pki": "AB" * 32}
COMPARISON = Comparison(["a.b"] * 30, [], ["c.d"], [], [])


def run_with(bad: int, skipped: int) -> Run:
    """Every scenario of the catalogue; some failed, some skipped with a reason each."""
    select([])
    results = []
    for number, name in enumerate(REGISTRY):
        verdict = Verdict.FAIL if number < bad else Verdict.SKIPPED if number < bad + skipped else Verdict.PASS
        results.append(Result(name, verdict, f"reason {number}, and " + "many words " * 20, 0.1))
    kinds = (Verdict.INCONCLUSIVE, Verdict.ERROR, Verdict.NONE)
    results[:3] = [Result(one.id, kind, one.reason, 0.1) for one, kind in zip(results, kinds, strict=False)]
    return Run(HEADER, results, DEFAULT_CLOCK)


def printed(run: Run, on_screen: bool) -> list[str]:
    out = StringIO()
    console = Console(file=out, highlight=False, markup=False, width=80, height=24)
    print_summary(console, run, COMPARISON, ["r.html", "r.xml"], on_screen)
    return out.getvalue().splitlines()


def test_it_fits_a_terminal_of_80_by_24_whatever_came_out() -> None:
    for bad, skipped in ((3, 0), (40, 40), (3, 40), (40, 0)):
        lines = printed(run_with(bad, skipped), on_screen=True)
        assert len(lines) <= 23
        assert max(map(len, lines)) <= 80
        assert any("inconclusive" in line for line in lines)
        assert any(line.startswith("newly failing 30: a.b, ") for line in lines)
        assert lines[-1] == "written: r.html, r.xml"
    assert any("more that did not pass" in line for line in printed(run_with(40, 0), on_screen=True))


def test_in_a_file_nothing_is_left_out() -> None:
    lines = printed(run_with(40, 40), on_screen=False)
    assert sum(line.startswith("fail ") for line in lines) == 37
    assert sum(line.startswith("skipped ") for line in lines) == 40
    assert all("many words many" in line for line in lines if line.startswith("fail "))
