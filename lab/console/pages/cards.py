"""One card: its profiles beside what the operator believes, its memory, its notifications, its files."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import quote

from lab.agent import open_agent
from lab.card_view import card_view
from lab.console.visit import Page, PageRoute, Refusal, Reply, SeeOther, Visit
from lab.database import open_desk
from lab.errors import ExitCode, LabError
from lab.managers import truth
from lab.store.ledger import table_of
from lab.store.records import DeviceRecord, ProfileRecord, ProfileState
from lab.tracing import open_trace
from lpa.core.procedures import profiles as procedures
from lpa.core.procedures.notifications import process_notifications
from lpa.user import ScriptedUser
from wire.ids import Iccid

_WAIT_S = 2.0
_PAUSE_S = 0.1
_devices = table_of(DeviceRecord).c
_AGREES = {"enabled": {"Enabled"}, "disabled": {"Installed", "Disabled"}}
_PROCEDURES = {"enable": procedures.enable, "disable": procedures.disable, "delete": procedures.delete}
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Side:
    """A profile as the card, the SM-DP+ and the management have it; "" where one doesn't know it."""

    iccid: str
    name: str
    card: str
    aid: str
    rules: list[str]
    order: str
    reported: str
    managed: str

    @property
    def agrees(self) -> bool:
        """True if what the SM-DP+ was last told is what the card has, and the management says the same."""
        told = self.reported in _AGREES.get(self.card, {"", "Deleted"})
        same = not self.managed or (self.managed == "ENABLED") == (self.card == "enabled")
        return (told or not self.order) and same


def card_path(card: str) -> str:
    """Where a card is shown; the name of a real one may hold anything."""
    return f"/cards/{quote(card, safe='')}"


def show(visit: Visit) -> Reply:
    """The card asked through its LPA functions, and the SM-DP+ asked about it."""
    name = visit.parameters["card"]
    view = _patiently(lambda: card_view(visit.lab, name))
    device = _device(visit, name)
    values: dict[str, Any] = {
        "title": f"Card {name}",
        "name": name,
        "device": device,
        "card": view,
        "sides": _sides(visit, view, device),
        "has_files": name in visit.lab.card_names(),
        "may_write": visit.may("profiles:write"),
    }
    return Page("card.html", values)


def act(visit: Visit) -> Reply:
    """Enable, disable or delete a profile: as an operation if it is managed, else by the LPA right now."""
    name, iccid, action = visit.parameters["card"], visit.form.get("iccid", ""), visit.parameters["action"]
    with visit.context.management.ledger.reading() as reading:
        managed = truth.living(reading, iccid)
    device = _device(visit, name)
    if managed is not None and device is not None and managed.eid == device.eid:
        profiles = visit.context.management.profiles
        begin = {"enable": profiles.enable_profile, "disable": profiles.disable_profile}
        operation = begin.get(action, profiles.delete_profile)(iccid, visit.actor)
        return SeeOther(f"/operations/{operation.operation_id}")
    _on_card(visit, name, f"card.{action}", f"{name} {iccid}", _PROCEDURES[action], Iccid(iccid))
    return SeeOther(card_path(name), f"Done on the card: {action} {iccid}.")


def deliver(visit: Visit) -> Reply:
    """Deliver the notifications that wait on the card."""
    name = visit.parameters["card"]
    deliveries = _on_card(visit, name, "card.notifications", name, process_notifications)
    delivered = sum(delivery.delivered for delivery in deliveries)
    return SeeOther(card_path(name), f"{delivered} of {len(deliveries)} notifications delivered.")


def files(visit: Visit) -> Reply:
    """The file system of a profile."""
    name, iccid = visit.parameters["card"], visit.query.get("iccid") or None
    if name not in visit.lab.card_names():
        raise Refusal(404, f"{name} is no simulated card of this lab.", "A real card's files can't be walked.")

    from lab.card_files import profile_files
    from lab.cards import open_memory

    def read() -> list[Any]:
        with open_memory(visit.lab, name) as nvm:
            return list(profile_files(nvm, iccid))

    contents = visit.may("secrets:read") and "contents" in visit.query
    values = {
        "title": f"Files of {name}",
        "name": name,
        "iccid": iccid,
        "files": _patiently(read),
        "contents": contents,
        "may_see_contents": visit.may("secrets:read"),
    }
    return Page("files.html", values)


def _on_card(visit: Visit, name: str, action: str, resource: str, procedure: Callable[..., Any], *values: Any) -> Any:
    def carry_out() -> Any:
        with (
            open_trace(visit.lab, "lpa") as trace,
            open_agent(visit.lab, name, ScriptedUser(), trace) as agent,
        ):
            return agent.run(procedure(agent.settings, *values))

    result = _patiently(carry_out)
    with visit.context.management.ledger.transaction(visit.actor) as tx:
        tx.audit(action, resource)
    return result


def _patiently(act: Callable[[], T]) -> T:
    """Again while an operation has the card, for a moment."""
    deadline = time.monotonic() + _WAIT_S
    while True:
        try:
            return act()
        except LabError as error:
            if error.exit_code is not ExitCode.UNREACHABLE or time.monotonic() > deadline:
                raise
            time.sleep(_PAUSE_S)


def _device(visit: Visit, name: str) -> DeviceRecord | None:
    with visit.context.management.ledger.reading() as reading:
        return reading.first(DeviceRecord, _devices.card == name)


def _sides(visit: Visit, view: dict[str, Any], device: DeviceRecord | None) -> list[Side]:
    eid = view["eid"]
    on_card = {entry["iccid"]: entry for entry in view["profiles"]}
    with visit.context.management.ledger.reading() as reading:
        managed = {one.iccid: one for one in truth.of_device(reading, eid)} if device else {}
    with open_desk(visit.lab) as desk:
        orders = {order.iccid: order for order in desk.store.orders() if order.eid == eid}
        reports = {iccid: desk.store.installation(iccid, eid) for iccid in {*on_card, *orders}}
    sides = []
    for iccid in dict.fromkeys([*on_card, *managed, *orders]):
        entry, order, record, report = on_card.get(iccid), orders.get(iccid), managed.get(iccid), reports.get(iccid)
        if entry is None and record is None and report is not None and report.state == "Deleted":
            continue
        sides.append(
            Side(
                iccid=iccid,
                name=(entry or {}).get("name") or (record.metadata.get("name", "") if record else ""),
                card=entry["state"] if entry else "",
                aid=entry["isdp_aid"] if entry else "",
                rules=entry["policy_rules"] if entry else [],
                order=str(order.state) if order else "",
                reported=report.state if report else "",
                managed=_managed(record),
            )
        )
    return sides


def _managed(record: ProfileRecord | None) -> str:
    return record.state.value if record is not None and record.state is not ProfileState.DELETED else ""


ROUTES = (
    PageRoute("GET", "/cards/{card}", "devices:read", show),
    PageRoute("GET", "/cards/{card}/files", "devices:read", files),
    PageRoute("POST", "/cards/{card}/notifications", "devices:write", deliver),
    PageRoute("POST", "/cards/{card}/{action:enable|disable|delete}", "profiles:write", act),
)
