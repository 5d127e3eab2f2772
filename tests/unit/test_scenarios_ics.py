"""ICS, applicability, selection, baseline, coverage."""

import json
import sys
from pathlib import Path

import pytest

from lab.errors import LabError
from scenarios import REGISTRY, Role, Verdict
from scenarios.baseline import compare, read_baseline
from scenarios.coverage import coverage
from scenarios.grounds import DEFAULT_CLOCK
from scenarios.ics import Ics, read_ics
from scenarios.needs import NEEDS
from scenarios.run import Run
from scenarios.runner import Result
from scenarios.selection import sanity_of, select, tags_in_use
from scenarios.tags import derived


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
    ("text", "told"),
    [
        ("[options]\nbrainpol = true\n", "[options] brainpol: there is no such option -> did you mean brainpool? "),
        ('[options]\nbrainpool = "no"\n', "[options] brainpool = 'no': is neither true nor false -> brainpool = true "),
        ('[settings]\nIUT_LPA_PROT = "1"\n', "[settings] IUT_LPA_PROT: there is no such setting -> did you mean "),
        ("[settings]\nIUT_LPA_PORT = [1]\n", "[settings] IUT_LPA_PORT = [1]: can't be that -> write PORT "),
        ('[settings]\nIUT_LPA_PORT = "x"\n', "[settings] IUT_LPA_PORT = 'x': can't be that -> write PORT "),
        ("[settings]\nIUT_LPA_PORT = true\n", "[settings] IUT_LPA_PORT = True: can't be that -> write PORT "),
        ("[option]\n", "option is unknown -> did you mean options? "),
        ("sut = 3\n", "sut = 3: is no table -> write [sut] "),
        ("[sut]\nsmdp = 3\n", "[sut] smdp = 3: can't be that -> for smdp write https://HOST[:PORT]"),
        ('[sut]\nsmdp = "ftp://x"\n', "[sut] smdp = 'ftp://x': can't be that -> for smdp write https://"),
        ('[sut]\nsmpd = "https://x"\n', "[sut] smpd = 'https://x': there is no role smpd -> did you mean "),
        ("not toml", "Expected '=' after a key in a key/value pair (at line 1, column 5) -> "),
    ],
)
def test_an_ics_that_says_nonsense_is_told_what_where_and_what_to_do(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "ics.toml"
    file.write_text(text, "utf-8")
    with pytest.raises(LabError) as refused:
        read_ics(file)
    assert f"{refused.value.message} -> {refused.value.hint}".startswith(f"{file}: {told}")


def test_a_report_has_the_whole_ics_stated_or_not() -> None:
    stated = Ics(options={"brainpool": False}, settings={"IUT_LPA_PORT": "1"}).as_dict()
    assert (stated["options"], stated["settings"]) == ({"brainpool": False}, {"IUT_LPA_PORT": "1"})
    assert stated["defaults"].keys() == NEEDS.keys() - {"brainpool"}
    assert (stated["defaults"]["es2"], Ics(suts={Role.SMDP: "https://a"}).as_dict()["defaults"]["es2"]) == (True, False)


@pytest.mark.parametrize("word", ["euicc", "toaster=1", "euicc=https://x", "euicc=pcsc:", "smdp=https://"])
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


def test_tags_select_and_narrow_down() -> None:
    everything = select([])
    assert select(["es10b"]) == [one for one in everything if "es10b" in one.tags]
    assert select(["ES9+"]) == select(["es9plus"]) == select([], ["ES9+"])
    assert {one.id for one in select(["lpa"])} > {name for name in REGISTRY if name.startswith("lpa.")}
    assert {one.id for one in select(["es10b"], ["brainpool", "euicc"])} == {
        one.id for one in everything if {"es10b", "brainpool", "euicc"} <= one.tags
    }
    assert tags_in_use()["regression"] == sum(one.group == "regression" for one in everything)


def test_tags_follow_from_name_clauses_roles_curve_and_importance() -> None:
    assert REGISTRY["smdp.es9.package.brainpool"].tags == {"smdp", "es9plus", "brainpool", "must"}
    assert REGISTRY["regression.cat_busy"].tags == {"regression", "lpa", "es10c", "nist", "must"}
    clauses = {"5.7.3": "es10a", "5.7.14": "es10b", "5.7.15": "es10c", "5.7.22": "es10b", "5.9.1": "es12"}
    for clause, tag in clauses.items():
        found = derived("x.y", [f"SGP.22 v2.5 section {clause}"], ["lpa"], [], "must")
        assert found == {"x", "lpa", "must", "nist", tag}
    assert derived("x.y", ["SGP.22 v2.5 section 5.7.2", "SGP.22 v2.5 section 3.5"], [], [], "must") == {
        "x",
        "must",
        "nist",
    }


@pytest.mark.parametrize(
    ("words", "tags", "told"),
    [
        (["esb10"], [], "no scenario and no tag is called esb10 -> did you mean es10"),
        (["lpa.downlod"], [], "no scenario and no tag is called lpa.downlod -> did you mean lpa.download, "),
        ([], ["brainpol"], "no scenario has the tag brainpol -> did you mean brainpool? "),
        (["smds"], ["es2plus"], "no scenario has all of these tags: es2plus -> "),
    ],
)
def test_a_word_that_names_nothing_is_told_what_it_is_near_to(words: list[str], tags: list[str], told: str) -> None:
    with pytest.raises(LabError) as refused:
        select(words, tags)
    assert f"{refused.value.message} -> {refused.value.hint}".startswith(told)


def test_a_file_of_ones_own_may_use_what_lies_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "my_words.py").write_text("TITLE = 'Ours.'\n", "utf-8")
    file = tmp_path / "with_words.py"
    file.write_text(
        "from __future__ import annotations\n"
        "from dataclasses import dataclass\n"
        "from my_words import TITLE\n"
        "from scenarios import scenario\n"
        "@dataclass\nclass Row:\n    value: int\n"
        "def body(s):\n    s.check(True, 'it runs')\n"
        "body.__doc__ = TITLE\n"
        "scenario('own.words', spec='x', tests='smdp')(body)\n",
        "utf-8",
    )
    try:
        assert [one.title for one in select([str(file)])] == ["Ours."]
    finally:
        REGISTRY.pop("own.words", None)


