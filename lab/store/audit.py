"""The audit log: every line carries the hash of the line before, so that nothing can be changed or taken out unseen.

What a hash chain alone can't show is a cut at the end: keep the head (`rsplab audit verify` prints it) elsewhere.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, is_dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, insert, select

from lab.store import schema
from lab.store.records import Actor, AuditEntry
from smdp.store.rows import microseconds

GENESIS = "0" * 64
# Never digested: a digest of a short secret would be as good as the secret.
_SECRETS = frozenset({"secret", "digest", "confirmation_code", "parameters"})


def append(
    connection: Connection,
    actor: Actor,
    at: datetime,
    action: str,
    resource: str,
    outcome: str,
    before: object = None,
    after: object = None,
) -> None:
    """Add a line; the caller's transaction excludes other writers."""
    last = connection.execute(
        select(schema.audit.c.number, schema.audit.c.hash).order_by(schema.audit.c.number.desc()).limit(1)
    ).first()
    number, previous = (1, GENESIS) if last is None else (last[0] + 1, last[1])
    values: dict[str, Any] = {
        "number": number,
        "at": microseconds(at),
        "actor": actor.name,
        "source": actor.source,
        "request_id": actor.request_id,
        "action": action,
        "resource": resource,
        "outcome": outcome,
        "before_digest": digest(before),
        "after_digest": digest(after),
        "previous_hash": previous,
    }
    connection.execute(insert(schema.audit).values(values | {"hash": _hash(values)}))


def digest(value: object) -> str:
    """SHA-256 of a record's content without its secrets; "" for nothing."""
    if value is None:
        return ""
    content = asdict(value) if is_dataclass(value) and not isinstance(value, type) else value
    if isinstance(content, dict):
        content = {name: item for name, item in content.items() if name not in _SECRETS}
    return sha256(_canonical(content)).hexdigest()


def broken_at(entries: Iterable[AuditEntry]) -> int | None:
    """The number of the first line that doesn't follow from those before it, or None."""
    number, previous = 0, GENESIS
    for entry in entries:
        values = asdict(entry) | {"at": microseconds(entry.at)}
        claimed = values.pop("hash")
        if entry.number != number + 1 or entry.previous_hash != previous or _hash(values) != claimed:
            return entry.number
        number, previous = entry.number, claimed
    return None


def _hash(values: dict[str, Any]) -> str:
    return sha256(_canonical(values)).hexdigest()


def _canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str).encode()
