"""Comparing and exporting traces: the first difference, HAR, pcap, HTML."""

import json
import struct
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from lab.cli import app
from lab.trace_diff import first_difference
from lab.trace_har import to_har
from lab.trace_html import to_html
from lab.trace_pcap import to_pcap
from lab.trace_view import decoded_lines


def event(n: int, kind: str, **fields: Any) -> dict[str, Any]:
    return {
        "n": n,
        "run": "r",
        "time": "2026-06-01T12:00:00.250000Z",
        "role": "lpa",
        "session": "",
        "kind": kind,
    } | fields


def apdu(n: int, direction: str, raw_hex: str, **fields: Any) -> dict[str, Any]:
    return event(n, "apdu", direction=direction, raw_hex=raw_hex, **fields)


REQUEST = event(
    1, "http", direction="request", function="cancelSession", method="POST", url="https://a/b", headers={}, body="{}"
)
RESPONSE = event(
    2, "http", direction="response", function="cancelSession", status=204, headers={"x": "y"}, body="", duration_ms=3.5
)


def test_a_decoded_field_is_preferred_to_the_octets_that_hold_it() -> None:
    left = [REQUEST, apdu(2, "command", "00", pdu={"seq": [{"number": "01"}]}, pdu_hex="00")]
    right = [REQUEST, apdu(2, "command", "01", pdu={"seq": [{"number": "02"}]}, pdu_hex="01")]
    found = first_difference(left, right)
    assert found is not None
    assert (found.number, found.path, found.left, found.right) == (2, "pdu.seq[0].number", "01", "02")
    assert "  - 01" in list(found.lines())


def answered(n: int, subject: str, octet: str = "00") -> dict[str, Any]:
    code = {"subjectCode": subject, "reasonCode": "3.8"}
    status = {"status": "Failed", "statusCodeData": code}
    return RESPONSE | {"n": n, "body": json.dumps({"header": {"functionExecutionStatus": status}, "extra": octet})}


def test_a_member_of_a_json_body_is_pointed_at() -> None:
    found = first_difference([answered(1, "8.2.6")], [answered(1, "8.1.1")])
    assert found is not None
    assert (found.path, found.left, found.right) == (
        "body.header.functionExecutionStatus.statusCodeData.subjectCode",
        "8.2.6",
        "8.1.1",
    )
    assert [line.partition("Failed ")[2] for line in found.lines()][1:3] == [
        "8.2.6/3.8 (the MatchingID is refused)",
        "8.1.1/3.8 (the order is bound to another eUICC)",
    ]


def test_bodies_that_say_the_same_in_other_words_differ_all_the_same() -> None:
    left, right = RESPONSE | {"body": '{"a": 1}'}, RESPONSE | {"body": '{"a":1}'}
    found = first_difference([left], [right])
    assert found is not None
    assert found.path == "body"


def test_a_decoded_field_is_preferred_to_the_member_that_carries_it() -> None:
    left = RESPONSE | {"body": '{"euiccInfo1": "AA=="}', "decoded": {"euiccInfo1": {"svn": "020500"}}}
    right = RESPONSE | {"body": '{"euiccInfo1": "AQ=="}', "decoded": {"euiccInfo1": {"svn": "020300"}}}
    found = first_difference([left], [right])
    assert found is not None
    assert found.path == "decoded.euiccInfo1.svn"


def test_long_octets_are_shown_from_shortly_before_they_part() -> None:
    found = first_difference([apdu(1, "command", "00" * 500 + "AA")], [apdu(1, "command", "00" * 500 + "BB")])
    assert found is not None
    was, now = list(found.lines())[-2:]
    assert was == "  - ..." + "0" * 60 + "AA (1002 characters)"
    assert now == "  + ..." + "0" * 60 + "BB (1002 characters)"


def test_blocks_that_differ_are_pointed_at_where_they_are_decoded() -> None:
    def blocks(octet: str, value: str) -> list[dict[str, Any]]:
        last = apdu(3, "response", "009000", pdu={"svn": value}, pdu_hex=f"{octet}00")
        return [apdu(1, "response", f"{octet}6101"), apdu(2, "command", "00C0000001"), last]

    found = first_difference(blocks("AA", "1"), blocks("BB", "2"))
    assert found is not None
    assert (found.number, found.path, found.left, found.right) == (3, "pdu.svn", "1", "2")
    found = first_difference(blocks("AA", "1"), blocks("BB", "1"))
    assert found is not None
    assert (found.number, found.path) == (1, "raw_hex")


