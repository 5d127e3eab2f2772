"""`[api]` in lab.toml: where the API listens, whom it lets in, and what the management allows."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any

from lab.directory import Lab
from lab.errors import LabError

RATE_LIMITS: Mapping[str, int] = MappingProxyType(
    {"profile_creation": 100, "download": 50, "device_registration": 30, "activation_code": 100}
)


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """port 0: any free one; host "": the lab's; tls: also on loopback; anonymous: the role of callers without a key.

    min_os_version: "" for any; max_uses and activation_code_days: what an activation code allows unless told otherwise;
    rate_limits: calls a minute and caller.
    """

    enabled: bool = True
    port: int = 8480
    host: str = ""
    tls: bool = False
    anonymous: str = ""
    max_profiles: int = 10
    min_os_version: str = ""
    activation_code_days: int = 30
    max_uses: int = 10
    confirmation_timeout_s: int = 120
    card_wait_s: int = 30
    operation_threads: int = 8
    rate_limits: Mapping[str, int] = field(default_factory=lambda: RATE_LIMITS)


def api_settings(lab: Lab) -> ApiSettings:
    """The settings of a lab; LabError names the one that is wrong."""
    table = dict(lab.settings.api)
    known: dict[str, Any] = {item.name: item.default for item in fields(ApiSettings)}
    for name, value in table.items():
        if name not in known:
            raise LabError(f"{lab.settings_path}: [api] {name} is unknown", f"use {', '.join(known)}")
        wanted = dict if name == "rate_limits" else type(known[name])
        if type(value) is not wanted or (isinstance(value, int) and value < 0):
            raise LabError(f"{lab.settings_path}: [api] {name} can't be {value!r}", f"give a {wanted.__name__}")
    if "rate_limits" in table:
        table["rate_limits"] = {**RATE_LIMITS, **_rate_limits(lab, table["rate_limits"])}
    return ApiSettings(**table)


def _rate_limits(lab: Lab, table: Mapping[str, Any]) -> dict[str, int]:
    for name, value in table.items():
        if name not in RATE_LIMITS or type(value) is not int or value < 1:
            raise LabError(
                f"{lab.settings_path}: [api.rate_limits] {name} = {value!r}",
                f"give calls a minute for {', '.join(RATE_LIMITS)}",
            )
    return dict(table)
