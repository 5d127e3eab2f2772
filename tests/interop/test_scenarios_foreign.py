"""The same catalogue against systems reached from outside only: a card in a PC/SC reader, a server by its URL, and an
LPA that somebody else drives. The verdicts are those of the simulated ones.
"""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from lab.background import ServerProcess, command_line, environment
from lab.creation import create_lab
from tests.support.lab import new_lab
from tests.support.pcscd import desk, missing

OPERATOR = "2.999.20"
SOME_CARD = ("euicc.es10b", "euicc.es8.initialise", "euicc.es8.load")
SOME_SERVER = ("smdp.es9", "smdp.es2.cancel_order", "smdp.certificates.euicc.not_yet_valid", "e2e.life.download")


def provision(path: Path, count: int) -> None:
    """Profiles to be ordered by type, and an operator that may do so."""
    lines = ["[[operator]]", f'identifier = "{OPERATOR}"']
    for number in range(count):
        lines += ["[[profile]]", f'iccid = "899900100000000{number:04d}"', f'imsi = "00101000000{number:04d}"']
        lines += [f'k = "{number:032x}"', f'opc = "{number:032x}"', 'profile_type = "TEST"']
    file = path / "profiles.toml"
    file.write_text("\n".join(lines), "utf-8")
    subprocess.run(command_line("--lab", str(path), "provision", str(file)), check=True, capture_output=True)


def verdicts(report: Path) -> dict[str, str]:
    """Scenario -> verdict."""
    document: dict[str, Any] = json.loads(report.read_text("utf-8"))
    return {one["id"]: one["verdict"] for one in document["results"]}


def test_a_card_in_a_reader_gets_the_verdicts_of_the_simulated_one(tmp_path: Path) -> None:
    pytest.importorskip("smartcard.scard", reason="pyscard is not installed (extra pcsc)")
    if reason := missing():
        pytest.skip(reason)
    lab = new_lab(tmp_path / "lab")
    lab("card", "create", "phone")
    report = tmp_path / "report.json"
    with desk() as reader, reader.plugged("--lab", str(lab.path), "card", "serve", "phone"):
        reader.rsplab("run", *SOME_CARD, "--sut", "euicc=pcsc:0", "--pki", str(lab.path), "--report", f"json:{report}")
    found = verdicts(report)
    assert set(found.values()) <= {"pass", "skipped"}
    assert sum(verdict == "pass" for verdict in found.values()) > 30


def test_a_server_by_its_url_gets_the_verdicts_of_the_simulated_one(tmp_path: Path) -> None:
    path = tmp_path / "lab"
    create_lab(path)
    provision(path, 120)
    report, ics = tmp_path / "report.json", tmp_path / "ics.toml"
    with ServerProcess(path, ("--es2-port", "0")) as server:
        es2 = next(bound for bound in server.ready["listeners"] if bound["interface"] == "es2+")
        ics.write_text(
            f'[sut]\nsmdp = "{server.ready["url"]}"\n[options]\nes2 = true\norders = true\n'
            f'[settings]\nIUT_SMDP_ES2_URL = "https://localhost:{es2["port"]}"\nIUT_SMDP_PROFILE_TYPE = "TEST"\n',
            "utf-8",
        )
        arguments = ("run", *SOME_SERVER, "--ics", str(ics), "--pki", str(path), "--report", f"json:{report}")
        done = subprocess.run(command_line(*arguments), check=False, capture_output=True, text=True, env=environment())
    assert done.returncode == 0, done.stdout + done.stderr
    found = verdicts(report)
    assert set(found.values()) == {"pass", "skipped"}
    assert found["e2e.life.download"] == found["smdp.certificates.euicc.not_yet_valid"] == "pass"
    assert found["smdp.es9.notification.late_order"] == "skipped"


def test_an_lpa_that_somebody_drives_is_judged_by_what_our_server_sees(tmp_path: Path) -> None:
    lab = new_lab(tmp_path / "lab")
    lab("card", "create", "phone")
    report = tmp_path / "report.json"
    settings = '[settings]\nIUT_LPA_ADDRESS = "localhost"\n'
    (tmp_path / "ics.toml").write_text(settings, "utf-8")
    names = ("lpa.download.nominal", "lpa.download.user_rejects")
    arguments = ("run", *names, "--no-sanity", "--sut", "lpa=listen", "--ics", str(tmp_path / "ics.toml"))
    line = command_line(*arguments, "--pki", str(lab.path), "--report", f"json:{report}")
    with subprocess.Popen(
        line, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment()
    ) as run:
        assert run.stdin is not None
        assert run.stderr is not None
        for _ in names:
            code = next(said for said in run.stderr if "this activation code" in said).split()[-1]
            # The user agrees both times, against the instructions of the second.
            driven = command_line(
                "--lab", str(lab.path), "lpa", "--card", "phone", "profile", "download", code, "--yes"
            )
            subprocess.run(driven, check=True, capture_output=True, env=environment())
            run.stdin.write("\n")
            run.stdin.flush()
        assert run.wait(60) == 5
    assert verdicts(report) == dict(zip(names, ("pass", "fail"), strict=True))
