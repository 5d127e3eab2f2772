"""`[[order]]` tables of a provisioning file."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from lab.clock import SystemEntropy
from lab.desk import check_eid, check_iccid
from lab.errors import LabError
from smdp.core.inventory import hash_confirmation_code, new_package
from smdp.core.ports import Store
from smdp.core.records import Order, Package, Profile
from smdp.core.states import ENDED, State
from wire.ids import IdentifierError, MatchingId
from wire.ports import Clock

Keys = Mapping[str, type | tuple[type, ...]]

_ORDER_KEYS: Keys = {
    "iccid": str,
    "profile_type": str,
    "matching_id": str,
    "eid": str,
    "confirmation_code": str,
    "confirmation_failures": int,
    "confirmation_limit": int,
    "default": bool,
    "reusable": bool,
    "state": str,
    "expires": (str, datetime),
    "download_attempts": int,
    "download_limit": int,
    "operator": str,
    "smds_address": str,
}
_STATES = {str(state).lower(): state for state in State}
_DURATION = re.compile(r"(-?\d+)\s*(s|m|h|d)")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def parse_expiry(text: str, now: datetime) -> datetime:
    """A date and time with its zone, or a time from now: 90s, 30m, 12h, 7d, -1h."""
    if match := _DURATION.fullmatch(text.strip()):
        return now + timedelta(**{_UNITS[match[2]]: int(match[1])})
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise LabError(
            f"expires {text!r} is no time", "give 2031-05-01T12:00:00Z, or a time from now such as 7d or 12h"
        )
    return at


class OrderReader:
    """Reads orders, each of which takes a profile of the file or, failing that, of the inventory."""

    def __init__(self, store: Store, clock: Clock, profiles: Mapping[str, tuple[Profile, Package]]) -> None:
        self._store = store
        self._now = clock.now()
        self.profiles = dict(profiles)
        self._taken: set[str] = set()
        self._matching_ids: set[str] = set()

    def read(self, number: int, table: Mapping[str, Any]) -> Order:
        """One [[order]] table."""
        check_keys(table, _ORDER_KEYS)
        profile, state = self._profile(table), self._state(table)
        if state in ENDED:
            self.profiles[profile.iccid] = replace(profile, state=state), self.profiles[profile.iccid][1]
        eid = check_eid(table.get("eid"))
        default = table.get("default", False)
        if default and (not eid or table.get("matching_id")):
            raise LabError("a default order has an eid and no matching_id", "add eid, or leave out default")
        code = table.get("confirmation_code")
        optional = {key: table[key] for key in ("confirmation_limit", "download_limit") if key in table}
        return Order(
            order_id=_stable(f"order {number} {profile.iccid}")[:16].lower(),
            iccid=profile.iccid,
            state=state,
            created_at=self._now,
            operator=table.get("operator", profile.operator),
            profile_type=profile.profile_type,
            matching_id="" if default else self._matching_id(table, profile),
            eid=eid,
            confirmation_code_hash=hash_confirmation_code(code) if code else None,
            confirmation_failures=table.get("confirmation_failures", 0),
            download_attempts=table.get("download_attempts", 0),
            expires_at=self._expiry(table),
            reusable=table.get("reusable", False),
            smds_address=table.get("smds_address"),
            **optional,
        )

    def _profile(self, table: Mapping[str, Any]) -> Profile:
        if "iccid" in table:
            iccid = check_iccid(table["iccid"])
            self._fetch(iccid)
        elif "profile_type" in table:
            iccid = self._free(table["profile_type"])
        else:
            raise LabError("neither iccid nor profile_type", "say which profile the order is for")
        if iccid in self._taken:
            raise LabError(f"profile {iccid} has two orders", "one profile serves one order; add another profile")
        self._taken.add(iccid)
        return self.profiles[iccid][0]

    def _fetch(self, iccid: str) -> None:
        if iccid in self.profiles:
            return
        profile, package = self._store.profile(iccid), self._store.package(iccid)
        if profile is None or package is None:
            raise LabError(f"there is no profile {iccid}", "add a [[profile]] for it, or import it first")
        # Records made anew: their order, attempts and binding are to be forgotten.
        self.profiles[iccid] = (
            Profile(iccid, profile.metadata, profile.requirements, profile.profile_type, profile.operator),
            new_package(iccid, package.upp, SystemEntropy()),
        )

    def _free(self, profile_type: str) -> str:
        for iccid in sorted(self.profiles):
            if iccid not in self._taken and self.profiles[iccid][0].profile_type == profile_type:
                return iccid
        free = self._store.free_profile(profile_type)
        if free is None or free.iccid in self._taken:
            raise LabError(f"no profile of type {profile_type!r} is free", "add a [[profile]] of that type")
        self._fetch(free.iccid)
        return free.iccid

    def _matching_id(self, table: Mapping[str, Any], profile: Profile) -> str:
        text = table.get("matching_id")
        if text is None:
            token = _stable(f"matching id {profile.iccid}")[:20]
            text = "-".join(token[at : at + 5] for at in range(0, 20, 5))
        try:
            matching_id = str(MatchingId(text))
        except IdentifierError as error:
            raise LabError(str(error), "use A-Z, 0-9 and hyphens") from None
        if not matching_id:
            raise LabError("matching_id is empty", "say default = true and eid for the default SM-DP+ use case")
        if matching_id in self._matching_ids:
            raise LabError(f"matching_id {matching_id} stands in the file twice", "give each order its own")
        other = self._store.order_of_matching_id(matching_id)
        if other is not None and other.iccid not in self.profiles:
            raise LabError(
                f"matching_id {matching_id} belongs to an order of profile {other.iccid}",
                f"choose another, or run: rsplab order cancel {other.order_id}",
            )
        self._matching_ids.add(matching_id)
        return matching_id

    def _state(self, table: Mapping[str, Any]) -> State:
        name = table.get("state", "released")
        if name.lower() not in _STATES:
            raise LabError(f"state {name!r} is unknown", f"use {', '.join(_STATES)}")
        return _STATES[name.lower()]

    def _expiry(self, table: Mapping[str, Any]) -> datetime | None:
        expires = table.get("expires")
        if isinstance(expires, datetime):
            return parse_expiry(expires.isoformat(), self._now)
        return None if expires is None else parse_expiry(expires, self._now)


def check_keys(table: Mapping[str, Any], keys: Keys) -> None:
    """LabError for a key that is unknown or has a value of the wrong type."""
    for key, value in table.items():
        if key not in keys:
            raise LabError(f"unknown key {key!r}", f"use {', '.join(keys)}")
        wanted = keys[key]
        if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
            raise LabError(f"{key} = {value!r} has the wrong type", "docs/provisioning.md shows every key")


def _stable(text: str) -> str:
    """The same token for the same place in the same file, every time it is loaded."""
    return hashlib.sha256(f"rsplab provision {text}".encode()).hexdigest().upper()
