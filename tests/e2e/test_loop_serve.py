"""`rsplab serve` as a process: says when it listens, ends cleanly, says what is in its way."""

import http.client
import json
import signal
import ssl
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from certs.authority import Credential
from certs.pki import Pki
from lab.background import ServerProcess, command_line, environment
from lab.directory import Lab
from lab.pki import load_pki, not_before
from smdp.store.events import open_events
from smdp.web.tls import client_context
from tests.support.lab import CliLab, new_lab
from wire.ids import Eid


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
    with started(lab, *options) as server:
        assert server.stdout is not None
        line = server.stdout.readline()
        running = Lab(lab.path).running_server()
        assert running is not None
        assert line == wanted.format(port=running.main.port)
        assert running.pid == server.pid
        server.send_signal(number)
        _, errors = server.communicate(timeout=10)
        assert (server.returncode, errors) == (0, "")
    assert not Lab(lab.path).running_path.exists()


@contextmanager
def started(lab: CliLab, *options: str) -> Iterator["subprocess.Popen[str]"]:
    """`rsplab serve` as a plain process, which never outlives the test."""
    server = subprocess.Popen(
        command_line("--lab", str(lab.path), "serve", "--port", "0", *options),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    try:
        yield server
    finally:
        if server.poll() is None:
            server.kill()
        server.communicate()


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


def test_every_listener_is_served_and_told(lab: CliLab) -> None:
    settings = lab.path / "lab.toml"
    settings.write_text(settings.read_text() + '\n[[listener]]\nport = 0\ncis = ["BRP"]\n')
    options = ("--es2-port", "0", "--smds-port", "0", "--es12-port", "0")
    with lab.serving(*options) as server:
        assert server.ready["listeners"][0]["port"] == server.port
        told = [
            (listener["interface"], listener["address"].partition(":")[0]) for listener in server.ready["listeners"]
        ]
        assert told == [
            ("es9+", "localhost"),
            ("es2+", "localhost"),
            ("es11", "testrootsmds.example.com"),
            ("es12", "testrootsmds.example.com"),
            ("es9+", "localhost"),
        ]
        running = Lab(lab.path).running_server()
        assert running is not None
        assert [bound.port for bound in running.listeners] == [entry["port"] for entry in server.ready["listeners"]]


def test_a_listener_with_one_ci_serves_only_cards_that_know_it(lab: CliLab) -> None:
    settings = lab.path / "lab.toml"
    settings.write_text(settings.read_text() + '\n[[listener]]\nport = 0\ncis = ["BRP"]\n')
    for curve in ("nist", "brp"):
        lab("card", "create", curve, "--ci", curve)
    order = lab.order()
    with lab.serving() as server:
        port = server.ready["listeners"][1]["port"]
        code = f"1$localhost:{port}${order['matching_id']}"
        assert "8.8.2/3.1" in lab.lpa("profile", "download", code, "--yes", card="nist", expect=1).stderr
        lab.lpa("profile", "download", code, "--yes", card="brp")


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("port = 'x'", "port"),
        ("interface = 'es9+'", "port"),
        ("port = 70000", "port"),
        ("port = 0\ninterface = 'es3'", "es3"),
        ("port = 0\ncis = ['RSA']", "RSA"),
        ("port = 0\nlowest_svn = '2'", "2.2"),
        ("port = 0\ncolour = 1", "colour"),
    ],
)
def test_a_wrong_listener_is_named(lab: CliLab, table: str, said: str) -> None:
    settings = lab.path / "lab.toml"
    settings.write_text(settings.read_text() + f"\n[[listener]]\n{table}\n")
    assert said in lab("serve", expect=2).stderr


def test_discovery_finds_the_event_and_downloads(lab: CliLab, tmp_path: Path) -> None:
    lab("card", "create", "c1")
    eid = lab.lpa("info").json["eid"]
    order = lab.order("--eid", eid)
    file = tmp_path / "events.toml"
    with lab.serving("--smds-port", "0") as server:
        file.write_text(
            f'[[event]]\neid = "{eid}"\nevent_id = "{order["matching_id"]}"\naddress = "{server.address}"\n'
            f'[[event]]\neid = "{Eid.with_check_digits("89049032" + "1" * 22)}"\nevent_id = "OTHER"\n'
        )
        lab("provision", str(file))
        found = lab.lpa("discovery", "--yes").json
    assert [profile["iccid"] for profile in found] == [order["iccid"]]
    assert lab.json("order", "show", order["order_id"])["state"] == "Installed"


