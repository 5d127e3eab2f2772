"""/audit."""

from lab.api import models_admin as models
from lab.api.pagination import page_of
from lab.api.queries import NumberedPage
from lab.api.routing import Answer, Call, Route
from lab.api.views import audit_line
from lab.store.records import AuditEntry


def list_audit(call: Call) -> Answer:
    """The audit log, oldest first; every line has the hash of the line before."""
    found, cursor = page_of(call.management.ledger, AuditEntry, call.query)
    return Answer(models.AuditPage(entries=[audit_line(entry) for entry in found], nextCursor=cursor))


ROUTES = (
    Route(
        "GET", "/audit", list_audit, "Read the audit log", "audit:read", "Audit", models.AuditPage, query=NumberedPage
    ),
)
