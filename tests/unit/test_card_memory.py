"""The card's memory: a file that belongs to one process, survives, and is never half written."""

import multiprocessing
import os
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from euicc_sim.core.card import Card, provision
from euicc_sim.core.options import CardOptions
from euicc_sim.core.rules import AuthorisationRule, Operator
from euicc_sim.core.settings import CardSettings
from euicc_sim.io.nvm_file import CardFileError, FileNvm
from euicc_sim.io.nvm_memory import MemoryNvm
from tests.support.card_bench import Bench, Order, TraceLog, card_settings, chain, mini_server, pki
from tests.support.entropy import SeededEntropy
from wire.errors import DecodeError
from wire.es10 import PprFlags, PprIds


@pytest.fixture(params=["file", "RAM"])
def nvm(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    if request.param == "RAM":
        yield MemoryNvm()
    else:
        with FileNvm(tmp_path / "a.card", create=True) as opened:
            yield opened


def test_what_a_memory_does(nvm: Any) -> None:
    assert nvm.get("a") is None
    nvm.commit({"a/2": b"two", "a/1": b"one", "b": b""})
    assert (nvm.get("a/1"), nvm.get("b")) == (b"one", b"")
    assert list(nvm.keys("a/")) == ["a/1", "a/2"]
    assert list(nvm.keys()) == ["a/1", "a/2", "b"]
    nvm.commit({"a/1": None, "a/3": b"three", "missing": None})
    assert list(nvm.keys("a/")) == ["a/2", "a/3"]


def test_a_commit_is_all_or_nothing(nvm: Any) -> None:
    nvm.commit({"a": b"1"})
    with pytest.raises((TypeError, sqlite3.Error)):
        nvm.commit({"a": b"2", "b": object()})
    assert nvm.get("a") == b"1"
    assert nvm.get("b") is None


def test_a_file_is_the_whole_card(tmp_path: Path) -> None:
    path = tmp_path / "a.card"
    order = Order()
    with FileNvm(path, create=True) as nvm:
        bench = Bench(nvm=nvm)
        bench.download(order)
        bench.result(order.enable())
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.card"], "no journal beside it"
    moved = path.rename(tmp_path / "b.card")
    with FileNvm(moved) as nvm:
        assert Bench(nvm=nvm).states() == {str(order.iccid): 1}


def test_a_file_belongs_to_one(tmp_path: Path) -> None:
    path = tmp_path / "a.card"
    with FileNvm(path, create=True), pytest.raises(CardFileError, match="in use"):
        FileNvm(path)
    with FileNvm(path):
        pass


def test_files_that_are_no_cards(tmp_path: Path) -> None:
    with pytest.raises(CardFileError, match="no such card"):
        FileNvm(tmp_path / "missing.card")
    text = tmp_path / "text"
    text.write_text("hello" * 100)
    with pytest.raises(CardFileError, match="not the file of a card"):
        FileNvm(text)
    other = tmp_path / "other.db"
    connection = sqlite3.connect(other)
    connection.execute("CREATE TABLE nvm (key, value)")
    connection.commit()
    connection.close()
    with pytest.raises(CardFileError, match="not the file of a card"):
        FileNvm(other)
    with FileNvm(tmp_path / "a.card", create=True):
        pass
    with pytest.raises(CardFileError, match="already exists"):
        FileNvm(tmp_path / "a.card", create=True)


@pytest.mark.skipif(os.name == "nt", reason="no POSIX permissions")
def test_nobody_else_reads_the_keys(tmp_path: Path) -> None:
    path = tmp_path / "a.card"
    with FileNvm(path, create=True) as nvm:
        nvm.commit({"a": b"1"})
        assert {entry.stat().st_mode & 0o077 for entry in tmp_path.iterdir()} == {0}
    assert path.stat().st_mode & 0o077 == 0
    with pytest.raises(CardFileError):
        FileNvm(tmp_path / "missing" / "a.card", create=True)


def _write_and_die(path: str) -> None:
    nvm = FileNvm(Path(path))
    nvm.commit({"kept": b"1", "counter": b"2"})
    nvm._connection.execute("BEGIN IMMEDIATE")
    nvm._connection.execute("INSERT OR REPLACE INTO nvm VALUES ('counter', x'33')")
    os._exit(9)


def test_a_killed_process_leaves_the_last_commit(tmp_path: Path) -> None:
    path = tmp_path / "a.card"
    with FileNvm(path, create=True) as nvm:
        nvm.commit({"counter": b"1"})
    process = multiprocessing.get_context("spawn").Process(target=_write_and_die, args=(str(path),))
    process.start()
    process.join()
    assert process.exitcode == 9
    with FileNvm(path) as nvm:
        assert (nvm.get("kept"), nvm.get("counter")) == (b"1", b"2")


def test_settings_survive_the_memory() -> None:
    rule = AuthorisationRule(PprIds.ppr2, (Operator(b"\x00\xf1\x10", None, b"\x01"), Operator()), PprFlags(0))
    settings = card_settings(
        name="käse",
        rules=(rule,),
        forbidden_pprs=PprIds.ppr1,
        options=CardOptions(channels=4, isd_r_aid=b"\xa0" * 16),
        chains=(chain(pki(), "NIST"), chain(pki(), "BRP", signs=False)),
    )
    assert CardSettings.decode(settings.encode()) == settings
    with pytest.raises(DecodeError):
        CardSettings.decode(b"{}")
    with pytest.raises(DecodeError):
        CardSettings.decode(b"\xff")


def test_a_card_is_made_once_and_properly() -> None:
    nvm = MemoryNvm()
    with pytest.raises(ValueError, match="no card"):
        Card(nvm, SeededEntropy(), TraceLog())
    with pytest.raises(ValueError, match="sign under no CI"):
        provision(nvm, card_settings(chains=(chain(pki(), "NIST", signs=False),)))
    provision(nvm, card_settings())
    with pytest.raises(ValueError, match="not empty"):
        provision(nvm, card_settings())


def test_a_fork_goes_its_own_way() -> None:
    nvm = MemoryNvm()
    bench = Bench(nvm=nvm)
    bench.download(Order(1))
    fork = Bench(nvm=nvm.copy())
    fork.download(Order(2))
    assert len(fork.states()) == 2
    assert len(bench.states()) == 1


def test_the_same_seed_gives_the_same_octets() -> None:
    def run() -> list[bytes]:
        bench = Bench(seed=42)
        server = mini_server()
        bench.prepare(server)
        return [server.otpk_euicc, bench.es10("BF2E00"), bench.es10("BF2B00")]

    assert run() == run()
