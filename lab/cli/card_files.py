"""`rsplab card tree|shell`: the file system of a card."""

import contextlib
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from lab.cli.output import Json, console, print_json
from lab.cli.state import state

if TYPE_CHECKING:
    from lab.card_shell import Shell

app = typer.Typer()


@app.command()
def tree(
    name: Annotated[str, typer.Argument(help="The card's name.")],
    iccid: Annotated[str | None, typer.Option("--iccid", help="Of this profile (default: the enabled one).")] = None,
    as_json: Json = False,
) -> None:
    """Print the file system of a profile."""
    from lab.card_files import tree_lines, tree_view

    files = tree_view(state.lab(), name, iccid)
    if as_json:
        print_json(files)
        return
    for line in tree_lines(files):
        console().print(line, soft_wrap=True)


@app.command()
def shell(
    name: Annotated[str, typer.Argument(metavar="NAME|pcsc:INDEX|pcsc:NAME|tcp:PORT", help="Which card.")],
) -> None:
    """Walk the file system, verify PINs, run AUTHENTICATE; commands come from the terminal or a pipe (try help).

    From a pipe it goes on after a command that fails, and ends with 1.
    """
    from lab.errors import ExitCode

    with _shell(name) as walk:
        failures = _read_lines(walk, f"{name}:")
    if failures and not sys.stdin.isatty():
        raise typer.Exit(ExitCode.REFUSED)


def _read_lines(walk: "Shell", prompt: str) -> int:
    """Execute line by line; how many failed."""
    from lab.card_shell import ShellError

    if sys.stdin.isatty():
        with contextlib.suppress(ImportError):
            import readline  # noqa: F401 - editing and history of input()
    failures = 0
    while True:
        try:
            line = input(f"{prompt}{walk.where()}> ") if sys.stdin.isatty() else next(sys.stdin)
            for text in walk.execute(line):
                sys.stdout.write(text + "\n")
            sys.stdout.flush()
        except (EOFError, StopIteration):
            return failures
        except ShellError as error:
            failures += 1
            sys.stderr.write(f"rsplab: {line.strip()}: {error}\n")


@contextlib.contextmanager
def _shell(name: str) -> "Iterator[Shell]":
    from lab.card_walk import open_shell
    from lab.links import is_foreign

    with open_shell(None if is_foreign(name) else state.lab(), name) as walk:
        yield walk
