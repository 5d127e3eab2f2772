"""Local profile management: list, enable, disable, delete, name, and eUICC memory reset.

Spec: SGP.22 v2.5 section 3.2
"""

from collections.abc import Callable
from dataclasses import dataclass

from lpa.core import es10
from lpa.core.actions import Decision, Procedure, Progress, StrongConfirmation, Wait, decide
from lpa.core.apdu_link import Isdr, reopen_after_reset, with_isdr
from lpa.core.errors import CardRefused, UserDeclined
from lpa.core.es10 import ProfileIdentifier
from lpa.core.metadata import ProfileInfo
from lpa.core.notification import Delivery
from lpa.core.procedures.notifications import last_seq_number, process_after
from lpa.core.settings import LpaSettings
from wire.es10 import EnableResult, ResetOptions, ResetResult
from wire.ids import Iccid


@dataclass(frozen=True, slots=True)
class Changed:
    """An operation succeeded: the profiles as they are now, and what became of its notifications."""

    profiles: tuple[ProfileInfo, ...]
    deliveries: tuple[Delivery, ...]


def list_profiles(settings: LpaSettings) -> Procedure[tuple[ProfileInfo, ...]]:
    """Every installed profile, of every class."""
    return (yield from with_isdr(settings, lambda isdr: es10.get_profiles_info(isdr)))


def enable(settings: LpaSettings, profile: ProfileIdentifier) -> Procedure[Changed]:
    """Enable a profile and restart the card, so that the switch takes effect; then deliver what it has to tell."""
    return (yield from with_isdr(settings, lambda isdr: _switching(isdr, es10.enable_profile, profile)))


def disable(settings: LpaSettings, profile: ProfileIdentifier) -> Procedure[Changed]:
    """Disable the enabled profile and restart the card; then deliver what it has to tell."""
    return (yield from with_isdr(settings, lambda isdr: _switching(isdr, es10.disable_profile, profile)))


def delete(settings: LpaSettings, profile: ProfileIdentifier) -> Procedure[Changed]:
    """Delete a profile after the user's strong confirmation; an enabled one is disabled first."""

    def body(isdr: Isdr) -> Procedure[Changed]:
        before = yield from last_seq_number(isdr)
        found = yield from es10.get_profiles_info(isdr, profile)
        enabled = bool(found) and found[0].enabled
        name = (found[0].nickname or found[0].profile_name or "") if found else ""
        what = f"profile {profile}{f' ({name})' if name else ''}"
        first = "It is enabled: it will be disabled first. " if enabled else ""
        yield from _confirm("delete", f"Delete {what}? {first}This cannot be undone.")
        if enabled:
            yield from _switch(isdr, es10.disable_profile, profile)
        yield Progress("delete", 1, 1, f"deleting {what}")
        yield from es10.delete_profile(isdr, profile)
        return (yield from _changed(isdr, before))

    return (yield from with_isdr(settings, body))


def set_nickname(settings: LpaSettings, iccid: Iccid, nickname: str) -> Procedure[None]:
    """Name a profile; "" removes the name."""
    yield from with_isdr(settings, lambda isdr: es10.set_nickname(isdr, iccid, nickname))


def memory_reset(settings: LpaSettings, options: ResetOptions) -> Procedure[Changed]:
    """Delete everything that `options` name, after the user's strong confirmation, and restart the card.

    Nothing to delete is a success without effect.
    """

    def body(isdr: Isdr) -> Procedure[Changed]:
        before = yield from last_seq_number(isdr)
        names = ", ".join(options.names)
        yield from _confirm("memory-reset", f"Reset the card ({names})? Its profiles cannot be brought back.")
        try:
            yield from es10.euicc_memory_reset(isdr, options)
        except CardRefused as refused:
            if refused.code != ResetResult.nothingToDelete:
                raise
        yield from reopen_after_reset(isdr)
        return (yield from _changed(isdr, before))

    return (yield from with_isdr(settings, body))


def _confirm(operation: str, text: str) -> Procedure[None]:
    decision = yield from decide(StrongConfirmation(operation, text))
    if decision is not Decision.ACCEPT:
        raise UserDeclined(operation, decision.value)


def _changed(isdr: Isdr, before: int) -> Procedure[Changed]:
    profiles = yield from es10.get_profiles_info(isdr)
    return Changed(profiles, (yield from process_after(isdr, before)))


SwitchFunction = Callable[[Isdr, ProfileIdentifier, bool], Procedure[None]]


def _switching(isdr: Isdr, function: SwitchFunction, profile: ProfileIdentifier) -> Procedure[Changed]:
    before = yield from last_seq_number(isdr)
    yield from _switch(isdr, function, profile)
    return (yield from _changed(isdr, before))


def _switch(isdr: Isdr, function: SwitchFunction, profile: ProfileIdentifier) -> Procedure[None]:
    """Ask with the refreshFlag of the settings; a card that is busy with the toolkit is asked once more, then without.

    Some cards cannot refresh at all and say catBusy or undefinedError for ever.
    """
    *early, final = (True, True, False) if isdr.settings.refresh else (False, False)
    for refresh in early:
        try:
            yield from function(isdr, profile, refresh)
        except CardRefused as refused:
            if refused.code not in (EnableResult.catBusy, EnableResult.undefinedError):
                raise
            yield Progress("busy", 1, 1, "the card is busy; asking again")
            yield Wait(isdr.settings.card_busy_wait_s)
        else:
            break
    else:
        yield from function(isdr, profile, final)
    yield from reopen_after_reset(isdr)
