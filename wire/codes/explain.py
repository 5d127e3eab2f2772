"""What a pair of codes means, whoever sent it."""

from wire.codes.model import ReasonCode, StatusCode, SubjectCode
from wire.codes.rows import ROWS
from wire.codes.vocabulary import REASONS, SUBJECTS
from wire.codes.words import PAIRS

_BY_FUNCTION = {(row.function, row.subject, row.reason): row for row in ROWS}
_CANONICAL = {row.function.lower().replace("+", ""): row.function for row in ROWS}


def explain(subject: str, reason: str, function: str | None = None) -> StatusCode:
    """The registry row of a pair, or one composed from the vocabulary; every input has an answer.

    function: "ES9+.AuthenticateClient" in any case; without it the row is that of the pair alone.
    """
    name = function or ""
    name = _CANONICAL.get(name.lower().replace("+", ""), name)
    row = _BY_FUNCTION.get((name, SubjectCode(subject), ReasonCode(reason)))
    if row is not None:
        return row
    words = PAIRS.get((subject, reason))
    if words is None:
        subject_text = SUBJECTS.get(subject, "unknown subject")
        reason_text = REASONS.get(reason, "unknown reason")
        meaning = f"{subject_text} ({subject or '-'}): {reason_text} ({reason or '-'})"
        cause = "this pair is not in the registry of SGP.22 v2; the sender may speak another version or its own dialect"
        return StatusCode(
            name, SubjectCode(subject), ReasonCode(reason), "5.2.6", meaning, cause, "look at message and the trace"
        )
    return StatusCode(name, SubjectCode(subject), ReasonCode(reason), "5.2.6", *words)


def functions_answering(subject: str, reason: str) -> tuple[StatusCode, ...]:
    """Every row of the registry with this pair: the functions that answer it."""
    return tuple(row for row in ROWS if row.subject == subject and row.reason == reason)
