"""The audit log, the newest first, and whether its chain holds."""

from lab.console.visit import Page, PageRoute, Reply, Visit
from lab.store.audit import broken_at
from lab.store.ledger import table_of
from lab.store.records import AuditEntry

LIMIT = 200
_entries = table_of(AuditEntry).c


def index(visit: Visit) -> Reply:
    """A page of lines; the whole chain is verified each time."""
    before = visit.query.get("before", "")
    where = [_entries.number < int(before)] if before.isascii() and before.isdigit() else []
    with visit.context.management.ledger.reading() as reading:
        entries = reading.find(AuditEntry, *where, limit=LIMIT, newest_first=True)
        chain = reading.find(AuditEntry)
    values = {
        "title": "Audit log",
        "entries": entries,
        "total": len(chain),
        "broken_at": broken_at(chain),
        "head": chain[-1].hash if chain else "",
        "older": entries[-1].number if entries and entries[-1].number > 1 else None,
    }
    return Page("audit.html", values)


ROUTES = (PageRoute("GET", "/audit", "audit:read", index),)
