"""`rsplab provision`."""

from pathlib import Path
from typing import Annotated

import typer

from lab.cli.output import Json, messages, print_json, print_table
from lab.cli.state import state

app = typer.Typer(add_completion=False)


@app.command()
def provision(
    file: Annotated[Path, typer.Argument(metavar="FILE.toml", help="[[profile]] and [[order]] tables.")],
    as_json: Json = False,
) -> None:
    """Set profiles and orders to exactly what a TOML file says; loading it again resets exactly that.

    docs/provisioning.md has a commented example of everything.
    """
    from lab.database import open_desk
    from lab.provisioning import Target
    from lab.provisioning import provision as load
    from lab.views import ORDER_COLUMNS, PROFILE_COLUMNS, order_view, profile_view
    from smdp.store.events import open_events
    from smdp.store.outbox import SqlOutbox

    lab = state.lab()
    with open_desk(lab) as desk:
        events = open_events(lab.database_url)
        try:
            target = Target(desk.store, events, SqlOutbox(events), lab.clock, lab.public_address(), desk.ports)
            done = load(file, target)
        finally:
            events.close()
        profiles = [profile_view(profile, desk.state_of(profile)) for profile in done.profiles]
    orders = [order_view(order, lab.public_address()) for order in done.orders]
    operators = [
        {"identifier": one.identifier, "notification_url": one.notification_url or None} for one in done.operators
    ]
    waiting = [{"eid": one.eid, "event_id": one.event_id, "address": one.rsp_server_address} for one in done.events]
    if as_json:
        print_json({"profiles": profiles, "orders": orders, "operators": operators, "events": waiting})
        return
    messages().print(f"Set from {file}:")
    print_table("Profiles", profiles, PROFILE_COLUMNS)
    print_table("Orders", orders, ORDER_COLUMNS)
    if operators:
        print_table("Operators", operators, {"identifier": "Operator", "notification_url": "Notified at"})
    if waiting:
        print_table("SM-DS events", waiting, {"eid": "EID", "event_id": "Event", "address": "Leads to"})
