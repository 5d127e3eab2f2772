"""Reading any JSON body gives a body, a refusal or a DecodeError; what was read is written back alike."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from wire import json_es2, json_es9, json_es11, json_es12
from wire.codes import FunctionRefused
from wire.errors import DecodeError
from wire.json_header import Request, Response, read_request, read_response
from wire.json_types import Body

MODELS: list[type[Body]] = [
    model
    for module in (json_es2, json_es9, json_es11, json_es12)
    for model in vars(module).values()
    if isinstance(model, type) and issubclass(model, Body) and model not in (Body, Request, Response)
]
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=40)
VALID: dict[str, Any] = {
    "eid": "89049032123451234512345678901235",
    "iccid": "8900012345678901234F",
    "transactionId": "00ab",
    "matchingId": "A-1",
    "euiccChallenge": "AAECAwQFBgcICQoLDA0ODw==",
    "finalProfileStatusIndicator": "Available",
    "releaseFlag": True,
    "forwardingIndicator": False,
    "useMatchingIdForAcr": True,
    "notificationPointId": 1,
    "notificationPointStatus": {"status": "Failed"},
    "eventEntries": [{"eventId": "A", "rspServerAddress": "b"}],
    "header": {
        "functionRequesterIdentifier": "a",
        "functionCallIdentifier": "b",
        "functionExecutionStatus": {"status": "Executed-Success"},
    },
}
FAILED = {"functionExecutionStatus": {"status": "Failed", "statusCodeData": {"subjectCode": "1", "reasonCode": "2"}}}
PLAUSIBLE = st.sampled_from([*VALID.values(), FAILED, "\ud800"])
VALUES = st.recursive(
    SCALARS | PLAUSIBLE, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)
)
STABLE = settings(derandomize=True, deadline=None, max_examples=400)


def read(model: type[Body], raw: bytes) -> Body | None:
    reader = read_response if issubclass(model, Response) else read_request
    try:
        return reader(model, raw)
    except (FunctionRefused, DecodeError):
        return None


@STABLE
@given(st.sampled_from(MODELS), st.data())
def test_any_object(model: type[Body], data: st.DataObject) -> None:
    members: dict[str, Any] = {name: VALID.get(name, "vyAA") for name in model.model_fields}
    for name in data.draw(st.lists(st.sampled_from(sorted(members)), max_size=2), "spoilt"):
        members[name] = data.draw(PLAUSIBLE | VALUES, name)
    body = read(model, json.dumps(members).encode())
    if body is not None:
        written = body.to_json()
        assert read(model, written) == body
        assert all(name in members for name in json.loads(written))


@STABLE
@given(st.sampled_from(MODELS), st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_any_octets(model: type[Body], raw: bytes) -> None:
    assert read(model, raw) is None or raw.strip().startswith(b"{")
