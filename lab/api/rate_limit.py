"""Calls a minute and caller, counted in the database: every worker of a lab counts alike."""

from dataclasses import dataclass

from sqlalchemy import insert, select, update

from lab.store import Ledger, schema
from lab.store.records import Actor

_WINDOW_S = 60
_quotas = schema.quotas


@dataclass(frozen=True, slots=True)
class Quota:
    """What is left of a limit."""

    limit: int
    remaining: int
    reset_s: int
    allowed: bool

    @property
    def headers(self) -> dict[str, str]:
        """The RateLimit headers; with Retry-After where nothing is left."""
        headers = {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(self.reset_s),
            "RateLimit-Policy": f"{self.limit};w={_WINDOW_S}",
        }
        return headers if self.allowed else headers | {"Retry-After": str(self.reset_s)}


def spend(ledger: Ledger, caller: str, name: str, limit: int, cost: int) -> Quota:
    """Count a call; one that goes over the limit isn't counted."""
    with ledger.transaction(Actor(caller)) as tx:
        minute, second = divmod(int(tx.now.timestamp()), _WINDOW_S)
        mine = (_quotas.c.caller == caller) & (_quotas.c.name == name)
        row = tx.connection.execute(select(_quotas.c.minute, _quotas.c.used).where(mine)).first()
        used = row.used if row is not None and row.minute == minute else 0
        allowed = used + cost <= limit
        if allowed:
            used += cost
            if row is None:
                tx.connection.execute(insert(_quotas).values(caller=caller, name=name, minute=minute, used=used))
            else:
                tx.connection.execute(update(_quotas).where(mine).values(minute=minute, used=used))
    return Quota(limit, limit - used, _WINDOW_S - second, allowed)
