"""Bodies of the JSON binding: exact members, strict values, typed errors."""

import json
from typing import Any

import pytest

from wire import json_es2, json_es9, json_es11, json_es12
from wire.codes import ES9P, GENERIC, FunctionRefused, explain
from wire.errors import DecodeError
from wire.ids import Iccid, MatchingId, TransactionId
from wire.json_header import (
    FunctionExecutionStatus,
    HeaderOnlyResponse,
    RequestHeader,
    Response,
    StatusCodeData,
    failed,
    read_request,
    read_response,
)
from wire.json_types import Body

EID = "89049032123451234512345678901235"
ICCID = "8900012345678901234F"
CHALLENGE = "AAECAwQFBgcICQoLDA0ODw=="
HEADER = {"functionRequesterIdentifier": "2.999.20", "functionCallIdentifier": "call-1"}
SUCCESS = {"functionExecutionStatus": {"status": "Executed-Success"}}
STATUS: dict[str, Any] = {"status": "Failed", "statusCodeData": {"subjectCode": "8.1", "reasonCode": "4.8"}}

# members of each function as the standard's binding lists them (server.md section 1.4)
BODIES: list[tuple[type[Body], dict[str, Any]]] = [
    (
        json_es9.InitiateAuthenticationRequest,
        {"euiccChallenge": CHALLENGE, "euiccInfo1": "vyAA", "smdpAddress": "smdp.example.com"},
    ),
    (
        json_es9.InitiateAuthenticationResponse,
        {
            "header": SUCCESS,
            "transactionId": "00AB",
            "serverSigned1": "MAA=",
            "serverSignature1": "XzcA",
            "euiccCiPKIdToBeUsed": "BAA=",
            "serverCertificate": "MAA=",
        },
    ),
    (json_es9.AuthenticateClientRequest, {"transactionId": "00AB", "authenticateServerResponse": "vzgA"}),
    (
        json_es9.AuthenticateClientResponse,
        {
            "header": SUCCESS,
            "transactionId": "00AB",
            "profileMetadata": "vyUA",
            "smdpSigned2": "MAA=",
            "smdpSignature2": "XzcA",
            "smdpCertificate": "MAA=",
        },
    ),
    (json_es9.GetBoundProfilePackageRequest, {"transactionId": "00AB", "prepareDownloadResponse": "vyEA"}),
    (
        json_es9.GetBoundProfilePackageResponse,
        {"header": SUCCESS, "transactionId": "00AB", "boundProfilePackage": "vzYA"},
    ),
    (json_es9.CancelSessionRequest, {"transactionId": "00AB", "cancelSessionResponse": "v0EA"}),
    (json_es9.CancelSessionResponse, {"header": SUCCESS}),
    (json_es9.HandleNotificationRequest, {"pendingNotification": "vzcA"}),
    (
        json_es11.InitiateAuthenticationRequest,
        {"euiccChallenge": CHALLENGE, "euiccInfo1": "vyAA", "smdsAddress": "smds.example.com"},
    ),
    (
        json_es11.AuthenticateClientResponse,
        {
            "header": SUCCESS,
            "transactionId": "00AB",
            "eventEntries": [{"eventId": "EVENT-1", "rspServerAddress": "smdp.example.com"}],
        },
    ),
    (json_es2.DownloadOrderRequest, {"header": HEADER, "eid": EID, "iccid": ICCID, "profileType": "gold"}),
    (json_es2.DownloadOrderRequest, {"header": HEADER, "profileType": "gold"}),
    (json_es2.DownloadOrderResponse, {"header": SUCCESS, "iccid": ICCID}),
    (
        json_es2.ConfirmOrderRequest,
        {
            "header": HEADER,
            "iccid": ICCID,
            "eid": EID,
            "matchingId": "",
            "confirmationCode": "4242",
            "smdsAddress": "smds.example.com",
            "releaseFlag": True,
        },
    ),
    (json_es2.ConfirmOrderResponse, {"header": SUCCESS, "eid": EID, "matchingId": "A-1", "smdpAddress": "dp2"}),
    (
        json_es2.CancelOrderRequest,
        {"header": HEADER, "iccid": ICCID, "finalProfileStatusIndicator": "Unavailable"},
    ),
    (json_es2.CancelOrderResponse, {"header": SUCCESS}),
    (json_es2.ReleaseProfileRequest, {"header": HEADER, "iccid": ICCID}),
    (json_es2.ReleaseProfileResponse, {"header": SUCCESS}),
    (
        json_es2.HandleDownloadProgressInfoRequest,
        {
            "header": HEADER,
            "eid": EID,
            "iccid": ICCID,
            "profileType": "gold",
            "timestamp": "2001-12-17T09:30:47Z",
            "notificationPointId": 1,
            "notificationPointStatus": STATUS,
            "resultData": "vzcA",
        },
    ),
    (
        json_es12.RegisterEventRequest,
        {
            "header": HEADER,
            "eid": EID,
            "rspServerAddress": "smdp.example.com",
            "eventId": "EVENT-1",
            "forwardingIndicator": False,
        },
    ),
    (json_es12.RegisterEventResponse, {"header": SUCCESS}),
    (json_es12.DeleteEventRequest, {"header": HEADER, "eid": EID, "eventId": "EVENT-1"}),
    (json_es12.DeleteEventResponse, {"header": SUCCESS}),
]


