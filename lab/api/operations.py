"""/operations."""

from lab.api import models
from lab.api.pagination import page_of
from lab.api.queries import OperationQuery
from lab.api.routing import Answer, Call, Route
from lab.api.views import etag, operation_out
from lab.managers.errors import Code
from lab.store.ledger import table_of
from lab.store.records import Operation

_TAG = "Operations"
_operations = table_of(Operation).c


def get_operation(call: Call) -> Answer:
    """The operation as it stands."""
    return _answer(call.management.operations.get(call.path["operationId"]))


def list_operations(call: Call) -> Answer:
    """Operations, in the order in which they were begun."""
    query: OperationQuery = call.query
    filters = {"iccid": query.iccid, "eid": query.eid, "state": query.state, "kind": query.kind}
    where = [_operations[name] == value for name, value in filters.items() if value is not None]
    found, cursor = page_of(call.management.ledger, Operation, query, *where)
    return Answer(models.OperationList(operations=[operation_out(item) for item in found], nextCursor=cursor))


def cancel_operation(call: Call) -> Answer:
    """Stop it where the session can still be left; a package that is being loaded is loaded to its end."""
    return _answer(call.management.operations.cancel(call.path["operationId"], call.actor))


def confirm_operation(call: Call) -> Answer:
    """Say what the user wants: an operation with confirmationRequired waits for it."""
    answer: models.ConfirmationIn = call.body
    return _answer(
        call.management.operations.confirm(
            call.path["operationId"], answer.decision, answer.confirmationCode or "", call.actor
        )
    )


def stream_operation(call: Call) -> Answer:
    """Server-sent events until the operation ends: each `data` is the operation, its version the event's id."""
    return Answer(watch=call.management.operations.get(call.path["operationId"]).operation_id)


def _answer(operation: Operation) -> Answer:
    return Answer(operation_out(operation), headers=etag(operation.version))


ROUTES = (
    Route(
        "GET",
        "/operations",
        list_operations,
        "List operations",
        "operations:read",
        _TAG,
        models.OperationList,
        query=OperationQuery,
        refusals=(Code.INVALID_EID,),
    ),
    Route(
        "GET",
        "/operations/{operationId}",
        get_operation,
        "Show an operation",
        "operations:read",
        _TAG,
        models.OperationOut,
        etag=True,
    ),
    Route(
        "GET",
        "/operations/{operationId}/events",
        stream_operation,
        "Follow an operation",
        "operations:read",
        _TAG,
        models.OperationOut,
        stream=True,
    ),
    Route(
        "POST",
        "/operations/{operationId}/cancel",
        cancel_operation,
        "Cancel an operation",
        "operations:write",
        _TAG,
        models.OperationOut,
        status=202,
        refusals=(Code.OPERATION_NOT_PERMITTED,),
        etag=True,
    ),
    Route(
        "POST",
        "/operations/{operationId}/confirm",
        confirm_operation,
        "Answer for the user",
        "operations:write",
        _TAG,
        models.OperationOut,
        body=models.ConfirmationIn,
        refusals=(Code.OPERATION_NOT_PERMITTED,),
        etag=True,
    ),
)
