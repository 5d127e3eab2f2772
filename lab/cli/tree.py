"""The command tree: which module holds which command, imported only when it is called."""

from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from lab.cli.failure import report
from lab.cli.state import state
from lab.errors import ExitCode

SETUP, SERVER, DEVICE, TOOLS = "A lab", "The server's side", "The device's side", "Understanding"

# name -> (module under lab.cli with a Typer `app`, panel, one-line help)
COMMANDS: dict[str, tuple[str, str, str]] = {
    "init": ("init", SETUP, "Make a lab: settings, PKI, database."),
    "demo": ("demo", SETUP, "Show a whole profile download in one go, in a lab of its own."),
    "provision": ("provision", SETUP, "Set profiles and orders to exactly what a TOML file says."),
    "serve": ("serve", SERVER, "Run the SM-DP+."),
    "key": ("key", SERVER, "Make, list, rotate and revoke keys of the management API."),
    "audit": ("audit", SERVER, "Read and verify the audit log of the management."),
    "secrets": ("secrets", SETUP, "The master key, and what lies sealed under it."),
    "db": ("db", SERVER, "Upgrade the lab's database."),
    "profile": ("profile", SERVER, "Build, import and show profiles."),
    "order": ("order", SERVER, "Create, list, release and cancel download orders."),
    "outbox": ("outbox", SERVER, "List, retry and drop what operators and SM-DSs have still to be told."),
    "card": ("card", DEVICE, "Create, list and delete simulated eUICCs."),
    "readers": ("readers", DEVICE, "List the PC/SC readers and the cards in them."),
    "probe": ("probe", DEVICE, "Find out what sort of card this is."),
    "doctor": ("doctor", DEVICE, "Check what this machine needs for cards in readers."),
    "lpa": ("lpa", DEVICE, "Act as the LPA of a card: profiles and notifications."),
    "explain": ("explain", TOOLS, "Explain a status code, a status word or an ES10 result."),
    "trace": ("trace", TOOLS, "Show what happened, APDU by APDU and message by message."),
    "certs": ("certs", TOOLS, "Show and verify the lab's certificates."),
}


@cache
def _further_commands() -> dict[str, EntryPoint]:
    """Commands of packages above this one: entry points `rsplab.commands`, each a module with `app` and `PANEL`."""
    return {point.name: point for point in entry_points(group="rsplab.commands")}


class RootGroup(TyperGroup):
    """Loads each command's module on first use; `--lab DIR` counts wherever it stands."""

    _listing = False

    def list_commands(self, ctx: Any) -> list[str]:
        return [*COMMANDS, *_further_commands()]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name in COMMANDS:
            module, panel, text = COMMANDS[cmd_name]
            if self._listing:
                return TyperCommand(cmd_name, help=text, rich_help_panel=panel)
            return _named(cmd_name, import_module(f"lab.cli.{module}"))
        if cmd_name in _further_commands():
            loaded = _further_commands()[cmd_name].load()
            if self._listing:
                return TyperCommand(cmd_name, help=(loaded.__doc__ or "").strip(), rich_help_panel=loaded.PANEL)
            return _named(cmd_name, loaded)
        return None

    def format_help(self, ctx: Any, formatter: Any) -> None:
        self._listing = True
        try:
            super().format_help(ctx, formatter)
        finally:
            self._listing = False

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        return super().parse_args(ctx, _lab_option_first(args))

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except (typer.Exit, typer.Abort, BrokenPipeError):
            raise
        except KeyboardInterrupt:
            raise typer.Exit(ExitCode.INTERRUPTED) from None
        except Exception as error:
            if _is_usage_error(error):
                raise
            raise typer.Exit(report(error, debug=state.debug)) from None


def _named(name: str, module: Any) -> Any:
    command = typer.main.get_command(module.app)
    command.name = name
    return command


def _is_usage_error(error: Exception) -> bool:
    """Typer's own complaints about the command line, which it prints itself (wherever its click lives)."""
    return any(base.__name__ == "ClickException" for base in type(error).__mro__)


def _lab_option_first(args: list[str]) -> list[str]:
    """`--lab DIR` and `--lab=DIR` moved to the front, up to a bare `--`."""
    front: list[str] = []
    rest: list[str] = []
    words = iter(args)
    for word in words:
        if word == "--":
            rest.append(word)
            break
        if word == "--lab":
            front = [word, *([value] if (value := next(words, None)) is not None else [])]
        elif word.startswith("--lab="):
            front = [word]
        else:
            rest.append(word)
    return [*front, *rest, *words]
