"""`rsplab lpa --card NAME notification ...`: what the card has to tell."""

from typing import Annotated

import typer

from lab.cli.lpa_agent import the_agent
from lab.cli.lpa_output import delivery_view, print_deliveries
from lab.cli.output import Json, messages, print_fields, print_json, print_table

app = typer.Typer(help="List, deliver and remove notifications.", no_args_is_help=True)

Seq = Annotated[int, typer.Argument(metavar="SEQ", help="Sequence number.")]


@app.command("list")
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


@app.command()
def process(
    numbers: Annotated[list[int] | None, typer.Argument(metavar="[SEQ]...", help="Only these.")] = None,
    as_json: Json = False,
) -> None:
    """Deliver every notification, or those named, and remove what was acknowledged."""
    from lpa.core.procedures.notifications import process_notifications

    with the_agent(quiet=True) as agent:
        deliveries = [delivery_view(item) for item in agent.run(process_notifications(agent.settings, numbers))]
    if as_json:
        print_json(deliveries)
    else:
        print_deliveries(deliveries, "The card has nothing to tell.")
    if not all(item["delivered"] for item in deliveries):
        from lab.errors import Unreachable

        raise Unreachable("not every notification was delivered", "they stay on the card; try again later")


@app.command()
def dump(number: Seq, as_json: Json = False) -> None:
    """Show one notification as it would be delivered, octet for octet."""
    from lab.card_view import notification_view
    from lpa.core.procedures.notifications import retrieve_notification

    with the_agent(quiet=True) as agent:
        pending = agent.run(retrieve_notification(agent.settings, number))
    view = {**notification_view(pending.metadata), "pending_notification_hex": pending.raw.hex().upper()}
    if as_json:
        print_json(view)
    else:
        print_fields(f"Notification {number}", view)


@app.command()
def remove(number: Seq, as_json: Json = False) -> None:
    """Remove one notification without delivering it."""
    from lpa.core.procedures.notifications import remove_notification

    with the_agent(quiet=True) as agent:
        agent.run(remove_notification(agent.settings, number))
    if as_json:
        print_json({"seq_number": number, "removed": True})
    else:
        messages().print(f"Notification {number} removed; its recipient will never know.")


@app.command()
def replay(number: Seq, as_json: Json = False) -> None:
    """Deliver one notification and keep it on the card."""
    from lpa.core.procedures.notifications import replay_notification

    with the_agent(quiet=True) as agent:
        delivery = agent.run(replay_notification(agent.settings, number))
    if delivery.error:
        raise delivery.error
    view = delivery_view(delivery)
    if as_json:
        print_json(view)
    else:
        print_fields(f"Notification {number}, delivered and kept", view)
