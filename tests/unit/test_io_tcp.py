"""The card on a TCP port: framing, power, one reader after the other."""

import queue
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from euicc_sim.io.messages import Stop, serve
from euicc_sim.io.slot import Slot
from euicc_sim.io.tcp import serve_tcp
from lpa.card.tcp import TcpLink
from lpa.core.procedures.chip import chip_info
from lpa.core.settings import LpaSettings
from lpa.drive import run
from lpa.http.blocking import BlockingHttpClient
from lpa.http.trust import TlsTrust
from lpa.user import ScriptedUser
from tests.support.card_bench import EID
from tests.support.reader_bench import ReaderEnd, fresh_card, fresh_slot, in_thread

ATR_HEAD = "3B9E96803FC78280"
SELECT_MF = "00A40004023F00"


@contextmanager
def served(slot: Slot) -> Iterator[int]:
    ports: queue.Queue[int] = queue.Queue()
    with in_thread(lambda stop: serve_tcp(slot, stop, 0, ports.put)):
        yield ports.get(timeout=20)


@pytest.fixture
def reader() -> Iterator[ReaderEnd]:
    with served(fresh_slot()) as port:
        end = ReaderEnd.to(port)
        yield end
        end.close()


def test_controls_are_silent_except_get_atr(reader: ReaderEnd) -> None:
    assert reader.ask("04").startswith(ATR_HEAD), "the ATR is known without power"
    for control in ("01", "02", "03"):
        reader.send(control)
    assert reader.ask("04").startswith(ATR_HEAD)
    assert reader.ask(SELECT_MF)[:2] == "61"


def test_a_card_without_power_is_mute(reader: ReaderEnd) -> None:
    assert reader.ask(SELECT_MF) == ""
    reader.send("01")
    assert reader.ask(SELECT_MF)[:2] == "61"
    reader.send("00")
    assert reader.ask(SELECT_MF) == ""


def test_reset_and_power_off_close_the_channels(reader: ReaderEnd) -> None:
    reader.send("01")
    assert reader.ask("0070000001") == "019000"
    assert reader.ask("0070000001") == "029000"
    reader.send("02")
    assert reader.ask("0070000001") == "019000"


def test_an_empty_message_is_a_command_of_no_octets(reader: ReaderEnd) -> None:
    reader.send("01")
    assert reader.ask("") == "6700"


def test_messages_may_come_in_single_octets_and_together(reader: ReaderEnd) -> None:
    reader.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for octet in bytes.fromhex("00010100050070000001"):
        reader.connection.sendall(bytes((octet,)))
    assert reader.receive() == "019000"
    reader.connection.sendall(bytes.fromhex("0005007000000100010400050070000001"))
    assert reader.receive() == "029000"
    assert reader.receive().startswith(ATR_HEAD)
    assert reader.receive() == "039000"


def test_the_next_reader_finds_the_card_without_power_and_channels() -> None:
    with served(fresh_slot()) as port:
        first = ReaderEnd.to(port)
        first.send("01")
        assert first.ask("0070000001") == "019000"
        first.close()
        second = ReaderEnd.to(port)
        assert second.ask(SELECT_MF) == ""
        second.send("01")
        assert second.ask("0070000001") == "019000"
        second.close()


def test_half_a_message_and_a_pulled_cable_harm_nothing() -> None:
    with served(fresh_slot()) as port:
        for rubbish in ("", "00", "0005", "00050070"):
            first = ReaderEnd.to(port)
            first.connection.sendall(bytes.fromhex(rubbish))
            first.close()
        second = ReaderEnd.to(port)
        assert second.ask("04").startswith(ATR_HEAD)
        second.close()


def test_stopping_closes_the_connection() -> None:
    with served(fresh_slot()) as port:
        reader = ReaderEnd.to(port)
        reader.ask("04")
    assert reader.is_closed()
    with pytest.raises(OSError):  # noqa: PT011 - refused, in the words of the platform
        ReaderEnd.to(port)
    reader.close()


def test_a_card_is_put_in_without_power() -> None:
    card = fresh_card()
    Slot(card)
    with pytest.raises(RuntimeError):
        card.transmit(bytes.fromhex(SELECT_MF))


def test_a_slow_card_waits_before_each_answer() -> None:
    waits: list[float] = []
    slot = Slot(fresh_card(), 0.25, waits.append)
    assert slot.transmit(bytes.fromhex(SELECT_MF)) == b""
    assert slot.power_on() == slot.atr
    assert waits == []
    slot.transmit(bytes.fromhex(SELECT_MF))
    slot.transmit(bytes.fromhex("0070000001"))
    assert waits == [0.25, 0.25]


def test_the_agents_link_and_the_port_speak_the_same() -> None:
    with served(fresh_slot()) as port:
        link = TcpLink("127.0.0.1", port)
        assert link.connect().hex().upper().startswith(ATR_HEAD)
        chip = run(chip_info(LpaSettings()), link, BlockingHttpClient(TlsTrust(())), ScriptedUser())
        assert chip.eid == EID
        assert link.reset().hex().upper().startswith(ATR_HEAD)
        link.disconnect()


@pytest.mark.skipif(not hasattr(socket, "TCP_QUICKACK"), reason="no TCP_QUICKACK on this platform")
def test_each_receive_is_acknowledged_at_once() -> None:
    """clients.md: without it some 44 ms an APDU. The kernel takes the option back, so it is set before each receive."""
    calls: list[str] = []

    class Watched(socket.socket):
        def setsockopt(self, *arguments: Any) -> None:
            if arguments[:2] == (socket.IPPROTO_TCP, socket.TCP_QUICKACK):
                calls.append(f"quickack {arguments[2]}")
            super().setsockopt(*arguments)

        def recv(self, *arguments: Any) -> bytes:
            calls.append("recv")
            return super().recv(*arguments)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        reader = ReaderEnd.to(listener.getsockname()[1])
        accepted, _ = listener.accept()
        card = Watched(fileno=accepted.detach())
        reader.send("0070000001")
        reader.connection.shutdown(socket.SHUT_WR)
        stop = Stop()
        serve(card, fresh_slot(), stop)
        stop.close()
        card.close()
        reader.close()
    assert calls[::2] == ["quickack 1"] * 3, "length, body, end"
    assert calls[1::2] == ["recv"] * 3
