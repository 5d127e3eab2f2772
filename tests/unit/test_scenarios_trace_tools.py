"""Comparing and exporting traces: the first difference, HAR, pcap, HTML."""

import json
import struct
from typing import Any

from lab.trace_diff import first_difference
from lab.trace_har import to_har
from lab.trace_html import to_html
from lab.trace_pcap import to_pcap


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
