"""Operations: what is being done to cards, live, and how it ended."""

from lab.console.pages.overview import trouble_of
from lab.console.visit import Page, PageRoute, Reply, SeeOther, Visit
from lab.store.records import Operation

LIMIT = 100


def index(visit: Visit) -> Reply:
    """The newest first."""
    with visit.context.management.ledger.reading() as reading:
        found = reading.find(Operation, limit=LIMIT, newest_first=True)
    return Page("operations.html", {"title": "Operations", "operations": found})


def show(visit: Visit) -> Reply:
    """One operation; while it goes on, the page follows it."""
    operation = visit.context.management.operations.get(visit.parameters["operation"])
    values = {
        "title": f"{operation.kind.value.capitalize()} of {operation.iccid}",
        "operation": operation,
        "trouble": trouble_of(operation) if operation.error else None,
        "traced": bool(operation.session) and visit.context.traces.summary(operation.session) is not None,
        "may_write": visit.may("operations:write"),
    }
    return Page("operation.html", values)


def cancel(visit: Visit) -> Reply:
    """Ask it to stop."""
    operation = visit.context.management.operations.cancel(visit.parameters["operation"], visit.actor)
    return SeeOther(f"/operations/{operation.operation_id}", "It will stop where the session can be left.")


def confirm(visit: Visit) -> Reply:
    """Answer for the user."""
    operation = visit.context.management.operations.confirm(
        visit.parameters["operation"],
        visit.form.get("decision", ""),
        visit.form.get("confirmation_code", ""),
        visit.actor,
    )
    return SeeOther(f"/operations/{operation.operation_id}")


ROUTES = (
    PageRoute("GET", "/operations", "operations:read", index),
    PageRoute("GET", "/operations/{operation}", "operations:read", show),
    PageRoute("POST", "/operations/{operation}/cancel", "operations:write", cancel),
    PageRoute("POST", "/operations/{operation}/confirm", "operations:write", confirm),
)
