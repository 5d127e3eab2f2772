"""`rsplab outbox`: what waits, what was given up, and what an administrator does about it."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lab.directory import Lab
from smdp.core.messages import Function, Message, MessageState
from smdp.store import SqlStore, open_store
from tests.support.lab import CliLab, new_lab

NOW = datetime(2030, 1, 2, tzinfo=UTC)


@pytest.fixture
def lab(tmp_path: Path) -> CliLab:
    return new_lab(tmp_path / "lab")


@pytest.fixture
def store(lab: CliLab) -> Iterator[SqlStore]:
    store = open_store(Lab(lab.path).database_url)
    yield store
    store.close()


def put(store: SqlStore, subject: str, state: MessageState = MessageState.WAITING) -> None:
    error = "refused: 1.1/3.9" if state is MessageState.DEAD else ""
    destination = "https://localhost:1"
    function = Function.HANDLE_DOWNLOAD_PROGRESS_INFO
    store.commit(
        Message(function, destination, subject, subject, b'{"a":1}', NOW, NOW, 3, state, error),
    )


def shown(lab: CliLab, *options: str) -> list[tuple[str, str, int]]:
    return [(one["subject"], one["state"], one["attempts"]) for one in lab.json("outbox", "list", *options)]


def test_list_retry_and_drop(lab: CliLab, store: SqlStore) -> None:
    assert lab.json("outbox", "list") == []
    assert "empty" in lab("outbox", "list").stdout
    put(store, "W")
    put(store, "D", MessageState.DEAD)
    put(store, "D2", MessageState.DEAD)
    assert shown(lab) == [("W", "Waiting", 3), ("D", "Dead", 3), ("D2", "Dead", 3)]
    assert shown(lab, "--dead") == [("D", "Dead", 3), ("D2", "Dead", 3)]
    first = lab.json("outbox", "list")[1]
    assert (first["function"], first["destination"]) == ("handleDownloadProgressInfo", "https://localhost:1")
    assert (first["error"], first["body"]) == ("refused: 1.1/3.9", '{"a":1}')
    assert "refused: 1.1/3.9" in lab("outbox", "list").stdout
    assert [one["subject"] for one in lab.json("outbox", "retry", str(first["number"]))] == ["D"]
    assert shown(lab) == [("W", "Waiting", 3), ("D", "Waiting", 0), ("D2", "Dead", 3)]
    lab("outbox", "drop", str(first["number"]))
    assert shown(lab) == [("W", "Waiting", 3), ("D2", "Dead", 3)]
    lab("outbox", "retry", "--all")
    assert shown(lab) == [("W", "Waiting", 0), ("D2", "Waiting", 0)]
    lab("outbox", "drop", "--all")
    assert shown(lab) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("retry",), "--all"),
        (("drop",), "--all"),
        (("drop", "1", "--all"), "--all"),
        (("retry", "99"), "no message 99"),
        (("drop", "99"), "no message 99"),
    ],
)
def test_what_is_not_there_is_named(lab: CliLab, store: SqlStore, words: tuple[str, ...], said: str) -> None:
    put(store, "W")
    answer = lab("outbox", *words, expect=2)
    assert said in answer.stderr
    assert shown(lab) == [("W", "Waiting", 3)]


def test_a_provisioned_order_is_announced_at_its_smds(lab: CliLab, tmp_path: Path) -> None:
    """Loaded twice, before and while the server runs: one event, which discovery downloads."""
    lab("card", "create", "c1")
    eid = lab.lpa("info").json["eid"]
    file = tmp_path / "order.toml"
    file.write_text(
        '[[profile]]\niccid = "8999001000000000017"\nimsi = "001010000000001"\n'
        f'k = "{"00" * 16}"\nopc = "{"11" * 16}"\n'
        '[[order]]\niccid = "8999001000000000017"\nmatching_id = "EVENT"\n'
        f'eid = "{eid}"\nsmds_address = "testrootsmds.example.com"\n'
    )
    lab("provision", str(file))
    with lab.serving("--smds-port", "0", "--es12-port", "0", "--no-trace", "--no-api"):
        for _ in range(2):
            wait_until_empty(lab)
            found = lab.lpa("discovery", "--yes").json
            assert [one["iccid"] for one in found] == ["8999001000000000017"]
            lab.lpa("profile", "delete", "8999001000000000017", "--yes")
            wait_until_empty(lab)
            assert lab.lpa("discovery", "--yes").json == []
            lab("provision", str(file))
            lab("provision", str(file))


def wait_until_empty(lab: CliLab) -> None:
    for _ in range(200):
        if not lab.json("outbox", "list"):
            return
        time.sleep(0.1)
    raise AssertionError(lab.json("outbox", "list"))
