"""The catalogue against our own simulators, and everything around a run: determinism, processes, reports, replay."""

import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from xml.etree import ElementTree

import pytest
import xmlschema
from typer.testing import CliRunner

from euicc_sim.core import chip_info
from lab.background import command_line, environment
from lab.cli import app
from lab.console.masking import _forms
from lab.creation import create_lab
from lab.errors import LabError
from scenarios import REGISTRY, Role, Verdict
from scenarios.baseline import compare
from scenarios.grounds import DEFAULT_CLOCK, EID, Grounds
from scenarios.ics import Ics
from scenarios.recording import read_events, write_run
from scenarios.replay import replay
from scenarios.report import KINDS, write_reports
from scenarios.run import Run, RunOptions, execute
from scenarios.runner import judge
from scenarios.selection import load_file, select

SAMPLE = ("smdp.es9.package", "euicc.es8.load.nominal", "lpa.download.nominal", "smds.es11.nominal", "tls.lpa.sound")


@pytest.fixture(scope="module")
def run() -> Run:
    return execute(select(SAMPLE), RunOptions())


@pytest.fixture
def failing(tmp_path: Path) -> Iterator[Path]:
    """A user's file with a scenario that fails."""
    file = tmp_path / "failing.py"
    file.write_text(
        "from scenarios import scenario\n"
        "@scenario('own.failing', spec='SGP.22 v2.5 section 5.6.1', tests='smdp')\n"
        "def own(s):\n    '''The server is <b>somebody</b> else.'''\n"
        "    s.equal('the address', 'a & b', s.session().initiate().text('transactionId'))\n",
        "utf-8",
    )
    yield file
    REGISTRY.pop("own.failing", None)


def test_a_sample_passes_with_its_sanity_cases_first_and_last(run: Run) -> None:
    assert [(one.id, one.verdict, one.reason) for one in run.condemned] == []
    ids = [one.id for one in run.results]
    firsts = ["euicc.es8.load.nominal", "lpa.download.nominal", "smdp.es9.package.nominal", "smds.es11.nominal"]
    assert ids[:4] == firsts
    assert ids[-4:] == firsts
    assert [one.is_again for one in run.results[-4:]] == [True] * 4


def test_the_whole_catalogue_passes_against_our_own_simulators() -> None:
    finished = execute(select([]), RunOptions(jobs=2))
    assert [(one.id, one.verdict.name, one.reason) for one in finished.results if one.verdict is not Verdict.PASS] == []


def test_two_processes_give_the_same_octets_as_one(run: Run) -> None:
    again = execute(select(SAMPLE), RunOptions(jobs=2))
    assert [one.id for one in again.results] == [one.id for one in run.results]
    for one, other in zip(run.results, again.results, strict=True):
        assert json.dumps(one.events) == json.dumps(other.events), one.id
    assert again.header["pki"] == run.header["pki"]


def test_two_recorded_runs_with_one_seed_are_the_same_files(run: Run, tmp_path: Path) -> None:
    write_run(tmp_path / "one", run)
    write_run(tmp_path / "two", execute(select(SAMPLE), RunOptions(jobs=2)))
    one, two = (
        {file.relative_to(top): file.read_bytes() for file in top.rglob("*") if file.is_file()}
        for top in (tmp_path / "one", tmp_path / "two")
    )
    assert len(one) > len(SAMPLE)
    assert one == two


def test_a_recording_replaces_an_earlier_run_and_nothing_else(run: Run, tmp_path: Path) -> None:
    stale = tmp_path / "traces" / "stale.jsonl"
    write_run(tmp_path, run)
    stale.write_text("{}\n", "utf-8")
    write_run(tmp_path, run)
    assert not stale.exists()
    (tmp_path / "run.json").unlink()
    with pytest.raises(LabError, match="something else than a run"):
        write_run(tmp_path, run)
    (tmp_path / "run.json").write_text("[]", "utf-8")
    with pytest.raises(LabError, match="no recorded run"):
        replay(tmp_path, [])


def test_a_baseline_of_more_than_was_chosen_counts_only_what_is_no_longer_there_as_gone(run: Run) -> None:
    before = dict.fromkeys(("tls.lpa.sound", "smdp.es9.cancel.unknown_transaction", "tls.lpa.old"), Verdict.FAIL)
    found = compare(before, run)
    assert (found.fixed, found.gone) == (["tls.lpa.sound"], ["tls.lpa.old"])
    assert "smds.es11.nominal" in found.appeared


