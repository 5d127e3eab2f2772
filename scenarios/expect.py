"""Expected refusals, by type and code."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from lpa.core.errors import LpaError, ServerRefused
from scenarios.model import CheckFailed, check
from wire.codes import StatusCode

ErrorT = TypeVar("ErrorT", bound=LpaError)


@contextmanager
def refused_by_server(code: StatusCode) -> Iterator[None]:
    """The server must refuse with this subject and reason."""
    try:
        yield
    except ServerRefused as refused:
        check((refused.subject, refused.reason) == (code.subject, code.reason), f"{refused}, expected {code.pair}")
    else:
        raise CheckFailed(f"nothing was refused, expected {code.pair}")


def raised(kind: type[ErrorT], action: Callable[[], object]) -> ErrorT:
    """The error of this kind that `action` must end with."""
    try:
        action()
    except kind as error:
        return error
    raise CheckFailed(f"expected {kind.__name__}, but it went through")
