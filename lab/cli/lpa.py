"""`rsplab lpa --card NAME ...`: the agent on one card."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lab.cli import lpa_chip
from lab.cli.lpa_agent import AgentOptions, options, the_agent
from lab.cli.output import Json, messages, print_fields, print_json, print_table

if TYPE_CHECKING:
    from lab.agent import Agent
    from lpa.core.notification import Delivery
    from lpa.core.procedures.download import Downloaded
    from lpa.core.procedures.profiles import Changed

app = typer.Typer(
    add_completion=False, help="Act as the LPA of a card: profiles and notifications.", no_args_is_help=True
)
profile_app = typer.Typer(help="List, download, enable, disable, delete and name profiles.", no_args_is_help=True)
notification_app = typer.Typer(help="List, deliver and remove notifications.", no_args_is_help=True)
app.add_typer(profile_app, name="profile")
app.add_typer(notification_app, name="notification")

Iccid = Annotated[str, typer.Argument(metavar="ICCID|AID", help="ICCID, or AID of the ISD-P in hex.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Agree without asking.")]
Seq = Annotated[int, typer.Argument(metavar="SEQ", help="Sequence number.")]

PROFILE_COLUMNS = {
    "iccid": "ICCID",
    "state": "State",
    "name": "Name",
    "nickname": "Nickname",
    "service_provider_name": "Provider",
    "profile_class": "Class",
}


@app.callback()
def lpa(
    card: Annotated[
        str,
        typer.Option(
            "--card",
            metavar="CARD",
            help="NAME of a card of the lab, pcsc:INDEX or pcsc:NAME of a reader, or tcp:PORT.",
        ),
    ],
    record: Annotated[
        Path | None, typer.Option("--record", metavar="FILE", help="Write every APDU to a log (with its secrets).")
    ] = None,
    tac: Annotated[str | None, typer.Option("--tac", help="The device's type: 8 digits.")] = None,
    imei: Annotated[str | None, typer.Option("--imei", help="The device's IMEI: 15 or 16 digits.")] = None,
    segment_octets: Annotated[
        int | None, typer.Option("--segment-octets", min=1, max=255, help="Data octets in one STORE DATA block.")
    ] = None,
    protocol: Annotated[
        str | None, typer.Option("--protocol", metavar="T=0|T=1", help="Of a card in a reader (default: either).")
    ] = None,
    timeout_s: Annotated[
        float, typer.Option("--timeout", metavar="SECONDS", min=0.1, help="For one command to a card in a reader.")
    ] = 30.0,
    trace: Annotated[bool, typer.Option("--trace/--no-trace", help="Write what happens to the lab's traces.")] = True,
    reveal: Annotated[
        str, typer.Option("--reveal", metavar="keys,upp,codes", help="Secrets that the trace may show.")
    ] = "",
) -> None:
    """Act as the LPA of a card: profiles and notifications."""
    given = {"tac": tac, "imei": imei, "segment_octets": segment_octets}
    device = {name: value for name, value in given.items() if value is not None}
    options.set(AgentOptions(card, record, device, protocol, timeout_s, trace, reveal))


@app.command()
def info(as_json: Json = False) -> None:
    """Show EID, versions, capabilities, memory and CIs of the card."""
    from lab.card_view import chip_view
    from lpa.core.procedures.chip import chip_info

    with the_agent(quiet=True) as agent:
        view = chip_view(agent.run(chip_info(agent.settings)))
    if as_json:
        print_json(view)
    else:
        print_fields(f"Card {options.get().card}", view)


@app.command()
def discovery(
    yes: Yes = False,
    smds: Annotated[str | None, typer.Option("--smds", metavar="HOST", help="Another SM-DS than the card's.")] = None,
    as_json: Json = False,
) -> None:
    """Ask the SM-DS what waits for this card, and download it."""
    from lab.cli.questions import require_terminal
    from lpa.core.procedures.discovery import discover
    from lpa.core.procedures.download import download as procedure

    if not yes:
        require_terminal("consent to downloads", "--yes")
    with the_agent(yes, quiet=as_json) as agent:
        entries = agent.run(discover(agent.settings, smds))
        installed = [_installed(agent, agent.run(procedure(agent.settings, entry))) for entry in entries]
    if as_json:
        print_json(installed)
    elif not installed:
        messages().print("Nothing waits for this card.")
    else:
        print_table("Installed", installed, PROFILE_COLUMNS)


@profile_app.command("list")
def list_profiles(as_json: Json = False) -> None:
    """List the profiles on the card."""
    from lab.views import installed_view
    from lpa.core.procedures.profiles import list_profiles as procedure

    with the_agent(quiet=True) as agent:
        profiles = [installed_view(profile) for profile in agent.run(procedure(agent.settings))]
    if as_json:
        print_json(profiles)
    else:
        print_table("Profiles", profiles, PROFILE_COLUMNS)


@profile_app.command()
def download(
    code: Annotated[
        str | None,
        typer.Argument(
            metavar="[CODE|PICTURE]", help="Activation code, or a picture of its QR code (default: the default SM-DP+)."
        ),
    ] = None,
    yes: Yes = False,
    confirmation_code: Annotated[
        str | None, typer.Option("--confirmation-code", metavar="C", help="The confirmation code.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Download and install a profile by its activation code."""
    from lab.cli.questions import require_terminal
    from lpa.core.procedures.download import download as procedure

    source = _activation_code(code)
    if not yes:
        require_terminal("consent to a download", "--yes")
    if source is not None and source.confirmation_code_required and confirmation_code is None:
        require_terminal("this activation code's confirmation code", "--confirmation-code")
    with the_agent(yes, confirmation_code, quiet=as_json) as agent:
        view = _installed(agent, agent.run(procedure(agent.settings, source)))
    if as_json:
        print_json(view)
        return
    messages().print(f"Installed {view['name']!r} ({view['iccid']}), {view['state']}.")
    _print_deliveries(view["notifications"])


