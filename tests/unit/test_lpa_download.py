"""The download procedure against scripted peers: its order, every check of what the server says, SM-DS."""

import base64
from collections.abc import Callable
from typing import Any

import pytest

from lpa.core.actions import Consent
from lpa.core.errors import CardRefused, HttpStatusError, NotPossible, ProtocolViolation, ServerRefused
from lpa.core.procedures.download import download
from lpa.core.settings import LpaSettings
from tests.support.lpa_peers import (
    CODE,
    HOST,
    OTHER_TID,
    SETTINGS,
    TID,
    TableServer,
    b64,
    cancelled,
    drive,
    failed,
    installation_result,
    pki,
    server_signed1,
    smdp_signed2,
    table_card,
)
from wire.activation_code import ActivationCode
from wire.json_es11 import EventEntry
from wire.tlv import parse, tlv


def test_a_download_asks_in_the_order_of_the_standard_and_removes_the_acknowledged_notification() -> None:
    card, server = table_card(), TableServer()
    outcome = drive(download(SETTINGS, CODE), card, server)
    tags = [command[:2].hex().upper() for command in card.seen]
    assert tags == ["BF20", "BF2E", "BF38", "BF2D", "BF21", "BF28", "BF2B", "BF30"]
    assert server.functions == [
        "initiateAuthentication",
        "authenticateClient",
        "getBoundProfilePackage",
        "handleNotification",
    ]
    assert card.pending == []
    assert outcome.value.transaction_id == TID
    assert outcome.value.metadata.profile_name == "GSMA_TEST_PROFILE"
    assert [(item.delivered, item.removed) for item in outcome.value.deliveries] == [(True, True)]
    assert [type(question) for question in outcome.user.questions] == [Consent]
    assert outcome.waits == []


def test_the_server_is_verified_before_the_card_is_touched() -> None:
    class Refusing(TableServer):
        def connect(self, url: str) -> Any:
            raise HttpStatusError(url, 418)

    card = table_card()
    with pytest.raises(HttpStatusError):
        drive(download(SETTINGS, CODE), card, Refusing())
    assert card.seen == []
    assert card.segments == []


def test_requests_carry_the_headers_and_members_of_the_binding() -> None:
    card, server = table_card(), TableServer()
    drive(download(SETTINGS, CODE), card, server)
    assert server.urls[0] == f"https://{HOST}/gsma/rsp2/es9plus/initiateAuthentication"
    assert dict(server.headers[0]) == {
        "Content-Type": "application/json",
        "Accept": "application/json",
        "User-Agent": "gsma-rsp-lpad",
        "X-Admin-Protocol": "gsma/rsp/v2.5.0",
    }
    members = dict(server.calls)
    assert members["initiateAuthentication"] == {
        "euiccChallenge": b64(bytes(16)),
        "euiccInfo1": b64(card.fixed(0xBF20)),
        "smdpAddress": HOST,
    }
    assert members["authenticateClient"]["transactionId"] == TID.hex().upper()
    assert members["handleNotification"] == {"pendingNotification": b64(installation_result())}


def test_what_the_server_signed_reaches_the_card_octet_by_octet() -> None:
    card, server = table_card(), TableServer()
    settings = LpaSettings(tac="12345678", imei="123456789012345", device_capabilities={"lpaSvn": b"\x02\x05\x00"})
    drive(download(settings, CODE), card, server)
    authenticate = next(command for command in card.seen if command[:2] == b"\xbf\x38")
    answer = server.answers["initiateAuthentication"]
    parts = ["serverSigned1", "serverSignature1", "euiccCiPKIdToBeUsed", "serverCertificate"]
    device_info = bytes.fromhex("A117 8004 12345678 A105 8B03 020500 8208 123456789012345F")
    context = tlv(0xA0, tlv(0x80, b"MATCHING-1"), device_info)
    assert authenticate == tlv(0xBF38, *(base64.b64decode(answer[part]) for part in parts), context)


