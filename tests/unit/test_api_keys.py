"""Keys: told once, kept hashed, expiring, rotated with overlap; the audit log that tells of them, and its commands."""

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lab.clock import FixedClock
from lab.managers.errors import ManagementError
from lab.managers.keys import ROLES, KeyManager
from lab.store import Ledger, open_ledger
from lab.store.audit import GENESIS, broken_at
from lab.store.records import Actor, AuditEntry
from tests.support.lab import CliLab, new_lab

_START = datetime(2031, 5, 1, tzinfo=UTC)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(_START)


@pytest.fixture
def ledger(tmp_path: Path, clock: FixedClock) -> Ledger:
    return open_ledger(f"sqlite:///{tmp_path}/keys.db", clock)


def entries(ledger: Ledger) -> list[AuditEntry]:
    with ledger.reading() as reading:
        return reading.find(AuditEntry)


def test_a_key_is_known_by_its_token_only(ledger: Ledger, tmp_path: Path) -> None:
    keys = KeyManager(ledger)
    issued = keys.create("ci", "tester")
    other = keys.create("else", "viewer")
    assert keys.holder(issued.token) == issued.key
    first, second = issued.token.rpartition("_"), other.token.rpartition("_")
    for wrong in (
        "",
        "rsplab_",
        issued.token[:-1],
        issued.token + "A",
        f"{first[0]}_{second[2]}",
        "rsplab_0_" + "A" * 43,
    ):
        assert keys.holder(wrong) is None
    ledger.close()
    assert first[2].encode() not in (tmp_path / "keys.db").read_bytes()


def test_keys_expire(ledger: Ledger, clock: FixedClock) -> None:
    keys = KeyManager(ledger)
    token = keys.create("ci", "tester", timedelta(days=1)).token
    clock.at = _START + timedelta(hours=23)
    assert keys.holder(token)
    clock.at = _START + timedelta(days=1)
    assert keys.holder(token) is None


def test_rotation_overlaps(ledger: Ledger, clock: FixedClock) -> None:
    keys = KeyManager(ledger)
    old = keys.create("ci", "operator")
    new = keys.rotate(old.key.key_id, timedelta(hours=1))
    assert (new.key.role, new.key.replaces) == ("operator", old.key.key_id)
    assert keys.holder(old.token)
    assert keys.holder(new.token)
    clock.at = _START + timedelta(hours=1)
    assert keys.holder(old.token) is None
    assert keys.holder(new.token)
    with pytest.raises(ManagementError, match="expired"):
        keys.rotate(old.key.key_id, timedelta(hours=1))


def test_revocation_is_at_once(ledger: Ledger) -> None:
    keys = KeyManager(ledger)
    issued = keys.create("ci", "viewer")
    keys.revoke(issued.key.key_id)
    assert keys.holder(issued.token) is None
    assert keys.revoke(issued.key.key_id).revoked_at == _START


def test_unknown_roles_and_keys(ledger: Ledger) -> None:
    keys = KeyManager(ledger)
    with pytest.raises(ManagementError, match="role"):
        keys.create("ci", "root")
    with pytest.raises(ManagementError) as refused:
        keys.revoke("0" * 16)
    assert refused.value.missing


def test_each_role_can_more_than_the_one_before() -> None:
    viewer, tester, operator, admin = ROLES.values()
    assert viewer < tester < operator < admin
    assert {"keys:manage", "audit:read", "secrets:read"} <= admin - operator


def test_the_audit_log_tells_who_and_from_where_and_never_the_secret(ledger: Ledger) -> None:
    actor = Actor("key:1", "192.0.2.1", "request-1")
    issued = KeyManager(ledger).create("ci", "viewer", actor=actor)
    (line,) = entries(ledger)
    assert (line.actor, line.source, line.request_id) == ("key:1", "192.0.2.1", "request-1")
    assert (line.action, line.resource, line.previous_hash) == ("key.created", issued.key.key_id, GENESIS)
    assert issued.token.rpartition("_")[2] not in repr(line)


@pytest.mark.parametrize(
    "crime",
    [
        "UPDATE api_audit SET actor = 'nobody' WHERE number = 2",
        "DELETE FROM api_audit WHERE number = 2",
        "DELETE FROM api_audit WHERE number = 1",
        "UPDATE api_audit SET before_digest = 'x' WHERE number = 3",
    ],
)
def test_nothing_can_be_changed_unseen(ledger: Ledger, tmp_path: Path, crime: str) -> None:
    keys = KeyManager(ledger)
    for number in range(4):
        keys.create(str(number), "viewer")
    assert broken_at(entries(ledger)) is None
    connection = sqlite3.connect(tmp_path / "keys.db")
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        connection.execute(crime)
    for verb in ("update", "delete"):
        connection.execute(f"DROP TRIGGER api_audit_no_{verb}")
    connection.execute(crime)
    connection.commit()
    assert broken_at(entries(ledger)) in (2, 3)
    connection.close()


def test_the_commands(tmp_path: Path) -> None:
    lab: CliLab = new_lab(tmp_path / "lab")
    made = lab.json("key", "create", "ci", "--role", "tester", "--days", "30")
    assert made["key"].startswith(f"rsplab_{made['key_id']}_")
    rotated = lab.json("key", "rotate", made["key_id"], "--overlap", "60")
    assert rotated["replaces"] == made["key_id"]
    assert lab.json("key", "revoke", made["key_id"])["state"] == "revoked"
    assert [key["state"] for key in lab.json("key", "list")] == ["revoked", "good"]
    assert "key" not in lab.json("key", "list")[0]
    told = lab("key", "create", "people")
    assert told.stdout.startswith("rsplab_")
    head = lab.json("audit", "verify")
    assert head["lines"] == len(lab.json("audit", "list")) == 5
    assert lab("audit", "verify", "--head", head["head"]).stdout.strip() == head["head"]
    assert "missing" in lab("audit", "verify", "--head", "0" * 63 + "1", expect=5).stderr
    assert "role" in lab("key", "create", "x", "--role", "root", expect=2).stderr
