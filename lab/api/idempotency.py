"""Idempotency-Key: the same POST again gets the same answer, for a day. A refusal that nothing came of isn't kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

from sqlalchemy import ColumnElement, delete, insert, select, update

from lab.api.errors import HttpRefusal
from lab.managers.errors import Code
from lab.store import Ledger, schema
from lab.store.records import Actor
from lab.store.rows import when

KEPT = timedelta(days=1)
ABANDONED = timedelta(minutes=2)
_answers = schema.answers


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer that was given before."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def fingerprint(method: str, path: str, body: bytes) -> str:
    """What a request asks for."""
    return sha256(b"\0".join((method.encode(), path.encode(), body))).hexdigest()


def begin(ledger: Ledger, caller: str, key: str, asked: str) -> Kept | None:
    """The answer given before; None if the request is new. 422 for another request, 409 while it is carried out."""
    with ledger.transaction(Actor(caller)) as tx:
        old = _answers.c.created_at < when(tx.now - KEPT)
        left = (_answers.c.status == 0) & (_answers.c.created_at < when(tx.now - ABANDONED))
        tx.connection.execute(delete(_answers).where(old | left))
        row = tx.connection.execute(select(_answers).where(_mine(caller, key))).first()
        if row is None:
            tx.connection.execute(
                insert(_answers).values(
                    caller=caller,
                    key=key,
                    fingerprint=asked,
                    owner="",
                    created_at=when(tx.now),
                    status=0,
                    headers={},
                    body=b"",
                )
            )
            return None
    if row.fingerprint != asked:
        raise _refusal(422, "the key was used for another request")
    if row.status == 0:
        raise _refusal(409, "the same request is being carried out")
    return Kept(row.status, row.headers, row.body)


def keep(ledger: Ledger, caller: str, key: str, answer: Kept) -> None:
    """Keep the answer."""
    with ledger.transaction(Actor(caller)) as tx:
        values = {"status": answer.status, "headers": dict(answer.headers), "body": answer.body}
        tx.connection.execute(update(_answers).where(_mine(caller, key)).values(values))


def forget(ledger: Ledger, caller: str, key: str) -> None:
    """The request may be tried again."""
    with ledger.transaction(Actor(caller)) as tx:
        tx.connection.execute(delete(_answers).where(_mine(caller, key)))


def _mine(caller: str, key: str) -> ColumnElement[bool]:
    return (_answers.c.caller == caller) & (_answers.c.key == key)


def _refusal(status: int, reason: str) -> HttpRefusal:
    code = Code.INVALID_REQUEST if status == 422 else Code.OPERATION_NOT_PERMITTED
    return HttpRefusal(status, code, f"Idempotency-Key: {reason}", {"field": "Idempotency-Key", "reason": reason})