@profile_app.command()
def enable(profile: Iccid, as_json: Json = False) -> None:
    """Enable a profile."""
    from lpa.core.procedures.profiles import enable as procedure

    with the_agent(quiet=True) as agent:
        changed = agent.run(procedure(agent.settings, _identifier(profile)))
    _report(changed, profile, "enabled", as_json)


@profile_app.command()
def disable(profile: Iccid, as_json: Json = False) -> None:
    """Disable the enabled profile."""
    from lpa.core.procedures.profiles import disable as procedure

    with the_agent(quiet=True) as agent:
        changed = agent.run(procedure(agent.settings, _identifier(profile)))
    _report(changed, profile, "disabled", as_json)


@profile_app.command()
def delete(profile: Iccid, yes: Yes = False, as_json: Json = False) -> None:
    """Delete a profile for good."""
    from lab.cli.questions import require_terminal
    from lpa.core.procedures.profiles import delete as procedure

    if not yes:
        require_terminal(f"deleting {profile}", "--yes")
    with the_agent(yes, quiet=True) as agent:
        changed = agent.run(procedure(agent.settings, _identifier(profile)))
    _report(changed, profile, "deleted", as_json)


@profile_app.command()
def nickname(
    profile: Annotated[str, typer.Argument(metavar="ICCID")],
    name: Annotated[str, typer.Argument(metavar="NAME", help='"" removes the name.')],
    as_json: Json = False,
) -> None:
    """Give a profile a name of one's own."""
    from lab.desk import check_iccid
    from lab.views import installed_view
    from lpa.core.procedures.profiles import list_profiles as profiles_of
    from lpa.core.procedures.profiles import set_nickname
    from wire.ids import Iccid as IccidText

    iccid = IccidText(check_iccid(profile))
    with the_agent(quiet=True) as agent:
        agent.run(set_nickname(agent.settings, iccid, name))
        profiles = agent.run(profiles_of(agent.settings))
    if as_json:
        print_json(_profile(profiles, iccid))
    else:
        print_table("Profiles", [installed_view(item) for item in profiles], PROFILE_COLUMNS)


