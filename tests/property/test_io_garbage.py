"""Whatever a reader or an LPA sends, the card's end answers or goes on; it never falls over."""

import io
import json
import socket
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from euicc_sim.io.messages import GET_ATR, Stop, serve
from euicc_sim.io.stdio import serve_stdio
from tests.support.reader_bench import fresh_slot

SLOT = fresh_slot()
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=5), children, max_size=3),
    max_leaves=6,
)
FUNCTIONS = st.sampled_from(["connect", "disconnect", "logic_channel_open", "logic_channel_close", "transmit"])
APDU = st.builds(
    lambda function, parameter: {"type": "apdu", "payload": {"func": function, "param": parameter}},
    FUNCTIONS | JSON,
    st.binary(max_size=40).map(bytes.hex) | JSON,
)
HTTP = st.fixed_dictionaries(
    {
        "type": st.just("http"),
        "payload": st.dictionaries(st.sampled_from(["url", "tx", "headers"]), JSON, max_size=3) | JSON,
    }
)
LINES = st.lists(st.one_of(APDU, HTTP, JSON).map(json.dumps) | st.text(max_size=30), max_size=8)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(LINES)
def test_newline_json(lines: list[str]) -> None:
    out, handed_on = io.StringIO(), list[str]()
    serve_stdio(SLOT, lines, out, lambda url, headers, body: (200, body), handed_on.append)
    answers: list[dict[str, Any]] = [json.loads(line) for line in out.getvalue().splitlines()]
    assert len(answers) + len(handed_on) == len(lines)
    for answer in answers:
        if answer["type"] == "apdu":
            assert isinstance(answer["payload"]["ecode"], int)
        else:
            assert set(answer["payload"]) == {"rcode", "rx"}


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(st.binary(max_size=60), max_size=12))
def test_messages_of_a_reader(messages: list[bytes]) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    reader = socket.create_connection(listener.getsockname())
    card, _ = listener.accept()
    stop = Stop()
    try:
        for message in messages:
            reader.sendall(len(message).to_bytes(2, "big") + message)
        reader.shutdown(socket.SHUT_WR)
        assert serve(card, SLOT, stop) is False
        card.close()
        received = b""
        while more := reader.recv(65536):
            received += more
    finally:
        for end in (listener, reader, card):
            end.close()
        stop.close()
    answers = 0
    while received:
        received = received[2 + int.from_bytes(received[:2]) :]
        answers += 1
    assert answers == sum(len(message) != 1 or message[0] == GET_ATR for message in messages)
