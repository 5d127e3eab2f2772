"""What goes wrong in a lab, in words a user can act on, with the exit code it leads to."""

from enum import IntEnum


class ExitCode(IntEnum):
    """What `rsplab` ends with; documented in the README and in `rsplab --help`."""

    OK = 0
    REFUSED = 1  # a peer (server, card) was asked and refused
    USAGE = 2  # wrong command line, file or setting; nothing was asked
    UNREACHABLE = 3  # could not ask: connection, TLS, reader
    DECLINED = 4  # the user said no, or could not be asked
    CHECK_FAILED = 5  # a verification or the demo found something wrong
    INTERNAL = 70  # a defect of rsplab
    INTERRUPTED = 130


class LabError(Exception):
    """`message` says what and where; `hint` says what to do about it."""

    exit_code = ExitCode.USAGE

    def __init__(self, message: str, hint: str = "", exit_code: ExitCode | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        if exit_code is not None:
            self.exit_code = exit_code


class Refused(LabError):
    """A peer was asked and refused."""

    exit_code = ExitCode.REFUSED


class Unreachable(LabError):
    """A peer could not be asked."""

    exit_code = ExitCode.UNREACHABLE


class Declined(LabError):
    """The user declined, or there was nobody to ask."""

    exit_code = ExitCode.DECLINED
