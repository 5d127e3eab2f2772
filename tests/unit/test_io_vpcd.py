"""The card as a client of vpcd: it plugs itself in, answers as a card in a reader does, and comes back."""

import queue
import socket

import pytest

from euicc_sim.io.vpcd import serve_vpcd
from tests.support.reader_bench import JOIN_S, ReaderEnd, fresh_slot, in_thread

ATR_HEAD = "3B9E96803FC78280"


class Vpcd:
    """The driver's end: a listening port."""

    def __init__(self, port: int = 0) -> None:
        self._listener = socket.create_server(("127.0.0.1", port))
        self._listener.settimeout(JOIN_S)
        self.port: int = self._listener.getsockname()[1]

    def card(self) -> ReaderEnd:
        """The next card that plugs itself in."""
        connection, _ = self._listener.accept()
        return ReaderEnd(connection)

    def close(self) -> None:
        self._listener.close()


def test_power_up_poll_apdu_power_down_as_pcscd_does_it() -> None:
    vpcd = Vpcd()
    with in_thread(lambda stop: serve_vpcd(fresh_slot(), stop, "127.0.0.1", vpcd.port)):
        reader = vpcd.card()
        assert reader.ask("04").startswith(ATR_HEAD)
        reader.send("01")
        assert reader.ask("04").startswith(ATR_HEAD)
        assert reader.ask("80AA00000AA9088100820101830107") == "9000"
        assert reader.ask("04").startswith(ATR_HEAD), "a presence poll between two commands"
        assert reader.ask("0070000001") == "019000"
        reader.send("00")
        reader.send("01")
        assert reader.ask("0070000001") == "019000", "power off has closed the channels"
    assert reader.is_closed()
    reader.close()
    vpcd.close()


def test_the_card_comes_back_when_pcscd_restarts() -> None:
    happened: queue.Queue[str] = queue.Queue()
    vpcd = Vpcd()
    vpcd.close()
    with in_thread(
        lambda stop: serve_vpcd(
            fresh_slot(),
            stop,
            "127.0.0.1",
            vpcd.port,
            lambda: happened.put("plugged"),
            lambda: happened.put("waiting"),
            retry_s=0.01,
        )
    ):
        assert happened.get(timeout=JOIN_S) == "waiting"
        vpcd = Vpcd(vpcd.port)
        first = vpcd.card()
        first.ask("04")
        assert happened.get(timeout=JOIN_S) == "plugged"
        vpcd.close()
        first.close()
        assert happened.get(timeout=JOIN_S) == "waiting"
        vpcd = Vpcd(vpcd.port)
        second = vpcd.card()
        assert second.ask("04").startswith(ATR_HEAD)
        assert happened.get(timeout=JOIN_S) == "plugged"
        second.close()
    vpcd.close()


def test_without_pcscd_it_waits_and_can_be_stopped() -> None:
    happened: queue.Queue[str] = queue.Queue()
    vpcd = Vpcd()
    vpcd.close()
    with in_thread(
        lambda stop: serve_vpcd(
            fresh_slot(), stop, "127.0.0.1", vpcd.port, on_waiting=lambda: happened.put("waiting"), retry_s=0.01
        )
    ):
        assert happened.get(timeout=JOIN_S) == "waiting"
        with pytest.raises(queue.Empty):
            happened.get(timeout=0.2)  # said once, however often it tries


def test_a_reader_that_has_another_card_is_waited_for() -> None:
    """vpcd takes one card; the connection of a second stays in the queue until the first has gone."""
    happened: queue.Queue[str] = queue.Queue()
    vpcd = Vpcd()
    with in_thread(
        lambda stop: serve_vpcd(
            fresh_slot(),
            stop,
            "127.0.0.1",
            vpcd.port,
            lambda: happened.put("plugged"),
            lambda: happened.put("waiting"),
            retry_s=0.01,
            poll_s=0.01,
        )
    ):
        assert happened.get(timeout=JOIN_S) == "waiting"
        reader = vpcd.card()
        assert reader.ask("04").startswith(ATR_HEAD)
        assert happened.get(timeout=JOIN_S) == "plugged"
        reader.close()
    vpcd.close()
