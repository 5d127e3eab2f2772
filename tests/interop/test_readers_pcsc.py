"""The simulated card in a real pcscd's virtual reader, met by other people's programs and by our own agent.

Needs root, pcscd, vsmartcard-vpcd and pyscard; skipped with the reason where one is missing.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.package import bench_package
from lab.background import command_line, environment
from tests.support.lab import CliLab, new_lab
from tests.support.pcscd import READER, Desk, desk, need_a_reader, until

EID = "89049032123451234512345678901235"

PYSCARD_SCRIPT = """
import json
from smartcard.CardConnection import CardConnection
from smartcard.System import readers
first = readers()[0]
connection = first.createConnection()
connection.connect(CardConnection.T0_protocol)
answers = [
    connection.transmit(list(bytes.fromhex(command)))
    for command in (
        "80AA00000AA9088100820101830107",
        "0070000001",
        "01A4040010A0000005591010FFFFFFFF8900000100",
        "81E2910006BF3E035C015A",
        "81C0000015",
        "0070800100",
    )
]
print(json.dumps({
    "readers": [str(reader) for reader in readers()],
    "atr": bytes(connection.getATR()).hex().upper(),
    "answers": [bytes(data + [sw1, sw2]).hex().upper() for data, sw1, sw2 in answers],
}))
"""


@pytest.fixture(scope="module")
def reader() -> Iterator[Desk]:
    """pcscd with an empty virtual reader."""
    need_a_reader()
    with desk() as found:
        yield found


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> CliLab:
    """A lab with a card."""
    lab = new_lab(tmp_path_factory.mktemp("readers") / "lab")
    lab("card", "create", "c1")
    return lab


@pytest.fixture(scope="module")
def plugged(reader: Desk, lab: CliLab) -> Iterator[Desk]:
    """The reader with the lab's card in it."""
    with reader.plugged("--lab", str(lab.path), "card", "serve", "c1"):
        yield reader


def test_our_reader_is_listed_with_the_cards_atr(plugged: Desk) -> None:
    first, second = plugged.json("readers")
    assert (first["index"], first["name"], first["euicc"]) == (0, READER, True)
    assert first["atr_hex"].startswith("3B9E96803FC78280")
    assert (second["atr_hex"], second["euicc"]) == (None, None)


def test_a_pyscard_script_talks_to_the_card(plugged: Desk) -> None:
    seen = json.loads(plugged.run(sys.executable, "-c", PYSCARD_SCRIPT).stdout)
    assert seen["readers"][0] == READER
    assert seen["atr"] == plugged.json("readers")[0]["atr_hex"]
    capability, channel, selected, asked, eid, closed = seen["answers"]
    assert (capability, channel, closed) == ("9000", "019000", "9000")
    assert (selected, asked) == ("6121", "6115")
    assert eid == f"BF3E125A10{EID}9000"


def test_pcsc_scan_sees_the_atr(plugged: Desk) -> None:
    if shutil.which("pcsc_scan") is None:
        pytest.skip("needs pcsc_scan (package pcsc-tools)")
    atr = bytes.fromhex(plugged.json("readers")[0]["atr_hex"])
    scanned = plugged.run("timeout", "2", "pcsc_scan", "-n", check=False).stdout
    assert atr.hex(" ").upper() in scanned


def test_opensc_tool_sees_the_atr(plugged: Desk) -> None:
    if shutil.which("opensc-tool") is None:
        pytest.skip("needs opensc-tool (package opensc)")
    atr = bytes.fromhex(plugged.json("readers")[0]["atr_hex"])
    assert atr.hex(":") in plugged.run("opensc-tool", "--reader", "0", "--atr").stdout
    sent = plugged.run("opensc-tool", "--reader", "0", "--send-apdu", "00:A4:00:04:02:3F:00").stdout
    assert "Received (SW1=0x90, SW2=0x00)" in sent or "SW1=0x61" in sent


def test_probe_finds_the_card_by_itself_and_the_preset_it_is(plugged: Desk) -> None:
    probed = plugged.json("probe")
    assert probed["eid"] == EID
    assert probed["isdr_aid"] == "A0000005591010FFFFFFFF8900000100"
    assert "reference" in probed["presets"]
    assert "vendor-aid-177" not in probed["presets"]
    assert (probed["protocols"], probed["atr_says_euicc"]) == (["T=0"], True)


def test_doctor_finds_nothing_missing(plugged: Desk) -> None:
    checks = {check["name"]: check for check in plugged.json("doctor")}
    assert checks["PC/SC answers"]["ok"]
    assert READER in checks["card in a reader"]["found"]


