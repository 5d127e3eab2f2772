"""Keys of lab.toml that nothing reads: said once, with what was perhaps meant, and otherwise without effect.

Tables that are missing here ([smdp], [agent], [api], [webhooks], [[listener]]) refuse such keys where they are read.
"""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

_KEYS: Final = {
    "": (
        *("address", "port", "host", "pki", "resolve", "smds", "smdp", "clock", "crl", "database", "webhooks"),
        *("listener", "agent", "api"),
    ),
    "pki": ("source",),
    "smds": ("address", "alternative"),
    "smds.alternative": ("address",),
    "clock": ("offset", "at"),
    "crl": ("required",),
    "database": ("url",),
}
_log = logging.getLogger("rsplab.lab")


def warn_of_unknown_keys(path: Path, settings: dict[str, Any]) -> None:
    """Log a warning for each key in the file `path` that has no effect."""
    for table, key in _unknown(settings):
        where = f"[{table}] {key}" if table else key
        _log.warning("%s: %s is unknown and has no effect%s", path, where, _meant(table, key))


def _unknown(settings: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for table, known in _KEYS.items():
        found: Any = settings
        for name in filter(None, table.split(".")):
            found = found.get(name, {}) if isinstance(found, dict) else {}
        if isinstance(found, dict):
            yield from ((table, key) for key in found if key not in known)


def _meant(table: str, key: str) -> str:
    from difflib import get_close_matches

    places = {known: place for place, names in reversed(_KEYS.items()) for known in names}
    if key in _KEYS[""]:
        return f"; {key} belongs before the first [table]"
    near = get_close_matches(key, _KEYS[table], n=2)
    meant = [(table, name) for name in near] or [(places[name], name) for name in get_close_matches(key, places, n=2)]
    if not meant:
        return f"; known here: {', '.join(_KEYS[table])}"
    return f"; did you mean {' or '.join(f'[{place}] {name}' if place else name for place, name in meant)}?"
