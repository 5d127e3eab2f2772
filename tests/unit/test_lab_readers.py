"""Readers, ATRs, probing, links and the agent's options, on the command line and without any reader."""

import json
import stat
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from typer.testing import CliRunner

from certs.crl import issue_crl
from euicc_sim.core.options import PRESETS, CardOptions
from lab.atr import AnswerToReset, parse_atr
from lab.cli.doctor import app as doctor
from lab.directory import Lab
from lab.pki import load_pki
from tests.support.lab import CliLab, new_lab


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> CliLab:
    lab = new_lab(tmp_path_factory.mktemp("readers") / "lab")
    lab("card", "create", "c1")
    return lab


@pytest.mark.parametrize(
    ("atr_hex", "meaning"),
    [
        # card.md section 1.1, with its explanation; clients.md ("The ATR must allow T=0")
        ("3B9E96803FC7828031E073FE21136653494D45303169", AnswerToReset((0,), True, 4, False, True)),
        ("3B00", AnswerToReset((0,), False, None, None, True)),
        ("3B80800101", AnswerToReset((0, 1), False, None, None, True)),
        ("3B9E96803FC7828031E073FE21136653494D4530316A", AnswerToReset((0,), True, 4, False, False)),
    ],
)
def test_what_an_atr_says(atr_hex: str, meaning: AnswerToReset) -> None:
    assert parse_atr(bytes.fromhex(atr_hex)) == meaning


@pytest.mark.parametrize("atr_hex", ["", "3B", "4B00", "3B01", "3B10", "3B9E96803FC782", "3B0000", "3B80"])
def test_what_is_no_atr(atr_hex: str) -> None:
    assert parse_atr(bytes.fromhex(atr_hex)) is None


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_is_recognised_by_the_probe(lab: CliLab, preset: str) -> None:
    lab("card", "create", preset, "--preset", preset)
    probed = lab.json("probe", preset)
    assert preset in probed["presets"]
    assert list(probed["ci_names"].values()) == ["this lab, NIST", "this lab, BRP"]
    options = PRESETS[preset]
    assert (probed["isdr_aid"], probed["channels"]) == (options.isd_r_aid.hex().upper(), options.channels)
    assert probed["block_octets"] == options.block_octets


def test_the_documentation_names_every_preset_and_option() -> None:
    text = (Path(__file__).parents[2] / "docs" / "interop.md").read_text("utf-8")
    for name in (*PRESETS, *(field.name for field in fields(CardOptions))):
        assert f"`{name}`" in text


def test_what_a_card_says_is_said_in_words(lab: CliLab) -> None:
    """card.md 8.10: check digits, capabilities, CIs by name, rules authorisation table."""
    seen = lab.lpa("info").json
    assert {"usim", "milenage", "get-identity"} <= set(seen["uicc_capability"])
    assert "csim" in seen["uicc_capability"]
    assert "gba-usim" not in seen["uicc_capability"]
    rule = {"policy_rules": ["ppr1", "ppr2"], "operators": ["EEE-EEE"], "consent_required": True}
    assert seen["rules_authorisation_table"] == [rule]
    text = lab("lpa", "--card", "c1", "info").stdout
    for words in ("(check digits right)", "this lab, NIST", "ppr1, ppr2: any operator, the user has to consent"):
        assert words in " ".join(text.split())
    assert "Notifications: none" in lab("card", "show", "c1").stdout
    assert "Behaves like" in lab("probe", "c1").stdout


def test_a_card_without_an_isd_r_still_shows_its_atr(lab: CliLab, tmp_path: Path) -> None:
    file = tmp_path / "card.toml"
    file.write_text('isd_r_aid = "A000000151000000"\n')
    lab("card", "create", "plain", "--options", str(file))
    answer = lab("probe", "plain", expect=1)
    assert "ATR 3B9E96803FC78280" in answer.stderr
    assert "T=0; it announces an eUICC" in answer.stderr
    assert answer.stdout == ""


def test_a_revocation_list_is_loaded_from_a_file(lab: CliLab, tmp_path: Path) -> None:
    ci = load_pki(Lab(lab.path)).ci("NIST")
    now = datetime(2026, 1, 1, tzinfo=UTC)
    der = issue_crl(ci, [], number=7, this_update=now, next_update=now + timedelta(days=30))
    pem = x509.load_der_x509_crl(der).public_bytes(Encoding.PEM)
    lab("card", "create", "revoking")
    for name, content in (("a.crl", der), ("a.pem", pem)):
        (tmp_path / name).write_bytes(content)
        (loaded,) = lab.lpa("load-crl", str(tmp_path / name), card="revoking").json
        assert loaded["missing_parts"] == []
    older = issue_crl(ci, [], number=6, this_update=now, next_update=now + timedelta(days=30))
    (tmp_path / "old.crl").write_bytes(older)
    assert "fresherCrlAlreadyLoaded" in lab.lpa("load-crl", str(tmp_path / "old.crl"), card="revoking", expect=1).stderr
    (tmp_path / "no.crl").write_text("nothing")
    assert "no.crl" in lab.lpa("load-crl", str(tmp_path / "no.crl"), card="revoking", expect=2).stderr


def test_probing_changes_nothing(lab: CliLab) -> None:
    lab("card", "snapshot", "c1")
    lab("probe", "c1")
    assert lab.json("card", "diff", "c1") == []


