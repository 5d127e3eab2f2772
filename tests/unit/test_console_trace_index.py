"""The index follows trace files as they grow."""

import json
from pathlib import Path
from typing import Any

from lab.console import trace_index
from lab.console.trace_index import TraceIndex


def line(session: str = "AA", second: int = 0, **fields: Any) -> str:
    event = {"n": 1, "run": "r", "time": f"2026-01-01T00:00:{second:02}Z", "role": "lpa", "session": session}
    return json.dumps(event | {"kind": "note", **fields}) + "\n"


def test_sessions_are_summed_up_newest_first(tmp_path: Path) -> None:
    http = {"kind": "http", "function": "initiateAuthentication", "direction": "request"}
    status = {"status": "Failed", "statusCodeData": {"subjectCode": "8.1.1", "reasonCode": "3.8"}}
    failed = json.dumps({"header": {"functionExecutionStatus": status}})
    (tmp_path / "a.jsonl").write_text(
        line()
        + line(second=2, kind="verdict", check="mac", what="A0", ok=True)
        + line(second=3, kind="verdict", check="mac", what="A0", ok=False)
        + line("", 3)
        + line("BB", 9)
    )
    (tmp_path / "b.jsonl").write_text(
        line(second=1, role="smdp", **http)
        + line(second=1, role="smdp", kind="http", function="x", direction="response", body=failed)
    )
    newest, one = TraceIndex(tmp_path).sessions()
    assert newest.session == "BB"
    assert (one.session, one.roles, one.functions) == ("AA", {"lpa", "smdp"}, ["initiateAuthentication"])
    assert (one.good, one.bad, one.refused, one.duration_ms, one.events) == (1, 1, "8.1.1/3.8", 3000, 5)


def test_events_come_in_the_order_of_time_from_all_files(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(line(second=1, message="one") + line(second=3, message="three"))
    (tmp_path / "b.jsonl").write_text(line(second=2, message="two") + line("BB", 2))
    assert [event["message"] for event in TraceIndex(tmp_path).events("AA")] == ["one", "two", "three"]
    assert TraceIndex(tmp_path).events("CC") == []


def test_a_growing_file_is_followed_and_a_half_written_line_waited_for(tmp_path: Path) -> None:
    path, index = tmp_path / "a.jsonl", TraceIndex(tmp_path)
    assert index.sessions() == []
    whole = line(second=1)
    path.write_text(line() + whole[:20])
    assert [one.events for one in index.sessions()] == [1]
    path.write_text(line() + whole)
    assert [one.events for one in index.sessions()] == [2]


def test_a_line_that_is_no_json_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text("{half\n" + line())
    assert [one.events for one in TraceIndex(tmp_path).sessions()] == [1]


def test_a_file_that_was_made_anew_is_read_anew(tmp_path: Path) -> None:
    path, index = tmp_path / "a.jsonl", TraceIndex(tmp_path)
    path.write_text(line("AA") + line("AA"))
    assert len(index.sessions()) == 1
    path.write_text(line("BB"))
    assert [one.session for one in index.sessions()] == ["BB"]
    path.rename(tmp_path / "away")
    path.write_text(line("CC") * 9)
    assert [one.session for one in index.sessions()] == ["CC"]


def test_only_so_many_sessions_are_remembered(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(trace_index, "KEPT_SESSIONS", 2)
    (tmp_path / "a.jsonl").write_text("".join(line(f"A{number}", number) for number in range(5)))
    assert [one.session for one in TraceIndex(tmp_path).sessions()] == ["A4", "A3"]


def test_a_refusal_of_the_card_is_the_sessions(tmp_path: Path) -> None:
    pdu = {"authenticateResponseError": {"authenticateErrorCode": "invalidSignature(2)"}}
    (tmp_path / "a.jsonl").write_text(line(kind="apdu", direction="response", pdu=pdu) + line(kind="apdu", pdu={}))
    assert [one.refused for one in TraceIndex(tmp_path).sessions()] == ["invalidSignature(2)"]
