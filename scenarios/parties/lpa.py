"""The LPA under test: ours, driven here, or a foreign one that a human drives."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from lpa.card.link import CardLink
from lpa.core.actions import Procedure
from lpa.core.errors import LpaError
from lpa.core.procedures import discovery, download, notifications, profiles
from lpa.core.settings import LpaSettings
from lpa.drive import run
from lpa.http.client import HttpClient
from scenarios.model import Inconclusive, SutCrashed
from scenarios.parties.user import EndUser, ask_human
from wire.activation_code import ActivationCode
from wire.es10 import ResetOptions
from wire.ids import Iccid
from wire.json_es11 import EventEntry
from wire.ports import Trace

T = TypeVar("T")


@dataclass(frozen=True)
class Outcome:
    """How a procedure of the LPA ended.

    value: what it returned; error: what it raised; waits: the pauses it made, in seconds. Where nobody can look
    (is_known False: a foreign LPA), error only says whether the server heard of an installation.
    """

    value: Any
    error: LpaError | None
    user: EndUser
    waits: tuple[float, ...] = ()
    is_known: bool = True

    @property
    def ok(self) -> bool:
        """It went through."""
        return self.error is None

    def __str__(self) -> str:
        return "went through" if self.error is None else f"{type(self.error).__name__}: {self.error}"


class Lpa:
    """Our LPA: every procedure on `link`, through `http`; nothing waits for real."""

    def __init__(self, link: CardLink, http: HttpClient, settings: LpaSettings, trace: Trace) -> None:
        self.link = link
        self.http = http
        self.settings = settings
        self._trace = trace

    def run(self, procedure: Procedure[Any], user: EndUser | None = None) -> Outcome:
        """Carry out any procedure; an exception that isn't an LpaError is a crash of the LPA."""
        person, waits = user or EndUser(), list[float]()
        value: Any = None
        error: LpaError | None = None
        self.link.connect()
        try:
            value = run(procedure, self.link, self.http, person, self._trace, sleep=waits.append)
        except LpaError as raised:
            error = raised
            self._trace.record("note", "", message=f"{type(raised).__name__}: {raised}")
        except (SutCrashed, Inconclusive):
            raise
        except Exception as raised:
            raise SutCrashed(f"the LPA crashed: {type(raised).__name__}: {raised}") from raised
        finally:
            self.link.disconnect()
        return Outcome(value, error, person, tuple(waits))

    def download(self, source: ActivationCode | EventEntry | str | None, user: EndUser | None = None) -> Outcome:
        """Download by activation code (or its text), SM-DS event, or (None) from the default SM-DP+."""
        try:
            code = ActivationCode.parse(source) if isinstance(source, str) else source
        except ValueError as error:
            return Outcome(None, LpaError(str(error)), user or EndUser())
        return self.run(download.download(self.settings, code), user)

    def enable(self, iccid: Iccid, user: EndUser | None = None) -> Outcome:
        """Enable a profile, and deliver the notifications."""
        return self.run(profiles.enable(self.settings, iccid), user)

    def disable(self, iccid: Iccid, user: EndUser | None = None) -> Outcome:
        """Disable a profile, and deliver the notifications."""
        return self.run(profiles.disable(self.settings, iccid), user)

    def delete(self, iccid: Iccid, user: EndUser | None = None) -> Outcome:
        """Delete a profile, the user agreeing, and deliver the notifications."""
        return self.run(profiles.delete(self.settings, iccid), user)

    def set_nickname(self, iccid: Iccid, nickname: str) -> Outcome:
        """Name a profile."""
        return self.run(profiles.set_nickname(self.settings, iccid, nickname))

    def memory_reset(self, options: ResetOptions, user: EndUser | None = None) -> Outcome:
        """Reset the eUICC's memory, the user agreeing."""
        return self.run(profiles.memory_reset(self.settings, options), user)

    def list_profiles(self) -> Outcome:
        """The installed profiles."""
        return self.run(profiles.list_profiles(self.settings))

    def process_notifications(self) -> Outcome:
        """Deliver every pending notification."""
        return self.run(notifications.process_notifications(self.settings))

    def discover(self, smds_address: str | None = None) -> Outcome:
        """Ask the SM-DS (by default the card's root SM-DS) for events."""
        return self.run(discovery.discover(self.settings, smds_address))


class ForeignLpa(Lpa):
    """Somebody else's LPA, which a human drives; only its behaviour towards card and server can be seen.

    installations: how many the servers have heard of so far.
    """

    def __init__(self, settings: LpaSettings, title: str, installations: Callable[[], int]) -> None:
        self.settings = settings
        self._title = title
        self._installations = installations

    def run(self, procedure: Procedure[Any], user: EndUser | None = None) -> Outcome:
        procedure.close()
        raise Inconclusive("a foreign LPA can be asked for downloads only")

    def download(self, source: ActivationCode | EventEntry | str | None, user: EndUser | None = None) -> Outcome:
        """Tell the human what to do, and wait until it is done."""
        person = user or EndUser()
        shown = source if isinstance(source, str) else source.lpa_uri if isinstance(source, ActivationCode) else None
        what = f"Download with this activation code: {shown}" if shown else "Download from the default SM-DP+."
        todo = (
            f"{self._title}\n\n{what}\n{person.instructions}.\nPress Enter when the device is done (s: skip, q: stop)"
        )
        before = self._installations()
        match ask_human(todo, shown).lower():
            case "s":
                raise Inconclusive("skipped by the human at the device")
            case "q":
                raise KeyboardInterrupt
        heard = self._installations() > before
        return Outcome(None, None if heard else LpaError("the server heard of no installation"), person, is_known=False)


def settings_of(changes: dict[str, Any]) -> LpaSettings:
    """The usual device: Rel-15, three tries, with these changes."""
    return replace(LpaSettings(retry_waits_s=(1.0, 5.0), card_busy_wait_s=0.1), **changes)
