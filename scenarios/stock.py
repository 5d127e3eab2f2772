"""What a prepared SM-DP+ holds for the scenarios: profiles and orders that both sides derive from the seed.

`rsplab scenarios provision` runs the scenarios against the simulated SM-DP+ and notes what each asks for; the operator
loads that file into the SM-DP+ under test (`rsplab provision`). In the run against it each scenario asks for the same
again, and so knows its profiles to the last octet.
"""

import dataclasses
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from scenarios.kit.profile import Profile, new_profile
from scenarios.ports import SeededEntropy
from smdp.core.records import Requirements
from smdp.profiles import NotificationRecipient, ProfileParameters
from wire.es10 import NotificationEvent, PprIds, ProfileClass
from wire.ports import Entropy

NO_REQUIREMENTS: Final = Requirements()
_RULES: Final = {PprIds.pprUpdateControl: "update_control", PprIds.ppr1: "ppr1", PprIds.ppr2: "ppr2"}


@dataclass(frozen=True, slots=True)
class Stocked:
    """A profile of the inventory.

    requirements: what the eligibility check goes by; profile_type: the pool it is in, "" for the usual one; owner: the
    functionRequesterIdentifier of the only operator that may order it, "" for any.
    """

    profile: Profile
    requirements: Requirements = NO_REQUIREMENTS
    profile_type: str = ""
    owner: str = ""

    @classmethod
    def new(cls, entropy: Entropy, address: str, **options: Any) -> "Stocked":
        """options: requirements, profile_type and owner as above, all others of `kit.profile.new_profile`."""
        record = {name: options.pop(name) for name in ("requirements", "profile_type", "owner") if name in options}
        typed = {"profile_type": record["profile_type"]} if "profile_type" in record else {}
        return cls(new_profile(entropy, address, **typed, **options), **record)


@dataclass(frozen=True, slots=True)
class Limits:
    """What ES2+ can't say of an order; None is the SM-DP+'s own choice.

    expires_in: from now, negative for an order that has expired.
    """

    expires_in: timedelta | None = None
    download_limit: int | None = None
    confirmation_limit: int | None = None


def matching_id_of(profile: Profile) -> str:
    """The Matching ID of the order that was prepared for this profile."""
    return f"PREPARED-{profile.iccid}"


@dataclass
class Stock:
    """profiles, orders: tables of a provisioning file, as scenarios asked for them."""

    profiles: list[dict[str, Any]] = field(default_factory=list)
    orders: list[dict[str, Any]] = field(default_factory=list)
    _turns: Counter[str] = field(default_factory=Counter, repr=False)

    def entropy(self, seed: str) -> SeededEntropy:
        """For the profiles of one scenario; another one whenever it runs again, because its orders are used up."""
        self._turns[seed] += 1
        turn = self._turns[seed]
        return SeededEntropy(seed, "profiles", *([str(turn)] if turn > 1 else []))

    def add_profile(self, stocked: Stocked) -> None:
        """Note a profile that a scenario wants."""
        table = _table(stocked.profile.parameters)
        table["requires"] = {
            "package_version": ".".join(str(part) for part in stocked.requirements.package_version),
            "services": sorted(stocked.requirements.services),
            "install_octets": stocked.requirements.install_octets,
        }
        if stocked.owner:
            table["operator"] = stocked.owner
        self.profiles.append(table)

    def add_order(self, profile: Profile, operator: str, limits: Limits, confirmation_code: str | None) -> None:
        """Note an order that a scenario wants and that can't be made over ES2+."""
        table: dict[str, Any] = {
            "iccid": str(profile.iccid),
            "matching_id": matching_id_of(profile),
            "operator": operator,
        }
        if confirmation_code is not None:
            table["confirmation_code"] = confirmation_code
        if limits.expires_in is not None:
            table["expires"] = f"{int(limits.expires_in.total_seconds())}s"
        for name in ("download_limit", "confirmation_limit"):
            if (value := getattr(limits, name)) is not None:
                table[name] = value
        self.orders.append(table)

    def to_toml(self, operator: str) -> str:
        """The provisioning file, with the operator that orders over ES2+ (any certificate of the lab's CIs)."""
        tables = [("operator", {"identifier": operator})]
        tables += [("profile", table) for table in self.profiles] + [("order", table) for table in self.orders]
        return (
            "\n\n".join(
                "\n".join([f"[[{name}]]", *(f"{key} = {_toml(value)}" for key, value in table.items())])
                for name, table in tables
            )
            + "\n"
        )


def _table(parameters: ProfileParameters) -> dict[str, Any]:
    """The parameters that aren't the default, as [[profile]] has them."""
    return {
        one.name: _plain(value)
        for one in dataclasses.fields(parameters)
        if (value := getattr(parameters, one.name)) != one.default
    }


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex().upper()
    if isinstance(value, PprIds):
        return [name for rule, name in _RULES.items() if rule in value]
    if isinstance(value, ProfileClass):
        return value.name
    if isinstance(value, NotificationRecipient):
        return {"address": value.address, "events": [_event(one) for one in value.events]}
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return value if isinstance(value, (bool, int)) else str(value)


def _event(event: NotificationEvent) -> str:
    assert event.name is not None
    return event.name.removeprefix("notification").lower()


def _toml(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_toml(one)}" for key, one in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(_toml(one) for one in value) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else f'"{value}"'
