"""`rsplab lpa --card NAME ...`: the agent on one card, and the profiles that are on it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lab.cli import lpa_chip, lpa_download, lpa_notification
from lab.cli.lpa_agent import AgentOptions, options, the_agent
from lab.cli.lpa_output import PROFILE_COLUMNS, delivery_view, print_deliveries, profile_of
from lab.cli.output import Json, messages, print_json, print_table
from lab.cli.state import state

if TYPE_CHECKING:
    from lab.agent import Agent
    from lpa.core.procedures.profiles import Changed
    from lpa.core.settings import LpaSettings

app = typer.Typer(
    add_completion=False, help="Act as the LPA of a card: profiles and notifications.", no_args_is_help=True
)
profile_app = typer.Typer(help="List, download, enable, disable, delete and name profiles.", no_args_is_help=True)
app.add_typer(profile_app, name="profile")
app.add_typer(lpa_notification.app, name="notification")

Iccid = Annotated[str, typer.Argument(metavar="ICCID|AID", help="ICCID, or AID of the ISD-P in hex.")]
NoRefresh = Annotated[
    bool, typer.Option("--no-refresh", help="refreshFlag 0: for readers and cards that can't deal with REFRESH.")
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Agree without asking.")]


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
    """Show EID, versions, capabilities, memory, CIs and policy rules of the card."""
    from lab.card_view import chip_view
    from lab.cli.chip import print_chip
    from lab.probing import known_cis
    from lpa.core.procedures.chip import chip_info

    with the_agent(quiet=True) as agent:
        view = chip_view(agent.run(chip_info(agent.settings)))
    view["ci_names"] = known_cis(state.lab(), view["ci_pkids_for_verification_hex"])
    if as_json:
        print_json(view)
    else:
        print_chip(f"Card {options.get().card}", view)


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
def enable(profile: Iccid, no_refresh: NoRefresh = False, as_json: Json = False) -> None:
    """Enable a profile."""
    from lpa.core.procedures.profiles import enable as procedure

    with the_agent(quiet=True) as agent:
        changed = agent.run(procedure(_settings(agent, no_refresh), _identifier(profile)))
    _report(changed, profile, "enabled", as_json)


@profile_app.command()
def disable(profile: Iccid, no_refresh: NoRefresh = False, as_json: Json = False) -> None:
    """Disable the enabled profile."""
    from lpa.core.procedures.profiles import disable as procedure

    with the_agent(quiet=True) as agent:
        changed = agent.run(procedure(_settings(agent, no_refresh), _identifier(profile)))
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
        print_json(profile_of(profiles, iccid))
    else:
        print_table("Profiles", [installed_view(item) for item in profiles], PROFILE_COLUMNS)


def _settings(agent: "Agent", no_refresh: bool) -> "LpaSettings":
    from dataclasses import replace

    return replace(agent.settings, refresh=False) if no_refresh else agent.settings


def _identifier(text: str) -> Any:
    from lab.errors import LabError
    from wire.ids import Aid, IdentifierError
    from wire.ids import Iccid as IccidText

    try:
        return Aid.from_hex(text) if text.upper().startswith("A0") else IccidText(text)
    except IdentifierError as error:
        raise LabError(f"{text!r}: {error}", "give an ICCID of 18 to 20 digits, or an AID in hex") from None


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
    print_deliveries(deliveries)


app.registered_commands += lpa_chip.app.registered_commands + lpa_download.app.registered_commands
profile_app.registered_commands += lpa_download.profile_app.registered_commands
