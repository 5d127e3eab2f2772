"""What a status code is: two code types that never mix, a registry row, and the refusal that carries it."""

from dataclasses import dataclass
from typing import NamedTuple


class SubjectCode(str):
    """What a status code is about, "8.2.6"; a string, so that 8.10 is not 8.1."""

    __slots__ = ()


class ReasonCode(str):
    """Why, "3.8"; a string, so that 3.10 is not 3.1."""

    __slots__ = ()


class Words(NamedTuple):
    """A status code in words for people."""

    meaning: str
    likely_cause: str
    next_step: str


@dataclass(frozen=True)
class StatusCode:
    """One row of the registry: what a function answers, where the standard says so, and what to do about it.

    asn1_error: the integer of the ASN.1 binding, 127 where it has none of its own, None for functions without one.
    unverified: the reference marks the row as believed but not confirmed.
    """

    function: str
    subject: SubjectCode
    reason: ReasonCode
    clause: str
    meaning: str
    likely_cause: str
    next_step: str
    asn1_error: int | None = None
    unverified: bool = False
    name: str = ""

    def __set_name__(self, owner: type, name: str) -> None:
        object.__setattr__(self, "name", name)

    @property
    def pair(self) -> str:
        """ "8.2.6/3.8"."""
        return f"{self.subject}/{self.reason}"

    def __str__(self) -> str:
        return f"{self.function} {self.pair}: {self.meaning}" if self.function else f"{self.pair}: {self.meaning}"


class FunctionRefused(Exception):
    """A function was asked and refused: the order or session did not change beyond what the function says.

    message and subject_identifier go into statusCodeData; message is for people, subject_identifier names the
    instance (an ICCID, a MatchingID, a member).
    """

    def __init__(self, status_code: StatusCode, message: str = "", subject_identifier: str = "") -> None:
        super().__init__(f"{status_code}{f' ({message})' if message else ''}")
        self.status_code = status_code
        self.message = message
        self.subject_identifier = subject_identifier
