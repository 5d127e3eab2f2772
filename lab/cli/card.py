"""`rsplab card`: the lab's simulated eUICCs."""

from pathlib import Path
from typing import Annotated, Any

import typer

from lab.cli import card_files, card_memory, card_serve
from lab.cli.output import Json, messages, print_json, print_table
from lab.cli.state import state

app = typer.Typer(add_completion=False, help="Create, list, use and delete simulated eUICCs.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="The card's name.")]


@app.command()
def create(
    name: Name,
    eid: Annotated[str | None, typer.Option("--eid", help="32 digits (default: one in the EUM's range).")] = None,
    ci: Annotated[str, typer.Option("--ci", metavar="nist|brp|both", help="The CIs the card knows.")] = "both",
    preset: Annotated[
        str | None, typer.Option("--preset", metavar="PRESET", help="Which sort of product: reference, t0-card, ...")
    ] = None,
    options: Annotated[
        Path | None, typer.Option("--options", metavar="CARD.TOML", help="How it behaves, option by option.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Make a card with certificates of the lab's EUM."""
    from lab.cards import create_card
    from lab.errors import LabError
    from lab.pki import load_pki

    if preset is not None and options is not None:
        raise LabError("--preset and --options exclude each other", 'write preset = "NAME" into the file')
    table = options.read_text("utf-8") if options else f'preset = "{preset}"\n' if preset else ""
    lab = state.lab()
    settings = create_card(lab, load_pki(lab), name, eid, ci, table)
    if as_json:
        print_json(_summary(name))
    else:
        messages().print(f"Card {name}: EID {settings.eid}")


@app.command("list")
def list_cards(as_json: Json = False) -> None:
    """List the lab's cards; one that can't be read now is listed with the reason."""
    from lab.card_view import summary_or_trouble

    lab = state.lab()
    cards = [summary_or_trouble(lab, name) for name in lab.card_names()]
    if as_json:
        print_json(cards)
        return
    columns = {"name": "Name", "eid": "EID", "profiles": "Profiles", "enabled": "Enabled", "trouble": "Trouble"}
    print_table("Cards", cards, columns)


@app.command()
def show(name: Name, as_json: Json = False) -> None:
    """Show one card: identity, memory, profiles, notifications."""
    from lab.card_view import card_view
    from lab.cli.chip import print_chip
    from lab.probing import known_cis

    lab = state.lab()
    view = card_view(lab, name)
    view["ci_names"] = known_cis(lab, view["ci_pkids_for_verification_hex"])
    if as_json:
        print_json(view)
        return
    print_chip(f"Card {name}", view)
    columns = {
        "iccid": "ICCID",
        "state": "State",
        "name": "Name",
        "nickname": "Nickname",
        "service_provider_name": "Provider",
        "profile_class": "Class",
    }
    print_table("Profiles", view["profiles"], columns)
    columns = {"seq_number": "Number", "events": "Event", "iccid": "ICCID", "address": "To"}
    print_table("Notifications", view["notifications"], columns)


@app.command()
def delete(
    name: Name,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Don't ask.")] = False,
    as_json: Json = False,
) -> None:
    """Delete a card and everything on it."""
    from lab.cards import card_file, delete_card
    from lab.cli.questions import confirm

    lab = state.lab()
    card_file(lab, name)
    confirm(f"Delete the card {name} with everything on it?", yes)
    delete_card(lab, name)
    if as_json:
        print_json({"name": name, "deleted": True})
    else:
        messages().print(f"Card {name} deleted.")


def _summary(name: str) -> dict[str, Any]:
    from lab.card_view import card_summary

    return card_summary(state.lab(), name)


for part in (card_files, card_memory, card_serve):
    app.registered_commands += part.app.registered_commands
