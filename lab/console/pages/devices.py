"""Devices, and the lab's cards that are nobody's device yet."""

from lab.api.rate_limit import spend
from lab.console.pages.cards import card_path
from lab.console.visit import Page, PageRoute, Refusal, Reply, SeeOther, Visit
from lab.errors import LabError
from lab.managers.cards import TEST_MODE
from lab.managers.errors import ManagementError
from lab.pki import load_pki
from lab.store.records import DeviceRecord
from wire.ids import Eid

LIMIT = 500


def index(visit: Visit) -> Reply:
    """Registered devices first."""
    return _page(visit, {}, "")


def register(visit: Visit) -> Reply:
    """Register a device; the EID of the lab's range gets a simulated card, a card of the lab is taken as it is."""
    eid = visit.form.get("eid", "").strip()
    management = visit.context.management
    number = management.settings.rate_limits["device_registration"]
    if not spend(management.ledger, visit.caller.name, "device_registration", number, 1).allowed:
        raise Refusal(429, f"More than {number} a minute.", "Wait a moment and try again.")
    info = {
        "manufacturer": visit.form.get("manufacturer", "").strip() or "rsplab",
        "model": visit.form.get("model", "").strip() or "simulated phone",
        "osVersion": "1.0",
        "lpaVersion": "SGP.22 v2.5",
        "capabilities": [TEST_MODE] if "test_mode" in visit.form else [],
    }
    try:
        device = management.devices.register_device(eid, info, visit.form.get("reader", "").strip(), visit.actor)
    except ManagementError as error:
        return _page(visit, dict(visit.form), error.message, 409)
    return SeeOther(card_path(device.card), "The device is registered.")


def _page(visit: Visit, form: dict[str, str], error: str, status: int = 200) -> Page:
    with visit.context.management.ledger.reading() as reading:
        devices = reading.find(DeviceRecord, limit=LIMIT)
    known = {device.card for device in devices}
    others = [(name, _eid(visit, name)) for name in visit.lab.card_names() if name not in known]
    form = {"eid": form.get("eid") or _suggestion(visit), "manufacturer": "", "model": "", "reader": "", **form}
    values = {
        "title": "Devices and cards",
        "devices": devices,
        "others": others,
        "form": form,
        "error": error,
        "may_register": visit.may("devices:write"),
    }
    return Page("devices.html", values, status)


def _eid(visit: Visit, name: str) -> str:
    from lab.card_memory import read_card, settings_of

    try:
        return settings_of(read_card(visit.lab, name)).eid
    except LabError:
        return ""


def _suggestion(visit: Visit) -> str:
    """An EID in the range of the lab's EUM."""
    import secrets

    from lab.cards import certificate_eid

    pki = load_pki(visit.lab)
    ranges = [prefix for _, prefix in pki.eum(pki.curves[0]).permitted]
    prefix = ranges[0] if ranges else certificate_eid(pki.euicc(pki.curves[0]))[:8]
    return str(Eid.with_check_digits((prefix + f"{secrets.randbelow(10**22):022d}")[:30]))


ROUTES = (
    PageRoute("GET", "/devices", "devices:read", index),
    PageRoute("POST", "/devices", "devices:write", register),
)