def test_a_message_is_shown_whole_and_decoded() -> None:
    shown = list(decoded_lines(answered(1, "8.2.6") | {"url": "https://a/b", "method": "POST"}))
    assert shown[:2] == ["POST https://a/b 204", "x: y"]
    assert "      subjectCode: 8.2.6" in shown
    shown = list(decoded_lines(apdu(1, "response", "BF2E9000", pdu={"a": {"b": "1"}})))
    assert shown == ["octets: BF2E9000", "a", "  b: 1"]
    assert list(decoded_lines(REQUEST | {"body": '"\\u001b[2J"'}))[-1] == "\\x1b[2J"


def test_times_sessions_and_durations_are_incidental_unless_asked_for() -> None:
    other = RESPONSE | {"time": "2030-01-01T00:00:00Z", "duration_ms": 9, "session": "AA"}
    assert first_difference([RESPONSE], [other]) is None
    assert first_difference([RESPONSE], [other], frozenset()) is not None


def test_a_trace_that_ends_early_differs() -> None:
    found = first_difference([REQUEST, RESPONSE], [REQUEST])
    assert found is not None
    assert (found.number, found.path, found.right_event) == (2, "", None)


def test_har_pairs_each_request_with_its_response() -> None:
    log = json.loads(to_har([REQUEST, RESPONSE, REQUEST | {"n": 3}]))["log"]
    assert log["version"] == "1.2"
    assert [entry["response"]["status"] for entry in log["entries"]] == [204, 0]
    first = log["entries"][0]
    assert (first["time"], first["request"]["url"]) == (3.5, "https://a/b")
    assert first["response"]["headers"] == [{"name": "x", "value": "y"}]


def test_pcap_carries_command_and_response_in_one_gsmtap_packet() -> None:
    raw = to_pcap([apdu(1, "command", "0070000001"), apdu(2, "response", "019000")])
    magic, major, minor, _, _, _, link = struct.unpack("<IHHiIII", raw[:24])
    assert (magic, major, minor, link) == (0xA1B2C3D4, 2, 4, 228)
    seconds, microseconds, captured, length = struct.unpack("<IIII", raw[24:40])
    assert (seconds, microseconds, captured, length) == (1780315200, 250000, 52, 52)
    packet = raw[40:]
    assert len(packet) == 52
    assert sum(struct.unpack(">10H", packet[:20])) % 0xFFFF == 0  # the IPv4 header's checksum
    assert struct.unpack(">HHH", packet[20:26]) == (4729, 4729, 32)
    assert packet[28:32] == bytes((2, 4, 4, 0))  # GSMTAP 2, four words, SIM
    assert packet[44:] == bytes.fromhex("0070000001019000")


def test_pcap_leaves_out_what_is_redacted() -> None:
    assert len(to_pcap([event(1, "apdu", direction="command", raw={"redacted": "codes"})])) == 24


def test_html_escapes_what_it_shows() -> None:
    page = to_html([event(1, "note", message="<script>alert(1)</script>")], "a & b")
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert "<title>a &amp; b</title>" in page


def test_html_without_identifiers_shows_no_octets_of_apdus() -> None:
    events = [apdu(1, "command", "AABB01", pdu={"a": "b"})]
    assert "AABB01" in to_html(events, "t")
    page = to_html(events, "t", with_octets=False)
    assert "AABB01" not in page
    assert "a: b" in page


def test_what_is_no_trace_is_refused_by_name(tmp_path: Path) -> None:
    for name, content in (("a.pcap", b"\xd4\xc3"), ("b.json", b"[1,\n2]\n"), ("c.jsonl", b'{"n": 1}\n'), ("d", b"")):
        (tmp_path / name).write_bytes(content)
        shown = CliRunner().invoke(app, ["trace", "show", str(tmp_path / name)])
        assert (shown.exit_code, f"{name} is no trace" in shown.stderr) == (2, True), shown.output
