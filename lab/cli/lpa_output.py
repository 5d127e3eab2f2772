"""What `rsplab lpa` prints of profiles and notifications."""

from typing import TYPE_CHECKING, Any

from lab.cli.output import messages

if TYPE_CHECKING:
    from lab.agent import Agent
    from lpa.core.notification import Delivery
    from lpa.core.procedures.download import Downloaded

PROFILE_COLUMNS = {
    "iccid": "ICCID",
    "state": "State",
    "name": "Name",
    "nickname": "Nickname",
    "service_provider_name": "Provider",
    "profile_class": "Class",
    "policy_rules": "Rules",
    "owner": "Owner",
}


def delivery_view(item: "Delivery") -> dict[str, Any]:
    """What became of one notification."""
    from lab.card_view import notification_view

    return {
        **notification_view(item.metadata),
        "delivered": item.delivered,
        "removed": item.removed,
        "error": str(item.error) if item.error else None,
    }


def installed(agent: "Agent", done: "Downloaded") -> dict[str, Any]:
    """A profile that was just downloaded, as it is on the card now."""
    from lpa.core.procedures.profiles import list_profiles as profiles_of

    view = profile_of(agent.run(profiles_of(agent.settings)), done.metadata.iccid)
    view["transaction_id"] = done.transaction_id.hex().upper()
    view["notifications"] = [delivery_view(item) for item in done.deliveries]
    return view


def profile_of(profiles: Any, iccid: Any) -> dict[str, Any]:
    """The profile with this ICCID in a list of them."""
    from lab.views import installed_view

    return next((installed_view(profile) for profile in profiles if profile.iccid == iccid), {"iccid": str(iccid)})


def print_deliveries(deliveries: list[dict[str, Any]], none: str = "") -> None:
    """A line for each."""
    from lpa.explain import printable

    if none and not deliveries:
        messages().print(none)
    for item in deliveries:
        fate = "delivered" if item["delivered"] else f"not delivered: {printable(item['error'])}"
        messages().print(f"notification {item['seq_number']} ({', '.join(item['events'])}): {fate}")
