"""Delivery over mutual TLS to an operator that is slow, broken or away, by a worker that is killed and restarted."""

import asyncio
import json
import os
import random
import signal
import socket
import sys
from collections import defaultdict
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from smdp.core.messages import HANDLE_NOTIFICATION_PATH
from smdp.core.records import Operator
from smdp.store import SqlStore, open_store
from smdp.store.outbox import SqlOutbox
from smdp.web.outgoing import DeliverySettings, DeliveryWorker
from smdp.web.peers import PeerClient
from tests.conftest import ROOT
from tests.support.outbox_world import left, put, until
from tests.support.smdp_world import ICCID, MovableClock, World
from tests.support.tls_servers import CI_PEM, Hosts, calling, dp_tls

OPERATOR = "op.example.com"
BASE = f"https://{OPERATOR}"
EAGER = DeliverySettings(poll_s=0.01, first_wait_s=0.02, longest_wait_s=0.05, jitter_s=0.01)


class Receiver:
    """An operator's back end; `mood` says how it answers."""

    def __init__(self) -> None:
        self.mood = "ok"
        self.asked: list[str] = []
        self.paths: set[str] = set()
        self.acknowledged: list[str] = []

    async def receive(self, request: web.Request) -> web.Response:
        body = await request.text()
        self.asked.append(body)
        self.paths.add(request.path)
        if self.mood == "500":
            return web.Response(status=500)
        if self.mood == "hangs":
            await asyncio.sleep(60)
        if self.mood == "slow":
            await asyncio.sleep(0.02)
        self.acknowledged.append(body)
        return web.Response(status=204)

    def application(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/gsma/rsp2/es2plus/handleDownloadProgressInfo", self.receive)
        app.router.add_post(HANDLE_NOTIFICATION_PATH, self.receive)
        return app


@pytest.fixture
async def hosts() -> AsyncIterator[Hosts]:
    async with Hosts() as hosts:
        yield hosts


@pytest.fixture
def store(tmp_path: Path) -> SqlStore:
    return open_store(f"sqlite:///{tmp_path / 'smdp.db'}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def test_an_operator_that_is_away_broken_and_slow(hosts: Hosts, store: SqlStore) -> None:
    receiver, port = Receiver(), free_port()
    hosts.resolve[OPERATOR] = f"127.0.0.1:{port}"
    bodies = [f"A{n}" for n in range(5)]
    put(store, MovableClock(), *bodies, destination=BASE)
    async with PeerClient(calling(dp_tls("dp.example.com")), resolve=hosts.resolve, timeout_s=0.3) as client:
        delivering = asyncio.create_task(DeliveryWorker(SqlOutbox(store), client, EAGER).run())
        await until(lambda: left(store)[0][2] >= 2)  # nobody listens
        receiver.mood = "500"
        await hosts.serve(OPERATOR, receiver.application(), dp_tls(OPERATOR), "required", port)
        await until(lambda: len(receiver.asked) >= 2)
        receiver.mood = "hangs"
        asked = len(receiver.asked)
        await until(lambda: len(receiver.asked) >= asked + 2)
        receiver.mood = "slow"
        await until(lambda: not left(store))
        delivering.cancel()
        await asyncio.gather(delivering, return_exceptions=True)
    assert receiver.acknowledged == bodies
    assert set(receiver.asked[: receiver.asked.index("A1")]) == {"A0"}


async def test_a_stranger_is_told_nothing(hosts: Hosts, store: SqlStore) -> None:
    """The server at the operator's address shows a certificate for another name."""
    receiver = Receiver()
    await hosts.serve(OPERATOR, receiver.application(), dp_tls("impostor.example.com"), "required")
    put(store, MovableClock(), "A0", destination=BASE)
    async with PeerClient(calling(dp_tls("dp.example.com")), resolve=hosts.resolve) as client:
        await DeliveryWorker(SqlOutbox(store), client, DeliverySettings(first_wait_s=60)).deliver_due()
    assert receiver.asked == []
    (waiting,) = SqlOutbox(store).messages()
    assert "Hostname mismatch" in waiting.error
    assert "SSLContext" not in waiting.error


@pytest.mark.parametrize(
    ("address", "path"),
    [
        (BASE, "/gsma/rsp2/es2plus/handleDownloadProgressInfo"),
        (BASE + HANDLE_NOTIFICATION_PATH, HANDLE_NOTIFICATION_PATH),
    ],
)
async def test_the_body_arrives_with_exactly_its_members(hosts: Hosts, tmp_path: Path, address: str, path: str) -> None:
    receiver, world = Receiver(), World(tmp_path)
    world.profile(operator="op1", profile_type="gold")
    world.store.commit(Operator("op1", notification_url=address))
    await hosts.serve(OPERATOR, receiver.application(), dp_tls(OPERATOR), "required")
    world.order(operator="op1")
    world.download(world.euicc())
    async with PeerClient(calling(dp_tls("smdp.example.com")), resolve=hosts.resolve) as client:
        await DeliveryWorker(SqlOutbox(world.store), client, EAGER).deliver_due()
    bodies: list[dict[str, Any]] = [json.loads(body) for body in receiver.acknowledged]
    assert receiver.paths == {path}
    assert [body["notificationPointId"] for body in bodies] == [1, 3, 4]
    members = {"header", "eid", "iccid", "profileType", "timestamp", "notificationPointId", "notificationPointStatus"}
    assert [set(body) - members for body in bodies] == [set(), set(), {"resultData"}]
    assert {body["iccid"] for body in bodies} == {ICCID}


class Worker:
    """A process that delivers, to be killed."""

    def __init__(self, directory: Path, hosts: Hosts) -> None:
        credential = dp_tls("dp.example.com")
        paths = [directory / name for name in ("chain.pem", "key.pem", "roots.pem")]
        for path, content in zip(paths, (credential.chain_pem, credential.key_pem, CI_PEM), strict=True):
            path.write_bytes(content)
        names = [f"{name}={target}" for name, target in hosts.resolve.items()]
        script = ["-m", "tests.support.outbox_process"]
        self._command = [sys.executable, *script, f"sqlite:///{directory / 'smdp.db'}", *map(str, paths), *names]

    async def start(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            *self._command, cwd=ROOT, stdout=asyncio.subprocess.PIPE, env=os.environ | {"PYTHONPATH": str(ROOT)}
        )
        assert self._process.stdout is not None
        assert await self._process.stdout.readline() == b"ready\n"

    async def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        await self._process.wait()


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
async def test_killed_workers_lose_nothing_and_keep_the_order(hosts: Hosts, store: SqlStore, tmp_path: Path) -> None:
    receiver, chance, kills = Receiver(), random.Random(5), 3
    receiver.mood = "slow"
    await hosts.serve(OPERATOR, receiver.application(), dp_tls(OPERATOR), "required")
    sent = {lane: [f"{lane}{n}" for n in range(12)] for lane in "ABC"}
    for lane, bodies in sent.items():
        put(store, MovableClock(), *bodies, lane=lane, destination=BASE)
    worker = Worker(tmp_path, hosts)
    for _ in range(kills):
        await worker.start()
        enough = len(receiver.asked) + chance.randrange(2, 8)
        await until(lambda least=enough: len(receiver.asked) >= least)
        await worker.kill()
    await worker.start()
    await until(lambda: not left(store))
    await worker.kill()
    arrived: dict[str, list[str]] = defaultdict(list)
    repeated = 0
    for body in receiver.acknowledged:
        lane = arrived[body[0]]
        if body in lane:
            assert body == lane[-1], "repeated out of its turn"
            repeated += 1
        else:
            lane.append(body)
    assert dict(arrived) == sent
    assert repeated <= kills * len(sent)  # at most what was under way at each kill
