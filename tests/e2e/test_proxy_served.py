"""`rsplab proxy` between our LPA and a real card and server: traced, unchanged, disturbed, and written as scenarios."""

import base64
import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from lab.agent import tls_trust
from lab.background import command_line, environment
from lab.cards import open_card
from lab.directory import Lab
from lab.trace import NoTrace, read_trace
from lpa.card.in_process import InProcessLink
from lpa.card.record import Recording
from lpa.core.errors import HttpStatusError
from lpa.core.procedures.download import download
from lpa.core.settings import LpaSettings
from lpa.drive import run
from lpa.http.blocking import BlockingHttpClient
from lpa.http.trust import TlsTrust
from lpa.user import ScriptedUser
from scenarios import REGISTRY
from tests.support.lab import CliLab, new_lab
from wire.activation_code import ActivationCode

FUNCTIONS = ["initiateAuthentication", "authenticateClient", "getBoundProfilePackage", "handleNotification"]


@pytest.fixture
def lab(tmp_path: Path) -> CliLab:
    made = new_lab(tmp_path / "lab")
    made("card", "create", "c1")
    return made


@contextmanager
def proxy(lab: CliLab, *words: str) -> Iterator[dict[str, Any]]:
    """A proxy process that listens; what it says."""
    line = command_line("--lab", str(lab.path), "proxy", *words, "--json")
    process = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment())
    assert process.stdout is not None
    first = process.stdout.readline()
    if not first:
        pytest.fail(f"the proxy did not start: {process.communicate(timeout=30)[1]}")
    try:
        yield json.loads(first)
    finally:
        process.send_signal(signal.SIGTERM)
        errors = process.communicate(timeout=30)[1]
    assert (process.returncode, "Traceback" in errors) == (0, False), errors


def events(lab: CliLab) -> list[dict[str, Any]]:
    (path,) = Lab(lab.path).traces_path.glob("*-proxy.jsonl")
    return sorted(read_trace(path), key=lambda event: event["n"])


def verdicts(lab: CliLab, file: Path) -> dict[str, str]:
    """What `rsplab run FILE.py` says of each scenario in the file."""
    report = file.with_suffix(".json")
    lab("run", str(file), "--no-sanity", "--report", f"json:{report}")
    found = {one["id"]: one["verdict"] for one in json.loads(report.read_text())["results"]}
    for name in found:  # of this file alone: other tests count what there is
        del REGISTRY[name]
    return found


def ask(lab: CliLab, order: dict[str, Any], port: int, retry_waits_s: tuple[float, ...] = ()) -> str:
    """A download whose server is the proxy, under the name and port of the server behind it; the transactionId."""
    code = ActivationCode.parse(order["activation_code"])
    known = tls_trust(Lab(lab.path))
    http = BlockingHttpClient(TlsTrust(known.ci_certificates, resolve={"localhost": f"127.0.0.1:{port}"}))
    with open_card(Lab(lab.path), "c1", NoTrace()) as card:
        link = InProcessLink(card)
        link.connect()
        try:
            settings = LpaSettings(retry_waits_s=retry_waits_s)
            done = run(download(settings, code), link, http, ScriptedUser(), sleep=lambda _: None)
        finally:
            http.close()
    return done.transaction_id.hex().upper()


def test_a_download_through_the_card_proxy(lab: CliLab, tmp_path: Path) -> None:
    file, log = tmp_path / "download_card.py", tmp_path / "card.jsonl"
    words = ("apdu", "c1", "--tcp", "0", "--scenario", str(file), "--record", str(log))
    order = lab.order()
    own = tmp_path / "lpa.jsonl"
    with lab.serving("--no-trace"), proxy(lab, *words) as ready:
        card = f"tcp:{ready['port']}"
        answer = lab(
            "lpa",
            "--card",
            card,
            "--record",
            str(own),
            "profile",
            "download",
            order["activation_code"],
            "--yes",
            "--json",
        ).json
        lab("lpa", "--card", card, "profile", "enable", order["iccid"], "--json")
    assert Recording.load(log).exchanges[: len(Recording.load(own).exchanges)] == Recording.load(own).exchanges

    seen = [event for event in events(lab) if event["kind"] == "apdu"]
    raws = [event["raw_hex"] for event in seen if event["role"] == "lpa"]
    assert raws == [octets.hex().upper() for pair in Recording.load(log).exchanges for octets in pair]
    of_session = [event for event in seen if event["session"] == answer["transaction_id"]]
    names = [
        event["function"].partition(".")[2]
        for event in of_session
        if event["direction"] == "response"
        if "function" in event
    ]
    wanted = ["GetEUICCChallenge", "AuthenticateServer", "PrepareDownload", "LoadBoundProfilePackage"]
    assert [name for name in names if name in wanted] == wanted
    assert not [event for event in seen if "decode_error" in event]

    text = file.read_text()
    for line in ('s.result("AuthenticateServer"', "s.installed(result)", '"EnableProfile", s.card.enable(profile1'):
        assert line in text
    assert verdicts(lab, file) == {"recorded.download_card.euicc": "pass"}


