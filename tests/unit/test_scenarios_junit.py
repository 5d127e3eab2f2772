"""JUnit reports: valid whatever came out, and every fact in each suite."""

from pathlib import Path
from xml.etree.ElementTree import Element, fromstring

import pytest
import xmlschema

from scenarios import REGISTRY, Verdict
from scenarios.baseline import Comparison
from scenarios.grounds import DEFAULT_CLOCK
from scenarios.ics import Ics
from scenarios.needs import NEEDS
from scenarios.report.junit import junit
from scenarios.run import Run
from scenarios.runner import Result
from scenarios.selection import select

SCHEMA = xmlschema.XMLSchema(Path(__file__).parents[1] / "support" / "junit.xsd")
ICS = Ics(options={"brainpool": False}, settings={"IUT_SMDP_PROFILE_TYPE": "A & <B>"})
HEADER = {"version": "1", "seed": "7", "clock": DEFAULT_CLOCK.isoformat(), "pki": "AB" * 32, "ics": ICS.as_dict()}
NAMES = [one.id for one in select(["smds.es11", "e2e.life"])]
ENDINGS = {
    Verdict.PASS: None,
    Verdict.FAIL: "failure",
    Verdict.ERROR: "error",
    Verdict.INCONCLUSIVE: "error",
    Verdict.NONE: "error",
    Verdict.SKIPPED: "skipped",
}


def report(comparison: Comparison | None = None, interrupted: bool = False) -> Element:
    """One result of every kind in smds, one in e2e, and a sanity case again; validated."""
    results = [
        Result(name, verdict, "" if verdict is Verdict.PASS else 'a "reason" <\x00\x1b\ud800>', 0.1234)
        for name, verdict in zip(NAMES, ENDINGS, strict=False)
    ]
    assert len(results) == len(ENDINGS)
    e2e = Result("e2e.life.download", Verdict.PASS, "", 1.0)
    text = junit(Run(HEADER, [*results, e2e, e2e.as_again()], DEFAULT_CLOCK, interrupted), comparison)
    SCHEMA.validate(text)
    return fromstring(text)


def properties(suite: Element) -> dict[str, str]:
    return {one.attrib["name"]: one.attrib["value"] for one in suite.iter("property")}


def test_every_verdict_has_its_ending() -> None:
    root = report()
    cases = {case.attrib["name"]: case for case in root.iter("testcase")}
    for name, (verdict, ending) in zip(NAMES, ENDINGS.items(), strict=False):
        children = list(cases[name])
        assert [child.tag for child in children] == ([ending] if ending else [])
        for child in children:
            assert child.attrib["message"] == 'a "reason" <\ufffd\ufffd\ufffd>'
            assert child.get("type", "skipped") == verdict.name.lower()
    assert "e2e.life.download (again)" in cases
    assert {name: root.get(name) for name in ("tests", "failures", "errors")} == {
        "tests": "8",
        "failures": "1",
        "errors": "3",
    }


def test_each_suite_says_what_was_run_and_what_was_under_test() -> None:
    for suite in report().iter("testsuite"):
        told = properties(suite)
        assert (told["version"], told["seed"], told["clock"], told["pki"]) == ("1", "7", HEADER["clock"], HEADER["pki"])
        assert told["sut.euicc"] == "simulated"
        assert {name for name in told if name.startswith("option.")} == {f"option.{name}" for name in NEEDS}
        assert (told["option.brainpool"], told["option.es2"]) == ("false", "true (default)")
        assert told["setting.IUT_SMDP_PROFILE_TYPE"] == "A & <B>"
        assert "interrupted" not in told


def test_a_baseline_is_told_suite_by_suite_and_an_interruption_in_each() -> None:
    comparison = Comparison([NAMES[1]], ["e2e.life.download"], [], [], ["gone.case"])
    suites = {suite.attrib["name"]: properties(suite) for suite in report(comparison, True).iter("testsuite")}
    smds, e2e = suites[REGISTRY[NAMES[1]].group], suites["e2e"]
    assert smds["baseline.newly_failing"] == NAMES[1]
    assert e2e["baseline.fixed"] == "e2e.life.download"
    assert "baseline.fixed" not in smds
    assert (smds["interrupted"], e2e["interrupted"]) == ("true", "true")


@pytest.mark.parametrize(
    "damage",
    [
        ('tests="8"', 'tests="8" skipped="1"'),
        ("<system-out />", ""),
        ('time="1.000"', 'time="soon"'),
        ("(again)", ""),
        ("</properties>", "</properties><system-err />"),
    ],
)
def test_the_schema_refuses_what_ci_servers_refuse(damage: tuple[str, str]) -> None:
    results = [Result(name, Verdict.PASS, "", 1.0) for name in NAMES[:7]]
    text = junit(Run(HEADER, [*results, results[0].as_again()], DEFAULT_CLOCK))
    SCHEMA.validate(text)
    damaged = text.replace(*damage, 1) if damage[0] != "(again)" else text.replace(" (again)", "")
    assert damaged != text
    assert not SCHEMA.is_valid(damaged)
