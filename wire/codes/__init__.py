"""The registry of subject and reason codes: rows per function, explanations, and the refusal that carries a row.

Spec: SGP.22 v2.5 section 5.2.6 and each function's status codes
"""

from wire.codes.cancel import CANCEL_REASONS, CancelOutcome, cancel_outcome
from wire.codes.explain import explain, functions_answering
from wire.codes.model import FunctionRefused, ReasonCode, StatusCode, SubjectCode
from wire.codes.rows import ES2P, ES9P, ES11, ES12, ES15, GENERIC, ROWS
from wire.codes.vocabulary import REASONS, SUBJECTS

__all__ = [
    "CANCEL_REASONS",
    "ES2P",
    "ES9P",
    "ES11",
    "ES12",
    "ES15",
    "GENERIC",
    "REASONS",
    "ROWS",
    "SUBJECTS",
    "CancelOutcome",
    "FunctionRefused",
    "ReasonCode",
    "StatusCode",
    "SubjectCode",
    "cancel_outcome",
    "explain",
    "functions_answering",
]
