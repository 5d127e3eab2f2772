"""`rsplab provision`."""

from pathlib import Path
from typing import Annotated

import typer

from lab.cli.output import Json, messages, print_json, print_table
from lab.cli.state import state

app = typer.Typer()


@app.command()
def provision(
    file: Annotated[Path, typer.Argument(metavar="FILE.toml", help="[[profile]] and [[order]] tables.")],
    as_json: Json = False,
) -> None:
    """Set profiles and orders to exactly what a TOML file says; loading it again resets exactly that.

    docs/provisioning.md has a commented example of everything.
    """
    from lab.database import open_desk
    from lab.provisioning import provision as load
    from lab.views import ORDER_COLUMNS, PROFILE_COLUMNS, order_view, profile_view

    lab = state.lab()
    with open_desk(lab) as desk:
        done = load(file, desk.store, lab.clock, lab.public_address())
        profiles = [profile_view(profile, desk.state_of(profile)) for profile in done.profiles]
    orders = [order_view(order, lab.public_address()) for order in done.orders]
    if as_json:
        print_json({"profiles": profiles, "orders": orders})
        return
    messages().print(f"{len(profiles)} profiles and {len(orders)} orders set from {file}.")
    print_table("Profiles", profiles, PROFILE_COLUMNS)
    print_table("Orders", orders, ORDER_COLUMNS)
