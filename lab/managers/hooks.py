"""Lifecycle hooks: callables of other packages, called with every change after it is committed.

A package names them in its metadata:

    [project.entry-points."rsplab.hooks"]
    billing = "acme.billing:on_change"      # def on_change(change: lab.store.records.Change) -> None

A hook runs in the thread that made the change; what it raises is logged and changes nothing.
"""

import logging
from collections.abc import Callable
from importlib.metadata import entry_points

from lab.store.records import Change

GROUP = "rsplab.hooks"
Hook = Callable[[Change], None]
_log = logging.getLogger(__name__)


def installed_hooks() -> list[Hook]:
    """The hooks of every installed package; one that can't be loaded is logged and left out."""
    hooks: list[Hook] = []
    for entry in entry_points(group=GROUP):
        try:
            hooks.append(guarded(entry.name, entry.load()))
        except Exception:
            _log.exception("hook %s can't be loaded", entry.name)
    return hooks


def guarded(name: str, hook: Hook) -> Hook:
    """The hook, with its exceptions logged."""

    def call(change: Change) -> None:
        try:
            hook(change)
        except Exception:
            _log.exception("hook %s failed at %s of %s", name, change.type, change.event_id)

    return call
