"""`[smdp]` of lab.toml: where the SM-DP+ differs from its defaults."""

from dataclasses import replace
from typing import Any, Final

from lab.directory import Lab
from lab.errors import LabError
from smdp.core.settings import KeyMode, SmDpSettings

_KEYS: Final[dict[str, type]] = {
    "rebinding": bool,
    "key_mode": str,
    "session_lifetime_s": int,
    "confirmation_limit": int,
    "download_limit": int,
}


def with_smdp_table(settings: SmDpSettings, lab: Lab) -> SmDpSettings:
    """The settings as the table changes them; LabError names the key that is wrong."""
    table: dict[str, Any] = dict(lab.settings.smdp)
    for key, value in table.items():
        wanted = _KEYS.get(key)
        if wanted is None:
            raise LabError(f"{lab.settings_path}: [smdp] {key} is unknown", f"use {', '.join(_KEYS)}")
        if type(value) is not wanted or (isinstance(value, int) and wanted is int and value < 1):
            raise LabError(f"{lab.settings_path}: [smdp] {key} = {value!r}", f"give a {wanted.__name__}")
    if "key_mode" in table:
        if table["key_mode"] not in list(KeyMode):
            raise LabError(f"{lab.settings_path}: [smdp] key_mode {table['key_mode']!r}", f"use {', '.join(KeyMode)}")
        table["key_mode"] = KeyMode(table["key_mode"])
    return replace(settings, **table)
