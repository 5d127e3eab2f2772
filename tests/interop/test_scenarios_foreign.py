"""The same catalogue against systems reached from outside only: a card in a PC/SC reader, servers by their URLs, and an
LPA that somebody else drives. The verdicts are those of the simulated ones.

Here a selection; `python -m tests.support.parity` runs all of it.
"""

import json
import subprocess
from pathlib import Path
from typing import Any

from lab.background import command_line, environment
from tests.support import parity
from tests.support.lab import new_lab
from tests.support.pcscd import need_a_reader

SOME_CARD = (
    "euicc.es10b.notifications",
    "euicc.es8.initialise",
    "euicc.es8.class",
    "e2e.life.download",
    "regression.search_criteria_unwrapped",
)
SOME_SERVERS = (
    "smdp.es9.notification",
    "smdp.es9.eligibility",
    "smdp.es2.download_order",
    "smdp.asn1.cancel",
    "smds.es12",
    "smds.asn1",
    "e2e.life.download",
)
# What no other party than the server itself could tell or do.
LEFT_OUT = {"inspect", "clock"}


def verdicts(report: Path) -> dict[str, str]:
    """Scenario -> verdict."""
    document: dict[str, Any] = json.loads(report.read_text("utf-8"))
    return {one["id"]: one["verdict"] for one in document["results"]}


def test_a_card_in_a_reader_gets_the_verdicts_of_the_simulated_one(tmp_path: Path) -> None:
    need_a_reader()
    compared = parity.Comparison.of(parity.simulated(tmp_path, SOME_CARD), parity.card(tmp_path, SOME_CARD))
    assert compared.different == []
    assert compared.same > 20
    assert {reason.partition(":")[0] for reason in compared.left_out} == {"card_settings"}


def test_servers_by_their_urls_get_the_verdicts_of_the_simulated_ones(tmp_path: Path) -> None:
    compared = parity.Comparison.of(parity.simulated(tmp_path, SOME_SERVERS), parity.server(tmp_path, SOME_SERVERS))
    assert compared.different == []
    assert compared.same > 40
    assert {reason.partition(":")[0] for reason in compared.left_out} <= LEFT_OUT


def test_a_server_that_was_not_prepared_is_asked_for_what_needs_no_preparation(tmp_path: Path) -> None:
    names = ("smdp.es9.initiate", "smdp.es9.authenticate.attempts")
    with new_lab(tmp_path / "lab").serving() as process:
        arguments = ("--no-sanity", "--sut", f"smdp={process.ready['url']}", "--pki", str(tmp_path / "lab"))
        report = tmp_path / "report.json"
        line = command_line("run", *names, *arguments, "--report", f"json:{report}")
        done = subprocess.run(line, check=False, capture_output=True, text=True, env=environment())
    assert done.returncode == 0, done.stdout + done.stderr
    found = verdicts(report)
    assert found.pop("smdp.es9.authenticate.attempts") == "skipped"
    assert set(found.values()) == {"pass"}


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
