"""Links to cards: TCP, another process, recordings. (PC/SC has its own test in tests/interop.)"""

import io
import json
import socket
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lpa.card.in_process import InProcessLink
from lpa.card.record import FORMAT, RecordedCard, Recording, RecordingLink
from lpa.card.stdio import StdioLink
from lpa.card.tcp import TcpLink
from lpa.card.worker import Worker
from lpa.core.errors import CardLinkError, CardRemoved, CardTimeout, NoReader

ATR = bytes.fromhex("3B9E96803FC7828031E073FE21136653494D4530316900"[:-2])


class Card:
    """Answers with the command turned round, or fails when told to."""

    def __init__(self) -> None:
        self.resets = 0
        self.fails = False

    def reset(self) -> bytes:
        self.resets += 1
        return ATR

    def transmit(self, command: bytes) -> bytes:
        if self.fails:
            raise CardRemoved("taken out")
        return command[::-1] + b"\x90\x00"


def _receive(connection: socket.socket, count: int) -> bytes:
    received = b""
    while len(received) < count and (more := connection.recv(count - len(received))):
        received += more
    return received


@contextmanager
def listening(behave: Callable[[bytes], bytes | None]) -> Iterator[tuple[int, list[bytes]]]:
    """A card end on loopback: `behave` answers each message; None closes the connection, b"" keeps silent."""
    seen: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                while header := _receive(connection, 2):
                    seen.append(_receive(connection, int.from_bytes(header, "big")))
                    answer = behave(seen[-1])
                    if answer is None:
                        return
                    for part in (len(answer).to_bytes(2, "big"), answer) if answer else ():
                        connection.sendall(part)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1], seen
        thread.join(5)


def good(message: bytes) -> bytes:
    if len(message) == 1:
        return ATR if message == b"\x04" else b""
    return message[::-1] + b"\x90\x00"


def test_tcp_speaks_the_messages_of_the_virtual_reader() -> None:
    with listening(good) as (port, seen):
        link = TcpLink("127.0.0.1", port)
        assert link.connect() == ATR
        assert link.transmit(b"\x01\x02\x03\x04" + b"\xaa" * 300) == b"\xaa" * 300 + b"\x04\x03\x02\x01\x90\x00"
        assert link.reset() == ATR
        link.disconnect()
        link.disconnect()
    assert [message for message in seen if len(message) == 1] == [b"\x01", b"\x04", b"\x02", b"\x04", b"\x00"]


def test_tcp_failures_have_their_names() -> None:
    with listening(lambda message: good(message) if len(message) == 1 else None) as (port, _):
        link = TcpLink("127.0.0.1", port)
        link.connect()
        with pytest.raises(CardRemoved):
            link.transmit(b"\x00\xa4\x04\x00")
        link.disconnect()
    with listening(lambda message: good(message) if len(message) == 1 else b"") as (port, _):
        link = TcpLink("127.0.0.1", port, timeout_s=0.05)
        link.connect()
        with pytest.raises(CardTimeout):
            link.transmit(b"\x00\xa4\x04\x00")
        link.disconnect()
    with pytest.raises(CardLinkError):
        link.transmit(b"\x00\xa4\x04\x00")
    with pytest.raises(NoReader):
        TcpLink("127.0.0.1", port).connect()


SERVER = """
    import json, sys, time
    for line in sys.stdin:
        request = json.loads(line)["payload"]
        data = {"connect": "3B00", "disconnect": None}.get(request["func"], "")
        ecode = 0
        if request["func"] == "transmit":
            if request["param"] == "DEAD": sys.exit(0)
            if request["param"] == "BAD0": print("nonsense", flush=True); continue
            if request["param"] == "FA11": ecode = -1
            if request["param"] == "510E": time.sleep(1)
            data = request["param"] + "9000"
        print(json.dumps({"type": "apdu", "payload": {"ecode": ecode, "data": data}}), flush=True)
"""


@pytest.fixture
def stdio() -> Iterator[StdioLink]:
    link = StdioLink([sys.executable, "-c", textwrap.dedent(SERVER)], timeout_s=10)
    assert link.connect() == b"\x3b\x00"
    yield link
    link.disconnect()


def test_stdio_speaks_one_json_object_a_line(stdio: StdioLink) -> None:
    assert stdio.transmit(bytes.fromhex("00A4040C")) == bytes.fromhex("00A4040C9000")
    assert stdio.reset() == b"\x3b\x00"
    assert stdio.transmit(bytes.fromhex("AB")) == bytes.fromhex("AB9000")


@pytest.mark.parametrize(
    ("command", "error"), [("DEAD", CardRemoved), ("BAD0", CardLinkError), ("FA11", CardLinkError)]
)
def test_stdio_failures_have_their_names(stdio: StdioLink, command: str, error: type[CardLinkError]) -> None:
    with pytest.raises(error):
        stdio.transmit(bytes.fromhex(command))


def test_a_process_that_does_not_answer_or_does_not_exist() -> None:
    link = StdioLink([sys.executable, "-c", "import time; time.sleep(5)"], timeout_s=0.05)
    with pytest.raises(CardTimeout):
        link.connect()
    link.disconnect()
    with pytest.raises(NoReader):
        StdioLink(["/nonexistent/card"]).connect()


def test_a_recording_holds_everything_and_answers_alike(tmp_path: Path) -> None:
    card, log = Card(), io.StringIO()
    link = RecordingLink(InProcessLink(card), log)
    assert not link.waits
    link.connect()
    first, second = link.transmit(b"\x00\x01"), link.transmit(b"\x00\x02")
    link.reset()
    card.fails = True
    with pytest.raises(CardRemoved):
        link.transmit(b"\x00\x03")
    link.disconnect()
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    assert lines[0] == FORMAT
    assert [line.get("event") for line in lines[1:]] == [
        "connect",
        "transmit",
        "transmit",
        "reset",
        "failure",
        "disconnect",
    ]
    path = tmp_path / "card.jsonl"
    path.write_text(log.getvalue())
    replayed = RecordedCard(Recording.load(path), strict=True)
    assert replayed.reset() == ATR
    assert (replayed.transmit(b"\x00\x01"), replayed.transmit(b"\x00\x02")) == (first, second)
    with pytest.raises(CardLinkError, match="ends before 0003"):
        replayed.transmit(b"\x00\x03")


def test_a_replay_follows_another_order_unless_it_is_strict() -> None:
    recording = Recording(ATR, ((b"A", b"1"), (b"B", b"2"), (b"A", b"3")))
    card = RecordedCard(recording)
    assert [card.transmit(command) for command in (b"B", b"A", b"A", b"A", b"C")] == [
        b"2",
        b"3",
        b"1",
        b"3",
        b"\x6f\x00",
    ]
    with pytest.raises(CardLinkError, match="exchange 1 of the recording is 41, not 42"):
        RecordedCard(recording, strict=True).transmit(b"B")


@pytest.mark.parametrize(
    "text",
    ["", "{}", '{"format": "rsplab-apdu-log", "version": 2}', f"{json.dumps(FORMAT)}\n[]", f"{json.dumps(FORMAT)}\nx"],
)
def test_what_is_no_recording_is_refused_with_the_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "card.jsonl"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"line|empty"):
        Recording.load(path)


def test_a_call_that_hangs_is_left_behind_and_the_next_one_works() -> None:
    worker = Worker()
    with pytest.raises(TimeoutError):
        worker.call(lambda: time.sleep(0.5), 0.01)
    assert worker.call(lambda: 7, 5) == 7
    with pytest.raises(ZeroDivisionError):
        worker.call(lambda: 1 // 0, 5)
    worker.stop()
