"""Cursor pagination: a cursor is where the page before ended, so that what comes in meanwhile moves nothing."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import ColumnElement, and_, or_

from lab.api.queries import NumberedPage, Page
from lab.managers.errors import invalid
from lab.store.ledger import Ledger, table_of
from lab.store.rows import KINDS

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

RecordT = TypeVar("RecordT", bound="DataclassInstance")
DEFAULT_SIZE = 50
_LARGEST = 2**63


def page_of(
    ledger: Ledger, kind: type[RecordT], page: Page | NumberedPage, *where: ColumnElement[bool]
) -> tuple[Sequence[RecordT], str | None]:
    """A page of records in the order in which they were made, and the cursor of the next one."""
    size = page.limit or DEFAULT_SIZE
    conditions = [*where, _after(kind, page.cursor)] if page.cursor is not None else [*where]
    with ledger.reading() as reading:
        found = reading.find(kind, *conditions, limit=int(size) + 1)
    if len(found) <= int(size):
        return found, None
    found = found[: int(size)]
    row = KINDS[kind].values(found[-1])
    return found, encode_cursor([row[name] for name in KINDS[kind].order])


def encode_cursor(place: Sequence[Any]) -> str:
    """A cursor out of a record's place in the order."""
    return base64.urlsafe_b64encode(json.dumps(place, separators=(",", ":")).encode()).rstrip(b"=").decode()


def _after(kind: type, cursor: str) -> ColumnElement[bool]:
    columns = [table_of(kind).c[name] for name in KINDS[kind].order]
    place = decode_cursor(cursor, [column.type.python_type for column in columns])
    further: ColumnElement[bool] = columns[0] > place[0]
    if len(columns) == 1:
        return further
    return or_(further, and_(columns[0] == place[0], columns[1] > place[1]))


def decode_cursor(cursor: str, types: Sequence[Callable[..., Any]]) -> list[Any]:
    """The place in a cursor; INVALID_REQUEST."""
    try:
        place = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError):
        place = None
    good = isinstance(place, list) and len(place) == len(types)
    if not good or not all(type(value) is kind for value, kind in zip(place, types, strict=True)):
        raise invalid("cursor", "isn't one of this list")
    if isinstance(place[0], int) and not 0 <= place[0] < _LARGEST:
        raise invalid("cursor", "isn't one of this list")
    return list(place)
