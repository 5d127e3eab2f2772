"""The status code registry: complete words, one row per pair and function, an answer for everything."""

from collections import Counter

import pytest

from wire.codes import (
    CANCEL_REASONS,
    ES2P,
    ES9P,
    ES12,
    GENERIC,
    REASONS,
    ROWS,
    SUBJECTS,
    FunctionRefused,
    ReasonCode,
    SubjectCode,
    cancel_outcome,
    explain,
    functions_answering,
)
from wire.codes.words import PAIRS


def test_every_row_is_complete() -> None:
    for row in ROWS:
        assert row.name.isupper(), row
        assert row.subject in SUBJECTS
        assert row.reason in REASONS
        for words in (row.meaning, row.likely_cause, row.next_step, row.clause):
            assert words, row
        assert isinstance(row.subject, SubjectCode)
        assert isinstance(row.reason, ReasonCode)


def test_no_function_answers_a_pair_twice() -> None:
    counted = Counter((row.function, row.pair) for row in ROWS)
    assert [pair for pair, count in counted.items() if count > 1] == []


def test_pairs_use_the_vocabulary() -> None:
    assert {subject for subject, _ in PAIRS} <= set(SUBJECTS)
    assert {reason for _, reason in PAIRS} <= set(REASONS)


def test_asn1_errors_of_the_binding() -> None:
    """Only the functions of the ASN.1 binding have integers, and all of them do."""
    for row in ROWS:
        if row.function:
            assert (row.asn1_error is not None) == row.function.startswith(("ES9+", "ES11")), row


def test_dotted_codes_are_not_numbers() -> None:
    assert SubjectCode("8.10") != SubjectCode("8.1")
    assert explain("8.1.1", "3.10").meaning != explain("8.1.1", "3.1").meaning


def test_groups_name_their_function() -> None:
    row = ES9P.AUTHENTICATE_CLIENT.EUICC_SIGNATURE_INVALID
    assert (row.function, row.pair, row.name) == ("ES9+.AuthenticateClient", "8.1/6.1", "EUICC_SIGNATURE_INVALID")
    assert ES2P.RELEASE_PROFILE.INVALID_STATE.pair == "8.2.1/3.5"
    assert ES12.REGISTER_EVENT.EVENT_ALREADY_REGISTERED.pair == "8.9.5/3.3"
    assert GENERIC.MALFORMED_ELEMENT.unverified


def test_explain_finds_the_row_of_the_function() -> None:
    row = explain("8.10.1", "3.9", "es9.getboundprofilepackage")
    assert row is ES9P.GET_BOUND_PROFILE_PACKAGE.UNKNOWN_TRANSACTION_ID
    assert explain("8.10.1", "3.9").function == ""
    assert explain("8.10.1", "3.9").meaning == row.meaning
    assert {found.function for found in functions_answering("8.10.1", "3.9")} == {
        "ES9+.AuthenticateClient",
        "ES9+.GetBoundProfilePackage",
        "ES9+.CancelSession",
        "ES11.AuthenticateClient",
    }


@pytest.mark.parametrize(
    ("subject", "reason", "words"),
    [
        ("8.2.6", "4.2", ("MatchingID", "Execution error")),
        ("9.9.9", "3.8", ("unknown subject", "9.9.9", "Refused")),
        ("8.1", "77", ("eUICC", "unknown reason", "77")),
        ("", "", ("unknown subject", "unknown reason")),
    ],
)
def test_explain_composes_what_is_not_registered(subject: str, reason: str, words: tuple[str, ...]) -> None:
    explained = explain(subject, reason, "ES9+.Whatever")
    assert all(word in explained.meaning for word in words)
    assert (explained.subject, explained.reason, explained.function) == (subject, reason, "ES9+.Whatever")
    assert explained.next_step


def test_refusal_carries_its_row() -> None:
    refused = FunctionRefused(ES9P.CANCEL_SESSION.SMDP_OID_MISMATCH, "2.999.10 is not 2.999.12", "2.999.10")
    assert refused.status_code.pair == "8.8/3.10"
    assert "2.999.10 is not 2.999.12" in str(refused)
    assert "ES9+.CancelSession 8.8/3.10" in str(refused)


def test_cancel_reasons() -> None:
    assert [reason for reason, outcome in CANCEL_REASONS.items() if not outcome.terminal] == [1, 2]
    assert all((outcome.status is not None) == outcome.terminal for outcome in CANCEL_REASONS.values())
    status = cancel_outcome(0).status
    assert status is not None
    assert status.pair == "8.8.5/3.8"
    assert cancel_outcome(4).name == "metadataMismatch"
    assert cancel_outcome(99) == cancel_outcome(127)
