"""What lies sealed on disk, and what doesn't open."""

import base64
import os
import sqlite3
import stat
from pathlib import Path

import pytest

from lab.database import open_desk
from lab.directory import Lab
from lab.secrets import (
    ENVIRONMENT,
    Keyring,
    SecretError,
    is_sealed,
    key_id,
    load_keyring,
    make_keyring,
    new_key,
    read_keys,
)
from tests.support.lab import CliLab, new_lab

OLD, NEW = b"o" * 32, b"n" * 32
K = "465B5CE8B199B49FAA5F0A2EE238A6BC"
OPC = "CD63CB71954A9F4E48A5994E37A02BAF"


def test_a_secret_opens_for_its_own_place_only() -> None:
    ring = Keyring([OLD])
    sealed = ring.seal(b"secret", "packages.upp 1")
    assert ring.open(sealed, "packages.upp 1") == b"secret"
    assert b"secret" not in sealed
    assert ring.seal(b"secret", "packages.upp 1") != sealed  # a nonce of its own
    with pytest.raises(SecretError, match="changed"):
        ring.open(sealed, "packages.upp 2")


@pytest.mark.parametrize("at", [0, 5, 8, 12, 25, -1])
def test_a_damaged_secret_does_not_open(at: int) -> None:
    ring = Keyring([OLD])
    damaged = bytearray(ring.seal(b"secret", "place"))
    damaged[at] ^= 1
    with pytest.raises(SecretError):
        ring.open(bytes(damaged), "place")
    with pytest.raises(SecretError):
        ring.open(ring.seal(b"secret", "place")[:20], "place")


def test_an_old_key_opens_and_the_first_one_seals() -> None:
    sealed = Keyring([OLD]).seal(b"secret", "place")
    both = Keyring([NEW, OLD])
    assert both.open(sealed, "place") == b"secret"
    assert not both.is_current(sealed)
    assert both.is_current(both.seal(b"secret", "place"))
    with pytest.raises(SecretError, match="not sealed under a master key"):
        Keyring([NEW]).open(sealed, "place")
    assert key_id(OLD) != key_id(NEW)


def test_the_file_is_for_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    with pytest.raises(SecretError, match="missing"):
        load_keyring(path)
    make_keyring(path)
    ring = load_keyring(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_keyring(path).keys == ring.keys
    path.chmod(0o640)
    with pytest.raises(SecretError, match="read by others"):
        load_keyring(path)


def test_the_environment_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = ",".join(base64.b64encode(key).decode() for key in (NEW, OLD))
    monkeypatch.setenv(ENVIRONMENT, text)
    assert load_keyring(tmp_path / "none").keys == (NEW, OLD)
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("text", ["not base64!", base64.b64encode(b"short").decode()])
def test_what_is_no_key(text: str) -> None:
    with pytest.raises(SecretError):
        Keyring(read_keys(text, "here"))
    assert len(new_key()) == 32


@pytest.fixture
def lab(tmp_path: Path) -> CliLab:
    """A lab with a profile in the inventory and one on a card."""
    lab = new_lab(tmp_path / "lab")
    lab("card", "create", "c1")
    made = lab.json("profile", "build", "--k", K, "--opc", OPC)
    lab("order", "create", "--iccid", made["iccid"])
    return lab


def contents(directory: Path) -> bytes:
    """Every octet that lies in the lab."""
    return b"".join(path.read_bytes() for path in sorted(directory.rglob("*")) if path.is_file())


def test_no_key_lies_in_the_clear(lab: CliLab) -> None:
    order = lab.json("order", "list")[0]
    with lab.serving("--no-trace"):
        lab.lpa("profile", "download", order["activation_code"], "--yes")
    lab("card", "snapshot", "c1", "kept")
    lying = contents(lab.path)
    for secret in (K, OPC):
        assert bytes.fromhex(secret) not in lying
        assert secret.encode() not in lying.upper()
    assert b"PRIVATE KEY" not in lying
    with sqlite3.connect(Lab(lab.path).database_path) as database:
        rows = database.execute("SELECT upp, replace_session_keys FROM packages").fetchall()
    assert rows
    assert all(is_sealed(value) for row in rows for value in row)


def test_it_would_be_found_in_the_clear(lab: CliLab) -> None:
    """The test before this one can fail: the key is in the package."""
    with open_desk(Lab(lab.path)) as desk:
        package = desk.store.package(lab.json("order", "list")[0]["iccid"])
    assert package is not None
    assert bytes.fromhex(K) in package.upp


def test_rotation_seals_everything_anew(lab: CliLab) -> None:
    order = lab.json("order", "list")[0]
    before = Lab(lab.path).master_key_path.read_text()
    counts = lab.json("secrets", "rotate")
    assert counts["database"] == 2
    assert counts["cards"] == 1
    assert counts["key_files"] > 10
    after = Lab(lab.path).master_key_path.read_text()
    assert len(read_keys(after, "")) == 1
    assert after != before
    assert Lab(lab.path).keyring.keys != tuple(read_keys(before, ""))
    with lab.serving("--no-trace"):
        lab.lpa("profile", "download", order["activation_code"], "--yes")


def test_a_running_server_forbids_rotation(lab: CliLab) -> None:
    with lab.serving("--no-trace"):
        assert "stop it" in lab("secrets", "rotate", expect=2).stderr


def test_a_rotation_that_was_cut_off_is_repeated(lab: CliLab, monkeypatch: pytest.MonkeyPatch) -> None:
    from lab import resealing

    def cut(*_: object) -> None:
        raise RuntimeError("power cut")

    with monkeypatch.context() as patched:
        patched.setattr(resealing, "_database", cut)
        with pytest.raises(RuntimeError):
            resealing.rotate(Lab(lab.path))
    assert len(Lab(lab.path).keyring.keys) == 2
    assert lab.json("profile", "list")
    resealing.rotate(Lab(lab.path))
    assert len(Lab(lab.path).keyring.keys) == 1
    lab("certs", "verify")


def test_without_its_key_a_lab_tells_nothing(lab: CliLab, tmp_path: Path) -> None:
    iccid = lab.json("profile", "list")[0]["iccid"]
    os.replace(Lab(lab.path).master_key_path, tmp_path / "kept")
    assert "master key" in lab("profile", "show", iccid, expect=2).stderr
    make_keyring(Lab(lab.path).master_key_path)
    assert "not sealed under a master key" in lab("profile", "show", iccid, expect=2).stderr


def test_keys_in_the_environment_are_resealed(lab: CliLab, monkeypatch: pytest.MonkeyPatch) -> None:
    old = Lab(lab.path).keyring.keys[0]
    monkeypatch.setenv(ENVIRONMENT, " ".join(base64.b64encode(key).decode() for key in (NEW, old)))
    assert "reseal" in lab("secrets", "rotate", expect=2).stderr
    assert lab.json("secrets", "reseal")["database"] == 2
    assert lab.json("secrets", "reseal")["database"] == 0
    monkeypatch.setenv(ENVIRONMENT, base64.b64encode(NEW).decode())
    lab("certs", "verify")


def test_the_keys_can_be_exported_for_other_programs(lab: CliLab, tmp_path: Path) -> None:
    lab("secrets", "export-keys", str(tmp_path / "pki"))
    exported = list((tmp_path / "pki").rglob("SK_*.pem"))
    assert exported
    assert all(b"BEGIN PRIVATE KEY" in path.read_bytes() for path in exported)
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in exported)