def test_the_default_server_is_asked_without_a_matching_id() -> None:
    addresses = tlv(0xBF3C, tlv(0x80, HOST.encode()), tlv(0x81, b"ds.example.com"))
    card, server = table_card(answers={0xBF3C: addresses}), TableServer()
    drive(download(SETTINGS, None), card, server)
    authenticate = next(command for command in card.seen if command[:2] == b"\xbf\x38")
    assert parse(authenticate).child(0xA0).find(0x80) is None
    nothing = table_card(answers={0xBF3C: tlv(0xBF3C, tlv(0x81, b"ds.example.com"))})
    with pytest.raises(NotPossible, match="no default SM-DP"):
        drive(download(SETTINGS, None), nothing, TableServer())


@pytest.mark.parametrize("address", ["SMDP.Example.COM", f"{HOST}:8443"])
def test_the_server_address_is_compared_without_port_and_case(address: str) -> None:
    drive(download(SETTINGS, ActivationCode(address, "A")), table_card(), TableServer())
    server = TableServer(initiateAuthentication={"serverSigned1": b64(server_signed1(address=address))})
    drive(download(SETTINGS, CODE), table_card(), server)


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        ({"serverSigned1": b64(server_signed1(address="evil.example.com"))}, "serverAddress"),
        ({"serverSigned1": b64(server_signed1(tid=OTHER_TID))}, "transactionId"),
        ({"serverSigned1": b64(b"\x30\x00")}, "serverSigned1"),
        ({"serverCertificate": b64(b"\x30\x02\x05\x00")}, "serverCertificate"),
        ({"serverSignature1": b64(b"\x04\x00")}, "serverSignature1"),
        ({"euiccCiPKIdToBeUsed": "!!"}, "euiccCiPKIdToBeUsed"),
    ],
)
def test_a_server_that_says_something_else_is_left_before_the_card_signs_anything(
    answer: dict[str, str], what: str
) -> None:
    card = table_card()
    with pytest.raises(ProtocolViolation, match=what):
        drive(download(SETTINGS, CODE), card, TableServer(initiateAuthentication=answer))
    assert b"\xbf\x38" not in [command[:2] for command in card.seen]
    assert cancelled(card) == []


def test_the_oid_of_the_activation_code_must_be_that_of_the_server_certificate() -> None:
    oid = "2.999.10"
    drive(download(SETTINGS, ActivationCode(HOST, "A", smdp_oid=oid)), table_card(), TableServer())
    card = table_card()
    with pytest.raises(ProtocolViolation, match="registeredID"):
        drive(download(SETTINGS, ActivationCode(HOST, "A", smdp_oid="2.999.11")), card, TableServer())
    assert b"\xbf\x38" not in [command[:2] for command in card.seen]


def test_the_ci_of_the_activation_code_must_be_the_one_that_is_used() -> None:
    """The sixth field, CI PKID, restricts the CIs (card.md 8.1)."""
    drive(download(SETTINGS, ActivationCode(HOST, "A", ci_pkid="00" * 20)), table_card(), TableServer())
    card = table_card()
    with pytest.raises(ProtocolViolation, match="euiccCiPKIdToBeUsed"):
        drive(download(SETTINGS, ActivationCode(HOST, "A", ci_pkid="ab" * 20)), card, TableServer())
    assert b"\xbf\x38" not in [command[:2] for command in card.seen]
    assert cancelled(card) == []


def test_verdicts_of_a_good_download_are_in_the_trace_under_its_transaction_id() -> None:
    outcome = drive(download(SETTINGS, CODE), table_card(), TableServer())
    checks = [(fields["check"], fields["ok"]) for kind, _, fields in outcome.trace.records if kind == "verdict"]
    assert checks == [
        ("tls", True),
        ("transaction", True),
        ("address", True),
        ("transaction", True),
        ("transaction", True),
        ("metadata", True),
    ]
    sessions = {session for _, session, _ in outcome.trace.records}
    assert sessions == {"", TID.hex().upper()}
    kinds = {kind for kind, _, _ in outcome.trace.records}
    assert kinds == {"verdict", "apdu", "http", "progress"}


# Refusals


def test_a_card_that_refuses_the_server_says_so_to_the_server() -> None:
    refusal = tlv(0xBF38, tlv(0xA1, tlv(0x80, TID), tlv(0x02, b"\x02")))
    card, server = table_card(answers={0xBF38: refusal}), TableServer(authenticateClient=failed("8.1", "6.1"))
    with pytest.raises(CardRefused) as caught:
        drive(download(SETTINGS, CODE), card, server)
    assert (caught.value.function, caught.value.code, caught.value.name) == (
        "AuthenticateServer",
        2,
        "invalidSignature",
    )
    assert server.calls[-1][1]["authenticateServerResponse"] == b64(refusal)
    assert cancelled(card) == []


