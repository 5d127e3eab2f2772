"""Activation codes of SM-DP+ that aren't the lab's: two labs, each with its server, and a device of the first."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lab.background import ServerProcess
from lab.directory import Lab
from lab.sealing import Texts
from lab.store import open_ledger
from lab.store.records import Operation
from tests.support.api import ApiLab, Client, iccid, make_lab, profile

_SETTINGS = "[agent]\nretry_waits_s = []\n"
_ARGUMENTS = ("--api-port", "0", "--no-trace")


@pytest.fixture(scope="module")
def labs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ApiLab, ApiLab]]:
    """The device's lab and another SM-DP+ under the same CIs."""
    here, there = tmp_path_factory.mktemp("here") / "lab", tmp_path_factory.mktemp("there") / "lab"
    foreign, tokens = make_lab(there, _SETTINGS, "dp.far.example")
    shutil.copytree(there, here)
    with ServerProcess(there, _ARGUMENTS) as other:
        lab = _moved(here, other.ready["port"])
        with ServerProcess(here, _ARGUMENTS) as one:
            yield ApiLab(lab, one, tokens), ApiLab(foreign, other, tokens)


def _moved(path: Path, port: int, foreign: str = "dp.far.example") -> Lab:
    """The lab under another name, which knows where the foreign server is."""
    settings = Lab(path).settings_path
    text = settings.read_text().replace(f'"{foreign}" = "127.0.0.1"', f'"{foreign}" = "127.0.0.1:{port}"')
    settings.write_text(text.replace(f'address = "{foreign}"', 'address = "localhost"'))
    return Lab(path)


@pytest.fixture(scope="module")
def device(labs: tuple[ApiLab, ApiLab]) -> str:
    return labs[0].client().device(1)


def _download(client: Client, **body: Any) -> str:
    return str(client.post("/profiles/download", body, 202)["operationId"])


def test_a_foreign_profile_comes_under_management(labs: tuple[ApiLab, ApiLab], device: str) -> None:
    client, operator = (lab.client() for lab in labs)
    policies = [{"type": "PPR2", "value": True}]
    metadata = {"name": "Abroad", "description": "", "policies": policies, "features": []}
    code = operator.post("/profiles", profile(1, 1, mno="Far Mobile", metadata=metadata))["activationCode"]

    ended = client.follow(_download(client, activationCode=code, eid=device))
    assert (ended["state"], ended["iccid"]) == ("SUCCEEDED", iccid(1)), ended
    shown = client.get(f"/profiles/{iccid(1)}")
    assert {name: shown[name] for name in ("profileState", "eid", "mno", "activationCode", "profileType")} == {
        "profileState": "INSTALLED",
        "eid": device,
        "mno": "Far Mobile",
        "activationCode": code,
        "profileType": "OPERATIONAL",
    }
    assert (shown["metadata"]["name"], shown["metadata"]["policies"]) == ("Abroad", policies)
    assert operator.get(f"/profiles/{iccid(1)}")["profileState"] == "CREATED"  # its device is not at that lab
    assert client.post(f"/profiles/{iccid(1)}/enable")["status"] == "ENABLED"
    assert client.post(f"/profiles/{iccid(1)}/disable")["status"] == "DISABLED"
    refused = client("DELETE", f"/profiles/{iccid(1)}", expect=409).json
    assert refused["error"] == "OPERATION_NOT_PERMITTED"  # the rule that came from abroad


def test_the_user_is_asked_and_the_code_lies_sealed(labs: tuple[ApiLab, ApiLab], device: str) -> None:
    here, there = labs
    client, operator = here.client(), there.client()
    operator.post("/profiles", profile(2, 1))
    code = operator.post("/activation-codes", {"iccid": iccid(2), "confirmationCode": "4711"})["activationCode"]
    missing = client("POST", "/profiles/download", {"activationCode": code, "eid": device}, expect=400).json
    assert missing["details"]["field"] == "confirmationCode"
    operation_id = _download(
        client, activationCode=code, eid=device, confirmationRequired=True, confirmationCode="4711"
    )
    while client.get(f"/operations/{operation_id}")["state"] == "IN_PROGRESS":
        pass
    ledger = open_ledger(here.lab.database_url, here.lab.clock)
    with ledger.reading() as reading:
        kept = reading.get(Operation, operation_id)
    assert kept is not None
    assert "4711" not in kept.confirmation_code
    place = f"esim_operations.confirmation_code {operation_id}"
    assert Texts(here.lab.keyring).open(kept.confirmation_code, place) == "4711"
    client.post(f"/operations/{operation_id}/confirm", {"decision": "ACCEPT"})
    assert client.follow(operation_id)["state"] == "SUCCEEDED"
    with ledger.reading() as reading:
        used = reading.get(Operation, operation_id)
    assert used is not None
    assert used.confirmation_code == ""
    ledger.close()


def test_a_matching_id_that_the_foreign_server_lacks(labs: tuple[ApiLab, ApiLab], device: str) -> None:
    client, operator = (lab.client() for lab in labs)
    address = operator.post("/profiles", profile(3, 1))["activationCode"].split("$")[1]
    ended = client.follow(_download(client, activationCode=f"LPA:1${address}$NOBODY-KNOWS", eid=device))
    assert (ended["state"], ended["error"]["error"], ended["iccid"]) == ("FAILED", "INVALID_ACTIVATION_CODE", "")
    assert (ended["error"]["details"]["subjectCode"], ended["error"]["details"]["reasonCode"]) == ("8.2.6", "3.8")


@pytest.mark.parametrize("trusted", [True, False])
def test_a_server_that_is_not_there_or_not_trusted(
    labs: tuple[ApiLab, ApiLab], device: str, tmp_path: Path, trusted: bool
) -> None:
    client = labs[0].client()
    if trusted:
        ended = client.follow(_download(client, activationCode="LPA:1$127.0.0.1:1$A", eid=device))
    else:
        make_lab(tmp_path / "lab", address="127.0.0.1")  # another PKI
        with ServerProcess(tmp_path / "lab", _ARGUMENTS) as server:
            code = f"LPA:1$127.0.0.1:{server.ready['port']}$A"
            ended = client.follow(_download(client, activationCode=code, eid=device))
    assert (ended["state"], ended["error"]["error"]) == ("FAILED", "NETWORK_ERROR"), ended
    assert ended["error"]["details"]["explanation"]["meaning"]


def test_a_code_lives_as_long_as_its_profile(labs: tuple[ApiLab, ApiLab]) -> None:
    client = labs[0].client()
    until = "2095-01-01T00:00:00.000Z"
    client.post("/profiles", profile(4, 1, expiresAt=until))
    assert client.post(f"/profiles/{iccid(4)}/activation-code")["expiresAt"] == until
    assert client.post("/activation-codes", {"iccid": iccid(4)})["expiresAt"] == until
