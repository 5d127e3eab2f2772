"""The download procedure against scripted peers: every check, every cancel reason, every retry."""

import base64
from collections.abc import Callable
from typing import Any

import pytest

from lpa.core.actions import ConfirmationCodeWanted, Consent, Decision
from lpa.core.errors import (
    CardRefused,
    HttpStatusError,
    HttpTimeout,
    InstallationFailed,
    LpaError,
    NotPossible,
    ProtocolViolation,
    ServerRefused,
    Unreachable,
    UserDeclined,
)
from lpa.core.procedures.download import download, preview
from lpa.core.settings import LpaSettings
from lpa.user import ScriptedUser
from tests.support.lpa_peers import (
    HOST,
    ICCID_EF,
    METADATA,
    SETTINGS,
    TID,
    TableServer,
    b64,
    bound_profile_package,
    drive,
    failed,
    installation_result,
    pki,
    server_signed1,
    smdp_signed2,
    table_card,
)
from wire.activation_code import ActivationCode
from wire.es10 import PprIds
from wire.json_es11 import EventEntry
from wire.tlv import parse, tlv

CODE = ActivationCode(HOST, "MATCHING-1")
OTHER_TID = bytes.fromhex("0F0E0D0C0B0A09080706050403020100")


def cancelled(card: Any) -> list[int]:
    """The reasons of the CancelSession commands that the card saw."""
    return [parse(command).child(0x81).value[0] for command in card.seen if command[:2] == b"\xbf\x41"]


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
        "euiccInfo1": b64(card.answers[0xBF20]),  # type: ignore[arg-type]
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


# The user


@pytest.mark.parametrize(("decision", "reason"), [(Decision.REJECT, 0), (Decision.POSTPONE, 1), (Decision.TIMEOUT, 2)])
def test_what_the_user_says_is_the_reason_of_the_cancelled_session(decision: Decision, reason: int) -> None:
    card, server = table_card(), TableServer()
    with pytest.raises(UserDeclined):
        drive(download(SETTINGS, CODE), card, server, ScriptedUser(decision))
    assert cancelled(card) == [reason]
    assert server.calls[-1] == (
        "cancelSession",
        {"transactionId": TID.hex().upper(), "cancelSessionResponse": b64(card.answers[0xBF41])},  # type: ignore[arg-type]
    )
    assert b"\xbf\x21" not in [command[:2] for command in card.seen]


def test_a_failing_cancellation_does_not_hide_what_the_user_said() -> None:
    card = table_card(answers={0xBF41: tlv(0xBF41, tlv(0x81, b"\x05"))})
    with pytest.raises(UserDeclined):
        drive(download(SETTINGS, CODE), card, TableServer(), ScriptedUser(Decision.REJECT))
    server = TableServer(cancelSession=Unreachable("gone"))
    with pytest.raises(UserDeclined):
        drive(download(SETTINGS, CODE), table_card(), server, ScriptedUser(Decision.REJECT))


def test_a_preview_postpones() -> None:
    card, server = table_card(), TableServer()
    outcome = drive(preview(SETTINGS, CODE), card, server)
    assert str(outcome.value.iccid) == "89000123456789012341"
    assert cancelled(card) == [1]
    assert outcome.user.questions == []


@pytest.mark.parametrize("asked_by", ["server", "activation code"])
def test_the_confirmation_code_is_hashed_with_the_transaction_id(asked_by: str) -> None:
    code = ActivationCode(HOST, "A", confirmation_code_required=asked_by == "activation code")
    server = TableServer(authenticateClient={"smdpSigned2": b64(smdp_signed2(code_required=asked_by == "server"))})
    card = table_card()
    outcome = drive(download(SETTINGS, code), card, server, ScriptedUser(code="4242"))
    prepared = parse(next(command for command in card.seen if command[:2] == b"\xbf\x21"))
    # server.md section 4: CC 4242 with this transactionId
    assert (
        prepared.child(0x04).value.hex().upper() == "35056CCAE94436E2551FE7B84A0A526E0E2E1892004158C35E2697B7E0797195"
    )
    assert [child.tag for child in prepared.children] == [0x30, 0x5F37, 0x04, 0x30]
    assert [type(question) for question in outcome.user.questions] == [Consent, ConfirmationCodeWanted]