def test_an_event_that_fails_does_not_keep_the_others_from_being_tried(lab: CliLab, tmp_path: Path) -> None:
    lab("card", "create", "c1")
    eid = lab.lpa("info").json["eid"]
    order = lab.order("--eid", eid)
    file = tmp_path / "events.toml"
    with lab.serving("--smds-port", "0") as server:
        events = [("A-NOBODY-KNOWS-THIS", server.address), (order["matching_id"], server.address)]
        file.write_text(
            "".join(f'[[event]]\neid = "{eid}"\nevent_id = "{id}"\naddress = "{at}"\n' for id, at in events)
        )
        lab("provision", str(file))
        answer = lab.lpa("discovery", "--yes", expect=1)
    assert [profile["iccid"] for profile in answer.json] == [order["iccid"]]
    assert f"event A-NOBODY-KNOWS-THIS at {server.address}: " in answer.stderr


def test_preview_dump_and_a_download_by_address_and_matching_id(lab: CliLab) -> None:
    lab("card", "create", "c1")
    order = lab.order()
    with lab.serving() as server:
        code = ("--smdp", server.address, "--matching-id", order["matching_id"])
        seen = lab.lpa("profile", "download", *code, "--preview").json
        assert (seen["iccid"], seen["policy_rules"]) == (order["iccid"], [])
        assert lab.lpa("profile", "list").json == []
        assert lab.lpa("profile", "download", *code, "--yes").json["iccid"] == order["iccid"]
        assert lab.lpa("profile", "enable", order["iccid"], "--no-refresh").json["state"] == "enabled"
    lab.lpa("profile", "disable", order["iccid"])
    (pending,) = lab.lpa("notification", "list").json
    dumped = lab.lpa("notification", "dump", str(pending["seq_number"])).json
    assert dumped["pending_notification_hex"].startswith("3082")
    assert {name: dumped[name] for name in pending} == pending
    assert "no notification 999" in lab.lpa("notification", "process", "999", expect=2).stderr
    lab.lpa("notification", "dump", "999", expect=2)
    assert "either" in lab.lpa("profile", "download", "--matching-id", "X", expect=2).stderr


def test_an_order_for_an_smds_is_found_there_and_gone_after_the_download(lab: CliLab) -> None:
    lab("card", "create", "c1")
    eid = lab.lpa("info").json["eid"]
    with lab.serving("--smds-port", "0", "--es12-port", "0"):
        order = lab.order("--smds", "testrootsmds.example.com", "--eid", eid)
        found: list[dict[str, str]] = []
        deadline = time.monotonic() + 20
        while not found and time.monotonic() < deadline:
            found = lab.lpa("discovery", "--yes").json
        assert [profile["iccid"] for profile in found] == [order["iccid"]]
        while registered(lab, eid) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert registered(lab, eid) == []


def registered(lab: CliLab, eid: str) -> list[str]:
    """The EventIDs that wait at the lab's SM-DS."""
    events = open_events(Lab(lab.path).database_url)
    try:
        return [event.event_id for event in events.events(eid)]
    finally:
        events.close()


def test_discovery_without_events_finds_nothing(lab: CliLab) -> None:
    lab("card", "create", "c1")
    with lab.serving("--smds-port", "0"):
        assert lab.lpa("discovery", "--yes").json == []


def test_an_operator_orders_over_es2(lab: CliLab, tmp_path: Path) -> None:
    """A registered operator with its certificate gets a profile; a stranger's certificate reaches no function."""
    pki = load_pki(Lab(lab.path))
    (tmp_path / "mno.pem").write_bytes(pki.mno().certificate_pem)
    (tmp_path / "operators.toml").write_text('[[operator]]\nidentifier = "ACME"\ncertificate = "mno.pem"\n')
    lab("provision", str(tmp_path / "operators.toml"))
    profile = lab.json("profile", "build")
    body = {
        "header": {"functionRequesterIdentifier": "ACME", "functionCallIdentifier": "1"},
        "iccid": profile["iccid"].ljust(20, "F"),
    }

    def download_order(port: int, credential: Credential) -> dict[str, Any]:
        context = client_context(credential.chain_pem, credential.key_pem, pki.ci().certificate_pem)
        connection = http.client.HTTPSConnection("localhost", port, timeout=10, context=context)
        headers = {"Content-Type": "application/json", "X-Admin-Protocol": "gsma/rsp/v2.5.0"}
        connection.request("POST", "/gsma/rsp2/es2plus/downloadOrder", json.dumps(body), headers)
        answer: dict[str, Any] = json.loads(connection.getresponse().read())
        connection.close()
        return answer

    with lab.serving("--es2-port", "0") as server:
        port = server.ready["listeners"][1]["port"]
        good = download_order(port, pki.mno())
        assert good["header"]["functionExecutionStatus"]["status"] == "Executed-Success"
        stranger = Pki.generate(["localhost"], not_before=not_before(datetime.now(UTC)), curves=["NIST"])
        with pytest.raises((ssl.SSLError, ConnectionError)):
            download_order(port, stranger.mno())
    assert lab.json("order", "list")[0]["state"] == "Allocated"
