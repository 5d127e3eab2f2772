"""`rsplab explain` has an answer for every code, and a refusal for what is none."""

from enum import IntEnum

import pytest

from lab.errors import LabError
from lab.explain import explain
from wire import codes, es10


def test_a_pair_of_the_registry() -> None:
    explanation = explain("8.2.6/3.8")
    assert explanation.known
    assert explanation.subject == "MatchingID"
    assert explanation.reason == "Refused"
    assert explanation.likely_cause
    assert explanation.next_step
    assert [row["function"] for row in explanation.answered_by] == ["ES9+.AuthenticateClient"]


@pytest.mark.parametrize("row", codes.ROWS, ids=lambda row: f"{row.function} {row.pair}")
def test_every_row_is_explained(row: codes.StatusCode) -> None:
    assert explain(row.pair).known
    assert explain(f"{row.function}:{row.pair}" if row.function else row.pair).meaning == row.meaning


def test_unknown_pairs_are_explained_as_far_as_the_vocabulary_goes() -> None:
    explanation = explain("8.1 / 77.2")
    assert not explanation.known
    assert "eUICC" in explanation.meaning
    assert "unknown reason" in explanation.meaning


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sw:6A88", "referenced data not found"),
        ("sw:6a82", "not found"),
        ("SW:9123", "35 octets"),
        ("sw:63C2", "2 tries"),
    ],
)
def test_status_words(text: str, said: str) -> None:
    assert said in explain(text).meaning


def test_an_unknown_status_word_is_called_unknown() -> None:
    assert not explain("sw:9F10").known


@pytest.mark.parametrize(("function", "results"), es10.RESULTS.items())
def test_every_es10_result_by_number_and_by_name(function: str, results: type[IntEnum]) -> None:
    for result in results:
        by_number = explain(f"es10:{function}/{int(result)}")
        assert by_number.known
        assert by_number == explain(f"es10:{function.lower()}/{result.name}")


def test_an_es10_result_that_nobody_defined() -> None:
    explanation = explain("es10:EnableProfile/44")
    assert not explanation.known
    assert "44" in explanation.meaning


@pytest.mark.parametrize(
    "text", ["", "8.2.6", "sw:", "sw:6A8", "sw:6A8X", "es10:Nonsense/1", "es10:EnableProfile/x", "?"]
)
def test_what_is_no_code_is_refused_with_the_forms(text: str) -> None:
    with pytest.raises(LabError) as caught:
        explain(text)
    assert caught.value.hint
