"""`rsplab lpa --card NAME default-dp|memory-reset`, `notification replay`: what is rarer in an agent's life."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lab.cli.lpa_agent import the_agent
from lab.cli.output import Json, console, messages, print_json

if TYPE_CHECKING:
    from wire.es10 import ResetOptions

app = typer.Typer(add_completion=False)

# option -> ASN.1 name of its bit in resetOptions
RESET_OPTIONS = {
    "operational": "deleteOperationalProfiles",
    "test": "deleteFieldLoadedTestProfiles",
    "default-dp": "resetDefaultSmdpAddress",
}


@app.command("default-dp")
def default_dp(
    address: Annotated[
        str | None, typer.Argument(metavar="[HOST]", help='Set it to this; "" clears it; without, show it.')
    ] = None,
    as_json: Json = False,
) -> None:
    """Show or set the card's default SM-DP+ address."""
    from lpa.core.procedures.chip import get_default_dp_address, set_default_dp_address

    with the_agent(quiet=True) as agent:
        if address is not None:
            agent.run(set_default_dp_address(agent.settings, address))
        found = agent.run(get_default_dp_address(agent.settings))
    if as_json:
        print_json({"default_dp_address": found})
    else:
        console().print(f"Default SM-DP+: {found or 'none'}")


@app.command("load-crl")
def load_crl(
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="[FILE...]", help="In DER or PEM (default: those in LAB/crls).")
    ] = None,
    as_json: Json = False,
) -> None:
    """Give the card certificate revocation lists (ES10b.LoadCRL)."""
    from lab.cli.state import state
    from lab.crls import read_crl
    from lpa.core.procedures.chip import load_crl as procedure

    found = files or sorted(state.lab().crls_path.glob("*.crl"))
    loaded = []
    with the_agent(quiet=True) as agent:
        for file in found:
            missing = agent.run(procedure(agent.settings, read_crl(file)))
            loaded.append({"file": str(file), "missing_parts": list(missing)})
    if as_json:
        print_json(loaded)
    else:
        messages().print(f"CRLs loaded: {', '.join(map(str, found)) or 'none'}.")


@app.command("memory-reset")
def memory_reset(
    what: Annotated[
        list[str] | None,
        typer.Option("--what", metavar="operational|test|default-dp", help="May be repeated (default: all three)."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Agree without asking.")] = False,
    as_json: Json = False,
) -> None:
    """Delete profiles and the default SM-DP+ address from the card, whatever the state of the profiles."""
    from lab.cli.lpa_output import delivery_view
    from lab.cli.questions import require_terminal
    from lab.views import installed_view
    from lpa.core.procedures.profiles import memory_reset as procedure

    chosen = _reset_options(what or list(RESET_OPTIONS))
    if not yes:
        require_terminal("a memory reset", "--yes")
    with the_agent(yes, quiet=True) as agent:
        changed = agent.run(procedure(agent.settings, chosen))
    profiles = [installed_view(item) for item in changed.profiles]
    if as_json:
        deliveries = [delivery_view(item) for item in changed.deliveries]
        print_json({"reset": list(chosen.names), "profiles": profiles, "notifications": deliveries})
    else:
        messages().print(f"Reset: {', '.join(chosen.names)}. Profiles left: {len(profiles)}.")


def _reset_options(names: list[str]) -> "ResetOptions":
    from lab.errors import LabError
    from wire.es10 import ResetOptions

    chosen = ResetOptions(0)
    for name in names:
        if name not in RESET_OPTIONS:
            raise LabError(f"--what {name!r} is unknown", f"choose from {', '.join(RESET_OPTIONS)}")
        chosen |= ResetOptions[RESET_OPTIONS[name]]
    return chosen
