"""Every failure becomes a sentence, a hint and an exit code; no traceback unless asked for."""

import sys
import traceback
from typing import NamedTuple

from lab.errors import ExitCode, LabError


class Failure(NamedTuple):
    message: str
    hint: str
    exit_code: ExitCode


def understand(error: Exception) -> Failure:
    """What `error` means to the user."""
    if isinstance(error, LabError):
        return Failure(error.message, error.hint, error.exit_code)
    if isinstance(error, PermissionError):
        return Failure(f"{error.filename}: {error.strerror}", "check who owns it", ExitCode.USAGE)
    if isinstance(error, FileNotFoundError | IsADirectoryError | NotADirectoryError):
        return Failure(f"{error.filename}: {error.strerror}", "check the path", ExitCode.USAGE)
    return Failure(
        f"{type(error).__name__}: {error}",
        "this is a defect of rsplab; run again with --debug for the traceback and report it",
        ExitCode.INTERNAL,
    )


def report(error: Exception, debug: bool = False) -> int:
    """Print what went wrong to stderr; returns the exit code."""
    if debug:
        traceback.print_exception(error)
    failure = understand(error)
    sys.stderr.write(f"rsplab: {failure.message}\n")
    if failure.hint:
        sys.stderr.write(f"  -> {failure.hint}\n")
    return int(failure.exit_code)
