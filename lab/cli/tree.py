"""The command tree: which module holds which command, imported only when it is called."""

from importlib import import_module
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
    "db": ("db", SERVER, "Upgrade the lab's database."),
    "profile": ("profile", SERVER, "Build, import and show profiles."),
    "order": ("order", SERVER, "Create, list, release and cancel download orders."),
    "card": ("card", DEVICE, "Create, list and delete simulated eUICCs."),
    "readers": ("readers", DEVICE, "List the PC/SC readers and the cards in them."),
    "probe": ("probe", DEVICE, "Find out what sort of card this is."),
    "doctor": ("doctor", DEVICE, "Check what this machine needs for cards in readers."),
    "lpa": ("lpa", DEVICE, "Act as the LPA of a card: profiles and notifications."),
    "explain": ("explain", TOOLS, "Explain a status code, a status word or an ES10 result."),
    "trace": ("trace", TOOLS, "Show what happened, APDU by APDU and message by message."),
    "certs": ("certs", TOOLS, "Show and verify the lab's certificates."),
}


class RootGroup(TyperGroup):
    """Loads each command's module on first use; `--lab DIR` counts wherever it stands."""

    _listing = False

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in COMMANDS:
            return None
        module, panel, text = COMMANDS[cmd_name]
        if self._listing:
            return TyperCommand(cmd_name, help=text, rich_help_panel=panel)
        command = typer.main.get_command(import_module(f"lab.cli.{module}").app)
        command.name = cmd_name
        return command

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
