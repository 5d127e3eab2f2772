"""Faults as the command line writes them: as they print, `StatusWord(0x6985, es10=0xBF31)`."""

import ast
from collections.abc import Sequence
from typing import Any, Final

import scenarios.faults as words
from lab.errors import LabError
from scenarios.faults import (
    CardAnswer,
    ClosedChannel,
    Fault,
    HttpBody,
    HttpHeader,
    HttpStatus,
    LostAnswer,
    LostRequest,
    Member,
    PowerCut,
    Refusal,
    ResultCode,
    StatusWord,
)

LINK_FAULTS: Final = (StatusWord, ResultCode, CardAnswer, ClosedChannel, PowerCut)
HTTP_FAULTS: Final = (HttpStatus, HttpBody, HttpHeader, Member, Refusal, LostRequest, LostAnswer)


def parse_faults(texts: Sequence[str], allowed: Sequence[type[Fault]]) -> list[Fault]:
    """The faults; LabError for what is none of `allowed`. Nothing is evaluated but literals and words of the list."""
    faults: list[Fault] = []
    for text in texts:
        try:
            fault: object = _value(ast.parse(text.strip(), mode="eval").body)
        except (SyntaxError, ValueError, TypeError) as error:
            raise LabError(f"--fault {text!r}: {error}", "docs/scenarios.md lists the faults") from None
        if not isinstance(fault, Fault) or not isinstance(fault, tuple(allowed)):
            raise LabError(f"--fault {text!r} can't be applied here", f"one of {_names(allowed)}")
        faults.append(fault)
    return faults


def _value(node: ast.expr) -> Any:
    if not isinstance(node, ast.Call):
        return ast.literal_eval(node)
    name = node.func.id if isinstance(node.func, ast.Name) else ast.unparse(node.func)
    if name not in words.__all__:
        raise ValueError(f"there is no fault or edit {name}")
    keywords = {keyword.arg or "**": _value(keyword.value) for keyword in node.keywords}
    return getattr(words, name)(*map(_value, node.args), **keywords)


def _names(kinds: Sequence[type[Fault]]) -> str:
    return ", ".join(kind.__name__ for kind in kinds)