@pytest.mark.parametrize(("model", "members"), BODIES, ids=lambda value: getattr(value, "__name__", ""))
def test_bodies_have_exactly_their_members(model: type[Body], members: dict[str, Any]) -> None:
    body = model.model_validate_json(json.dumps(members))
    assert json.loads(body.to_json()) == members
    tolerated = model.model_validate_json(json.dumps(members | {"lpaRspCapability": "AA==", "extra": [1]}))
    assert tolerated == body
    for name in members:
        if model.model_fields[name].is_required():
            without = {key: value for key, value in members.items() if key != name}
            with pytest.raises(FunctionRefused) as caught:
                read_request(model, json.dumps(without).encode())
            assert caught.value.status_code is GENERIC.MANDATORY_ELEMENT_MISSING


def test_values_are_octets_inside() -> None:
    request = json_es9.InitiateAuthenticationRequest.model_validate_json(json.dumps(BODIES[0][1]))
    assert request.euiccChallenge == bytes(range(16))
    assert request.euiccInfo1 == bytes.fromhex("BF2000")
    response = json_es9.CancelSessionRequest.model_validate_json(
        '{"transactionId":"00ab","cancelSessionResponse":"v0EA"}'
    )
    assert response.transactionId == TransactionId(b"\x00\xab")
    assert b'"transactionId":"00AB"' in response.to_json()


def test_optional_members_are_left_out() -> None:
    body = json_es2.ConfirmOrderResponse(matchingId=MatchingId("A-1"))
    assert body.to_json() == (
        b'{"header":{"functionExecutionStatus":{"status":"Executed-Success"}},"matchingId":"A-1"}'
    )


def test_es11_takes_either_address_name() -> None:
    body = json.dumps({"euiccChallenge": CHALLENGE, "euiccInfo1": "vyAA", "smdpAddress": "ds"})
    assert json_es11.InitiateAuthenticationRequest.model_validate_json(body).smdsAddress == "ds"


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("euiccChallenge", "AAECAwQFBgcICQoLDA0O"),
        ("euiccChallenge", CHALLENGE[:-1]),
        ("euiccInfo1", "vyA"),
        ("euiccInfo1", "vy_A"),
        ("euiccInfo1", "vyAA\n"),
        ("euiccInfo1", " vyAA"),
        ("euiccInfo1", "vyAAÄ"),
        ("euiccInfo1", 5),
        ("euiccInfo1", None),
        ("smdpAddress", 5),
        ("smdpAddress", None),
    ],
)
def test_malformed_members_are_named(member: str, value: object) -> None:
    with pytest.raises(FunctionRefused) as caught:
        read_request(json_es9.InitiateAuthenticationRequest, json.dumps(BODIES[0][1] | {member: value}).encode())
    assert caught.value.status_code is GENERIC.MALFORMED_ELEMENT
    assert caught.value.subject_identifier == member
    assert "Value error" not in caught.value.message


@pytest.mark.parametrize("transaction_id", ["", "0", "0G", "00" * 17, "00 AB", 7, "0xAB"])
def test_malformed_transaction_ids(transaction_id: object) -> None:
    body = json.dumps({"transactionId": transaction_id, "cancelSessionResponse": "v0EA"}).encode()
    with pytest.raises(FunctionRefused) as caught:
        read_request(json_es9.CancelSessionRequest, body)
    assert caught.value.subject_identifier == "transactionId"


