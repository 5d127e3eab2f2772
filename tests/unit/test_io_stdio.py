"""The card behind newline JSON, against a scripted peer that asks in lpac's words."""

import io
import json
from collections.abc import Mapping
from typing import Any

import pytest

from euicc_sim.io.slot import Slot
from euicc_sim.io.stdio import Post, serve_stdio
from tests.support.card_bench import EID, ISD_R
from tests.support.reader_bench import fresh_card, fresh_slot

Answers = list[dict[str, Any]]


def apdu(function: str, parameter: str | None = None) -> str:
    return json.dumps({"type": "apdu", "payload": {"func": function, "param": parameter}})


def converse(*lines: str, post: Post | None = None) -> tuple[Answers, list[str]]:
    """The answers, and what was handed on."""
    out, others = io.StringIO(), list[str]()
    serve_stdio(fresh_slot(), [line + "\n" for line in lines], out, post, others.append)
    return [json.loads(line) for line in out.getvalue().splitlines()], others


def payloads(*lines: str) -> list[dict[str, Any]]:
    answers, others = converse(*lines)
    assert others == []
    assert {answer["type"] for answer in answers} == {"apdu"}
    return [answer["payload"] for answer in answers]


def test_connect_open_transmit_close_disconnect() -> None:
    connected, opened, command, more, closed, gone = payloads(
        apdu("connect"),
        apdu("logic_channel_open", ISD_R.hex()),
        apdu("transmit", "81E2910006BF3E035C015A"),
        apdu("transmit", "81C0000015"),
        apdu("logic_channel_close", "01"),
        apdu("disconnect"),
    )
    assert connected["ecode"] == 0
    assert connected["data"].startswith("3B9E96803FC782")
    assert opened == {"ecode": 1}
    assert command == {"ecode": 0, "data": "6115"}
    assert more == {"ecode": 0, "data": f"BF3E125A10{EID}9000"}
    assert closed == {"ecode": 0}
    assert gone == {"ecode": 0}


def test_each_opening_gets_its_own_channel_and_a_closed_one_is_free_again() -> None:
    codes = [
        answer["ecode"]
        for answer in payloads(
            apdu("connect"),
            apdu("logic_channel_open", ISD_R.hex()),
            apdu("logic_channel_open", ISD_R.hex()),
            apdu("logic_channel_close", "01"),
            apdu("logic_channel_close", "01"),
            apdu("logic_channel_open", ISD_R.hex()),
        )
    ]
    assert codes == [0, 1, 2, 0, -1, 1]


def test_an_unknown_application_leaves_no_channel_open() -> None:
    answers = payloads(
        apdu("connect"),
        apdu("logic_channel_open", "A0000005591010FFFFFFFF8900050500"),
        apdu("transmit", "0070000001"),
    )
    assert [answer["ecode"] for answer in answers] == [0, -1, 0]
    assert answers[2]["data"] == "019000"


@pytest.mark.parametrize(
    ("function", "parameter"),
    [
        ("transmit", "00A40004023F00"),
        ("logic_channel_open", ISD_R.hex()),
        ("logic_channel_close", "01"),
    ],
)
def test_nothing_works_before_connect_and_after_disconnect(function: str, parameter: str) -> None:
    answers = payloads(apdu(function, parameter), apdu("connect"), apdu("disconnect"), apdu(function, parameter))
    assert [answer["ecode"] for answer in answers] == [-1, 0, 0, -1]


@pytest.mark.parametrize(
    "payload",
    [
        {"func": "teleport", "param": None},
        {"func": "transmit", "param": "xyz"},
        {"func": "transmit", "param": 5},
        {"func": "logic_channel_open", "param": None},
        {"func": "logic_channel_close", "param": "00"},
        {"func": "logic_channel_close", "param": "14"},
        {"param": None},
        None,
        [],
        "connect",
    ],
)
def test_a_request_that_makes_no_sense_fails_and_the_next_one_works(payload: object) -> None:
    bad, good = payloads(json.dumps({"type": "apdu", "payload": payload}), apdu("connect"))
    assert bad == {"ecode": -1}
    assert good["ecode"] == 0


def test_http_is_carried_out_by_the_client_of_the_house() -> None:
    asked: list[tuple[str, Mapping[str, str], bytes]] = []

    def post(url: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        asked.append((url, headers, body))
        return 204, b"\xc3\xa4"

    request = {
        "url": "https://dp.example.com/gsma/rsp2/es9plus/handleNotification",
        "tx": b"{}".hex(),
        "headers": ["User-Agent: gsma-rsp-lpad", "X-Admin-Protocol: gsma/rsp/v2.2.2"],
    }
    answers, _ = converse(json.dumps({"type": "http", "payload": request}), post=post)
    assert answers == [{"type": "http", "payload": {"rcode": 204, "rx": "C3A4"}}]
    assert asked == [
        (request["url"], {"User-Agent": "gsma-rsp-lpad", "X-Admin-Protocol": "gsma/rsp/v2.2.2"}, b"{}"),
    ]


@pytest.mark.parametrize(
    "payload",
    [{"url": "https://dp.example.com", "tx": "7B7D", "headers": []}, {"tx": ""}, None, {"url": "", "tx": "x"}],
)
def test_http_without_a_client_or_without_sense_has_no_status(payload: object) -> None:
    answers, _ = converse(json.dumps({"type": "http", "payload": payload}))
    assert answers == [{"type": "http", "payload": {"rcode": 0, "rx": ""}}]


def test_results_progress_and_rubbish_are_handed_on() -> None:
    lines = (
        '{"type": "progress", "payload": {"code": 0, "message": "es10b_load_bound_profile_package"}}',
        '{"type": "lpa", "payload": {"code": 0, "message": "success", "data": null}}',
        "Segmentation fault",
        "17",
        "",
    )
    assert converse(*lines) == ([], list(lines))


def test_the_end_of_the_input_takes_the_power_away() -> None:
    card = fresh_card()
    serve_stdio(Slot(card), [apdu("connect")], io.StringIO(), None, lambda _: None)
    with pytest.raises(RuntimeError):
        card.transmit(bytes.fromhex("0070000001"))
