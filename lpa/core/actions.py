"""The closed set of things a procedure yields, and what it is sent back for each.

| action | answer |
|---|---|
| `Transmit` | the response APDU (data and status word), bytes |
| `ResetCard` | the ATR, bytes |
| `Connect` | `TlsPeer` once the server is verified, None over plain HTTP |
| `Post` | `HttpReply` |
| `Ask(Consent)`, `Ask(StrongConfirmation)` | `Decision` |
| `Ask(ConfirmationCodeWanted)` | the code, or None where the user declines |
| `Wait`, `Progress`, `Session`, `Verdict` | None |

Where an action could not be carried out the driver throws a `TransportError` into the generator.
"""

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeAlias, TypeVar

from lpa.core.metadata import ProfileMetadata
from lpa.core.tls_certificate import TlsRole
from wire.es10 import PprIds

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Transmit:
    """Send one command APDU."""

    command: bytes


@dataclass(frozen=True, slots=True)
class ResetCard:
    """Cut and restore the card's power; every channel is closed afterwards."""


@dataclass(frozen=True, slots=True)
class Connect:
    """Open and verify the connection to `url`, sending nothing."""

    url: str


@dataclass(frozen=True, slots=True)
class TlsPeer:
    """A verified server: the chain ends in a trusted root and the certificate names the host.

    role: of its certificate; None where nobody had to show one.
    """

    host: str
    version: str
    cipher: str
    certificate: bytes
    role: TlsRole | None = None


@dataclass(frozen=True, slots=True)
class Post:
    """One HTTP POST."""

    url: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class HttpReply:
    """What came back, whatever the status."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Decision(Enum):
    """The user's answer; each refusal has its CancelSession reason."""

    ACCEPT = "accept"
    REJECT = "reject"
    POSTPONE = "postpone"
    TIMEOUT = "timeout"


@dataclass(frozen=True, slots=True)
class Consent:
    """May this profile be downloaded? `strong` where the Rules Authorisation Table demands strong confirmation.

    policy_rules: the profile's policy rules (ppr1: may not be disabled, ppr2: may not be deleted);
    warnings: what the user should know before agreeing, in words.
    """

    metadata: ProfileMetadata
    policy_rules: PprIds
    strong: bool
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ConfirmationCodeWanted:
    """The code that the operator gave the user; `attempt` is 2 and up after the server refused one."""

    metadata: ProfileMetadata
    attempt: int = 1


@dataclass(frozen=True, slots=True)
class StrongConfirmation:
    """May this be done, for it cannot be undone? `operation`: delete, memory-reset, ...; `text` says what happens."""

    operation: str
    text: str


Question: TypeAlias = Consent | ConfirmationCodeWanted | StrongConfirmation


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask the user."""

    question: Question


@dataclass(frozen=True, slots=True)
class Wait:
    """Let time pass before trying again."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a procedure has come; `step` is a name for programs, `text` is for people."""

    step: str
    done: int
    total: int
    text: str


@dataclass(frozen=True, slots=True)
class Session:
    """The RSP session that what follows belongs to: transactionId in upper-case hex, "" for none."""

    transaction_id_hex: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """A judgement of the agent's own, for the trace."""

    check: str
    what: str
    ok: bool
    reason: str = ""


Action: TypeAlias = Transmit | ResetCard | Connect | Post | Ask | Wait | Progress | Session | Verdict
Procedure: TypeAlias = Generator[Action, Any, T]


def post(url: str, headers: Mapping[str, str], body: bytes) -> Procedure[HttpReply]:
    """Yield a `Post`; typed."""
    reply: HttpReply = yield Post(url, headers, body)
    return reply


def decide(question: Consent | StrongConfirmation) -> Procedure[Decision]:
    """Yield an `Ask` for a decision; typed."""
    decision: Decision = yield Ask(question)
    return decision
