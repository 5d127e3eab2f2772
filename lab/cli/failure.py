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
    # Only a command that has loaded the agent can have failed in it.
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
    from lpa.core.errors import CardRefused, NotPossible, ServerRefused, TransportError, UserDeclined
    from wire.codes import explain

    if isinstance(error, ServerRefused):
        row = explain(error.subject, error.reason, error.function)
        said = f" ({error.message})" if error.message else ""
        return Failure(
            f"{error.function} refused with {row.pair}: {row.meaning}{said}",
            f"{row.likely_cause}; {row.next_step}",
            ExitCode.REFUSED,
        )
    if isinstance(error, UserDeclined):
        return Failure(str(error), "", ExitCode.DECLINED)
    if isinstance(error, TransportError):
        return Failure(str(error), error.hint, ExitCode.UNREACHABLE)
    if isinstance(error, NotPossible):
        return Failure(str(error), "", ExitCode.USAGE)
    if isinstance(error, CardRefused):
        code = f"sw:{error.sw:04X}" if error.code is None else f"es10:{error.function}/{error.code}"
        return Failure(f"the card refused {error}", f"rsplab explain {code}; rsplab trace show last", ExitCode.REFUSED)
    return Failure(str(error), "rsplab trace show last shows what was said", ExitCode.REFUSED)


def report(error: Exception, debug: bool = False) -> int:
    """Print what went wrong to stderr; returns the exit code."""
    if debug:
        traceback.print_exception(error)
    failure = understand(error)
    sys.stderr.write(f"rsplab: {failure.message}\n")
    if failure.hint:
        sys.stderr.write(f"  -> {failure.hint}\n")
    return int(failure.exit_code)
