"""One request to the console, and what pages answer."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lab.console.context import ConsoleContext
from lab.console.sign_in import Caller
from lab.directory import Lab
from lab.store.records import Actor

# Browsers drop control characters and take a backslash for a slash: neither may stand here.
_OWN_PATH = re.compile(r"/(?!/)[!-\[\]-~]*")


@dataclass(frozen=True, slots=True)
class Visit:
    """Who asks for what; a form field that may stand several times is also there as `name[]`, one value a line."""

    context: ConsoleContext
    caller: Caller
    path: str
    source: str
    request_id: str
    parameters: Mapping[str, str]
    query: Mapping[str, str]
    form: Mapping[str, str] = field(default_factory=dict)

    @property
    def lab(self) -> Lab:
        """The lab that is shown."""
        return self.context.lab

    @property
    def actor(self) -> Actor:
        """The caller as events and audit log name it."""
        return Actor(self.caller.name or "local", self.source, self.request_id)

    def may(self, scope: str) -> bool:
        """True if the caller's role has this scope."""
        return scope in self.caller.scopes


@dataclass(frozen=True, slots=True)
class Page:
    """A template with its values."""

    template: str
    values: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200


@dataclass(frozen=True, slots=True)
class SeeOther:
    """Go there, and be told this; signed_in_as: begin a new session with this key ("" for none)."""

    path: str
    notice: str = ""
    signed_in_as: str | None = None


@dataclass(frozen=True, slots=True)
class Download:
    """A file to keep; policy: the Content-Security-Policy it needs."""

    name: str
    text: str
    policy: str


Reply = Page | SeeOther | Download
PageFunction = Callable[[Visit], Reply]


class Refusal(Exception):
    """The page can't be had: status, what, and what to do."""

    def __init__(self, status: int, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.hint = hint


@dataclass(frozen=True, slots=True)
class PageRoute:
    """One row of the console: who has `scope` may have it; "" for everybody."""

    method: str
    path: str
    scope: str
    function: PageFunction


def own_path(text: str) -> str:
    """A path of this console to go back to, whatever somebody has put there."""
    return text if _OWN_PATH.fullmatch(text) else "/"
