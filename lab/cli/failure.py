"""Every failure becomes a sentence, a hint and an exit code; no traceback unless asked for."""

import sys
import traceback
from typing import TYPE_CHECKING, NamedTuple

from lab.errors import ExitCode, LabError

if TYPE_CHECKING:
    from lpa.core.errors import LpaError


class Failure(NamedTuple):
    """What to tell the user."""

    message: str
    hint: str
    exit_code: ExitCode


def understand(error: Exception) -> Failure:
    """What `error` means to the user."""
    if isinstance(error, LabError):
        return Failure(error.message, error.hint, error.exit_code)
    if isinstance(
        error, FileNotFoundError | IsADirectoryError | NotADirectoryError | PermissionError | FileExistsError
    ):
        return Failure(f"{error.filename}: {error.strerror}", "check the path and who owns it", ExitCode.USAGE)
    # Only a command that has loaded the database or the agent can have failed in it.
    if "sqlalchemy.exc" in sys.modules:
        from sqlalchemy.exc import DBAPIError

        if isinstance(error, DBAPIError):
            hint = "restore the database from a backup (rsplab init --force makes a new one), or start its server"
            return Failure(f"the lab's database: {error.orig}", hint, ExitCode.UNREACHABLE)
    if "lpa.core.errors" in sys.modules:
        from lpa.core.errors import LpaError

        if isinstance(error, LpaError):
            return _agent_failure(error)
    return Failure(
        f"{type(error).__name__}: {error}",
        "this is a defect of rsplab; run again with --debug for the traceback and report it",
        ExitCode.INTERNAL,
    )


def _agent_failure(error: "LpaError") -> Failure:
    from lpa.explain import explain

    explanation = explain(error)
    advice = [
        explanation.cause,
        explanation.next_step,
        f"rsplab explain {explanation.reference}" if explanation.reference else "",
    ]
    return Failure(explanation.meaning, "; ".join(filter(None, advice)), _exit_code(error))


def _exit_code(error: "LpaError") -> ExitCode:
    from lpa.core.errors import NotPossible, TransportError, UserDeclined

    match error:
        case UserDeclined():
            return ExitCode.DECLINED
        case TransportError():
            return ExitCode.UNREACHABLE
        case NotPossible():
            return ExitCode.USAGE
    return ExitCode.REFUSED


def report(error: Exception, debug: bool = False) -> int:
    """Print what went wrong to stderr; returns the exit code."""
    if debug:
        traceback.print_exception(error)
    failure = understand(error)
    sys.stderr.write(f"rsplab: {failure.message}\n")
    if failure.hint:
        sys.stderr.write(f"  -> {failure.hint}\n")
    return int(failure.exit_code)