def test_without_a_code_the_user_has_rejected() -> None:
    card = table_card()
    server = TableServer(authenticateClient={"smdpSigned2": b64(smdp_signed2(code_required=True))})
    with pytest.raises(UserDeclined):
        drive(download(SETTINGS, CODE), card, server, ScriptedUser(code=None))
    assert cancelled(card) == [0]


class Retyping(ScriptedUser):
    """Mistypes once."""

    def confirmation_code(self, question: ConfirmationCodeWanted) -> str | None:
        self.questions.append(question)
        return "wrong" if question.attempt == 1 else "4242"


def test_a_wrong_code_is_asked_for_again_in_a_new_session_without_a_second_consent() -> None:
    package = {"transactionId": TID.hex(), "boundProfilePackage": b64(bound_profile_package())}
    server = TableServer(
        authenticateClient={"smdpSigned2": b64(smdp_signed2(code_required=True))},
        getBoundProfilePackage=[failed("8.2.7", "3.8"), package],
    )
    card, user = table_card(), Retyping()
    drive(download(SETTINGS, CODE), card, server, user)
    assert [type(question).__name__ for question in user.questions] == [
        "Consent",
        "ConfirmationCodeWanted",
        "ConfirmationCodeWanted",
    ]
    assert server.functions.count("initiateAuthentication") == 2


def test_giving_up_after_a_wrong_code_shows_the_refusal() -> None:
    server = TableServer(
        authenticateClient={"smdpSigned2": b64(smdp_signed2(code_required=True))},
        getBoundProfilePackage=failed("8.2.7", "3.8"),
    )
    with pytest.raises(ServerRefused, match=r"8\.2\.7"):
        drive(download(SETTINGS, CODE), table_card(), server, ScriptedUser(code="once"))
    assert server.functions.count("getBoundProfilePackage") == 1


@pytest.mark.parametrize("function", ["authenticateClient", "getBoundProfilePackage"])
def test_a_code_refused_although_none_was_given_is_shown_not_asked_for(function: str) -> None:
    user = ScriptedUser(code="4242")
    with pytest.raises(ServerRefused, match=r"8\.2\.7"):
        drive(download(SETTINGS, CODE), table_card(), TableServer(**{function: failed("8.2.7", "3.8")}), user)
    assert all(isinstance(question, Consent) for question in user.questions)


# The profile


def metadata_with(*more: bytes) -> bytes:
    return tlv(0xBF25, tlv(0x5A, ICCID_EF), tlv(0x91, b"SP"), tlv(0x92, b"P"), *more)


def offering(metadata: bytes) -> TableServer:
    return TableServer(
        authenticateClient={"profileMetadata": b64(metadata)},
        getBoundProfilePackage={"boundProfilePackage": b64(bound_profile_package(metadata))},
    )


def test_an_installed_profile_is_not_downloaded_again() -> None:
    installed = tlv(0xBF2D, tlv(0xA0, tlv(0xE3, tlv(0x5A, ICCID_EF), tlv(0x9F70, b"\x00"))))
    card = table_card(answers={0xBF2D: installed})
    with pytest.raises(NotPossible, match="installed already"):
        drive(download(SETTINGS, CODE), card, TableServer())
    assert cancelled(card) == [1]


def test_test_profiles_need_the_test_mode() -> None:
    metadata = metadata_with(tlv(0x95, b"\x00"))
    card = table_card()
    with pytest.raises(NotPossible, match="test mode"):
        drive(download(SETTINGS, CODE), card, offering(metadata))
    assert cancelled(card) == [1]
    outcome = drive(download(LpaSettings(test_mode=True), CODE), table_card(), offering(metadata))
    assert outcome.user.questions[0].warnings == ("this is a test profile",)  # type: ignore[union-attr]


OWNER = tlv(0xB7, tlv(0x80, bytes.fromhex("00F110")))
PPR1_PPR2 = tlv(0x99, b"\x05\x60")


def rat(consent: bool, rules: bytes = b"\x05\x60", operator: str = "EEEEEE") -> bytes:
    operators = tlv(0xA1, tlv(0x30, tlv(0x80, bytes.fromhex(operator)), tlv(0x81), tlv(0x82)))
    flags = tlv(0x82, b"\x07\x80" if consent else b"\x00")
    return tlv(0xBF43, tlv(0xA0, tlv(0x30, tlv(0x80, rules), operators, flags)))


