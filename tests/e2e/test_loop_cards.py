"""Cards served on a port, and notifications that wait, through the command line over real HTTPS."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lab.background import command_line, environment
from tests.support.lab import CliLab, new_lab


@pytest.fixture
def lab(tmp_path: Path) -> CliLab:
    lab = new_lab(tmp_path / "lab")
    lab("card", "create", "c1")
    return lab


@contextmanager
def served_card(lab: CliLab) -> Iterator[str]:
    """`rsplab card serve c1 --tcp 0` as a process; SIGTERM ends it well."""
    process = subprocess.Popen(
        command_line("--lab", str(lab.path), "card", "serve", "c1", "--tcp", "0", "--json"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    assert process.stdout is not None
    try:
        ready = json.loads(process.stdout.readline())
        assert ready["event"] == "listening"
        yield f"tcp:{ready['port']}"
    finally:
        process.terminate()
        code = process.wait(30)
        process.stdout.close()
    assert code == 0


def test_a_card_on_a_port_downloads_and_enables(lab: CliLab) -> None:
    with lab.serving(), served_card(lab) as card:
        order = lab.order()
        done = lab.lpa("profile", "download", order["activation_code"], "--yes", card=card).json
        assert (done["iccid"], done["state"]) == (order["iccid"], "disabled")
        assert lab.lpa("profile", "enable", order["iccid"], card=card).json["state"] == "enabled"
        assert "in use by another process" in lab.lpa("profile", "list", expect=3).stderr
        assert lab.json("probe", card)["eid"] == lab.lpa("info", card=card).json["eid"]
    assert [profile["state"] for profile in lab.lpa("profile", "list").json] == ["enabled"]


def test_a_notification_that_waited_is_replayed_and_then_processed(lab: CliLab) -> None:
    with lab.serving() as server:
        order = lab.order()
        lab.lpa("profile", "download", order["activation_code"], "--yes")
    enabled = lab.lpa("profile", "enable", order["iccid"]).json
    (waiting,) = enabled["notifications"]
    assert not waiting["delivered"]
    number = str(waiting["seq_number"])
    assert "->" in lab.lpa("notification", "replay", number, expect=3).stderr
    with lab.serving("--port", str(server.port), "--no-api"):
        replayed = lab.lpa("notification", "replay", number).json
        assert (replayed["delivered"], replayed["removed"]) == (True, False)
        assert [item["seq_number"] for item in lab.lpa("notification", "list").json] == [int(number)]
        (processed,) = lab.lpa("notification", "process").json
        assert (processed["delivered"], processed["removed"]) == (True, True)
    assert lab.lpa("notification", "list").json == []
