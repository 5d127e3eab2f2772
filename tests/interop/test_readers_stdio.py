"""LPAs that speak newline JSON on their pipes, with no reader at all: a peer in lpac's words, and lpac itself."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from lab.background import ServerProcess, command_line, environment
from lab.trace import read_trace
from lpa.card.stdio import StdioLink
from lpa.core.procedures.chip import chip_info
from lpa.core.settings import LpaSettings
from lpa.drive import run
from lpa.http.blocking import BlockingHttpClient
from lpa.http.trust import TlsTrust
from lpa.user import ScriptedUser
from tests.support.lab import CliLab, new_lab

EID = "89049032123451234512345678901235"
PEER = (sys.executable, "-m", "tests.support.lpac_like")


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> CliLab:
    lab = new_lab(tmp_path_factory.mktemp("stdio") / "lab")
    lab("card", "create", "c1")
    return lab


@pytest.fixture(scope="module")
def serving(lab: CliLab) -> Iterator[ServerProcess]:
    with lab.serving() as server:
        yield server


def run_with_card(lab: CliLab, *command: str) -> tuple[int, list[dict[str, Any]], str]:
    """`rsplab card run c1 -- COMMAND`: exit code, lines, stderr."""
    done = subprocess.run(
        command_line("--lab", str(lab.path), "card", "run", "c1", "--", *command),
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        env=environment(),
        timeout=60,
    )
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def test_a_peer_reads_the_eid(lab: CliLab) -> None:
    code, lines, _ = run_with_card(lab, *PEER, "info")
    assert code == 0
    assert lines == [{"type": "lpa", "payload": {"code": 0, "message": "success", "data": {"eid": EID}}}]


def test_a_peer_downloads_and_enables_over_https(lab: CliLab, serving: ServerProcess) -> None:
    order = lab.order()
    code, lines, errors = run_with_card(lab, *PEER, "download", order["activation_code"])
    assert (code, errors) == (0, "")
    assert {line["type"] for line in lines} == {"progress", "lpa"}
    (installed,) = lines[-1]["payload"]["data"]
    assert (installed["iccid"], installed["state"]) == (order["iccid"], "enabled")
    assert lab.json("order", "show", order["order_id"])["state"] == "Installed"
    assert [profile["state"] for profile in lab.lpa("profile", "list").json] == ["enabled"]
    _check_trace(lab)


def _check_trace(lab: CliLab) -> None:
    """The session is traced from both sides of the foreign agent: the card's APDUs and verdicts, our client's HTTP."""
    (file,) = (lab.path / "traces").glob("*-card.jsonl")
    events = list(read_trace(file))
    sessions = {event["session"] for event in events if event["kind"] == "http"} - {""}
    assert len(sessions) == 1
    mine = [event for event in events if event["session"] in sessions]
    functions = [event["function"] for event in mine if event["kind"] == "http" and event["direction"] == "request"]
    assert functions[:3] == ["initiateAuthentication", "authenticateClient", "getBoundProfilePackage"]
    assert {event["role"] for event in mine} == {"card", "lpa"}
    assert all(event["ok"] for event in mine if event["kind"] == "verdict")


def test_an_unreachable_server_is_said_and_the_peers_failure_is_the_exit_code(lab: CliLab) -> None:
    code, lines, errors = run_with_card(lab, *PEER, "download", "LPA:1$nowhere.invalid$NOBODY")
    assert code == 1
    assert lines[-1]["payload"]["code"] == -1
    assert "nowhere.invalid" in errors
    assert "->" in errors


def test_our_own_link_drives_a_card_process(lab: CliLab) -> None:
    link = StdioLink(command_line("--lab", str(lab.path), "card", "serve", "c1", "--stdio", "--no-trace"))
    assert link.connect().hex().upper().startswith("3B9E96803FC782")
    chip = run(chip_info(LpaSettings()), link, BlockingHttpClient(TlsTrust(())), ScriptedUser())
    assert chip.eid == EID
    assert link.reset().hex().upper().startswith("3B9E96803FC782")
    link.disconnect()


@pytest.fixture
def lpac() -> str:
    found = shutil.which("lpac")
    if found is None:
        pytest.skip("needs lpac on the PATH")
    return found


def test_lpac_itself_reads_the_chip(lab: CliLab, lpac: str) -> None:
    code, lines, _ = run_with_card(lab, lpac, "chip", "info")
    assert code == 0
    assert lines[-1]["payload"]["code"] == 0
    assert lines[-1]["payload"]["data"]["eidValue"] == EID


def test_lpac_itself_downloads(lab: CliLab, serving: ServerProcess, lpac: str) -> None:
    order = lab.order()
    code, lines, errors = run_with_card(lab, lpac, "profile", "download", "-a", order["activation_code"])
    assert code == 0, errors
    assert lines[-1]["payload"]["code"] == 0
    assert order["iccid"] in {profile["iccid"] for profile in lab.lpa("profile", "list").json}
