"""What a code says, why it usually comes, and what to do: `8.2.6/3.8`, `sw:6A88`, `es10:AuthenticateServer/3`."""

import re
from dataclasses import dataclass, field
from typing import Any

from lab.errors import LabError
from wire import codes, es10, sw

FORMS = "give 8.2.6/3.8, sw:6A88 or es10:AuthenticateServer/3"

_PAIR = re.compile(r"(?:(?P<function>[^:]+):)?(?P<subject>\d+(?:\.\d+)*)\s*/\s*(?P<reason>\d+(?:\.\d+)*)")


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a code means; `known` is False where only the vocabulary, or nothing, knows it."""

    code: str
    kind: str
    meaning: str
    known: bool = True
    name: str = ""
    subject: str = ""
    reason: str = ""
    likely_cause: str = ""
    next_step: str = ""
    answered_by: list[dict[str, Any]] = field(default_factory=list)


def explain(text: str) -> Explanation:
    """Explain one code in any of the forms; LabError if it is in none of them."""
    text = text.strip()
    prefix, colon, rest = text.partition(":")
    if colon and prefix.lower() == "sw":
        return _status_word(text, rest)
    if colon and prefix.lower() == "es10":
        return _es10(text, rest)
    if match := _PAIR.fullmatch(text):
        return _status_code(match["subject"], match["reason"], match["function"])
    raise LabError(f"{text!r} is no code", FORMS)


def _status_code(subject: str, reason: str, function: str | None) -> Explanation:
    row = codes.explain(subject, reason, function)
    rows = codes.functions_answering(subject, reason)
    return Explanation(
        code=row.pair,
        kind="status code",
        meaning=row.meaning,
        known=bool(rows) or (subject in codes.SUBJECTS and reason in codes.REASONS),
        subject=codes.SUBJECTS.get(subject, "unknown"),
        reason=codes.REASONS.get(reason, "unknown"),
        likely_cause=row.likely_cause,
        next_step=row.next_step,
        answered_by=[
            {"function": one.function or "any function", "clause": one.clause, "asn1_error": one.asn1_error}
            for one in rows
        ],
    )


def _status_word(text: str, hexadecimal: str) -> Explanation:
    if not re.fullmatch(r"[0-9A-Fa-f]{4}", hexadecimal):
        raise LabError(f"{text!r}: a status word is four hexadecimal digits", "for example sw:6A88")
    value = int(hexadecimal, 16)
    meaning = sw.describe(value)
    name = sw.SW(value).name if value in sw.SW.__members__.values() else ""
    return Explanation(f"{value:04X}", "status word", meaning, not meaning.startswith("unknown"), name)


def _es10(text: str, rest: str) -> Explanation:
    function_text, _, code_text = rest.partition("/")
    function = es10.function_named(function_text)
    if function is None:
        raise LabError(f"{function_text!r} is no ES10 function", f"one of {', '.join(es10.RESULTS)}")
    if not code_text:
        results = "; ".join(es10.describe_result(function, code) for code in es10.RESULTS[function])
        return Explanation(function, "ES10 results", results)
    code = _es10_code(text, function, code_text)
    name = es10.result_name(function, code)
    return Explanation(
        f"{function}/{code}", "ES10 result", es10.describe_result(function, code), name != "unknown", name
    )


def _es10_code(text: str, function: str, code_text: str) -> int:
    members = {name.lower(): int(value) for name, value in es10.RESULTS[function].__members__.items()}
    if code_text.lower() in members:
        return members[code_text.lower()]
    if not re.fullmatch(r"[0-9]{1,9}", code_text):
        raise LabError(f"{text!r}: {code_text!r} is neither a number nor a result of {function}", FORMS)
    return int(code_text)
