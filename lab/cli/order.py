"""`rsplab order`: download orders on the SM-DP+."""

from typing import Annotated, Any

import typer

from lab.cli.output import Json, console, messages, print_fields, print_json, print_table
from lab.cli.state import state

app = typer.Typer(add_completion=False, help="Create, list, release and cancel download orders.", no_args_is_help=True)

Order = Annotated[str, typer.Argument(metavar="ORDER", help="Order id, matching id, activation code or ICCID.")]


@app.command()
def create(
    iccid: Annotated[str | None, typer.Option("--iccid", help="The profile to be downloaded.")] = None,
    profile_type: Annotated[str | None, typer.Option("--profile-type", help="Or: any free profile of a type.")] = None,
    matching_id: Annotated[
        str | None, typer.Option("--matching-id", help="A-Z, 0-9, hyphen (default: random).")
    ] = None,
    eid: Annotated[str | None, typer.Option("--eid", help="Only this eUICC may download.")] = None,
    confirmation_code: Annotated[
        str | None, typer.Option("--confirmation-code", metavar="CODE", help="The user must enter it.")
    ] = None,
    default: Annotated[bool, typer.Option("--default", help="Default SM-DP+ use case: found by the EID.")] = False,
    reusable: Annotated[
        bool, typer.Option("--reusable", help="Downloadable any number of times, by any eUICC.")
    ] = False,
    expires: Annotated[
        str | None, typer.Option("--expires", metavar="TIME", help="2031-05-01T12:00:00Z, or from now: 30m, 12h, 7d.")
    ] = None,
    smds: Annotated[
        str | None, typer.Option("--smds", metavar="HOST", help="Register an event at this SM-DS, too; needs --eid.")
    ] = None,
    to_state: Annotated[
        str, typer.Option("--state", metavar="confirmed|released", help="Ready for download, or not yet.")
    ] = "released",
    as_json: Json = False,
) -> None:
    """Order a profile: prints the activation code and its QR code."""
    from lab.database import open_desk
    from lab.desk import OrderRequest
    from lab.errors import LabError
    from lab.provisioning_orders import parse_expiry
    from lab.views import order_view

    if to_state not in ("confirmed", "released"):
        raise LabError(f"--state {to_state!r} is unknown", "use confirmed or released")
    lab = state.lab()
    request = OrderRequest(
        iccid=iccid,
        profile_type=profile_type,
        matching_id=matching_id,
        eid=eid,
        confirmation_code=confirmation_code,
        default=default,
        reusable=reusable,
        expires_at=parse_expiry(expires, lab.clock.now()) if expires else None,
        smds_address=smds,
        release=to_state == "released",
    )
    with open_desk(lab) as desk:
        view = order_view(desk.create_order(request), lab.public_address())
    if as_json:
        print_json(view)
    else:
        print_order(view)


@app.command("list")
def list_orders(as_json: Json = False) -> None:
    """List the orders, oldest first."""
    from lab.database import open_desk
    from lab.views import ORDER_COLUMNS, order_view

    lab = state.lab()
    with open_desk(lab) as desk:
        orders = [order_view(order, lab.public_address()) for order in desk.store.orders()]
    if as_json:
        print_json(orders)
    else:
        print_table("Orders", orders, ORDER_COLUMNS)


@app.command()
def show(order: Order, as_json: Json = False) -> None:
    """Show one order, with its QR code."""
    view = _change(order, "show")
    if as_json:
        print_json(view)
        return
    print_fields(f"Order {view['order_id']}", view)
    if view["activation_code"]:
        print_qr(view["activation_code"])


@app.command()
def release(order: Order, as_json: Json = False) -> None:
    """Release a confirmed order for download."""
    _report(_change(order, "release"), as_json)


@app.command()
def cancel(
    order: Order,
    unavailable: Annotated[bool, typer.Option("--unavailable", help="The profile shall not be ordered again.")] = False,
    as_json: Json = False,
) -> None:
    """Cancel an order; its profile becomes available again."""
    _report(_change(order, "cancel", to_available=not unavailable), as_json)


def print_order(view: dict[str, Any]) -> None:
    """The activation code, its QR code, and what the order demands."""
    console().print(view["activation_code"], soft_wrap=True)
    print_qr(view["activation_code"])
    notes = [f"order {view['order_id']}: profile {view['iccid']}, {view['state']}"]
    if view["confirmation_code_required"]:
        notes.append("the user must enter the confirmation code")
    if view["eid"]:
        notes.append(f"for EID {view['eid']} only")
    if view["reusable"]:
        notes.append("may be used any number of times")
    if view["expires_at"]:
        notes.append(f"until {view['expires_at']}")
    messages().print("; ".join(notes))


def print_qr(text: str) -> None:
    """The QR code, dark on light whatever the terminal's colours."""
    from rich.text import Text

    from lab.qr import terminal_qr

    console().print(Text(terminal_qr(text).rstrip("\n"), style="bright_white on black"), soft_wrap=True)


def _change(text: str, action: str, to_available: bool = True) -> dict[str, Any]:
    from lab.database import open_desk
    from lab.views import order_view

    lab = state.lab()
    with open_desk(lab) as desk:
        order = desk.find_order(text)
        if action == "release":
            order = desk.release(order)
        elif action == "cancel":
            order = desk.cancel(order, to_available)
        return order_view(order, lab.public_address())


def _report(view: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(view)
    else:
        messages().print(f"order {view['order_id']}: profile {view['iccid']}, {view['state']}")
