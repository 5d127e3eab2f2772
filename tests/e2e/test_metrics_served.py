"""What a served lab measures: counted where it happens, one answer for all workers, and nothing that tells who."""

import json
import re
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lab.background import ServerProcess, command_line, environment
from lab.directory import Lab
from lab.pki import load_pki
from tests.support.lab import CliLab, new_lab
from wire.ids import Eid, Iccid

SAMPLE = re.compile(r"(?P<name>[a-z_]+)(\{(?P<labels>.*)\})? (?P<value>[0-9.e+-]+)")
EID = str(Eid.with_check_digits("89049032" + "0" * 21 + "7"))
ICCID = str(Iccid.with_check_digit("890010400000000077"))
DEVICE = {"manufacturer": "ACME", "model": "One", "osVersion": "14", "lpaVersion": "1", "capabilities": []}


@pytest.fixture
def lab(tmp_path: Path) -> CliLab:
    return new_lab(tmp_path / "lab")


class Api:
    """The API of a served lab, for a caller on loopback."""

    def __init__(self, server: ServerProcess) -> None:
        self.base: str = server.ready["api"]

    def get(self, path: str) -> tuple[int, str]:
        return self._call(urllib.request.Request(self.base + path))

    def post(self, path: str, body: object = None) -> Any:
        request = urllib.request.Request(self.base + "/api/v1/esim" + path, method="POST")
        request.add_header("Content-Type", "application/json")
        request.data = json.dumps({} if body is None else body).encode()
        return json.loads(self._call(request)[1])

    def samples(self) -> dict[str, float]:
        """Every sample, by its name with its labels."""
        status, text = self.get("/metrics")
        assert status == 200
        found = [SAMPLE.fullmatch(line) for line in text.splitlines() if not line.startswith("#")]
        return {f"{one['name']}{{{one['labels'] or ''}}}": float(one["value"]) for one in found if one}

    def _call(self, request: urllib.request.Request) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()


def own_eid(lab: CliLab) -> str:
    """An EID that the lab's EUM may issue for."""
    from lab.cards import certificate_eid

    pki = load_pki(Lab(lab.path))
    return certificate_eid(pki.euicc(pki.curves[0]))


def until(condition: Callable[[], bool]) -> None:
    import time

    for _ in range(400):
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError("it never came to hold")


@pytest.mark.parametrize("workers", [1, 2])
def test_a_life_of_a_profile_is_measured(lab: CliLab, workers: int) -> None:
    eid = own_eid(lab)
    with lab.serving("--workers", str(workers), "--api-port", "0", "--api-anonymous", "admin") as server:
        api = Api(server)
        api.post("/devices", {"eid": eid, "deviceInfo": DEVICE})
        compatible = api.post(f"/devices/{eid}/check-compatibility")["compatible"]
        made = api.post(
            "/profiles",
            {"iccid": ICCID, "eid": eid, "profileType": "OPERATIONAL", "mno": "ACME", "metadata": {"name": "P"}},
        )
        iccid = made.get("iccid", ICCID)
        api.post(f"/profiles/{iccid}/download")
        until(lambda: ended(api, "DOWNLOAD") == 1)
        api.post(f"/profiles/{iccid}/enable")
        until(lambda: ended(api, "ENABLE") == 1)
        assert api.post(f"/profiles/{'8' * 19}/enable")["error"]
        found = api.samples()
        text = api.get("/metrics")[1]
    assert compatible is True
    assert found['rsplab_compatibility_checks_total{result="compatible"}'] == 1
    assert found['rsplab_operations_total{kind="DOWNLOAD",result="succeeded"}'] == 1
    assert found['rsplab_operations_total{kind="ENABLE",result="succeeded"}'] == 1
    assert found['rsplab_operation_seconds_count{kind="DOWNLOAD",result="succeeded"}'] == 1
    assert found['rsplab_profile_transition_seconds_count{after="ENABLED",before="INSTALLED"}'] == 1
    for function in ("initiateAuthentication", "authenticateClient", "getBoundProfilePackage", "handleNotification"):
        assert found[f'rsplab_smdp_function_seconds_count{{function="{function}"}}'] >= 1
    assert found['rsplab_smdp_order_transitions_total{after="Installed",before="Downloaded"}'] == 1
    assert sum(value for name, value in found.items() if name.startswith("rsplab_errors_total")) == 1
    route = "/profiles/{iccid}/enable"
    assert any(route in name and name.startswith("rsplab_api_request_seconds_count") for name in found)
    assert eid not in text
    assert ICCID not in text
    assert ICCID[:-1] not in text


def ended(api: Api, kind: str) -> float:
    """How many operations of this kind have ended."""
    return sum(
        value for name, value in api.samples().items() if name.startswith(f'rsplab_operations_total{{kind="{kind}"')
    )


def test_refusals_of_the_server_are_counted_by_their_code(lab: CliLab) -> None:
    lab("card", "create", "c1")
    with lab.serving("--api-port", "0") as server:
        lab.lpa("profile", "download", f"1${server.address}$NO-SUCH-ORDER", "--yes", expect=1)
        found = Api(server).samples()
    assert found['rsplab_smdp_refusals_total{function="authenticateClient",reason="3.8",subject="8.2.6"}'] == 1


def test_health(lab: CliLab) -> None:
    with lab.serving("--api-port", "0") as server:
        api = Api(server)
        assert api.get("/healthz") == (200, '{"status": "ok"}')
        assert api.get("/readyz") == (200, '{"status": "ok", "checks": {"database": "ok"}}')


def test_metrics_are_for_loopback_or_a_key(lab: CliLab) -> None:
    with lab.serving("--api-port", "0") as server:
        base = Api(server).base
        request = urllib.request.Request(base + "/metrics", headers={"Host": "evil.example.com"})
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request, timeout=10)
        assert refused.value.code == 401
        request = urllib.request.Request(base + "/metrics", headers={"Authorization": "Bearer wrong"})
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request, timeout=10)
        assert refused.value.code == 401


def test_the_log_of_a_server_names_the_request_and_nobody(lab: CliLab, tmp_path: Path) -> None:
    surroundings = {**environment(), "RSPLAB_LOG": "json"}
    log = tmp_path / "log"
    line = command_line("--lab", str(lab.path), "serve", "--json", "--port", "0", "--api-port", "0")
    with log.open("w") as errors:
        server = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=errors, text=True, env=surroundings)
    assert server.stdout is not None
    try:
        base = json.loads(server.stdout.readline())["api"]
        request = urllib.request.Request(f"{base}/api/v1/esim/profiles/{ICCID}", headers={"X-Request-Id": "mine-1"})
        with pytest.raises(urllib.error.HTTPError):
            urllib.request.urlopen(request, timeout=10)
    finally:
        server.terminate()
        server.communicate(timeout=20)
    lines = [json.loads(text) for text in log.read_text().splitlines()]
    (mine,) = [one for one in lines if one.get("requestId") == "mine-1"]
    assert mine["message"].startswith("GET /api/v1/esim/profiles/****")
    assert ICCID not in log.read_text()