@pytest.mark.parametrize(
    ("metadata", "table"),
    [
        (metadata_with(OWNER, PPR1_PPR2), tlv(0xBF43, tlv(0xA0))),
        (metadata_with(OWNER, PPR1_PPR2), rat(False, rules=b"\x06\x40")),
        (metadata_with(OWNER, PPR1_PPR2), rat(False, operator="00F120")),
        (metadata_with(PPR1_PPR2), rat(False)),
    ],
    ids=["empty table", "only PPR1", "another operator", "no owner"],
)
def test_policy_rules_that_the_table_does_not_allow_cancel_the_session(metadata: bytes, table: bytes) -> None:
    card = table_card(answers={0xBF43: table})
    outcome = ScriptedUser()
    with pytest.raises(NotPossible, match="Rules Authorisation Table"):
        drive(download(SETTINGS, CODE), card, offering(metadata), outcome)
    assert cancelled(card) == [3]
    assert outcome.questions == []


@pytest.mark.parametrize("consent", [True, False])
def test_allowed_policy_rules_are_shown_and_confirmed_as_strongly_as_the_table_says(consent: bool) -> None:
    card = table_card(answers={0xBF43: rat(consent)})
    outcome = drive(download(SETTINGS, CODE), card, offering(metadata_with(OWNER, PPR1_PPR2)))
    question = outcome.user.questions[0]
    assert isinstance(question, Consent)
    assert question.strong is consent
    assert question.policy_rules == PprIds.ppr1 | PprIds.ppr2
    assert len(question.warnings) == 2


def test_other_metadata_in_the_package_than_shown_cancel_the_session() -> None:
    shown = METADATA.replace(b"GSMA_TEST_PROFILE", b"GSMA_OTHER_THING!")
    card, server = table_card(), TableServer(authenticateClient={"profileMetadata": b64(shown)})
    with pytest.raises(ProtocolViolation, match="metadata"):
        drive(download(SETTINGS, CODE), card, server)
    assert cancelled(card) == [4]
    assert card.segments == []


# Loading


@pytest.mark.parametrize(
    "package",
    [b"\xbf\x36\x00", tlv(0xBF36, tlv(0xBF23), tlv(0xA1, tlv(0x88, bytes(9))), tlv(0xA3)), b"\x30\x00", b""],
)
def test_a_package_that_cannot_be_segmented_cancels_the_session(package: bytes) -> None:
    card = table_card()
    server = TableServer(getBoundProfilePackage={"boundProfilePackage": b64(package)})
    with pytest.raises(ProtocolViolation, match="boundProfilePackage"):
        drive(download(SETTINGS, CODE), card, server)
    assert cancelled(card) == [5]
    assert card.segments == []


@pytest.mark.parametrize("second87", [True, False])
def test_the_segments_are_those_of_the_standard(second87: bool) -> None:
    package = bound_profile_package(second87=second87)
    card = table_card()
    drive(download(SETTINGS, CODE), card, TableServer(getBoundProfilePackage={"boundProfilePackage": b64(package)}))
    heads = [segment[:1].hex().upper() for segment in card.segments]
    assert heads == ["BF", "A0", "A1", "88", "88", *(["A2"] if second87 else []), "A3", "86", "86"]
    assert b"".join(card.segments) == package


@pytest.mark.parametrize("segment", [1, 2, 4, 6])
def test_the_first_answer_with_data_ends_the_loading(segment: int) -> None:
    result = installation_result(error=8)
    card = table_card(bpp_answers={segment: result + b"\x90\x00"}, result=result)
    server = TableServer()
    with pytest.raises(InstallationFailed) as caught:
        drive(download(SETTINGS, CODE), card, server)
    assert len(card.segments) == segment
    assert caught.value.name == "scp03tSecurityError"
    assert [item.removed for item in caught.value.deliveries] == [True]
    assert server.calls[-1] == ("handleNotification", {"pendingNotification": b64(result)})
    assert cancelled(card) == []


def test_unknown_error_reasons_are_kept() -> None:
    with pytest.raises(InstallationFailed) as caught:
        drive(download(SETTINGS, CODE), table_card(result=installation_result(error=32)), TableServer())
    assert (caught.value.code, caught.value.name) == (32, "unknown")
    assert "32" in str(caught.value)