@pytest.mark.parametrize(
    ("member", "value", "row"),
    [
        ("eid", EID[:-1] + "6", GENERIC.EID_INVALID),
        ("matchingId", "lower", GENERIC.MATCHING_ID_INVALID),
        ("eid", f" {EID}", GENERIC.EID_INVALID),
        ("iccid", "12", GENERIC.MALFORMED_ELEMENT),
        ("iccid", f"{ICCID}\n", GENERIC.MALFORMED_ELEMENT),
        ("releaseFlag", "true", GENERIC.MALFORMED_ELEMENT),
        ("releaseFlag", 1, GENERIC.MALFORMED_ELEMENT),
        ("header", {"functionRequesterIdentifier": ""}, GENERIC.MALFORMED_ELEMENT),
        ("header", HEADER | {"functionRequesterIdentifier": "a\0"}, GENERIC.MALFORMED_ELEMENT),
        ("header", HEADER | {"functionCallIdentifier": "\0"}, GENERIC.MALFORMED_ELEMENT),
    ],
)
def test_malformed_order_members(member: str, value: object, row: object) -> None:
    members = {"header": HEADER, "iccid": ICCID, "releaseFlag": True} | {member: value}
    with pytest.raises(FunctionRefused) as caught:
        read_request(json_es2.ConfirmOrderRequest, json.dumps(members).encode())
    assert caught.value.status_code is row
    assert caught.value.subject_identifier.startswith(member)


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b'"text"', b"null", b"\xff\xfe", b"{" * 5000, b'{"a":' * 5000])
def test_what_is_no_json_object_is_a_decode_error(raw: bytes) -> None:
    with pytest.raises(DecodeError):
        read_request(json_es9.CancelSessionRequest, raw)
    with pytest.raises(DecodeError):
        read_response(json_es9.CancelSessionResponse, raw)


def test_refusals_travel_both_ways() -> None:
    refused = FunctionRefused(ES9P.AUTHENTICATE_CLIENT.MATCHING_ID_REFUSED, "used", "A-1")
    body = failed(refused).to_json()
    assert json.loads(body) == {
        "header": {
            "functionExecutionStatus": {
                "status": "Failed",
                "statusCodeData": {
                    "subjectCode": "8.2.6",
                    "reasonCode": "3.8",
                    "subjectIdentifier": "A-1",
                    "message": "used",
                },
            }
        }
    }
    with pytest.raises(FunctionRefused) as caught:
        read_response(json_es9.AuthenticateClientResponse, body, "ES9+.AuthenticateClient")
    assert caught.value.status_code is ES9P.AUTHENTICATE_CLIENT.MATCHING_ID_REFUSED
    assert (caught.value.message, caught.value.subject_identifier) == ("used", "A-1")


def test_unknown_codes_of_a_server_are_kept() -> None:
    header = {
        "functionExecutionStatus": {"status": "Failed", "statusCodeData": {"subjectCode": "99", "reasonCode": "7.7"}}
    }
    with pytest.raises(FunctionRefused) as caught:
        read_response(json_es9.CancelSessionResponse, json.dumps({"header": header}).encode())
    assert caught.value.status_code == explain("99", "7.7")
    for status in ("Failed", "Expired", "Whatever"):
        body = json.dumps({"header": {"functionExecutionStatus": {"status": status}}}).encode()
        with pytest.raises(FunctionRefused, match=status):
            read_response(json_es9.CancelSessionResponse, body)


def test_warning_counts_as_executed() -> None:
    body = b'{"header":{"functionExecutionStatus":{"status":"Executed-WithWarning"}}}'
    assert read_response(json_es9.CancelSessionResponse, body).header.functionExecutionStatus.status.endswith("Warning")


@pytest.mark.parametrize("raw", [b"{}", b'{"header":{}}', b'{"header":{"functionExecutionStatus":{}}}'])
def test_a_response_needs_its_header(raw: bytes) -> None:
    with pytest.raises(DecodeError) as caught:
        read_response(json_es9.CancelSessionResponse, raw)
    assert caught.value.path.startswith("header")


def test_white_space_in_a_servers_base64_is_skipped() -> None:
    members = {"transactionId": "AB", "boundProfilePackage": " vzYD\r\n gAEA\n"}
    body = json.dumps({"header": SUCCESS, **members}).encode()
    answer = read_response(json_es9.GetBoundProfilePackageResponse, body)
    assert answer.boundProfilePackage == bytes.fromhex("BF3603800100")
    with pytest.raises(DecodeError):
        read_response(json_es9.GetBoundProfilePackageResponse, body.replace(b"vzYD", b"v-YD"))


def test_a_success_lacking_a_member_is_a_decode_error() -> None:
    body = json.dumps({"header": SUCCESS, "transactionId": "AB"}).encode()
    with pytest.raises(DecodeError) as caught:
        read_response(json_es9.GetBoundProfilePackageResponse, body)
    assert caught.value.path == "boundProfilePackage"


def test_bodies_are_built_from_their_parts() -> None:
    status = FunctionExecutionStatus(
        status="Failed", statusCodeData=StatusCodeData(subjectCode="8.1", reasonCode="4.8")
    )
    body = json_es2.HandleDownloadProgressInfoRequest(
        header=RequestHeader(**HEADER),
        iccid=Iccid("89000123456789012341"),
        profileType="gold",
        timestamp="2001-12-17T09:30:47Z",
        notificationPointId=1,
        notificationPointStatus=status,
    )
    assert json.loads(body.to_json())["notificationPointStatus"] == STATUS
    assert isinstance(HeaderOnlyResponse(header=Response().header), Body)
