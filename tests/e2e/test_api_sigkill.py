"""SIGKILL in the middle of API downloads: every operation ends, and no profile is in a state that its card contradicts.

RSPLAB_API_DOWNLOADS=200 makes it the full run.
"""

import os
from pathlib import Path

from lab.background import ServerProcess
from lab.card_view import card_view
from lab.database import ready_url
from lab.store import open_ledger
from lab.store.audit import broken_at
from lab.store.records import AuditEntry
from tests.support.api import ApiLab, Client, eid, iccid, make_lab, profile

_DOWNLOADS = int(os.environ.get("RSPLAB_API_DOWNLOADS", "16"))
_EACH = 4
_KILL_EVERY = max(8, _DOWNLOADS // 8)
_SETTINGS = """
[api.rate_limits]
profile_creation = 100000
download = 100000
device_registration = 100000
"""


def test_every_operation_ends_and_no_card_contradicts(tmp_path: Path) -> None:
    lab, tokens = make_lab(tmp_path / "lab", _SETTINGS)
    devices = range(_DOWNLOADS // _EACH)
    server = ServerProcess(lab.path, ("--api-port", "0", "--no-trace"))
    server.start()
    try:
        api = ApiLab(lab, server, tokens)
        client = api.client()
        begun: list[str] = []
        for device in devices:
            client.device(device)
            for number in range(_EACH):
                client.post("/profiles", profile(device * _EACH + number, device))
        for number in range(_DOWNLOADS):
            begun.append(client.post(f"/profiles/{iccid(number)}/download", expect=202)["operationId"])
            if len(begun) % _KILL_EVERY == 0 and len(begun) < _DOWNLOADS:
                client = _killed(api)
        _wait_for(client, _DOWNLOADS // 3)
        client = _killed(api)
        ended = [client.follow(operation_id) for operation_id in begun]
        assert {one["state"] for one in ended} <= {"SUCCEEDED", "FAILED"}
        assert all(one["error"]["message"] for one in ended if one["state"] == "FAILED")
        believed = {number: client.get(f"/profiles/{iccid(number)}")["profileState"] for number in range(_DOWNLOADS)}
    finally:
        server.stop()
    found = {info["iccid"] for device in devices for info in card_view(lab, eid(device))["profiles"]}
    assert {number for number, state in believed.items() if state == "INSTALLED"} == {
        number for number in range(_DOWNLOADS) if iccid(number) in found
    }
    assert set(believed.values()) <= {"INSTALLED", "CREATED"}
    succeeded = {one["iccid"] for one in ended if one["state"] == "SUCCEEDED"}
    assert succeeded <= found
    ledger = open_ledger(ready_url(lab), lab.clock)
    with ledger.reading() as reading:
        assert broken_at(reading.find(AuditEntry)) is None
    ledger.close()


def _killed(api: ApiLab) -> Client:
    api.server.kill()
    api.server.start()
    return api.client()


def _wait_for(client: Client, number: int) -> None:
    """Until so many operations have succeeded."""
    for _ in range(2000):
        found = client.get(f"/operations?state=SUCCEEDED&limit={min(number, 200)}")
        if len(found["operations"]) >= min(number, 200):
            return
    raise AssertionError("nothing gets done")
