"""The lab directory, its settings, and who may overwrite what."""

import contextlib
import json
import os
import re
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lab.directory import Lab, default_directory, open_lab, prepare_directory
from lab.errors import LabError
from lab.settings import Settings, load_settings, parse_address


def make(path: Path, settings: Settings | None = None) -> Lab:
    prepare_directory(path, force=False)
    lab = Lab(path)
    lab.settings_path.write_text((settings or Settings()).to_toml())
    return lab


def test_settings_survive_their_file(tmp_path: Path) -> None:
    settings = Settings("dp.example.com", 9000, "127.0.0.2", "sgp26:/data", {"dp.example.com": "127.0.0.2"})
    lab = make(tmp_path / "lab", settings)
    assert load_settings(lab.settings_path) == settings


def test_clock_setting_moves_the_clock(tmp_path: Path) -> None:
    lab = make(tmp_path / "lab")
    with lab.settings_path.open("a") as file:
        file.write("[clock]\nat = 2031-05-01T00:00:00Z\n")
    assert lab.clock.now().date() == datetime(2031, 5, 1, tzinfo=UTC).date()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('port = "8443"', "port must be a int"),
        ("port = true", "port must be a int"),
        ("address = 5", "address must be a str"),
        ("resolve = 1", "resolve must be a dict"),
        ("[clock]\nat = 2031-05-01", "clock.at"),
        ("address", "lab.toml"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, line: str, said: str) -> None:
    path = tmp_path / "lab.toml"
    path.write_text(line)
    with pytest.raises(LabError, match=said):
        load_settings(path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("prot = 1", "prot is unknown and has no effect; did you mean port?"),
        ("smpd = 1", "did you mean smds or smdp?"),
        ("[pki]\nsorce = 'x'", "[pki] sorce is unknown and has no effect; did you mean [pki] source?"),
        ("[smds.alternative]\nadress = 'x'", "did you mean [smds.alternative] address?"),
        ("[database]\nport = 5432", "[database] port is unknown and has no effect; port belongs before the first"),
        ("requird = true", "did you mean [crl] required?"),
        ("[crl]\nx = 1", "known here: required"),
    ],
)
def test_a_setting_that_nothing_reads_is_named_and_breaks_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, text: str, said: str
) -> None:
    path = tmp_path / "lab.toml"
    path.write_text(text)
    assert load_settings(path) == Settings()
    (message,) = caplog.messages
    assert message.startswith(f"{path}: ")
    assert said in message


def test_every_setting_that_a_fresh_file_shows_is_known(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "lab.toml"
    shown = re.sub(r"^# (?=\[|\w+ = )", "", Settings().to_toml(), flags=re.MULTILINE)
    path.write_text(shown)
    assert {"smds", "listener", "crl", "webhooks", "agent", "api"} <= tomllib.loads(shown).keys()
    with contextlib.suppress(LabError):
        load_settings(path)
    assert caplog.messages == []


def test_the_port_of_https_stays_out_of_the_address() -> None:
    settings = Settings("dp.example.com", 443)
    assert settings.public_address() == "dp.example.com"
    assert settings.public_address(8443) == "dp.example.com:8443"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("localhost", ("localhost", 8443)), ("dp.example.com:443", ("dp.example.com", 443)), ("a:1", ("a", 1))],
)
def test_addresses(text: str, wanted: tuple[str, int]) -> None:
    assert parse_address(text) == wanted


@pytest.mark.parametrize(
    "text", ["", "-x", "a b", "dp_1", "host:", "host:0", "host:65536", "host:x", "https://a", "a/b"]
)
def test_bad_addresses_are_refused(text: str) -> None:
    with pytest.raises(LabError):
        parse_address(text)


def test_a_missing_lab_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(LabError) as caught:
        open_lab(tmp_path / "none")
    assert f"rsplab init --lab {tmp_path / 'none'}" in caught.value.hint


def test_the_environment_names_the_lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path / "elsewhere")
    monkeypatch.setenv("RSPLAB_LAB", str(tmp_path / "elsewhere"))
    assert open_lab().path == tmp_path / "elsewhere"


def test_the_default_is_not_our_own_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert default_directory() == Path("lab")
    (tmp_path / "lab").mkdir()
    (tmp_path / "lab" / "__init__.py").touch()
    assert default_directory() == Path("lab-data")


def test_an_existing_lab_is_overwritten_only_by_force(tmp_path: Path) -> None:
    lab = make(tmp_path / "lab")
    old = lab.cards_path / "c1.card"
    old.touch()
    with pytest.raises(LabError, match="already a lab"):
        prepare_directory(lab.path, force=False)
    assert old.exists()
    prepare_directory(lab.path, force=True)
    assert not old.exists()
    assert not lab.settings_path.exists()


def test_a_directory_of_something_else_is_never_touched(tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").touch()
    with pytest.raises(LabError, match="is no lab"):
        prepare_directory(tmp_path, force=True)
    assert [path.name for path in tmp_path.iterdir()] == ["photo.jpg"]


@pytest.mark.parametrize("name", ["", "..", "../x", "a/b", ".hidden", "a b"])
def test_card_names_stay_inside_the_lab(tmp_path: Path, name: str) -> None:
    with pytest.raises(LabError, match="can't name a card"):
        Lab(tmp_path).card_path(name)


def test_a_server_that_died_is_not_running(tmp_path: Path) -> None:
    lab = make(tmp_path / "lab")
    assert lab.running_server() is None
    listener = {"interface": "es9+", "host": "127.0.0.1", "port": 1234, "tls": True}
    note = {"pid": os.getpid(), "listeners": [listener]}
    lab.running_path.write_text(json.dumps(note))
    server = lab.running_server()
    assert server is not None
    assert lab.public_address() == "localhost:1234"
    lab.running_path.write_text(json.dumps(note | {"pid": 2**22 + 1}))
    assert lab.running_server() is None
    assert lab.public_address() == "localhost:8443"
    for nonsense in (
        "nonsense",
        "[]",
        "{}",
        json.dumps(note | {"listeners": []}),
        json.dumps(note | {"listeners": [{}]}),
    ):
        lab.running_path.write_text(nonsense)
    assert lab.running_server() is None
