"""API keys: `rsplab_<key id>_<secret>`, told once and kept as a digest.

The secret is 256 random bits, so nobody can guess it from its SHA-256: a slow hash (argon2, scrypt) would protect
nothing more, and would let anybody keep the server busy with wrong keys.
"""

import base64
import hmac
import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256

from lab.clock import SystemEntropy
from lab.managers.errors import Code, ManagementError, invalid, not_permitted
from lab.store import Ledger, Transaction
from lab.store.records import LOCAL, Actor, ApiKey, Change

PREFIX = "rsplab_"
_FORM = re.compile(r"rsplab_([0-9a-f]{16})_([A-Za-z0-9_-]{43})")

_READ = frozenset({"profiles:read", "devices:read", "operations:read"})
_TEST = _READ | {"profiles:download", "devices:write", "operations:write"}
_OPERATE = _TEST | {"profiles:write", "webhooks:read", "webhooks:write"}
ROLES: dict[str, frozenset[str]] = {
    "viewer": _READ,
    "tester": _TEST,
    "operator": _OPERATE,
    "admin": _OPERATE | {"keys:manage", "audit:read", "secrets:read"},
}
"""What each role may do; whatever isn't here is denied."""


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A key with its secret, which is never told again."""

    key: ApiKey
    token: str


class KeyManager:
    """Makes, knows, rotates and revokes keys."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._entropy = SystemEntropy()

    def create(self, name: str, role: str, lifetime: timedelta | None = None, actor: Actor = LOCAL) -> IssuedKey:
        """A new key; lifetime: None for one that doesn't expire."""
        if role not in ROLES:
            raise invalid("role", f"is none of {', '.join(ROLES)}")
        with self._ledger.transaction(actor) as tx:
            return self._issue(tx, name, role, None if lifetime is None else tx.now + lifetime)

    def rotate(self, key_id: str, overlap: timedelta, actor: Actor = LOCAL) -> IssuedKey:
        """A new key in place of this one, which is good for `overlap` longer."""
        with self._ledger.transaction(actor) as tx:
            old = self._get(tx, key_id)
            if not is_good(old, tx.now):
                raise not_permitted(f"key {key_id} is revoked or expired")
            until = tx.now + overlap
            expired = tx.put(replace(old, expires_at=min(until, old.expires_at) if old.expires_at else until))
            tx.emit(Change("key.rotated", key_id), old, expired)
            lifetime = None if old.expires_at is None else old.expires_at - old.created_at
            return self._issue(tx, old.name, old.role, None if lifetime is None else tx.now + lifetime, key_id)

    def revoke(self, key_id: str, actor: Actor = LOCAL) -> ApiKey:
        """No longer good, from now on."""
        with self._ledger.transaction(actor) as tx:
            old = self._get(tx, key_id)
            if old.revoked_at is not None:
                return old
            revoked = tx.put(replace(old, revoked_at=tx.now))
            tx.emit(Change("key.revoked", key_id), old, revoked)
        return revoked

    def all(self) -> list[ApiKey]:
        """Every key, oldest first."""
        with self._ledger.reading() as reading:
            return reading.find(ApiKey)

    def holder(self, token: str) -> ApiKey | None:
        """The key behind a token; None unless it is good now."""
        match = _FORM.fullmatch(token)
        if match is None:
            return None
        with self._ledger.reading() as reading:
            key = reading.get(ApiKey, match[1])
        known = key.digest if key else bytes(32)
        if not hmac.compare_digest(_digest(match[2]), known) or key is None:
            return None
        return key if is_good(key, self._ledger.clock.now()) else None

    def _issue(
        self, tx: Transaction, name: str, role: str, expires_at: datetime | None, replaces: str = ""
    ) -> IssuedKey:
        secret = base64.urlsafe_b64encode(self._entropy.octets(32)).rstrip(b"=").decode()
        key_id = self._entropy.octets(8).hex()
        key = tx.put(ApiKey(key_id, name, role, _digest(secret), tx.now, expires_at, replaces=replaces))
        tx.emit(Change("key.created", key_id), None, key)
        return IssuedKey(key, f"{PREFIX}{key_id}_{secret}")

    def _get(self, tx: Transaction, key_id: str) -> ApiKey:
        key = tx.get(ApiKey, key_id)
        if key is None:
            reason = "there is no such key"
            raise ManagementError(
                Code.INVALID_REQUEST, f"{reason}: {key_id}", {"field": "keyId", "reason": reason}, missing=True
            )
        return key


def is_good(key: ApiKey, now: datetime) -> bool:
    """True if neither revoked nor expired."""
    return key.revoked_at is None and (key.expires_at is None or key.expires_at > now)


def _digest(secret: str) -> bytes:
    return sha256(secret.encode()).digest()