def test_a_file_of_ones_own_is_loaded_once_and_refused_with_its_reason(tmp_path: Path) -> None:
    file = tmp_path / "own.py"
    file.write_text(
        "from scenarios import scenario\n"
        "@scenario('own.file', spec='x', tests='smdp', tags='Nightly, es9+')\n"
        "def own(s):\n    '''Mine.'''\n    s.check(True, 'it runs')\n",
        "utf-8",
    )
    try:
        assert [one.id for one in select([str(file)])] == ["own.file"]
        assert [one.id for one in select([str(file)])] == ["own.file"]
        assert [one.id for one in select(["nightly"])] == ["own.file"]
        assert REGISTRY["own.file"].tags == {"own", "smdp", "must", "nist", "nightly", "es9plus"}
    finally:
        REGISTRY.pop("own.file", None)
    broken = tmp_path / "broken.py"
    broken.write_text("import no_such_module\n", "utf-8")
    with pytest.raises(LabError, match="no_such_module"):
        select([str(broken)])
    broken.write_text("x = 1\nx / 0\n", "utf-8")
    with pytest.raises(LabError, match=r"broken\.py:2: ZeroDivisionError"):
        select([str(broken)])
    broken.write_text("from scenarios import scenario\n", "utf-8")
    with pytest.raises(LabError, match="has no scenario"):
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
    results = [Result(name, verdict, "", 0) for name, verdict in zip(names, verdicts, strict=True)]
    run = Run({}, results, DEFAULT_CLOCK)
    before = dict(zip(names, ("pass", "fail", "fail"), strict=False)) | {"gone.case": "pass"}
    file = tmp_path / "before.json"
    file.write_text(json.dumps({"results": [{"id": name, "verdict": word} for name, word in before.items()]}))
    found = compare(read_baseline(file), run)
    assert (found.newly_failing, found.fixed, found.still_failing) == ([names[0]], [names[1]], [names[2]])
    assert (found.appeared, found.gone) == ([names[3]], ["gone.case"])
    again = Run({}, [*run.results, Result(names[1], Verdict.FAIL, "", 0).as_again()], DEFAULT_CLOCK)
    assert compare(read_baseline(file), again).still_failing == [names[1], names[2]]
    file.write_text("[]", "utf-8")
    with pytest.raises(LabError):
        read_baseline(file)


def test_the_coverage_document_names_every_scenario_and_clause() -> None:
    chosen = select([])
    text = coverage(chosen)
    assert all(f"| `{one.id}` |" in text for one in chosen)
    assert all(f"| {clause} |" in text for one in chosen for clause in one.clauses)
    assert Path("docs/coverage.md").read_text("utf-8") == text, "rsplab scenarios coverage -o docs/coverage.md"
