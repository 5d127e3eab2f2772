"""What a download asks the user and why it cancels: consent, Confirmation Code, metadata, policy rules."""

import pytest

from lpa.core.actions import ConfirmationCodeWanted, Consent, Decision
from lpa.core.errors import NotPossible, ProtocolViolation, ServerRefused, Unreachable, UserDeclined
from lpa.core.procedures.download import download, preview
from lpa.core.settings import LpaSettings
from lpa.user import ScriptedUser
from tests.support.lpa_peers import (
    CODE,
    HOST,
    ICCID_EF,
    METADATA,
    SETTINGS,
    TID,
    TableServer,
    b64,
    bound_profile_package,
    cancelled,
    drive,
    failed,
    smdp_signed2,
    table_card,
)
from wire.activation_code import ActivationCode
from wire.es10 import PprIds
from wire.tlv import parse, tlv

# The user


@pytest.mark.parametrize(("decision", "reason"), [(Decision.REJECT, 0), (Decision.POSTPONE, 1), (Decision.TIMEOUT, 2)])
def test_what_the_user_says_is_the_reason_of_the_cancelled_session(decision: Decision, reason: int) -> None:
    card, server = table_card(), TableServer()
    with pytest.raises(UserDeclined):
        drive(download(SETTINGS, CODE), card, server, ScriptedUser(decision))
    assert cancelled(card) == [reason]
    assert server.calls[-1] == (
        "cancelSession",
        {"transactionId": TID.hex().upper(), "cancelSessionResponse": b64(card.fixed(0xBF41))},
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
    question = outcome.user.questions[0]
    assert isinstance(question, Consent)
    assert question.warnings == ("this is a test profile",)


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
