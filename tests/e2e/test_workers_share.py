"""`rsplab serve --workers`: one session served by two processes in turn, on one PostgreSQL."""

import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bench.device import Device
from certs import roles
from lab.directory import Lab
from lab.migrations.command import upgrade
from lab.pki import load_pki
from tests.support.lab import CliLab, new_lab
from tests.support.postgres import postgresql
from wire.ids import Iccid

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


@pytest.fixture(scope="module")
def fresh() -> Iterator[Callable[[], str]]:
    with postgresql() as make:
        yield make


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh: Callable[[], str]) -> CliLab:
    """A lab on an upgraded PostgreSQL."""
    url = fresh()
    upgrade(url)
    monkeypatch.setenv("RSPLAB_DATABASE_URL", url.replace("postgresql+psycopg://", "postgresql://"))
    return new_lab(tmp_path / "lab")


def children(pid: int) -> set[int]:
    """The processes whose parent this is."""
    return {int(text) for text in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}


def until(condition: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came to hold"
        time.sleep(0.02)


@contextlib.contextmanager
def stopped(pid: int) -> Iterator[None]:
    """A worker that accepts nothing while the block runs."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def device(lab: CliLab, port: int) -> Device:
    """A device with a connection of its own, which has been accepted."""
    pki = load_pki(Lab(lab.path))
    made = Device(pki.euicc(), pki.ci(), "localhost", port, roles.SMDP_OID)
    made.initiate()
    return made


def served(lab: CliLab, worker: int, session: str) -> list[str]:
    """The calls of a session that this worker answered, in order."""
    (path,) = Lab(lab.path).traces_path.glob(f"*-smdp-{worker}.jsonl")
    events = [json.loads(line) for line in path.read_text().splitlines()]
    return [
        event["function"]
        for event in events
        if event["kind"] == "http" and event["direction"] == "response" and event["session"] == session
    ]


def test_two_workers_serve_one_session_alternately(lab: CliLab) -> None:
    order = lab.order()
    with lab.serving("--workers", "2") as server:
        first, second = sorted(children(server.pid))
        with stopped(second):
            one = device(lab, server.port)
        with stopped(first):
            other = device(lab, server.port)
        session, challenge = one.initiate()
        authenticated = other.authenticate(order["matching_id"], session, challenge)
        _, package = one.bind(*authenticated)
        other.report_installation(session, Iccid(order["iccid"]))
    assert package
    assert lab.json("order", "show", order["order_id"])["state"] == "Installed"
    transaction_id = session.hex().upper()
    assert served(lab, 1, transaction_id) == ["initiateAuthentication", "getBoundProfilePackage"]
    assert served(lab, 2, transaction_id)[:1] == ["authenticateClient"]
    assert len(served(lab, 2, transaction_id)) <= 2


def test_a_worker_that_dies_is_replaced_and_loses_no_session(lab: CliLab) -> None:
    order = lab.order()
    with lab.serving("--workers", "2") as server:
        first, second = sorted(children(server.pid))
        with stopped(second):
            one = device(lab, server.port)
        session, challenge = one.initiate()
        os.kill(first, signal.SIGKILL)
        other = device(lab, server.port)
        _, package = other.bind(*other.authenticate(order["matching_id"], session, challenge))
        assert package
        until(lambda: len(children(server.pid) - {first, second}) == 1)
        assert second in children(server.pid)
        assert server.stop() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_workers_end_with_their_parent(lab: CliLab, number: signal.Signals) -> None:
    with lab.serving("--workers", "2", "--no-trace") as server:
        workers = children(server.pid)
        assert len(workers) == 2
        os.kill(server.pid, number)
        assert server.process is not None
        assert server.process.wait(10) == (-9 if number is signal.SIGKILL else 0)
        until(lambda: not any(Path(f"/proc/{pid}/cmdline").exists() and alive(pid) for pid in workers))


def alive(pid: int) -> bool:
    """Running, not a zombie that nobody has waited for."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def test_a_database_that_was_not_upgraded_is_named(lab: CliLab, fresh: Callable[[], str]) -> None:
    said = lab("serve", "--workers", "2", "--database-url", fresh(), expect=2).stderr
    assert "rsplab db upgrade" in said


def test_downloads_through_two_workers_on_sqlite(tmp_path: Path) -> None:
    lab = new_lab(tmp_path / "lab")
    lab("card", "create", "c1")
    orders = [lab.order() for _ in range(2)]
    with lab.serving("--workers", "2"):
        for order in orders:
            lab.lpa("profile", "download", order["activation_code"], "--yes")
    assert {lab.json("order", "show", order["order_id"])["state"] for order in orders} == {"Installed"}
    assert not Lab(lab.path).running_path.exists()