def test_a_card_that_refuses_the_download_says_so_to_the_server() -> None:
    refusal = tlv(0xBF21, tlv(0xA1, tlv(0x80, TID), tlv(0x02, b"\x05")))
    card, server = table_card(answers={0xBF21: refusal}), TableServer(getBoundProfilePackage=failed("8.1", "6.1"))
    with pytest.raises(CardRefused) as caught:
        drive(download(SETTINGS, CODE), card, server)
    assert (caught.value.function, caught.value.name) == ("PrepareDownload", "invalidTransactionId")
    assert server.calls[-1] == (
        "getBoundProfilePackage",
        {"transactionId": TID.hex().upper(), "prepareDownloadResponse": b64(refusal)},
    )


@pytest.mark.parametrize("function", ["initiateAuthentication", "authenticateClient", "getBoundProfilePackage"])
def test_a_refusal_of_the_server_is_shown_with_its_codes_and_known_words(function: str) -> None:
    server = TableServer(**{function: failed("8.2.6", "3.8", "no such token")})
    with pytest.raises(ServerRefused) as caught:
        drive(download(SETTINGS, CODE), table_card(), server)
    assert (caught.value.subject, caught.value.reason, caught.value.message) == ("8.2.6", "3.8", "no such token")
    assert caught.value.status_code.next_step
    assert "cancelSession" not in server.functions


def test_unknown_status_codes_are_kept() -> None:
    server = TableServer(authenticateClient=failed("8.77", "9.99"))
    with pytest.raises(ServerRefused, match=r"8\.77.*9\.99") as caught:
        drive(download(SETTINGS, CODE), table_card(), server)
    assert (caught.value.subject, caught.value.reason) == ("8.77", "9.99")


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        ({"transactionId": OTHER_TID.hex()}, "transactionId"),
        ({"smdpSigned2": b64(smdp_signed2(OTHER_TID))}, "smdpSigned2.transactionId"),
        ({"profileMetadata": b64(b"\xbf\x25\x00")}, "profileMetadata"),
        ({"smdpCertificate": b64(b"\x31\x00")}, "smdpCertificate"),
    ],
)
def test_a_broken_answer_after_authentication_cancels_the_session(answer: dict[str, str], what: str) -> None:
    card, server = table_card(), TableServer(authenticateClient=answer)
    with pytest.raises(ProtocolViolation, match=what):
        drive(download(SETTINGS, CODE), card, server)
    assert cancelled(card) == [127]
    assert server.functions[-1] == "cancelSession"


# SM-DS


def test_an_event_at_an_smds_leads_on_to_the_server_that_it_names() -> None:
    smds = TableServer().answers["initiateAuthentication"]
    at_smds = {**smds, "serverCertificate": b64(pki().ds_auth().certificate)}
    server = TableServer(
        initiateAuthentication=[
            {**at_smds, "serverSigned1": b64(server_signed1(address="ds.example.com"))},
            smds,
        ],
        authenticateClient=[
            {
                "transactionId": TID.hex(),
                "eventEntries": [{"eventId": "EVENT-1", "rspServerAddress": HOST}],
            },
            TableServer().answers["authenticateClient"],
        ],
    )
    card = table_card()
    drive(download(SETTINGS, EventEntry(eventId="EVENT-2", rspServerAddress="ds.example.com")), card, server)
    matching = [parse(c).child(0xA0).child(0x80).value for c in card.seen if c[:2] == b"\xbf\x38"]
    assert matching == [b"EVENT-2", b"EVENT-1"]
    assert server.connected[:2] == ["https://ds.example.com", f"https://{HOST}"]


@pytest.mark.parametrize(
    "wrong",
    [lambda: ActivationCode("host/../path", "A"), lambda: ActivationCode("user@host", "A")],
)
def test_an_address_that_is_more_than_a_host_goes_nowhere(wrong: Callable[[], ActivationCode]) -> None:
    with pytest.raises(ProtocolViolation, match="address"):
        drive(download(SETTINGS, wrong()), table_card(), TableServer())
