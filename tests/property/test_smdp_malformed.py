"""Whatever arrives gets a documented answer; orders stay as they are and no session goes on that shouldn't."""

import functools
import json
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from smdp.web.asn1_messages import answer, functions, read_choice
from tests.support.smdp_world import ADDRESS, World
from tests.support.tlv_by_hand import t
from wire.codes import GENERIC, ROWS, FunctionRefused
from wire.errors import DecodeError
from wire.json_es9 import (
    AuthenticateClientRequest,
    CancelSessionRequest,
    GetBoundProfilePackageRequest,
    HandleNotificationRequest,
    InitiateAuthenticationRequest,
)
from wire.json_header import read_request
from wire.json_types import Body

DOCUMENTED = {row.pair for row in ROWS if row.function.startswith("ES9+")} | {
    code.pair for code in (GENERIC.MALFORMED_ELEMENT, GENERIC.MANDATORY_ELEMENT_MISSING)
}
bounded = settings(max_examples=150, derandomize=True, deadline=None, database=None)


@functools.cache
def world() -> World:
    world = World(Path(tempfile.mkdtemp(prefix="rsplab-test-")))
    world.profile()
    world.change(download_limit=None)
    world.order(reusable=True)
    return world


@functools.cache
def good() -> dict[str, Body]:
    """One sound request to each function, none of them used up."""
    w, euicc = world(), world().euicc()
    requests: dict[str, Body] = {"initiate_authentication": euicc.initiate(ADDRESS)}
    requests["authenticate_client"] = euicc.authenticate(w.initiate(euicc), "TOKEN")
    bound = w.authenticate(euicc)
    requests["get_bound_profile_package"] = euicc.prepare(bound)
    requests["cancel_session"] = euicc.cancel(0)
    other = w.euicc()
    w.bind(other)
    requests["handle_notification"] = other.result()
    return requests


MODELS: dict[str, type[Body]] = {
    "initiate_authentication": InitiateAuthenticationRequest,
    "authenticate_client": AuthenticateClientRequest,
    "get_bound_profile_package": GetBoundProfilePackageRequest,
    "cancel_session": CancelSessionRequest,
    "handle_notification": HandleNotificationRequest,
}
PDU = {
    "initiate_authentication": "euiccInfo1",
    "authenticate_client": "authenticateServerResponse",
    "get_bound_profile_package": "prepareDownloadResponse",
    "cancel_session": "cancelSessionResponse",
    "handle_notification": "pendingNotification",
}
function_names = st.sampled_from(sorted(MODELS))


def call(function: str, raw: bytes) -> str:
    """The pair of codes that this body gets, "" for success or a request that isn't JSON at all."""
    try:
        getattr(world().server, function)(read_request(MODELS[function], raw))
    except FunctionRefused as refused:
        return refused.status_code.pair
    except DecodeError:
        return ""
    return ""


def unchanged(function: str, raw: bytes) -> None:
    before = world().store.orders()
    pair = call(function, raw)
    assert not pair or pair in DOCUMENTED
    assert world().store.orders() == before


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.binary(max_size=20).map(bytes.hex),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=6,
)


@bounded
@given(function_names, st.data())
def test_any_json_members(function: str, data: st.DataObject) -> None:
    members = list(MODELS[function].model_fields)
    body = data.draw(st.dictionaries(st.sampled_from(members), json_values))
    unchanged(function, json.dumps(body).encode())


@bounded
@given(function_names, st.binary(max_size=60))
def test_any_octets_as_a_body(function: str, raw: bytes) -> None:
    unchanged(function, raw)


def fresh(function: str) -> Body:
    """A sound request of a session of its own, to an order that can be downloaded once."""
    w, euicc = world(), world().euicc()
    if w.store.order("once") is None:
        w.profile("89001012345678901242")
        w.order(order_id="once", iccid="89001012345678901242", matching_id="ONCE")
    if function == "authenticate_client":
        return euicc.authenticate(w.initiate(euicc), "ONCE")
    offered = w.authenticate(euicc, "ONCE")
    if function == "get_bound_profile_package":
        return euicc.prepare(offered)
    if function == "cancel_session":
        return euicc.cancel(0)
    w.server.get_bound_profile_package(euicc.prepare(offered))
    return euicc.result()


@bounded
@given(st.sampled_from(sorted(set(MODELS) - {"initiate_authentication"})), st.data())
def test_a_flipped_bit(function: str, data: st.DataObject) -> None:
    """Every bit of what an eUICC sends is covered: by a signature, by the session, or by the encoding rules."""
    request = fresh(function)
    pdu = bytearray(getattr(request, PDU[function]))
    bit = data.draw(st.integers(0, len(pdu) * 8 - 1))
    pdu[bit // 8] ^= 0x80 >> bit % 8
    before = world().store.orders()
    pair = call(function, request.model_copy(update={PDU[function]: bytes(pdu)}).to_json())
    assert pair in DOCUMENTED if function != "handle_notification" else not pair
    assert world().store.orders() == before


@bounded
@given(function_names, st.data())
def test_truncated_and_extended_elements(function: str, data: st.DataObject) -> None:
    request = good()[function]
    pdu = getattr(request, PDU[function])
    cut = data.draw(st.integers(0, len(pdu)))
    tail = data.draw(st.binary(max_size=8))
    if pdu[:cut] + tail != pdu:
        unchanged(function, request.model_copy(update={PDU[function]: pdu[:cut] + tail}).to_json())


@bounded
@given(st.sampled_from(["BF39", "BF3B", "BF3A", "BF41"]), st.binary(max_size=80))
def test_any_octets_in_the_asn1_binding(tag: str, content: bytes) -> None:
    before = world().store.orders()
    try:
        choice = read_choice(t("A2", t(tag, content)))
    except (DecodeError, ValidationError):
        return
    response = answer(functions(world().server)[choice.tag], choice)
    assert response.startswith(b"\xa2\x06")  # an error code: nothing of this is a sound request
    assert world().store.orders() == before


@bounded
@given(st.lists(st.sampled_from(sorted(good())), max_size=6))
def test_calls_in_any_order(names: list[str]) -> None:
    """A session's calls in any order and number: a code or an answer, and a reusable order never changes."""
    for name in names:
        unchanged(name, good()[name].to_json())
