"""`rsplab serve` with ES2+ and SM-DS: the operator hears at once whether the event is registered."""

import http.client
import json
from pathlib import Path
from typing import Any

import pytest

from lab.directory import Lab
from lab.pki import load_pki
from smdp.store.events import open_events
from smdp.web.tls import client_context
from tests.support.lab import CliLab, new_lab

SMDS = "testrootsmds.example.com"


class Operator:
    """A registered operator at the lab's ES2+."""

    def __init__(self, lab: CliLab, directory: Path) -> None:
        self.credential, self.ci = load_pki(Lab(lab.path)).mno(), load_pki(Lab(lab.path)).ci()
        (directory / "mno.pem").write_bytes(self.credential.certificate_pem)
        (directory / "operators.toml").write_text('[[operator]]\nidentifier = "ACME"\ncertificate = "mno.pem"\n')
        lab("provision", str(directory / "operators.toml"))

    def call(self, port: int, function: str, **members: Any) -> str:
        """The status code, or the status of a success."""
        context = client_context(self.credential.chain_pem, self.credential.key_pem, self.ci.certificate_pem)
        connection = http.client.HTTPSConnection("localhost", port, timeout=30, context=context)
        header = {"functionRequesterIdentifier": "ACME", "functionCallIdentifier": f"{function} {members}"}
        body = json.dumps({"header": header} | members)
        connection.request("POST", f"/gsma/rsp2/es2plus/{function}", body, {"Content-Type": "application/json"})
        answer = json.loads(connection.getresponse().read())
        connection.close()
        status = answer["header"]["functionExecutionStatus"]
        data = status.get("statusCodeData")
        return f"{data['subjectCode']}/{data['reasonCode']}" if data else str(status["status"])


@pytest.fixture
def lab(tmp_path: Path) -> CliLab:
    return new_lab(tmp_path / "lab")


def port_of(server: Any, interface: str) -> int:
    (found,) = [one["port"] for one in server.ready["listeners"] if one["interface"] == interface]
    return int(found)


def test_confirming_and_cancelling_with_the_labs_smds(lab: CliLab, tmp_path: Path) -> None:
    operator, profile = Operator(lab, tmp_path), lab.json("profile", "build")
    lab("card", "create", "c1")
    eid, iccid = lab.lpa("info").json["eid"], profile["iccid"].ljust(20, "F")
    order = {"iccid": iccid, "smdsAddress": SMDS, "releaseFlag": True}

    def events() -> list[str]:
        store = open_events(Lab(lab.path).database_url)
        try:
            return [event.event_id for event in store.events(eid)]
        finally:
            store.close()

    with lab.serving("--es2-port", "0", "--es12-port", "0") as server:
        port = port_of(server, "es2+")
        assert operator.call(port, "downloadOrder", eid=eid, iccid=iccid) == "Executed-Success"
        away = order | {"smdsAddress": "localhost:1"}
        assert operator.call(port, "confirmOrder", **away, matchingId="EVENT-0") == "8.9/5.1"
        assert operator.call(port, "confirmOrder", **order, matchingId="EVENT-1") == "Executed-Success"
        assert events() == ["EVENT-1"]
        cancelled = operator.call(port, "cancelOrder", iccid=iccid, finalProfileStatusIndicator="Unavailable")
        assert cancelled == "Executed-Success"
        assert events() == []