@pytest.mark.parametrize("sw", ["6A80", "6985", "6F00"])
def test_an_error_status_word_without_result_cancels_the_session(sw: str) -> None:
    card = table_card(bpp_answers={3: bytes.fromhex(sw)}, pending=[])
    with pytest.raises(CardRefused) as caught:
        drive(download(SETTINGS, CODE), card, TableServer())
    assert (caught.value.function, caught.value.sw) == ("LoadBoundProfilePackage", int(sw, 16))
    assert cancelled(card) == [5]
    assert len(card.segments) == 3


def test_a_result_that_got_lost_is_found_among_the_notifications() -> None:
    stored = installation_result(seq=9)
    card = table_card(pending=[installation_result(seq=3, tid=OTHER_TID), stored])
    card.result = b"\x90\x00"
    outcome = drive(download(SETTINGS, CODE), card, TableServer())
    assert outcome.value.result.metadata.seq_number == 9
    silent = table_card(pending=[], answers={0xBF2B: b"\x6a\x88"})
    silent.result = b"\x90\x00"
    with pytest.raises(CardRefused, match="6A88"):
        drive(download(SETTINGS, CODE), silent, TableServer())
    assert cancelled(silent) == [5]
    nothing = table_card(pending=[])
    nothing.result = b"\x90\x00"
    with pytest.raises(ProtocolViolation, match="no result"):
        drive(download(SETTINGS, CODE), nothing, TableServer())
    assert cancelled(nothing) == [5]


def test_a_notification_that_cannot_be_delivered_stays_and_does_not_fail_the_download() -> None:
    card = table_card()
    outcome = drive(download(SETTINGS, CODE), card, TableServer(handleNotification=HttpTimeout("late")))
    delivery = outcome.value.deliveries[0]
    assert (delivery.delivered, delivery.removed, type(delivery.error)) == (False, False, HttpTimeout)
    assert card.pending == [installation_result()]


# Networks


@pytest.mark.parametrize("function", ["initiateAuthentication", "authenticateClient"])
def test_a_network_failure_before_the_package_starts_a_new_session(function: str) -> None:
    good = TableServer().answers[function]
    card, server = table_card(), TableServer(**{function: [Unreachable("reset"), good]})
    outcome = drive(download(SETTINGS, CODE), card, server)
    assert outcome.waits == [1.0]
    assert server.functions.count("initiateAuthentication") == 2
    assert [command[:2] for command in card.seen].count(b"\xbf\x2e") == 2
    assert len(outcome.user.questions) == 1


def test_a_lost_package_is_asked_for_again_in_the_same_session() -> None:
    good = TableServer().answers["getBoundProfilePackage"]
    card, server = table_card(), TableServer(getBoundProfilePackage=[HttpTimeout("late"), good])
    outcome = drive(download(SETTINGS, CODE), card, server)
    assert server.functions.count("initiateAuthentication") == 1
    asked = [members for function, members in server.calls if function == "getBoundProfilePackage"]
    assert asked[0] == asked[1]
    assert outcome.waits == [1.0]


def test_a_server_that_forgot_the_session_meanwhile_gets_a_new_one() -> None:
    good = TableServer().answers["getBoundProfilePackage"]
    server = TableServer(getBoundProfilePackage=[HttpTimeout("late"), failed("8.10.1", "3.9"), good])
    outcome = drive(download(SETTINGS, CODE), table_card(), server)
    assert server.functions.count("initiateAuthentication") == 2
    assert len(outcome.user.questions) == 1


def test_the_tries_are_counted_over_the_whole_download() -> None:
    server = TableServer(getBoundProfilePackage=HttpTimeout("late"))
    waits: list[float] = []
    with pytest.raises(HttpTimeout):
        drive(download(SETTINGS, CODE), table_card(), server, waits=waits)
    assert waits == [1.0, 5.0]
    assert server.functions.count("getBoundProfilePackage") == 3


@pytest.mark.parametrize(
    ("error", "tries"), [(HttpStatusError("u", 400), 1), (HttpStatusError("u", 404), 1), (HttpStatusError("u", 503), 3)]
)
def test_only_errors_that_may_pass_are_tried_again(error: LpaError, tries: int) -> None:
    server = TableServer(initiateAuthentication=error)
    with pytest.raises(HttpStatusError):
        drive(download(SETTINGS, CODE), table_card(), server)
    assert server.functions.count("initiateAuthentication") == tries


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
