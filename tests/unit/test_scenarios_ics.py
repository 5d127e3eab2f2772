"""ICS, applicability, selection, baseline, coverage."""

import json
from pathlib import Path

import pytest

from lab.errors import LabError
from scenarios import REGISTRY, Role, Verdict
from scenarios.baseline import compare, read_baseline
from scenarios.coverage import coverage
from scenarios.ics import read_ics
from scenarios.run import Run
from scenarios.runner import Result
from scenarios.selection import sanity_of, select


def test_an_ics_states_options_settings_and_what_is_under_test(tmp_path: Path) -> None:
    file = tmp_path / "ics.toml"
    file.write_text(
        '[sut]\nsmdp = "https://a.example.com"\n[options]\nbrainpool = false\nes2 = true\n'
        '[settings]\n"#IUT_SMDP_PROFILE_TYPE" = "TEST"\n',
        "utf-8",
    )
    ics = read_ics(file, ["euicc=pcsc:0"])
    assert (ics.sut(Role.SMDP), ics.sut(Role.EUICC)) == ("https://a.example.com", "pcsc:0")
    assert (ics.has("brainpool"), ics.has("es2"), ics.has("inspect"), ics.has("lpa_local")) == (
        False,
        True,
        False,
        True,
    )
    assert ics.settings == {"IUT_SMDP_PROFILE_TYPE": "TEST"}


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("[options]\nfluxcapacitor = true\n", "fluxcapacitor"),
        ('[options]\nbrainpool = "no"\n', "brainpool"),
        ('[settings]\nIUT_X = "1"\n', "IUT_X"),
        ("[colour]\n", "colour"),
        ('[sut]\nsmdp = "ftp://x"\n', "ftp"),
        ("not toml", "ics.toml"),
    ],
)
def test_an_ics_that_says_nonsense_is_refused_by_name(tmp_path: Path, text: str, word: str) -> None:
    file = tmp_path / "ics.toml"
    file.write_text(text, "utf-8")
    with pytest.raises(LabError, match=word):
        read_ics(file)


@pytest.mark.parametrize("word", ["euicc", "toaster=1", "euicc=https://x"])
def test_a_wrong_sut_is_refused(word: str) -> None:
    with pytest.raises(LabError):
        read_ics(None, [word])


def test_every_scenario_left_out_says_why() -> None:
    ics = read_ics(None, ["euicc=pcsc:0"])
    reasons = {one.id: ics.reason_against(one) for one in select([])}
    assert reasons["euicc.es8.load.nominal"] == ""
    assert "under test is euicc" in reasons["smdp.es9.package.nominal"]


def test_names_prefixes_and_patterns_select() -> None:
    everything = {one.id for one in select([])}
    assert everything == set(REGISTRY)
    assert [one.id for one in select(["smds.es11.nominal"])] == ["smds.es11.nominal"]
    assert {one.id for one in select(["smdp.es9"])} == {name for name in everything if name.startswith("smdp.es9.")}
    assert {one.id for one in select(["*.nominal"])} == {name for name in everything if name.endswith(".nominal")}
    with pytest.raises(LabError, match="no scenario"):
        select(["smdp.es"])


def test_a_file_of_ones_own_is_loaded_once_and_refused_with_its_reason(tmp_path: Path) -> None:
    file = tmp_path / "own.py"
    file.write_text(
        "from scenarios import scenario\n"
        "@scenario('own.file', spec='x', tests='smdp')\n"
        "def own(s):\n    '''Mine.'''\n    s.check(True, 'it runs')\n",
        "utf-8",
    )
    try:
        assert [one.id for one in select([str(file)])] == ["own.file"]
        assert [one.id for one in select([str(file)])] == ["own.file"]
    finally:
        REGISTRY.pop("own.file", None)
    broken = tmp_path / "broken.py"
    broken.write_text("import no_such_module\n", "utf-8")
    with pytest.raises(LabError, match="no_such_module"):
        select([str(broken)])
    with pytest.raises(LabError, match="there is no file"):
        select([str(tmp_path / "absent.py")])


def test_every_role_has_its_sanity_case() -> None:
    cases = sanity_of(select([]))
    assert set(cases) == set(REGISTRY)
    assert cases["lpa.download.user_rejects"] == "lpa.download.nominal"
    assert cases["e2e.life.enable_disable_delete"] == "e2e.life.download"


def test_a_baseline_tells_new_fixed_and_still_failing(tmp_path: Path) -> None:
    names = [one.id for one in select(["smds"])][:4]
    verdicts = [Verdict.FAIL, Verdict.PASS, Verdict.FAIL, Verdict.PASS]
    run = Run({}, [Result(name, verdict, "", 0) for name, verdict in zip(names, verdicts, strict=True)])
    before = dict(zip(names, ("pass", "fail", "fail"), strict=False)) | {"gone.case": "pass"}
    file = tmp_path / "before.json"
    file.write_text(json.dumps({"results": [{"id": name, "verdict": word} for name, word in before.items()]}))
    found = compare(read_baseline(file), run)
    assert (found.newly_failing, found.fixed, found.still_failing) == ([names[0]], [names[1]], [names[2]])
    assert (found.appeared, found.gone) == ([names[3]], ["gone.case"])
    file.write_text("[]", "utf-8")
    with pytest.raises(LabError):
        read_baseline(file)


def test_the_coverage_document_names_every_scenario_and_clause() -> None:
    chosen = select([])
    text = coverage(chosen)
    assert all(f"| `{one.id}` |" in text for one in chosen)
    assert all(f"| {clause} |" in text for one in chosen for clause in one.clauses)
    assert Path("docs/coverage.md").read_text("utf-8") == text, "rsplab scenarios coverage -o docs/coverage.md"
