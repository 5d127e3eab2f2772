"""Events of a session -> rows of the sequence diagram."""

from typing import Any

import pytest

from lab.console.timeline import Row, marks, timeline

T = "2026-01-01T00:00:{:09.6f}Z"


class Trace:
    """Events as the trace writer makes them, a millisecond apart."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    def __call__(self, role: str, kind: str, **fields: Any) -> "Trace":
        number = len(self.events) + 1
        fixed = {"n": number, "run": "r", "time": T.format((number - 1) / 1000), "role": role, "session": "AB"}
        self.events.append({**fixed, "kind": kind, **fields})
        return self

    def command(self, name: str, raw_hex: str, **fields: Any) -> "Trace":
        return self("lpa", "apdu", direction="command", name=name, channel=1, raw_hex=raw_hex, **fields)

    def response(self, sw: str, data_hex: str = "", **fields: Any) -> "Trace":
        return self("lpa", "apdu", direction="response", sw=sw, meaning="-", raw_hex=data_hex + sw, **fields)

    def http(self, role: str, direction: str, body: str = "{}", **fields: Any) -> "Trace":
        url = "https://dp/gsma/rsp2/es9plus/authenticateClient"
        fixed = {"function": "authenticateClient", "method": "POST", "url": url, "headers": {"host": "dp"}}
        return self(role, "http", direction=direction, body=body, **fixed, **fields)

    def rows(self) -> list[Row]:
        return timeline(self.events)


def test_no_events_make_no_rows() -> None:
    assert timeline([]) == []


def test_the_blocks_of_a_command_are_one_row() -> None:
    trace = Trace().command("STORE DATA", "81E2110002AABB").response("9000")
    trace.command("STORE DATA", "81E2910101CC", pdu_hex="BF3800", pdu={"x": 1}, function="ES10b.AuthenticateServer")
    trace.response("9000")
    (row,) = trace.rows()
    assert (row.title, row.lane, row.to, row.answer, row.failed) == (
        "ES10b.AuthenticateServer", "lpa", "card", "9000", False,
    )  # fmt: skip
    assert (row.octets, row.blocks, row.decoded) == (13, 2, {"x": 1})
    assert [piece.text for piece in row.raw] == ["BF3800", "81E2110002AABB", "9000", "81E2910101CC", "9000"]


def test_a_long_answer_is_one_row_after_the_verdicts() -> None:
    trace = Trace().command("STORE DATA", "81E2910000", pdu_hex="BF3800", function="ES10b.X")
    trace("card", "verdict", check="signature", what="serverSignature1", ok=True, reason="")
    trace.response("6100", "AA" * 4).command("GET RESPONSE", "81C0000000")
    trace.response("9000", "BB" * 3, pdu_hex="BF38", pdu={"y": 2}, function="ES10b.X")
    rows = trace.rows()
    assert [(row.kind, row.lane) for row in rows] == [("message", "lpa"), ("verdicts", "card"), ("message", "card")]
    answer = rows[2]
    assert (answer.title, answer.answer, answer.octets, answer.blocks) == ("ES10b.X", "9000", 6 + 5, 2)


def test_the_answer_to_a_select_is_called_after_it() -> None:
    trace = Trace().command("SELECT", "01A4040000").response("6102").command("GET RESPONSE", "01C0000002")
    assert [row.title for row in trace.response("9000", "6F00").rows()] == ["SELECT", "SELECT"]


def test_a_refused_block_ends_the_command_in_red() -> None:
    trace = Trace().command("STORE DATA", "81E2110002AABB").response("6A80")
    (row,) = trace.rows()
    assert (row.answer, row.failed) == ("6A80", True)
    assert "6A80" in row.facts["status word"]
    after = trace.command("SELECT", "01A4040000").response("9000").rows()
    assert [row.title for row in after] == ["STORE DATA", "SELECT"]


def test_an_http_message_that_both_ends_recorded_is_one_row() -> None:
    trace = Trace().http("lpa", "request").http("smdp", "request", peer="127.0.0.1:5")
    (row,) = trace.rows()
    assert (row.title, row.lane, row.to) == ("ES9+.AuthenticateClient", "lpa", "server")
    assert {"recorded by lpa", "recorded by smdp", "peer of smdp"} <= row.facts.keys()
    assert "recorded only by" not in row.facts


def test_what_the_two_ends_saw_differently_stays_two_rows() -> None:
    rows = Trace().http("lpa", "request", "{}").http("smdp", "request", '{"a":1}').rows()
    assert [row.facts["recorded only by"] for row in rows] == ["lpa", "smdp"]


def test_the_same_message_sent_twice_is_two_rows() -> None:
    trace = Trace().http("lpa", "request").http("smdp", "request").http("lpa", "request").http("smdp", "request")
    assert len(trace.rows()) == 2


def test_a_refusal_is_red_and_explained() -> None:
    status = (
        '{"header":{"functionExecutionStatus":{"status":"Failed",'
        '"statusCodeData":{"subjectCode":"8.2.6","reasonCode":"3.8"}}}}'
    )
    (row,) = Trace().http("smdp", "response", status, status=200).rows()
    assert (row.failed, row.answer, row.lane, row.to) == (True, "200 8.2.6/3.8", "server", "lpa")
    assert row.refusal is not None
    assert row.refusal.function == "ES9+.AuthenticateClient"
    assert row.refusal.likely_cause


@pytest.mark.parametrize(
    ("decoded", "name"),
    [
        ({"enableResult": "iccidOrAidNotFound(1)"}, "iccidOrAidNotFound"),
        ({"authenticateResponseError": {"transactionId": "AB", "authenticateErrorCode": "invalidSignature(2)"}}, "inv"),
        (
            {
                "x": [
                    {
                        "errorResult": {
                            "bppCommandId": "storeMetadata(2)",
                            "errorReason": "installFailedDueToDataMismatch(13)",
                        }
                    }
                ]
            },
            "inst",
        ),
    ],
)
def test_a_refusal_of_the_card_under_9000_is_red_and_explained(decoded: dict[str, Any], name: str) -> None:
    trace = Trace().command("STORE DATA", "81E2910000", pdu_hex="BF31", function="ES10c.X")
    row = trace.response("9000", "BF3103800101", pdu_hex="BF31", pdu=decoded, function="ES10c.X").rows()[-1]
    assert row.failed
    assert row.answer.startswith(f"9000 {name}")
    assert len(row.facts["refused by the card"]) > 25


@pytest.mark.parametrize("decoded", [{"enableResult": "ok(0)"}, {"bppCommandId": "storeMetadata(2)"}, None, "AB"])
def test_what_is_no_refusal_is_not_red(decoded: Any) -> None:
    trace = Trace().command("STORE DATA", "81E2910000", pdu_hex="BF31", function="ES10c.X")
    row = trace.response("9000", "BF3103800100", pdu_hex="BF31", pdu=decoded, function="ES10c.X").rows()[-1]
    assert (row.failed, row.answer) == (False, "9000")


def test_verdicts_of_one_role_stand_together_and_one_bad_one_shows() -> None:
    trace = Trace()
    for what, ok in (("A", True), ("B", False)):
        trace("card", "verdict", check="mac", what=what, ok=ok, reason="")
    trace("smdp", "verdict", check="signature", what="euiccSigned1", ok=True, reason="")
    rows = trace.rows()
    assert [(row.lane, row.good, row.failed) for row in rows] == [("card", 1, True), ("server", 1, False)]


def test_marks_name_the_field_and_the_bad_verdict_prevails() -> None:
    trace = Trace()
    for ok in (True, False, True):
        trace("smdp", "verdict", check="signature", what="euiccSigned1", ok=ok, reason="no")
    trace("smdp", "verdict", check="challenge", what="serverChallenge", ok=True, reason="")
    found = marks(trace.rows())
    assert {name: one.ok for name, one in found.items()} == {"euiccSignature1": False}


def test_steps_are_not_repeated() -> None:
    trace = Trace()
    for done in range(3):
        trace("lpa", "progress", step="load", done=done, total=3, text="loading")
    assert [row.title for row in trace.rows()] == ["load: loading"]


def test_offsets_count_from_the_first_event() -> None:
    rows = Trace().command("SELECT", "01A4040000").response("9000").http("lpa", "request").rows()
    assert [row.offset_ms for row in rows] == [0.0, 2.0]


def test_a_card_that_records_its_own_apdus_is_heard_where_no_lpa_does() -> None:
    trace = Trace()
    trace("card", "apdu", direction="command", name="SELECT", channel=0, raw_hex="00A4040000")
    assert [row.title for row in trace.rows()] == ["SELECT"]
    trace.command("MANAGE CHANNEL", "0070000001")
    assert [row.title for row in trace.rows()] == ["MANAGE CHANNEL"]


def test_a_redacted_apdu_keeps_its_size() -> None:
    trace = Trace()("lpa", "apdu", direction="command", name="VERIFY PIN", raw={"redacted": "codes", "octets": 13})
    (row,) = trace.rows()
    assert (row.octets, row.raw[-1].text) == (13, "redacted: codes")


def test_security_events_are_red_notes() -> None:
    (row,) = Trace()("smdp", "security", message="unknown client certificate", peer="x").rows()
    assert (row.kind, row.failed, row.title) == ("note", True, "unknown client certificate")
