"""`rsplab serve` as a process: says when it listens, ends cleanly, says what is in its way."""

import json
import signal
import subprocess
import urllib.request
from pathlib import Path

import pytest

from lab.background import ServerProcess, command_line, environment
from lab.directory import Lab
from tests.support.lab import CliLab, new_lab


@pytest.fixture
def lab(tmp_path: Path) -> CliLab:
    return new_lab(tmp_path / "lab")


@pytest.mark.parametrize(
    ("number", "options", "wanted"),
    [
        (signal.SIGTERM, [], "SM-DP+ localhost:{port} listens on https://127.0.0.1:{port}\n"),
        (
            signal.SIGINT,
            ["--no-tls"],
            "SM-DP+ localhost:{port} listens on http://127.0.0.1:{port} (PLAIN HTTP: nobody is verified)\n",
        ),
    ],
)
def test_it_says_where_and_ends_cleanly(lab: CliLab, number: signal.Signals, options: list[str], wanted: str) -> None:
    server = subprocess.Popen(
        command_line("--lab", str(lab.path), "serve", "--port", "0", *options),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    assert server.stdout is not None
    line = server.stdout.readline()
    running = Lab(lab.path).running_server()
    assert running is not None
    assert line == wanted.format(port=running.port)
    assert running.pid == server.pid
    server.send_signal(number)
    _, errors = server.communicate(timeout=10)
    assert (server.returncode, errors) == (0, "")
    assert not Lab(lab.path).running_path.exists()


def test_plain_http_answers_and_no_trace_writes_none(lab: CliLab) -> None:
    with ServerProcess(lab.path, ("--no-tls", "--no-trace")) as server:
        url = f"http://127.0.0.1:{server.port}/gsma/rsp2/es9plus/initiateAuthentication"
        with urllib.request.urlopen(url, data=b"{}", timeout=10) as answer:
            assert answer.status == 200
            status = json.load(answer)["header"]["functionExecutionStatus"]["status"]
    assert status == "Failed"
    assert not list(Lab(lab.path).traces_path.iterdir())


def test_a_busy_port_is_named(lab: CliLab) -> None:
    with lab.serving() as server:
        done = subprocess.run(
            command_line("--lab", str(lab.path), "serve", "--port", str(server.port)),
            capture_output=True,
            text=True,
            env=environment(),
        )
        assert done.returncode == 2
        assert f"port {server.port}" in done.stderr
        assert "--port" in done.stderr
        # The one that was there first is still the lab's server.
        running = Lab(lab.path).running_server()
        assert running is not None
        assert running.pid == server.pid


def test_profiles_made_before_the_port_was_known_report_to_it(lab: CliLab) -> None:
    own = lab.json("profile", "build")
    assert own["notification_addresses"] == ["localhost:8443"]
    with lab.serving() as server:
        shown = lab.json("profile", "show", own["iccid"])
        assert shown["notification_addresses"] == [f"localhost:{server.port}"]


def test_a_card_in_use_is_said_to_be(lab: CliLab) -> None:
    from lab.cards import open_card
    from lab.trace import NoTrace

    lab("card", "create", "c1")
    with open_card(Lab(lab.path), "c1", NoTrace()):
        assert "in use" in lab("card", "show", "c1", expect=3).stderr