def test_download_enable_disable_delete_through_the_reader(plugged: Desk, lab: CliLab, tmp_path: Path) -> None:
    here = ("--lab", str(lab.path))
    lpa = (*here, "lpa", "--card", "pcsc:0")
    log = tmp_path / "apdu.jsonl"
    order = lab.order()
    iccid = order["iccid"]
    with plugged.background(*here, "serve", "--port", "0"):
        code = lab.json("order", "show", iccid)["activation_code"]
        done = plugged.json(*lpa, "--record", str(log), "profile", "download", code, "--yes")
        assert (done["iccid"], done["state"]) == (iccid, "disabled")
        assert all(item["delivered"] and item["removed"] for item in done["notifications"])
        assert plugged.json(*lpa, "profile", "enable", iccid)["state"] == "enabled"
        assert [item["state"] for item in plugged.json(*lpa, "profile", "list")] == ["enabled"]
        by_name = ("--lab", str(lab.path), "lpa", "--card", f"pcsc:{READER}", "--segment-octets", "120")
        assert plugged.json(*by_name, "profile", "disable", iccid)["state"] == "disabled"
        assert plugged.json(*lpa, "profile", "delete", iccid, "--yes")["state"] == "deleted"
        assert plugged.json(*lpa, "profile", "list") == []
        assert plugged.json(*lpa, "notification", "list") == []
    assert lab.json("order", "show", order["order_id"])["state"] == "Installed"
    assert _transmits(log) > 60


def test_a_download_of_12_kb_is_measured(
    plugged: Desk, lab: CliLab, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """Only measured, as machines differ: `pytest tests/interop/test_readers_pcsc.py -k measured -s` shows the time."""
    here = ("--lab", str(lab.path))
    package = bench_package()
    file = tmp_path / "profile.der"
    file.write_bytes(package)
    iccid = lab.json("profile", "import", str(file))["iccid"]
    order = lab.json("order", "create", "--iccid", iccid)
    with plugged.background(*here, "serve", "--port", "0", "--no-trace"):
        code = lab.json("order", "show", order["order_id"])["activation_code"]
        timer = (sys.executable, "-m", "tests.support.timed_download")
        timed = json.loads(plugged.run(*timer, str(lab.path), "pcsc:0", code).stdout)
    assert timed["iccid"] == iccid
    record_property("vpcd_download_wall_s", timed["wall_s"])
    print(f"\ndownload of {len(package)} octets through vpcd and pcscd: {timed['wall_s']} s")


def _transmits(log: Path) -> int:
    return sum(json.loads(line).get("event") == "transmit" for line in log.read_text().splitlines())


def test_a_recorded_card_is_served_in_the_second_reader(plugged: Desk, lab: CliLab, tmp_path: Path) -> None:
    here = ("--lab", str(lab.path))
    log = tmp_path / "apdu.jsonl"
    before: Any = plugged.json(*here, "lpa", "--card", "pcsc:0", "--record", str(log), "info")
    with plugged.plugged("card", "replay", str(log), "--strict", index=1):
        assert plugged.json(*here, "lpa", "--card", "pcsc:1", "info") == before


@pytest.mark.parametrize("protocol", ["T=0", "T=1"])
def test_a_card_that_offers_both_protocols_speaks_either(plugged: Desk, lab: CliLab, protocol: str) -> None:
    name = protocol.replace("=", "").lower()
    lab("card", "create", name, "--preset", "t1-card")
    at = ("--lab", str(lab.path))
    with plugged.plugged(*at, "card", "serve", name, index=1):
        card = plugged.json(*at, "lpa", "--card", "pcsc:1", "--protocol", protocol, "info")
    assert card["eid"] == lab.json("card", "show", name)["eid"]


def test_the_card_comes_back_when_pcscd_restarts(plugged: Desk) -> None:
    atr = plugged.atr()
    plugged.stop_pcscd()
    assert "start pcscd" in plugged.rsplab("readers", expect=3).stderr
    assert {check["name"]: check["ok"] for check in json.loads(plugged.rsplab("doctor", "--json", expect=5).stdout)}[
        "PC/SC answers"
    ] is False
    plugged.start_pcscd()
    until(lambda: plugged.atr() == atr)
    assert plugged.json("probe")["eid"] == EID


def test_a_card_taken_out_in_the_middle_is_said_and_harms_nothing(reader: Desk, tmp_path: Path) -> None:
    lab = new_lab(tmp_path / "lab")
    here = ("--lab", str(lab.path))
    slow = tmp_path / "card.toml"
    slow.write_text("answer_delay_ms = 100\n")
    lab("card", "create", "slow", "--options", str(slow))
    order = lab.order()
    log = tmp_path / "apdu.jsonl"
    with reader.background(*here, "serve", "--port", "0"):
        code = lab.json("order", "show", order["iccid"])["activation_code"]
        words = ("lpa", "--card", "pcsc:1", "--record", str(log), "profile", "download", code, "--yes")
        with reader.plugged(*here, "card", "serve", "slow", index=1):
            agent = subprocess.Popen(
                reader.inside(*command_line(*here, *words)),
                stdin=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                env=environment(),
            )
            until(lambda: log.exists() and _transmits(log) > 30)
        _, errors = agent.communicate(timeout=60)
    assert agent.returncode == 3, errors
    assert "put the card back" in errors
    assert "Traceback" not in errors
    assert lab.lpa("profile", "list", card="slow").json == []
    assert lab.json("order", "show", order["order_id"])["state"] != "Installed"
