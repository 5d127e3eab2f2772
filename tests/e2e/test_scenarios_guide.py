"""The author's guide, followed to the letter in an empty folder."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from lab.background import command_line, environment
from scenarios import REGISTRY
from scenarios.ics import read_ics
from scenarios.selection import select, tags_in_use

GUIDE = (Path(__file__).parents[2] / "docs" / "scenarios.md").read_text("utf-8")


def section(title: str) -> str:
    """From this heading to the next one."""
    found = re.search(rf"^## {re.escape(title)}.*?(?=^## |\Z)", GUIDE, re.MULTILINE | re.DOTALL)
    assert found is not None, title
    return found[0]


def commands(text: str) -> list[str]:
    """Its indented command lines, without their comments."""
    return [line.partition(" #")[0].strip() for line in text.splitlines() if line.startswith("    rsplab ")]


def block(language: str, text: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", text, re.DOTALL)
    assert found is not None
    return found[1]


def follow(folder: Path, command: str) -> "subprocess.CompletedProcess[str]":
    words = shlex.split(command)[1:]
    line = command_line(*words)
    return subprocess.run(line, cwd=folder, check=False, capture_output=True, text=True, env=environment())


def test_the_complete_example_does_what_the_guide_says(tmp_path: Path) -> None:
    example = section("One complete example")
    code = block("python", example)
    (tmp_path / "mine.py").write_text(code, "utf-8")
    run, run_with_report, record, show, explain = commands(example)
    passed = follow(tmp_path, run)
    assert (passed.returncode, passed.stderr) == (0, "")

    assert code.count("EUICC_SIGNATURE_INVALID") == 1
    (tmp_path / "mine.py").write_text(code.replace("EUICC_SIGNATURE_INVALID", "EID_MISMATCH"), "utf-8")
    failed = follow(tmp_path, run_with_report)
    assert failed.returncode == 5
    assert "mine.authenticate.other_server: authenticateClient is refused: expected Failed 8.1.1/3.8" in failed.stdout
    page = (tmp_path / "r.html").read_text("utf-8")
    assert "1 of 3 cases did not pass" in page
    assert "serverAddress: other.example.com" in page

    assert follow(tmp_path, record).returncode == 5
    shown = follow(tmp_path, show)
    assert (shown.returncode, "serverAddress: other.example.com" in shown.stdout) == (0, True)
    explained = follow(tmp_path, explain)
    assert (explained.returncode, "a signature made by the eUICC does not verify" in explained.stdout) == (0, True)


def test_every_command_of_the_overview_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands, options, names and tags; nothing is run, for the systems under test aren't there."""
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text(block("python", section("One complete example")), "utf-8")
    helped = {name: follow(tmp_path, f"rsplab {name} --help") for name in ("run", "scenarios", "replay")}
    try:
        for command in commands(GUIDE.partition("## ")[0]):
            name, *words = shlex.split(command)[1:]
            assert helped[name].returncode == 0
            if name == "scenarios":
                assert all(f" {word} " in helped[name].stdout for word in words[0].split("|")), command
            if name == "run":
                options = [at for at, word in enumerate(words) if word.startswith("--")]  # each has a value
                assert all(f" {words[at]} " in helped[name].stdout for at in options), command
                names = [word for at, word in enumerate(words) if at not in options and at - 1 not in options]
                assert select(names, [words[at + 1] for at in options if words[at] == "--tag"])
    finally:
        REGISTRY.pop("mine.authenticate.other_server", None)


def test_the_ics_of_the_guide_is_one(tmp_path: Path) -> None:
    file = tmp_path / "server.toml"
    file.write_text(block("toml", section("ICS")), "utf-8")
    ics = read_ics(file)
    assert ics.settings["IUT_SMDP_PROFILE_TYPE"] == "TEST"
    assert ics.has("orders")


def test_the_tags_of_the_guide_are_those_in_use() -> None:
    told = set(re.findall(r"`([a-z0-9_]+)`", "".join(re.findall(r"^\| (`.*?) \|", section("Choosing"), re.MULTILINE))))
    select([])
    assert set(tags_in_use()) - told <= {"es6"}
    assert told - set(tags_in_use()) <= {"should"}
