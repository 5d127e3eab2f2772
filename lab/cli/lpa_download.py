"""`rsplab lpa --card NAME profile download`, `discovery`: profiles that come onto a card."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lab.cli.lpa_agent import the_agent
from lab.cli.lpa_output import PROFILE_COLUMNS, installed, print_deliveries
from lab.cli.output import Json, messages, print_fields, print_json, print_table

if TYPE_CHECKING:
    from lab.agent import Agent
    from lpa.core.errors import LpaError
    from wire.json_es11 import EventEntry

app = typer.Typer()
profile_app = typer.Typer()

Yes = Annotated[bool, typer.Option("--yes", "-y", help="Agree without asking.")]


@app.command()
def discovery(
    yes: Yes = False,
    smds: Annotated[str | None, typer.Option("--smds", metavar="HOST", help="Another SM-DS than the card's.")] = None,
    as_json: Json = False,
) -> None:
    """Ask the SM-DS what waits for this card, and download it."""
    from lab.cli.questions import require_terminal
    from lpa.core.procedures.discovery import discover
    from lpa.explain import printable

    if not yes:
        require_terminal("consent to downloads", "--yes")
    failures: list[tuple[EventEntry, LpaError]] = []
    with the_agent(yes, quiet=as_json) as agent:
        entries = agent.run(discover(agent.settings, smds))
        profiles = [view for entry in entries if (view := _download_event(agent, entry, failures)) is not None]
    if as_json:
        print_json(profiles)
    elif not entries:
        messages().print("Nothing waits for this card.")
    else:
        print_table("Installed", profiles, PROFILE_COLUMNS)
    for entry, error in failures:
        line = printable(f"event {entry.eventId} at {entry.rspServerAddress}: {error}")
        messages().print(line, soft_wrap=True)
    if failures:
        raise failures[0][1]


def _download_event(
    agent: "Agent", entry: "EventEntry", failures: "list[tuple[EventEntry, LpaError]]"
) -> dict[str, Any] | None:
    """The profile that the event led to; a failure is noted, unless it is the card's: the other events are tried."""
    from lpa.core.errors import CardLinkError, LpaError
    from lpa.core.procedures.download import download as procedure

    try:
        return installed(agent, agent.run(procedure(agent.settings, entry)))
    except CardLinkError:
        raise
    except LpaError as error:
        failures.append((entry, error))
        return None


@profile_app.command()
def download(
    code: Annotated[
        str | None,
        typer.Argument(
            metavar="[CODE|PICTURE]", help="Activation code, or a picture of its QR code (default: the default SM-DP+)."
        ),
    ] = None,
    yes: Yes = False,
    smdp: Annotated[str | None, typer.Option("--smdp", metavar="HOST", help="Instead of a code: the SM-DP+.")] = None,
    matching_id: Annotated[
        str, typer.Option("--matching-id", metavar="ID", help="With --smdp (default: what waits for the EID).")
    ] = "",
    confirmation_code: Annotated[
        str | None, typer.Option("--confirmation-code", metavar="C", help="The confirmation code.")
    ] = None,
    preview: Annotated[
        bool, typer.Option("--preview", help="Only show what would be installed; the order stays usable.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Download and install a profile by its activation code."""
    from lab.cli.questions import require_terminal
    from lpa.core.procedures.download import download as procedure

    source = _source(code, smdp, matching_id)
    if preview:
        _show_preview(source, as_json)
        return
    if not yes:
        require_terminal("consent to a download", "--yes")
    if source is not None and source.confirmation_code_required and confirmation_code is None:
        require_terminal("this activation code's confirmation code", "--confirmation-code")
    with the_agent(yes, confirmation_code, quiet=as_json) as agent:
        view = installed(agent, agent.run(procedure(agent.settings, source)))
    if as_json:
        print_json(view)
        return
    messages().print(f"Installed {view['name']!r} ({view['iccid']}), {view['state']}.")
    print_deliveries(view["notifications"])


def _show_preview(source: Any, as_json: bool) -> None:
    from lab.views import preview_view
    from lpa.core.procedures.download import preview as procedure

    with the_agent(quiet=True) as agent:
        view = preview_view(agent.run(procedure(agent.settings, source)))
    if as_json:
        print_json(view)
    else:
        print_fields("Profile that waits", view)


def _source(code: str | None, smdp: str | None, matching_id: str) -> Any:
    """The activation code; None for the default SM-DP+."""
    from lab.errors import LabError

    if smdp is None and not matching_id:
        return _activation_code(code)
    if code is not None or smdp is None:
        raise LabError("--smdp and --matching-id stand for an activation code", "give either the code or them")
    return _activation_code(f"1${smdp}${matching_id}")


def _activation_code(text: str | None) -> Any:
    from lab.errors import LabError
    from wire.activation_code import ActivationCode, ActivationCodeError

    if text is None:
        return None
    if "$" not in text and Path(text).is_file():
        return _from_picture(Path(text))
    try:
        return ActivationCode.parse(text)
    except ActivationCodeError as error:
        raise LabError(str(error), "an activation code looks like LPA:1$host$MATCHING-ID") from None


def _from_picture(path: Path) -> Any:
    from lab.errors import LabError

    try:
        from lpa.qr import NoActivationCode, read_activation_code
    except ImportError:
        raise LabError("reading QR codes needs two more packages", "pip install 'rsplab[qr]'") from None
    try:
        return read_activation_code(path)
    except (NoActivationCode, ValueError) as error:
        raise LabError(f"{path}: {error}", "type the activation code instead") from None
