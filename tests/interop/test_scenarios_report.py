"""The HTML report in a real browser: what failed is found, shown and printed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scenarios import REGISTRY
from scenarios.baseline import Comparison
from scenarios.ics import Ics
from scenarios.report import write_reports
from scenarios.run import RunOptions, execute
from scenarios.selection import load_file, select
from tests.support.browser import browser

OWN = """
from scenarios import scenario
from scenarios.faults import BeforeSignature, Set
from wire.codes import ES9P

@scenario("own.fails", spec="SGP.22 v2.5 section 5.6.3", tests="smdp", needs="orders")
def fails(s):
    '''A wrong expectation.'''
    answer = s.session(BeforeSignature("EuiccSigned1", Set("30.83", b"other.example.com"))).authenticate(s.smdp.order())
    s.refused(answer, ES9P.AUTHENTICATE_CLIENT.EID_MISMATCH)

@scenario("own.breaks", spec="SGP.22 v2.5 section 5.6.3", tests="smdp")
def breaks(s):
    '''A scenario that is broken itself.'''
    raise KeyError("<b>")

@scenario("own.left_out", spec="SGP.22 v2.5 section 5.6.3", tests="smdp", needs="brainpool")
def left_out(s):
    '''Something that doesn't apply.'''
"""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    file = tmp_path_factory.mktemp("own") / "own.py"
    file.write_text(OWN, "utf-8")
    names = load_file(file)
    ics = Ics(options={"brainpool": False}, settings={"IUT_EUICC_PROTOCOL": "T=1"})
    finished = execute(select([*names, "euicc.es10a"]), RunOptions(ics=ics))
    path = file.with_name("r.html")
    write_reports([("html", path)], finished, Comparison(["own.fails"], [], ["own.breaks"], [], []))
    yield path
    for name in names:
        del REGISTRY[name]


@pytest.fixture(scope="module")
def page(report: Path) -> Iterator[Any]:
    with browser() as chromium:
        page = chromium.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(5000)
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(report.as_uri())
        assert asked == [report.as_uri()], "the page loads something"
        yield page


def shown_cases(page: Any) -> list[str]:
    return [one.inner_text() for one in page.locator("details.case > summary code").all() if one.is_visible()]


def test_nothing_runs_over_at_1280_pixels(page: Any) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    assert "2 of " in page.locator("h1").inner_text()
    assert page.locator("h1").inner_text().endswith("cases did not pass")


def test_what_did_not_pass_is_listed_with_its_reason_and_leads_to_its_case(page: Any) -> None:
    rows = page.locator("h2:text('What did not pass') + table tr")
    told = [row.inner_text().split("\t") for row in rows.all()]
    assert [(row[0], row[1], row[2]) for row in told] == [
        ("FAIL", "new", "own.fails"),
        ("ERROR", "still", "own.breaks"),
    ]
    assert told[0][3].startswith("authenticateClient is refused: expected Failed 8.1.1/3.8")
    rows.first.locator("a").click()
    assert page.locator(".inside:target .compare").last.is_visible()


def test_the_case_that_failed_shows_the_message_expected_and_seen(page: Any) -> None:
    case = page.locator("details.case.fail")
    assert case.locator(".compare").last.inner_text().splitlines()[:2] == [
        "expected",
        "Failed 8.1.1/3.8 (the order is bound to another eUICC)",
    ]
    opened = case.locator("details.pdu[open] pre")
    assert opened.count() == 2
    assert "serverAddress: other.example.com" in opened.first.inner_text()
    assert "reasonCode: 6.1" in opened.last.inner_text()
    assert case.locator("tr.fault").inner_text().split("\t")[-1].startswith("fault in the eUICC kit: BeforeSignature(")


def test_cases_can_be_narrowed_down(page: Any) -> None:
    everything = shown_cases(page)
    page.get_by_label("did not pass: 2").check()
    assert shown_cases(page) == ["own.fails", "own.breaks"]
    page.get_by_label("skipped: 1").check()
    assert shown_cases(page) == ["own.left_out"]
    page.get_by_label("all ").check()
    assert shown_cases(page) == everything


def test_a_clause_leads_to_a_closed_case_and_opens_it(page: Any) -> None:
    page.locator("a[title='euicc.es10a.addresses.fresh: pass']").first.click()
    case = page.locator("details.case", has=page.locator(".inside:target"))
    assert case.get_attribute("open") is not None


def test_the_ics_is_there_stated_or_by_default(page: Any) -> None:
    table = page.locator("h2:text('What was under test') + table").inner_text()
    assert "brainpool\tno\tstated\ta CI on brainpoolP256r1" in table
    assert "es2\tyes\tdefault\tES2+ can be called" in table
    assert "#IUT_EUICC_PROTOCOL\tT=1\tstated" in table


def test_it_prints_with_the_time_line_of_what_failed(page: Any) -> None:
    page.locator("details.case.fail > summary").click()
    compared = page.locator("details.case.fail .compare").last
    passed = page.locator("details.case.pass .compare").last
    assert not compared.is_visible()
    page.emulate_media(media="print")
    assert not page.get_by_label("all ").is_visible()
    assert (compared.is_visible(), passed.is_visible()) == (True, False)
    assert page.pdf().startswith(b"%PDF")
    page.emulate_media(media="screen")
