"""The trace writer: one session a scope, secrets out, octets in, and lines that survive a crash."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Any

import pytest

from lab.apdu_log import ApduDecoder
from lab.clock import FixedClock
from lab.errors import LabError
from lab.redaction import parse_reveal, secret_class
from lab.trace import NoTrace, TraceWriter, last_session, read_trace, trace_file
from lab.trace_encoding import Encoder

NOW = datetime(2030, 1, 2, 3, 4, 5, 678, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "traces" / "t.jsonl"


def writer(path: Path, *reveal: str) -> TraceWriter:
    return TraceWriter(path, FixedClock(NOW), frozenset(reveal))


def events(path: Path) -> list[dict[str, Any]]:
    return sorted(read_trace(path), key=lambda event: event["n"])


def test_a_line_holds_what_the_format_says(path: Path) -> None:
    with writer(path) as trace:
        trace.role("card").record("verdict", "AB", check="mac", what="A0", ok=False, reason="wrong", absent=None)
    (line,) = path.read_text().splitlines()
    assert json.loads(line) == {
        "n": 1,
        "run": "20300102T030405.000678Z",
        "time": "2030-01-02T03:04:05.000678Z",
        "role": "card",
        "session": "AB",
        "kind": "verdict",
        "check": "mac",
        "what": "A0",
        "ok": False,
        "reason": "wrong",
    }


def test_events_wait_for_the_session_of_their_scope(path: Path) -> None:
    with writer(path) as trace:
        lpa, card = trace.role("lpa"), trace.role("card")
        lpa.record("note", "", message="outside")
        with lpa.scope():
            lpa.record("note", "", message="before")
            card.record("note", "", message="before, too")
            card.record("note", "A1", message="known")
            lpa.record("note", "", message="after")
            lpa.record("note", "B2", message="another")
            lpa.record("note", "", message="after that")
        lpa.record("note", "", message="outside again")
    assert [(event["message"], event["session"]) for event in events(path)] == [
        ("outside", ""),
        ("before", "A1"),
        ("before, too", "A1"),
        ("known", "A1"),
        ("after", "A1"),
        ("another", "B2"),
        ("after that", "B2"),
        ("outside again", ""),
    ]


def test_a_session_that_never_becomes_known_is_written_as_none(path: Path) -> None:
    with writer(path) as trace, trace.role("lpa").scope():
        trace.role("lpa").record("note", "", message="x")
    assert [event["session"] for event in events(path)] == [""]


async def test_concurrent_requests_keep_their_own_sessions(path: Path) -> None:
    with writer(path) as trace:
        smdp = trace.role("smdp")

        async def request(session: str) -> None:
            with smdp.scope():
                smdp.record("note", "", of=session)
                await asyncio.sleep(0)
                await asyncio.to_thread(smdp.record, "note", session, of=session)
                await asyncio.sleep(0)
                smdp.record("note", "", of=session)

        await asyncio.gather(*(request(f"{number:02X}") for number in range(20)))
    found = events(path)
    assert len(found) == 60
    assert all(event["session"] == event["of"] for event in found)


def test_kinds_can_be_left_out(path: Path) -> None:
    with writer(path) as trace:
        card = trace.role("lpa").as_role("card", without=frozenset({"apdu"}))
        card.record("apdu", "", direction="command", raw=b"\x00\xa4\x04\x00")
        card.record("note", "", message="kept")
    assert [(event["role"], event["kind"]) for event in events(path)] == [("card", "note")]


def test_secrets_are_replaced_and_shown_only_by_name(path: Path) -> None:
    fields = {"k": b"\x01" * 16, "s_enc": b"\x02" * 16, "upp": b"\x03" * 9, "nested": {"OPc": b"\x04"}, "iccid": "89"}
    with writer(path) as trace:
        trace.role("card").record("note", "", **fields)
    (event,) = events(path)
    assert event["k"] == {"redacted": "keys", "octets": 16}
    assert event["s_enc"] == {"redacted": "keys", "octets": 16}
    assert event["upp"] == {"redacted": "upp", "octets": 9}
    assert event["nested"] == {"OPc": {"redacted": "keys", "octets": 1}}
    assert event["iccid"] == "89"
    path.unlink()
    with writer(path, "keys") as trace:
        trace.role("card").record("note", "", **fields)
    (event,) = events(path)
    assert event["k_hex"] == "01" * 16
    assert event["nested"] == {"OPc_hex": "04"}
    assert event["upp"] == {"redacted": "upp", "octets": 9}


@pytest.mark.parametrize("name", ["K", "opc", "S_ENC", "session_keys", "otSK_dp", "private_key", "ppk_enc", "CK"])
def test_key_names_in_any_spelling(name: str) -> None:
    assert secret_class(name) == "keys"


def test_reveal_takes_known_classes_only() -> None:
    assert parse_reveal("upp, keys") == {"upp", "keys"}
    assert parse_reveal("") == frozenset()
    with pytest.raises(LabError, match="everything"):
        parse_reveal("upp,everything")


def test_codes_in_http_bodies_are_hidden_and_nothing_else_changes() -> None:
    body = '{"header":{},"iccid":"89","confirmationCode":"47\\"11","releaseFlag":true}'
    hidden = Encoder().encode("http", "smdp", {"direction": "request", "function": "confirmOrder", "body": body})
    assert hidden["body"] == '{"header":{},"iccid":"89","confirmationCode":"[redacted: codes]","releaseFlag":true}'
    shown = Encoder(frozenset({"codes"})).encode("http", "smdp", {"body": body})
    assert shown["body"] == body


@pytest.mark.parametrize(
    "body", [b"\xff\xfe", b"{", b"[1]", b"null", b"", b"\xa2\x00", b"\xa2\x05\xbf\x41\x02\xa0\x00"]
)
def test_any_body_is_written(body: bytes) -> None:
    line = Encoder().encode("http", "smdp", {"direction": "response", "body": body})
    text = line["body"].encode() if "body" in line else bytes.fromhex(line["body_hex"])
    assert text == body
    json.dumps(line)


def test_any_value_is_written() -> None:
    class Colour(Enum):
        RED = 1

    fields = {"a": NOW, "b": Colour.RED, "c": [b"\x01", {"d": (1, 2)}], "e": object(), "f": memoryview(b"\x02")}
    line = json.loads(json.dumps(Encoder().encode("note", "lab", fields)))
    assert (line["a"], line["b"], line["c"], line["f_hex"]) == (NOW.isoformat(), "RED", ["01", {"d": [1, 2]}], "02")


def test_pins_and_aka_keys_are_hidden_in_apdus() -> None:
    encoder = Encoder()
    verify = encoder.encode(
        "apdu", "lpa", {"direction": "command", "raw": bytes.fromhex("0020000108") + b"1234\xff\xff\xff\xff"}
    )
    assert verify["raw"] == {"redacted": "codes", "octets": 13}
    assert "31323334" not in json.dumps(verify)
    encoder.encode("apdu", "lpa", {"direction": "command", "raw": bytes.fromhex("0088008122") + b"\x10" * 34})
    answer = encoder.encode("apdu", "lpa", {"direction": "response", "raw": b"\xdb" + b"\x08" * 40 + b"\x90\x00"})
    assert answer["raw"] == {"redacted": "keys", "octets": 43}
    assert answer["name"] == "AUTHENTICATE"


def test_an_es10_command_in_blocks_is_put_together() -> None:
    decoder = ApduDecoder()
    first = decoder.decode("command", bytes.fromhex("81E2110004") + bytes.fromhex("BF3E035C"))
    assert "pdu_hex" not in first
    decoder.decode("response", bytes.fromhex("9000"))
    last = decoder.decode("command", bytes.fromhex("81E2910102") + bytes.fromhex("015A"))
    assert last["pdu_hex"] == "BF3E035C015A"
    assert last["function"] == "ES10c.GetEID"
    decoder.decode("response", bytes.fromhex("6115"))
    decoder.decode("command", bytes.fromhex("01C0000015"))
    eid = "89049032123451234512345678901235"
    answer = decoder.decode("response", bytes.fromhex(f"BF3E125A10{eid}9000"))
    assert answer["pdu"] == {"eidValue": eid}
    assert answer["meaning"].startswith("normal ending")


@pytest.mark.parametrize("raw", [b"", b"\x00", b"\x81\xe2\x91\x00\x05\xbf", b"\x81\xe2\x91\x00\x02\xbf\x3e"])
def test_broken_apdus_are_written_with_what_is_wrong(raw: bytes) -> None:
    assert "decode_error" in ApduDecoder().decode("command", raw)


def test_no_trace_records_nothing() -> None:
    trace = NoTrace()
    with trace.scope():
        trace.as_role("card").record("note", "", message="x")
    assert not trace.enabled


def test_a_line_cut_off_by_a_crash_is_left_out(path: Path) -> None:
    with writer(path) as trace:
        trace.role("lpa").record("note", "", message="whole")
    with path.open("a") as file:
        file.write('{"n": 2, "run"')
    assert [event["message"] for event in read_trace(path)] == ["whole"]


def test_runs_of_a_day_share_a_file(tmp_path: Path) -> None:
    path = trace_file(tmp_path, "lpa", FixedClock(NOW))
    assert path.name == "2030-01-02-lpa.jsonl"
    for _ in range(2):
        with writer(path) as trace:
            trace.role("lpa").record("note", "", message="x")
    assert len(list(read_trace(path))) == 2


def test_the_last_session_is_that_of_all_roles_in_order_of_time(tmp_path: Path) -> None:
    assert last_session(tmp_path) == []
    for second, role, session in (
        (1, "lpa", "A1"),
        (2, "smdp", "A1"),
        (3, "lpa", "B2"),
        (4, "smdp", "B2"),
        (5, "lpa", "B2"),
    ):
        clock = FixedClock(NOW + timedelta(seconds=second))
        with TraceWriter(trace_file(tmp_path, role, clock), clock) as trace:
            trace.role(role).record("note", session, second=second)
    clock = FixedClock(NOW + timedelta(seconds=9))
    with TraceWriter(trace_file(tmp_path, "smdp", clock), clock) as trace:
        trace.role("smdp").record("note", "", second=9)
    assert [(event["second"], event["role"]) for event in last_session(tmp_path)] == [
        (3, "lpa"),
        (4, "smdp"),
        (5, "lpa"),
    ]


def test_without_sessions_the_last_run_is_shown(tmp_path: Path) -> None:
    for second in (1, 2):
        clock = FixedClock(NOW + timedelta(seconds=second))
        with TraceWriter(trace_file(tmp_path, "lpa", clock), clock) as trace:
            trace.role("lpa").record("note", "", second=second)
    assert [event["second"] for event in last_session(tmp_path)] == [2]


def test_header_names_are_in_lower_case() -> None:
    line = Encoder().encode("http", "lpa", {"headers": {"X-Admin-Protocol": "gsma/rsp/v2.5.0"}, "body": b""})
    assert line["headers"] == {"x-admin-protocol": "gsma/rsp/v2.5.0"}