def test_options_of_a_card_come_from_a_file_and_may_be_edited(lab: CliLab, tmp_path: Path) -> None:
    file = tmp_path / "card.toml"
    file.write_text('preset = "t0-card"\nblock_octets = 64\n')
    lab("card", "create", "mine", "--options", str(file))
    assert (lab.json("probe", "mine")["channels"], lab.json("probe", "mine")["block_octets"]) == (4, 64)
    (lab.path / "cards" / "mine.toml").write_text("channels = 2\n")
    assert lab.json("probe", "mine")["channels"] == 2
    (lab.path / "cards" / "mine.toml").write_text("channels = 99\n")
    assert "mine.toml: channels" in lab("probe", "mine", expect=2).stderr
    for words in (("--preset", "gold"), ("--preset", "t0-card", "--options", str(file))):
        lab("card", "create", "other", *words, expect=2)
    assert not list(lab.path.glob("cards/other.*"))


def test_a_log_holds_every_apdu_and_is_its_owners(lab: CliLab, tmp_path: Path) -> None:
    log = tmp_path / "apdu.jsonl"
    answer = lab("lpa", "--card", "c1", "--record", str(log), "info", "--json")
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [line.get("event") for line in lines[1:3]] == ["connect", "transmit"]
    assert lines[-1] == {"event": "disconnect"}
    eid = answer.json["eid"]
    assert any(line.get("response_hex") == f"BF3E125A10{eid}9000" for line in lines)


def test_default_address_and_memory_reset(lab: CliLab) -> None:
    assert lab.lpa("default-dp").json == {"default_dp_address": None}
    assert lab.lpa("default-dp", "dp.example.com").json == {"default_dp_address": "dp.example.com"}
    reset = lab.lpa("memory-reset", "--what", "default-dp", "--yes").json
    assert reset == {"reset": ["resetDefaultSmdpAddress"], "profiles": [], "notifications": []}
    assert lab.lpa("default-dp").json == {"default_dp_address": None}
    assert lab.lpa("memory-reset", "--what", "operational", "--yes").json["profiles"] == []


@pytest.mark.parametrize(
    ("words", "exit_code", "said"),
    [
        (("lpa", "--card", "c1", "--imei", "12", "info"), 2, "IMEI"),
        (("lpa", "--card", "c1", "--tac", "1", "info"), 2, "TAC"),
        (("lpa", "--card", "c1", "--protocol", "T=2", "info"), 2, "T=2"),
        (("lpa", "--card", "tcp:x", "info"), 2, "tcp:PORT"),
        (("lpa", "--card", "tcp:1", "info"), 3, "no card at 127.0.0.1:1"),
        (("lpa", "--card", "c1", "memory-reset", "--what", "all", "--yes"), 2, "operational, test, default-dp"),
        (("lpa", "--card", "c1", "notification", "replay", "9"), 2, "no notification 9"),
        (("card", "serve", "c1"), 2, "--vpcd"),
        (("card", "serve", "c1", "--vpcd", "--stdio"), 2, "one of"),
        (("card", "serve", "c1", "localhost:1", "--stdio"), 2, "leave it out"),
        (("card", "serve", "c1", "localhost:x", "--vpcd"), 2, "HOST:PORT"),
        (("card", "replay", "/nonexistent", "--stdio"), 2, "nonexistent"),
        (("card", "run", "c1", "--", "/nonexistent"), 2, "can't start"),
        (("probe", "nobody"), 2, "no card"),
        (("card", "shell", "tcp:1"), 3, "no card at"),
    ],
)
def test_what_goes_wrong_is_said(lab: CliLab, words: tuple[str, ...], exit_code: int, said: str) -> None:
    answer = lab(*words, expect=exit_code)
    assert said in answer.stderr
    assert answer.stdout == ""


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("isdr_aids = ['xyz']", "hexadecimal"),
        ("device_capabilities = { nr5gcSupportedRelease = '15' }", "15.0.0"),
        ("device_capabilities = { warpSupportedRelease = '15.0.0' }", "warpSupportedRelease"),
        ("device_capabilities = 5", "device"),
        ("colour = 'red'", "colour"),
    ],
)
def test_the_devices_settings_are_checked(tmp_path: Path, line: str, said: str) -> None:
    lab = new_lab(tmp_path / "lab")
    lab("card", "create", "c1")
    toml = lab.path / "lab.toml"
    text = toml.read_text()
    toml.write_text(f"{text}\n[agent]\n{line}\n")
    assert said in lab("lpa", "--card", "c1", "info", expect=2).stderr


def test_the_devices_settings_reach_the_agent(tmp_path: Path) -> None:
    lab = new_lab(tmp_path / "lab")
    lab("card", "create", "c1", "--preset", "vendor-aid-177")
    toml = lab.path / "lab.toml"
    aid = PRESETS["vendor-aid-177"].isd_r_aid.hex()
    toml.write_text(f"{toml.read_text()}\n[agent]\nisdr_aids = ['{aid}']\nsegment_octets = 100\n")
    log = tmp_path / "log"
    lab("lpa", "--card", "c1", "--record", str(log), "--segment-octets", "3", "info")
    sent = [json.loads(line).get("command_hex", "") for line in log.read_text().splitlines()]
    assert [command for command in sent if command[2:4] == "A4"] == [f"01A4040010{aid.upper()}"]
    assert {int(command[8:10], 16) for command in sent if command[2:4] == "E2"} <= {1, 2, 3}


def test_doctor_ends_with_5_exactly_if_something_needed_is_missing() -> None:
    result = CliRunner().invoke(doctor, ["--json"])
    checks = json.loads(result.stdout)
    assert result.exit_code == (5 if any(check["ok"] is False for check in checks) else 0)
    assert "pyscard" in [check["name"] for check in checks]
    assert all(check["hint"] for check in checks if check["ok"] is False)