def test_a_status_word_instead_of_the_card(lab: CliLab, tmp_path: Path) -> None:
    file = tmp_path / "refused_card.py"
    words = ("apdu", "c1", "--tcp", "0", "--scenario", str(file), "--fault", "StatusWord(0x6985, es10=0xBF3E)")
    with proxy(lab, *words) as ready:
        card = f"tcp:{ready['port']}"
        refused = lab("lpa", "--card", card, "info", expect=1)
        assert "6985" in refused.stderr
        assert lab("lpa", "--card", card, "info", "--json").json["eid"]
    asked = [event for event in events(lab) if event.get("function") == "ES10c.GetEID"]
    commands = [event["role"] for event in asked if event["direction"] == "command"]
    assert commands == ["lpa", "lpa", "card"]
    assert [event["fault"] for event in events(lab) if event["kind"] == "fault"] == [
        "StatusWord(sw=27013, at=1, es10=48958, times=1)"
    ]
    assert verdicts(lab, file) == {"recorded.refused_card.euicc": "pass"}


def test_a_download_through_the_server_proxy(lab: CliLab, tmp_path: Path) -> None:
    file = tmp_path / "download_server.py"
    order = lab.order()
    with lab.serving() as server:
        words = ("es9", f"https://localhost:{server.port}", "--port", "0", "--scenario", str(file))
        with proxy(lab, *words) as ready:
            session = ask(lab, order, ready["port"])
    https = [event for event in events(lab) if event["kind"] == "http"]
    (served,) = Lab(lab.path).traces_path.glob("*-smdp.jsonl")
    behind = [event for event in sorted(read_trace(served), key=lambda event: event["n"]) if event["kind"] == "http"]
    assert [(e["direction"], e["function"], e["body"]) for e in https] == [
        (e["direction"], e["function"], e["body"]) for e in behind
    ]
    requests = [event for event in https if event["direction"] == "request"]
    assert [event["function"] for event in requests][:4] == FUNCTIONS
    assert [event["session"] for event in https[:8]] == [session] * 8
    code = ActivationCode.parse(order["activation_code"])
    assert json.loads(requests[0]["body"])["smdpAddress"] == code.smdp_address
    package = next(event for event in https if "boundProfilePackage" in event.get("decoded", {}))
    assert base64.b64decode(json.loads(package["body"])["boundProfilePackage"])[:2] == b"\xbf\x36"
    assert not [event for event in https if "decode_error" in event.get("decoded", event)]
    assert lab.json("order", "show", order["order_id"])["state"] == "Installed"
    assert "s.accepted(session.get_package(order.confirmation_code))" in file.read_text()
    assert verdicts(lab, file) == {"recorded.download_server.smdp": "pass"}


def test_an_http_status_instead_of_the_server(lab: CliLab, tmp_path: Path) -> None:
    file = tmp_path / "refused_server.py"
    order = lab.order()
    with lab.serving("--no-trace") as server:
        words = ("es9", f"https://localhost:{server.port}", "--port", "0", "--scenario", str(file))
        fault = 'HttpStatus("authenticateClient", 500, times=1)'
        with proxy(lab, *words, "--fault", fault) as ready, pytest.raises(HttpStatusError):
            ask(lab, order, ready["port"])
        with proxy(lab, *words, "--fault", fault) as ready:
            ask(lab, order, ready["port"], (1.0,))
    answered = [
        (event["role"], event["status"])
        for event in events(lab)
        if event["kind"] == "http" and event["direction"] == "response" and event["function"] == "authenticateClient"
    ]
    assert answered == [("lpa", 500), ("lpa", 500), ("smdp", 200), ("lpa", 200)]
    assert "front = s.front(HttpStatus(function='authenticateClient', status=500, times=1))" in file.read_text()
    assert verdicts(lab, file) == {"recorded.refused_server.smdp": "pass", "recorded.refused_server.lpa": "pass"}


def test_plain_http_only_by_name(lab: CliLab) -> None:
    refused = lab("proxy", "es9", "http://localhost:8443", "--port", "0", expect=2)
    assert "--no-tls" in refused.stderr
    with (
        lab.serving("--no-tls", "--no-trace") as server,
        proxy(lab, "es9", f"http://localhost:{server.port}", "--no-tls", "--port", "0") as ready,
    ):
        trust = TlsTrust([], resolve={"localhost": f"127.0.0.1:{ready['port']}"}, insecure_plain_http=True)
        http = BlockingHttpClient(trust)
        reply = http.post("http://localhost/gsma/rsp2/es9plus/initiateAuthentication", {}, b"{}")
        http.close()
    refusal = json.loads(reply.body)["header"]["functionExecutionStatus"]
    assert refusal["status"] == "Failed"
    assert [event["kind"] for event in events(lab)] == ["http", "http"]
    assert events(lab)[1]["body"].encode() == reply.body