@notification_app.command("list")
def list_notifications(as_json: Json = False) -> None:
    """List what the card has to tell."""
    from lab.card_view import notification_view
    from lpa.core.procedures.notifications import list_notifications as procedure

    with the_agent(quiet=True) as agent:
        items = [notification_view(item) for item in agent.run(procedure(agent.settings))]
    if as_json:
        print_json(items)
    else:
        columns = {"seq_number": "Number", "events": "Event", "iccid": "ICCID", "address": "To"}
        print_table("Notifications", items, columns)


@notification_app.command()
def process(as_json: Json = False) -> None:
    """Deliver every notification and remove what was acknowledged."""
    from lpa.core.procedures.notifications import process_notifications

    with the_agent(quiet=True) as agent:
        deliveries = [delivery_view(item) for item in agent.run(process_notifications(agent.settings))]
    if as_json:
        print_json(deliveries)
    else:
        _print_deliveries(deliveries, "The card has nothing to tell.")
    if not all(item["delivered"] for item in deliveries):
        from lab.errors import Unreachable

        raise Unreachable("not every notification was delivered", "they stay on the card; try again later")


@notification_app.command()
def remove(number: Seq, as_json: Json = False) -> None:
    """Remove one notification without delivering it."""
    from lpa.core.procedures.notifications import remove_notification

    with the_agent(quiet=True) as agent:
        agent.run(remove_notification(agent.settings, number))
    if as_json:
        print_json({"seq_number": number, "removed": True})
    else:
        messages().print(f"Notification {number} removed; its recipient will never know.")


def delivery_view(item: "Delivery") -> dict[str, Any]:
    """What became of one notification."""
    from lab.card_view import notification_view

    return {
        **notification_view(item.metadata),
        "delivered": item.delivered,
        "removed": item.removed,
        "error": str(item.error) if item.error else None,
    }


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


def _identifier(text: str) -> Any:
    from lab.errors import LabError
    from wire.ids import Aid, IdentifierError
    from wire.ids import Iccid as IccidText

    try:
        return Aid.from_hex(text) if text.upper().startswith("A0") else IccidText(text)
    except IdentifierError as error:
        raise LabError(f"{text!r}: {error}", "give an ICCID of 18 to 20 digits, or an AID in hex") from None


def _installed(agent: "Agent", done: "Downloaded") -> dict[str, Any]:
    from lpa.core.procedures.profiles import list_profiles as profiles_of

    view = _profile(agent.run(profiles_of(agent.settings)), done.metadata.iccid)
    view["transaction_id"] = done.transaction_id.hex().upper()
    view["notifications"] = [delivery_view(item) for item in done.deliveries]
    return view


def _profile(profiles: Any, iccid: Any) -> dict[str, Any]:
    from lab.views import installed_view

    return next((installed_view(profile) for profile in profiles if profile.iccid == iccid), {"iccid": str(iccid)})


def _report(changed: "Changed", profile: str, verb: str, as_json: bool) -> None:
    from lab.views import installed_view

    profiles = [installed_view(item) for item in changed.profiles]
    deliveries = [delivery_view(item) for item in changed.deliveries]
    if as_json:
        mine = next((item for item in profiles if profile.upper() in (item["iccid"], item["isdp_aid"])), None)
        print_json({**(mine or {"iccid": profile, "state": verb}), "notifications": deliveries})
        return
    messages().print(f"{profile} {verb}.")
    print_table("Profiles", profiles, PROFILE_COLUMNS)
    _print_deliveries(deliveries)


def _print_deliveries(deliveries: list[dict[str, Any]], none: str = "") -> None:
    if none and not deliveries:
        messages().print(none)
    for item in deliveries:
        fate = "delivered" if item["delivered"] else f"not delivered: {item['error']}"
        messages().print(f"notification {item['seq_number']} ({', '.join(item['events'])}): {fate}")


app.registered_commands += lpa_chip.app.registered_commands
notification_app.registered_commands += lpa_chip.notification_app.registered_commands
