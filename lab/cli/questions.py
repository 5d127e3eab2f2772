"""Questions to the person at the terminal; nobody there is a refusal, never a wait."""

import sys

from lab.errors import Declined


def require_terminal(what: str, option: str) -> None:
    """Refuse if nobody can answer."""
    if not sys.stdin.isatty():
        raise Declined(f"{what} has to be asked for, and standard input is no terminal", f"add {option}")


def confirm(question: str, yes: bool) -> None:
    """Ask yes or no; Declined on no."""
    if yes:
        return
    require_terminal(question.rstrip("?"), "--yes")
    sys.stderr.write(f"{question} [y/N] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise Declined("declined", "")
