"""A device whose eUICC is in a PC/SC reader: registered, downloaded to and enabled through a real pcscd.

Needs root, pcscd, vsmartcard-vpcd and pyscard; skipped with the reason where one is missing.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.api import make_lab
from tests.support.lab import CliLab
from tests.support.pcscd import Desk, desk, need_a_reader

_SCRIPT = """
import json, sys
from pathlib import Path
from lab.background import ServerProcess
from lab.directory import Lab
from lab.managers import ManagementError, NewProfile, open_management

path, eid, wrong, iccid = sys.argv[1:]
info = {"osVersion": "15"}
with ServerProcess(Path(path), ("--no-api", "--no-trace")), open_management(Lab(Path(path))) as management:
    try:
        management.devices.register_device(wrong, info, reader="pcsc:0")
    except ManagementError as error:
        refused = error.code
    device = management.devices.register_device(eid, info, reader="pcsc:0")
    compatible = management.devices.check_compatibility(eid).compatible
    management.profiles.create_profile(NewProfile(iccid, eid, "OPERATIONAL", "Example", {"name": "Plan"}))
    ended = []
    for verb in ("download_profile", "enable_profile"):
        begun = getattr(management.profiles, verb)(iccid)
        ended.append(management.operations.wait(begun.operation_id).state)
    state = management.profiles.get_profile(iccid).state
print(json.dumps({"refused": refused, "card": device.card, "fits": compatible, "ended": ended, "state": state}))
"""


@pytest.fixture(scope="module")
def reader() -> Iterator[Desk]:
    need_a_reader()
    with desk() as found:
        yield found


def test_a_device_in_a_reader(reader: Desk, tmp_path: Path) -> None:
    lab, _ = make_lab(tmp_path / "lab")
    cli = CliLab(lab.path)
    eid = cli.json("card", "create", "c1")["eid"]
    wrong = cli.json("card", "create", "c2")["eid"]
    with reader.plugged("--lab", str(lab.path), "card", "serve", "c1"):
        done = reader.run(sys.executable, "-c", _SCRIPT, str(lab.path), eid, wrong, "8999001234567890123")
    assert json.loads(done.stdout) == {
        "refused": "INVALID_EID",
        "card": "pcsc:0",
        "fits": True,
        "ended": ["SUCCEEDED", "SUCCEEDED"],
        "state": "ENABLED",
    }