def test_another_seed_gives_other_octets(run: Run) -> None:
    grounds = Grounds("2", DEFAULT_CLOCK, Ics())
    other = judge(REGISTRY["smdp.es9.package.nominal"], grounds)
    assert grounds.pki_fingerprint != run.header["pki"]
    assert json.dumps(other.events) != json.dumps(run.results[2].events)


def test_a_broken_sanity_case_stops_what_depends_on_it() -> None:
    unknown = Ics(suts={Role.EUICC: "tcp:127.0.0.1:1"})
    results = execute(select(["euicc.es8"]), RunOptions(ics=unknown)).results
    assert {one.verdict for one in results} == {Verdict.INCONCLUSIVE}
    assert "could not reach the card" in results[0].reason
    assert results[1].reason.startswith("not tried: the sanity case")


def test_a_recorded_run_replays_identically_and_points_at_what_changed(run: Run, tmp_path: Path) -> None:
    write_run(tmp_path, run)
    assert replay(tmp_path, ["smdp.es9.package.nominal", "lpa.download.nominal"]) == ([], 2)
    trace = tmp_path / "traces" / "lpa.download.nominal.jsonl"
    events = read_events(tmp_path, "lpa.download.nominal")
    place = next(n for n, event in enumerate(events) if "pdu" in event and "sw" in event)
    events[place]["sw"] = "6F00"
    trace.write_text("".join(json.dumps(event) + "\n" for event in events), "utf-8")
    (changed,), _ = replay(tmp_path, ["lpa.download.nominal"])
    assert changed.difference is not None
    assert (changed.difference.number, changed.difference.path) == (place + 1, "sw")


