"""Profiles under management and orders at the SM-DP+: list, create, activation code with QR, history, actions."""

import json
from typing import Any, get_args

from pydantic import ValidationError

from lab.api.models import Feature, NewProfileIn, PolicyType, ProfileType
from lab.api.rate_limit import spend
from lab.console.visit import Page, PageRoute, Refusal, Reply, SeeOther, Visit
from lab.database import open_desk
from lab.inventory import fresh_parameters
from lab.managers.errors import ManagementError
from lab.managers.orders import CodeTerms
from lab.managers.profiles import NewProfile
from lab.managers.states import ON_CARD, ProfileEvent, after
from lab.store.ledger import table_of
from lab.store.records import Change, DeviceRecord, Operation, ProfileRecord, ProfileState
from lab.views import order_view, profile_view

LIMIT = 200
_profiles = table_of(ProfileRecord).c
_changes = table_of(Change).c
_operations = table_of(Operation).c
_FORM = {"iccid": "", "eid": "", "profileType": "OPERATIONAL", "mno": "", "name": "", "description": "", "expires": ""}


def index(visit: Visit) -> Reply:
    """Profiles, the newest first; below them the orders of the SM-DP+, whoever gave them."""
    wanted = visit.query.get("state", "")
    where = [_profiles.state == wanted] if wanted in ProfileState.__members__ else []
    with visit.context.management.ledger.reading() as reading:
        found = reading.find(ProfileRecord, *where, limit=LIMIT, newest_first=True)
    with open_desk(visit.lab) as desk:
        orders = [order_view(order, visit.lab.public_address()) for order in reversed(desk.store.orders())]
    values = {
        "title": "Profiles and orders",
        "profiles": found,
        "orders": orders[:LIMIT],
        "limit": LIMIT,
        "total_orders": len(orders),
        "states": list(ProfileState),
        "state": wanted,
        "may_create": visit.may("profiles:write"),
    }
    return Page("profiles.html", values)


def new(visit: Visit) -> Reply:
    """The form, with an ICCID that nobody has."""
    form = {**_FORM, "iccid": fresh_parameters()["iccid"], "eid": visit.query.get("eid", ""), "mno": "rsplab"}
    return _form(visit, form | {"name": "My plan"}, {})


def create(visit: Visit) -> Reply:
    """Make it and show it, or show the form again with what is wrong."""
    form = {name: visit.form.get(name, "").strip() for name in _FORM}
    features, policies = _several(visit, "features"), _several(visit, "policies")
    body: dict[str, Any] = {
        "iccid": form["iccid"],
        "eid": form["eid"],
        "profileType": form["profileType"],
        "mno": form["mno"],
        "metadata": {
            "name": form["name"],
            "description": form["description"],
            "features": features,
            "policies": [{"type": name, "value": True} for name in policies],
        },
    }
    if form["expires"]:
        body["expiresAt"] = f"{form['expires']}T00:00:00Z"
    shown = form | {name: "on" for name in (*features, *policies)}
    try:
        wanted = NewProfileIn.model_validate_json(json.dumps(body))
        _spend(visit, "profile_creation")
        profile = visit.context.management.profiles.create_profile(
            NewProfile(
                iccid=wanted.iccid,
                eid=wanted.eid,
                profile_type=wanted.profileType,
                mno=wanted.mno,
                metadata=wanted.metadata.model_dump(exclude_none=True),
                expires_at=wanted.expiresAt,
                terms=CodeTerms(confirmation_code=visit.form.get("confirmation_code") or None),
            ),
            visit.actor,
        )
    except ValidationError as error:
        return _form(visit, shown, {_field(str(item["loc"][-1])): item["msg"] for item in error.errors()}, 400)
    except ManagementError as error:
        details = error.details or {}
        return _form(visit, shown, {_field(str(details.get("field", ""))): error.message}, 409)
    return SeeOther(f"/profiles/{profile.iccid}", f"Profile {profile.iccid} was created and ordered.")


def show(visit: Visit) -> Reply:
    """One profile: its code, its state and how it came to it, and what can be done."""
    management, iccid = visit.context.management, visit.parameters["iccid"]
    try:
        profile = management.profiles.get_profile(iccid)
    except ManagementError as error:
        if not error.missing:
            raise
        return _inventory(visit, iccid)
    with management.ledger.reading() as reading:
        history = reading.find(Change, _changes.iccid == profile.iccid, limit=LIMIT, newest_first=True)
        operations = reading.find(Operation, _operations.iccid == profile.iccid, limit=20, newest_first=True)
        devices = reading.find(DeviceRecord, limit=LIMIT)
    code = None
    if profile.state is ProfileState.CREATED:
        code = management.profiles.get_activation_code(profile.activation_code)
    values = {
        "title": f"Profile {profile.metadata.get('name', profile.iccid)}",
        "profile": profile,
        "code": code,
        "history": history,
        "operations": operations,
        "devices": devices,
        "actions": _actions(visit, profile),
        "may_renew": profile.state is ProfileState.CREATED and visit.may("profiles:write"),
        "may_download": profile.state is ProfileState.CREATED and visit.may("profiles:download"),
    }
    return Page("profile.html", values)


