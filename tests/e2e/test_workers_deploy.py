"""The files in deploy/ fit the program: entry point, options, mounted files."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lab.cli import app

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"


def commands() -> list[str]:
    """Every command line of rsplab in deploy/."""
    containerfile = (DEPLOY / "Containerfile").read_text()
    (cmd,) = re.findall(r"^CMD (\[.*\])$", containerfile, re.M)
    compose = (DEPLOY / "compose.yaml").read_text()
    (composed,) = re.findall(r"^\s+command: \[(.*)\]$", compose, re.M)
    unit = (DEPLOY / "systemd" / "rsplab.service").read_text()
    units = re.findall(r"^Exec\w+=\S+/rsplab (.*)$", unit, re.M)
    entrypoint = (DEPLOY / "entrypoint.sh").read_text()
    called = re.findall(r"^\s*rsplab ((?:\w+ ?)+(?:--\w+)?)", entrypoint, re.M)
    return [" ".join(json.loads(cmd)), composed.replace(",", "").replace('"', ""), *units, *called]


@pytest.mark.parametrize("line", commands())
def test_every_option_exists(line: str) -> None:
    words = line.split()
    group = [word for word in words[:2] if re.fullmatch(r"[a-z]+", word)]
    shown = CliRunner().invoke(app, [*group, "--help"], env={"COLUMNS": "200"})
    assert shown.exit_code == 0, line
    for option in re.findall(r"--[a-z-]+", line):
        assert option in shown.stdout, f"{option} in {line!r}"


def test_what_is_mounted_is_there() -> None:
    compose = (DEPLOY / "compose.yaml").read_text()
    for path in re.findall(r"- \./(\S+?):", compose):
        assert (DEPLOY / path).exists(), path


def test_what_is_copied_is_there() -> None:
    for sources in re.findall(r"^COPY (?!--from)(.*) \S+$", (DEPLOY / "Containerfile").read_text(), re.M):
        for source in sources.split():
            assert (ROOT / source).exists(), source


@pytest.mark.skipif(os.name != "posix", reason="a shell script")
def test_the_entry_point_makes_a_lab_once(tmp_path: Path) -> None:
    (tmp_path / "rsplab").write_text(f'#!/bin/sh\nexec {sys.executable} -m lab "$@"\n')
    (tmp_path / "rsplab").chmod(0o755)
    surroundings = {
        **os.environ,
        "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}",
        "RSPLAB_LAB": str(tmp_path / "data"),
        "RSPLAB_ADDRESS": "dp.example.com:9443",
        "PYTHONPATH": str(ROOT),
    }
    for _ in range(2):
        done = subprocess.run(
            ["/bin/sh", str(DEPLOY / "entrypoint.sh"), "db", "current", "--json"],
            capture_output=True,
            text=True,
            env=surroundings,
            cwd=tmp_path,
        )
        assert done.returncode == 0, done.stderr
        answer = json.loads(done.stdout)
        assert answer["current"] == answer["needed"]
    assert 'address = "dp.example.com"' in (tmp_path / "data" / "lab.toml").read_text()
