"""Log lines: JSON, with ids, without anybody's identifiers."""

import io
import json
import logging
from collections.abc import Iterator

import pytest

from lab.logs import configure, request_id, session_id
from lab.privacy import mask_text

EID, ICCID, IMSI = "89049032123451234512345678901235", "8900104000000000776", "001010123456063"


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """Where the logs go meanwhile."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    out = io.StringIO()
    configure(True, stream=out)
    yield out
    root.handlers[:], root.level = before, level


@pytest.mark.parametrize("number", [EID, ICCID, IMSI, ICCID + "F"])
def test_identifiers_are_masked_to_their_last_digits(number: str) -> None:
    masked = mask_text(f"profile {number}: refused")
    assert number not in masked
    assert masked == f"profile {'*' * (len(number) - 4)}{number[-4:]}: refused"


@pytest.mark.parametrize(
    "text", ["12345678901234", "abc123456789012345", "9" * 21, "A" * 20, "1700000000.123456789012345"]
)
def test_other_text_stays(text: str) -> None:
    assert mask_text(text) == text


def test_a_line_says_what_when_where_and_in_which_request(stream: io.StringIO) -> None:
    request, session = request_id.set("r-1"), session_id.set("A1B2")
    try:
        logging.getLogger("rsplab.smdp").warning("notification for %s ignored", ICCID)
    finally:
        request_id.reset(request)
        session_id.reset(session)
    line = json.loads(stream.getvalue())
    assert line["time"].endswith("Z")
    assert (line["level"], line["logger"]) == ("WARNING", "rsplab.smdp")
    assert (line["requestId"], line["sessionId"]) == ("r-1", "A1B2")
    assert ICCID not in stream.getvalue()


def test_a_traceback_is_masked_too(stream: io.StringIO) -> None:
    try:
        raise ValueError(f"EID {EID}")
    except ValueError:
        logging.getLogger("rsplab.x").exception("failed")
    assert "ValueError" in json.loads(stream.getvalue())["error"]
    assert EID not in stream.getvalue()
