"""What all procedures share: their ports, their outcome, and the small judgements they have in common."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, Protocol, TypeVar

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, utils

from smdp.core.certificates import SHA256_ECDSA
from smdp.core.credentials import DpCredentials
from smdp.core.effects import Effect, EventDue, EventEnded, Moved
from smdp.core.ports import Store
from smdp.core.records import Order, Record, Session, SessionState
from smdp.core.settings import SmDpSettings
from smdp.core.states import DOWNLOADABLE, Event, State, after
from smdp.core.trust import TrustStore
from wire.codes import FunctionRefused, StatusCode
from wire.ports import Clock, Entropy, Trace

T = TypeVar("T")


class Judge(Protocol):
    """What a judgement over an eUICC needs."""

    @property
    def trust(self) -> TrustStore:
        """Whom this server trusts."""

    def now(self) -> datetime:
        """The time by the server's clock."""

    def verdict(self, session: bytes, check: str, what: str, ok: bool, reason: str = "") -> None:
        """Note a judgement in the trace."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Everything a procedure may reach."""

    settings: SmDpSettings
    credentials: Mapping[bytes, DpCredentials]  # by the SubjectKeyIdentifier of their CI
    trust: TrustStore
    store: Store
    clock: Clock
    entropy: Entropy
    trace: Trace

    def now(self) -> datetime:
        return self.clock.now()

    def verdict(self, session: bytes, check: str, what: str, ok: bool, reason: str = "") -> None:
        """Note a judgement in the trace."""
        self.trace.record("verdict", session.hex().upper(), check=check, what=what, ok=ok, reason=reason)


@dataclass(frozen=True, slots=True)
class Outcome(Generic[T]):
    """The end of a procedure: an answer or a refusal, with what has to be stored and told, all or nothing."""

    answer: T | FunctionRefused
    saves: tuple[Record, ...] = ()
    effects: tuple[Effect, ...] = ()


class Refusal(Exception):
    """Leaves a procedure early: a status code, and what has to be stored all the same."""

    def __init__(
        self, code: StatusCode, message: str = "", saves: tuple[Record, ...] = (), effects: tuple[Effect, ...] = ()
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.saves = saves
        self.effects = effects

    def outcome(self) -> "Outcome[Any]":
        """As the end of a procedure."""
        return Outcome(FunctionRefused(self.code, self.message), self.saves, self.effects)

    def ending(self, session: Session) -> "Refusal":
        """The same refusal, which also ends the session."""
        return Refusal(self.code, self.message, (close(session), *self.saves), self.effects)


def live(ports: Ports, session: Session | None, *states: SessionState) -> Session | None:
    """The session if it is in one of these states and not too old."""
    if session is None or session.state not in states:
        return None
    if ports.now() - session.created_at > timedelta(seconds=ports.settings.session_lifetime_s):
        return None
    return session


def close(session: Session) -> Session:
    """The session, ended."""
    return session._replace(state=SessionState.CLOSED)


def signature_holds(
    ports: Judge, transaction_id: bytes, what: str, key: ec.EllipticCurvePublicKey, signature: bytes, data: bytes
) -> bool:
    """Verify raw r || s over `data` and note the verdict."""
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    try:
        key.verify(utils.encode_dss_signature(r, s), data, SHA256_ECDSA)
        holds = True
    except InvalidSignature:
        holds = False
    ports.verdict(transaction_id, "signature", what, holds)
    return holds


def moved(order: Order, event: Event) -> tuple[Order, tuple[Effect, ...]]:
    """The order after `event`, and what follows from it; unchanged where its state doesn't allow the event."""
    target = after(order.state, event)
    if target is None or order.reusable or target is order.state:
        return order, ()
    result = order._replace(state=target)
    effects: tuple[Effect, ...] = (Moved(result, order.state, event),)
    if order.smds_address and target is State.RELEASED:
        effects += (EventDue(result),)
    if order.smds_address and order.state in DOWNLOADABLE and target not in DOWNLOADABLE:
        effects += (EventEnded(result),)
    return result, effects