def test_a_replay_on_a_changed_build_points_at_the_first_differing_field(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_run(tmp_path, run)
    monkeypatch.setattr(chip_info, "TS_102_241_VERSION", bytes.fromhex("090300"))
    (changed,), _ = replay(tmp_path, ["lpa.download.nominal"])
    assert (changed.before, changed.now) == ("pass", "pass")
    lines = list(changed.lines())
    assert "ES10b.AuthenticateServer" in lines[1]
    assert lines[2:] == [
        "    pdu.authenticateResponseOk.euiccSigned1.euiccInfo2.ts102241Version",
        "    - 090200",
        "    + 090300",
    ]


def test_a_replay_goes_on_where_a_scenario_is_no_longer_there(run: Run, tmp_path: Path) -> None:
    write_run(tmp_path, run)
    text = (tmp_path / "run.json").read_text("utf-8")
    (tmp_path / "run.json").write_text(text.replace("tls.lpa.sound", "tls.lpa.old"), "utf-8")
    (gone,), repeated = replay(tmp_path, ["tls.lpa.old", "lpa.download.nominal"])
    assert (list(gone.lines()), repeated) == (["tls.lpa.old: pass -> no longer there"], 1)


DYING = """
import os
from scenarios import scenario
@scenario("own.die", spec="SGP.22 v2.5 section 5.6.1", tests="smdp", timeout_s=1)
def die(s):
    "Its process dies."
    os._exit(9)
@scenario("own.go_on", spec="SGP.22 v2.5 section 5.6.1", tests="smdp", timeout_s=1)
def go_on(s):
    "Passes."
    s.check(True, "it goes on")
"""


def test_a_process_that_dies_costs_its_scenario_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "dying.py"
    file.write_text(DYING, "utf-8")
    monkeypatch.setattr("scenarios.run.LONGEST_END_S", 0.5)
    monkeypatch.setattr("scenarios.run._SLACK_S", 0.5)
    try:
        finished = execute(select([str(file)]), RunOptions(jobs=2, sanity=False))
    finally:
        for name in ("own.die", "own.go_on"):
            REGISTRY.pop(name, None)
    told = [(one.id, one.verdict, one.reason) for one in finished.results]
    assert told == [
        ("own.die", Verdict.ERROR, "the process that ran it has ended without a result"),
        ("own.go_on", Verdict.PASS, ""),
    ]


def test_reports_say_what_was_expected_and_seen(failing: Path, tmp_path: Path) -> None:
    load_file(failing)
    finished = execute(select(["smds.es11.nominal", "own.failing"]), RunOptions())
    assert finished.worst is Verdict.FAIL
    write_reports([(kind, tmp_path / f"r.{kind}") for kind in KINDS], finished)
    check_junit(tmp_path / "r.junit", {"own.failing": "failure"})
    document = json.loads((tmp_path / "r.json").read_text("utf-8"))
    assert {"version", "seed", "clock", "pki", "ics", "results"} <= document.keys()
    verdicts = {one["id"]: one["verdict"] for one in document["results"]}
    assert verdicts == {"own.failing": "fail", "smds.es11.nominal": "pass", "smdp.es9.package.nominal": "pass"}
    failed = next(one["failed_check"] for one in document["results"] if one["id"] == "own.failing")
    assert (failed["what"], failed["expected"], len(failed["seen"])) == ("the address", "a & b", 32)
    page = (tmp_path / "r.html").read_text("utf-8")
    assert "a &amp; b" in page
    assert "<b>somebody" not in page
    assert not re.search(r"""(src|href)=["'](?!\#)""", page), "the page loads something"
    assert document["pki"] in page


JUNIT = xmlschema.XMLSchema(Path(__file__).parent.parent / "support" / "junit.xsd")


def check_junit(path: Path, expected: dict[str, str]) -> None:
    """Valid, the numbers true, and these cases have these endings."""
    JUNIT.validate(path)
    root = ElementTree.parse(path).getroot()
    for part in (root, *root):
        kinds = {"tests": "testcase", "failures": "failure", "errors": "error", "skipped": "skipped"}
        counted = {name: str(len(list(part.iter(kind)))) for name, kind in kinds.items() if name in part.attrib}
        assert counted == {name: part.get(name) for name in counted}
    found = {case.get("name"): child.tag for case in root.iter("testcase") for child in case}
    assert found == expected


def test_no_report_shows_a_secret(run: Run, tmp_path: Path) -> None:
    write_reports([("html", tmp_path / "r.html")], run)
    text = (tmp_path / "r.html").read_text("utf-8")
    codes = re.findall(r'confirmationCode"?: ?"?([^",&]+)', text)
    assert all("redacted" in code for code in codes)


HOLDS_ANOTHER = """
from scenarios import scenario
@scenario("own.another", spec="SGP.22 v2.5 section 5.7.15", tests="euicc")
def another(s):
    "The card holds another profile than the one that was installed."
    profile = s.profile()
    s.card.install(s.server(), profile)
    iccid = str(profile.iccid)
    other = ("0" if iccid[5] != "0" else "1").join((iccid[:5], iccid[6:]))
    s.equal("the profiles", {other: "disabled"}, s.card.states)
"""


def test_reports_show_the_end_of_an_identity_only(tmp_path: Path) -> None:
    file = tmp_path / "another.py"
    file.write_text(HOLDS_ANOTHER, "utf-8")
    paths = {kind: tmp_path / f"r.{kind}" for kind in KINDS}
    try:
        finished = execute(select([str(file), "lpa.download.nominal"]), RunOptions(reveal=frozenset({"keys"})))
        write_reports(paths.items(), finished)
        masked = {kind: path.read_text("utf-8") for kind, path in paths.items()}
        write_reports(paths.items(), finished, identifiers=True)
        shown = {kind: path.read_text("utf-8") for kind, path in paths.items()}
    finally:
        REGISTRY.pop("own.another")
    (failed,) = finished.condemned
    iccids = set(re.findall(r"89\d{17,18}", failed.reason))
    assert len(iccids) == 2
    end = next(iter(iccids))[-4:]
    for kind in KINDS:
        assert all(iccid in shown[kind] for iccid in iccids)
        assert not any(form.upper() in masked[kind].upper() for digits in (*iccids, EID) for form in _forms(digits))
        assert f"…{end}" in masked[kind]
        assert f"…{end}#2" in masked[kind]
    check = next(one["failed_check"] for one in json.loads(masked["json"])["results"] if "failed_check" in one)
    assert check["expected"] != check["seen"]
    assert re.search("s_enc_hex&#39;: &#39;[0-9A-F]{32}", masked["html"]), "--reveal keys"


def test_the_command_line_runs_reports_and_ends_with_its_code(failing: Path, tmp_path: Path) -> None:
    runner = CliRunner()
    listed = runner.invoke(app, ["scenarios", "list", "smds", "--json"])
    assert {one["id"] for one in json.loads(listed.stdout)} == {one.id for one in select(["smds"])}
    shown = runner.invoke(app, ["scenarios", "show", "smds.es11.nominal"])
    assert "def nominal" in shown.stdout
    record = tmp_path / "run"
    good = runner.invoke(app, ["run", "smds.es11", "--record", str(record), "--report", f"json:{tmp_path}/before.json"])
    assert good.exit_code == 0, good.output
    repeated = runner.invoke(app, ["replay", str(record)])
    assert (repeated.exit_code, "0 differ" in repeated.stdout) == (0, True), repeated.output
    bad = runner.invoke(app, ["run", str(failing), "smds.es11", "--baseline", f"{tmp_path}/before.json"])
    assert bad.exit_code == 5
    assert "newly failing 1: own.failing" in bad.stdout
    assert runner.invoke(app, ["run", "no.such.scenario"]).exit_code == 2
    assert runner.invoke(app, ["run", "--report", "pdf:x"]).exit_code == 2
    assert runner.invoke(app, ["run", "--clock", "9999-12-31"]).exit_code == 2
    nothing = runner.invoke(app, ["run", "smds.es11", "--sut", "euicc=tcp:127.0.0.1:1"])
    assert (nothing.exit_code, "nothing of what was chosen applies" in nothing.stdout) == (5, True)


def test_a_report_that_cannot_be_written_is_told_before_the_run(tmp_path: Path) -> None:
    before = tmp_path / "before.json"
    before.write_text("kept", "utf-8")
    names = ["--report", f"json:{before}", "--report", f"html:{tmp_path}/new/r.html"]
    refused = CliRunner().invoke(app, ["run", "smds.es11", *names, "--report", "junit:/proc/rsplab.xml"])
    assert (refused.exit_code, "passed" in refused.output) == (2, False), refused.output
    assert before.read_text("utf-8") == "kept"
    assert not (tmp_path / "new" / "r.html").exists()


def test_a_file_that_ends_the_interpreter_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "ending.py"
    file.write_text("import sys\nsys.exit(0)\n", "utf-8")
    with pytest.raises(LabError, match=r"ending.py:2: SystemExit"):
        load_file(file)


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_ctrl_c_ends_a_run_with_reports_of_what_there_is(jobs: str, tmp_path: Path) -> None:
    report = tmp_path / "r.json"
    line = command_line("run", "--all", "--jobs", jobs, "--report", f"json:{report}")
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    # whoever runs the tests in the background may have SIGINT ignored, which children inherit
    heeds = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    started = {"text": True, "env": environment(), "start_new_session": True, "preexec_fn": heeds}
    with subprocess.Popen(line, **started, **pipes) as run:
        assert run.stderr is not None
        assert any(said.startswith("50 of ") for said in run.stderr)
        os.killpg(run.pid, signal.SIGINT)
        out, errors = run.communicate(timeout=30)
    assert (run.returncode, "Traceback" in errors) == (130, False), errors
    assert "interrupted: not everything was run" in out
    document = json.loads(report.read_text("utf-8"))
    assert document["interrupted"] is True
    assert 50 <= len(document["results"]) < len(document["scenarios"])


def test_a_lab_serves_as_the_pki_of_a_run(tmp_path: Path) -> None:
    create_lab(tmp_path / "lab")
    now = datetime.now(UTC)
    finished = execute(select(["smds.es11.nominal"]), RunOptions(clock=now, pki_path=tmp_path / "lab"))
    assert finished.condemned == []
    too_early = RunOptions(clock=datetime(1999, 12, 31, tzinfo=UTC), pki_path=tmp_path / "lab")
    with pytest.raises(LabError, match="not valid at 1999-12-31, the run's time"):
        execute(select(["smds.es11.nominal"]), too_early)


def test_a_run_with_a_pki_lives_in_the_present_and_replays_from_any_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    create_lab(tmp_path / "lab")
    monkeypatch.chdir(tmp_path)
    runner = CliRunner()
    good = runner.invoke(app, ["run", "smds.es11.nominal", "--pki", "lab", "--record", "run"])
    assert good.exit_code == 0, good.output
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    repeated = runner.invoke(app, ["replay", "../run"])
    assert repeated.exit_code == 0, repeated.output