def download(visit: Visit) -> Reply:
    """Begin the download to the chosen device and watch it."""
    _spend(visit, "download")
    operation = visit.context.management.profiles.download_profile(
        iccid=visit.parameters["iccid"],
        eid=visit.form.get("eid") or None,
        confirmation_required="confirm" in visit.form,
        confirmation_code=visit.form.get("confirmation_code") or None,
        actor=visit.actor,
    )
    return SeeOther(f"/operations/{operation.operation_id}")


def change(visit: Visit) -> Reply:
    """Enable, disable or delete, and watch it."""
    profiles = visit.context.management.profiles
    act = {"enable": profiles.enable_profile, "disable": profiles.disable_profile, "delete": profiles.delete_profile}
    operation = act[visit.parameters["action"]](visit.parameters["iccid"], visit.actor)
    return SeeOther(f"/operations/{operation.operation_id}")


def renew(visit: Visit) -> Reply:
    """A new activation code."""
    _spend(visit, "activation_code")
    iccid = visit.parameters["iccid"]
    code = visit.form.get("confirmation_code") or None
    terms = CodeTerms(confirmation_code=code) if code else None
    visit.context.management.profiles.generate_activation_code(iccid, terms, visit.actor)
    return SeeOther(f"/profiles/{iccid}", "A new activation code was made; the one before is void.")


def order(visit: Visit) -> Reply:
    """An order of the SM-DP+, with its activation code."""
    with open_desk(visit.lab) as desk:
        found = desk.find_order(visit.parameters["order"])
        view = order_view(found, visit.lab.public_address())
        profile = desk.store.profile(found.iccid)
        installation = desk.store.installation(found.iccid, found.eid or "") if found.eid else None
        about = profile_view(profile, desk.state_of(profile)) if profile else None
    values = {"title": f"Order {found.order_id}", "order": view, "profile": about, "installation": installation}
    return Page("order.html", values)


def _inventory(visit: Visit, iccid: str) -> Reply:
    """A profile that only the SM-DP+ knows is shown by its order."""
    with open_desk(visit.lab) as desk:
        found = desk.store.order_of_profile(iccid)
    if found is None:
        raise Refusal(404, f"There is no profile {iccid}.", "See the list of profiles.")
    return SeeOther(f"/orders/{found.order_id}")


def _actions(visit: Visit, profile: ProfileRecord) -> list[str]:
    if not visit.may("profiles:write"):
        return []
    events = {"enable": ProfileEvent.ENABLE, "disable": ProfileEvent.DISABLE}
    allowed = [name for name, event in events.items() if after(profile.state, event)]
    return allowed + (["delete"] if profile.state in ON_CARD | {ProfileState.CREATED} else [])


def _several(visit: Visit, name: str) -> list[str]:
    return [value for value in visit.form.get(f"{name}[]", "").split("\n") if value]


def _field(name: str) -> str:
    """The form's name for a field of the API."""
    return {"expiresAt": "expires"}.get(name, name.removeprefix("metadata."))


def _form(visit: Visit, form: dict[str, str], errors: dict[str, str], status: int = 200) -> Page:
    with visit.context.management.ledger.reading() as reading:
        devices = reading.find(DeviceRecord, limit=LIMIT)
    values: dict[str, Any] = {
        "title": "New profile",
        "form": form,
        "errors": errors,
        "types": get_args(ProfileType),
        "features": get_args(Feature),
        "policies": get_args(PolicyType),
        "devices": devices,
    }
    return Page("profile_new.html", values, status)


def _spend(visit: Visit, limit: str) -> None:
    """The console counts against the same rate limits as the API."""
    management = visit.context.management
    number = management.settings.rate_limits[limit]
    if not spend(management.ledger, visit.caller.name, limit, number, 1).allowed:
        raise Refusal(429, f"More than {number} a minute.", "Wait a moment and try again.")


ROUTES = (
    PageRoute("GET", "/profiles", "profiles:read", index),
    PageRoute("POST", "/profiles", "profiles:write", create),
    PageRoute("GET", "/profiles/new", "profiles:write", new),
    PageRoute("GET", "/profiles/{iccid}", "profiles:read", show),
    PageRoute("POST", "/profiles/{iccid}/download", "profiles:download", download),
    PageRoute("POST", "/profiles/{iccid}/activation-code", "profiles:write", renew),
    PageRoute("POST", "/profiles/{iccid}/{action:enable|disable|delete}", "profiles:write", change),
    PageRoute("GET", "/orders/{order}", "profiles:read", order),
)
