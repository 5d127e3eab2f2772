"""Profile states: enabling, disabling, deleting, memory reset, and switches that wait for REFRESH.

A switch with refreshFlag is a durable intention until the terminal has dealt with REFRESH or the card is reset; then
it takes effect in one transaction with its notifications.
Spec: SGP.22 v2.5 sections 3.2 and 5.7.16 to 5.7.19
"""

from collections.abc import Callable

from euicc_sim.core.euicc import Euicc, Transaction
from euicc_sim.core.policy import may_delete, may_disable, may_enable, previous_after_enable
from euicc_sim.core.session import SessionEvent
from euicc_sim.core.store import (
    DEFAULT_DP_ADDRESS,
    ENABLED,
    PREVIOUS,
    PROFILES,
    SWITCH,
    Profile,
    number,
)
from euicc_sim.profile.cat import RefreshMode
from wire.es10 import (
    DeleteResult,
    DisableResult,
    EnableResult,
    NotificationEvent,
    ProfileClass,
    ResetOptions,
    ResetResult,
)

_FIRST_TEMPORARY_PROBLEM, _FIRST_PERMANENT_PROBLEM = 0x20, 0x30
"""General results of TERMINAL RESPONSE (TS 102 223 section 8.12): below 20 done, 2x temporary, from 30 permanent."""


class ProfileSwitching:
    """Everything that changes the state of installed profiles."""

    def __init__(self, euicc: Euicc, on_switched: Callable[[bool], None]) -> None:
        """on_switched(after_refresh): another profile (or none) is enabled now; the card's UICC side has to follow."""
        self._euicc = euicc
        self._on_switched = on_switched

    # -- enable and disable --------------------------------------------------------------------------------------

    def enable(self, target: Profile | None, refresh: bool) -> EnableResult:
        """EnableProfile."""
        store = self._euicc.store
        verdict = may_enable(target, self._enabled(), store.previous)
        if target is None or verdict is not EnableResult.ok:
            return verdict
        if self._is_busy(refresh):
            return EnableResult.catBusy
        self._switch(target.index, refresh)
        return EnableResult.ok

    def disable(self, target: Profile | None, refresh: bool) -> DisableResult:
        """DisableProfile; the end of a test profile brings back the operational profile from before it."""
        store = self._euicc.store
        verdict = may_disable(target, self._enabled())
        if target is None or verdict is not DisableResult.ok:
            return verdict
        if self._is_busy(refresh):
            return DisableResult.catBusy
        is_test = target.profile_class is ProfileClass.test
        self._switch(store.previous if is_test else None, refresh)
        return DisableResult.ok

    def _enabled(self) -> Profile | None:
        enabled = self._euicc.store.enabled
        return None if enabled is None else self._euicc.store.profile(enabled)

    def _is_busy(self, refresh: bool) -> bool:
        return refresh and self._euicc.cat.busy

    def _switch(self, target: int | None, refresh: bool) -> None:
        euicc = self._euicc
        if refresh and euicc.settings.options.refresh:
            euicc.store.nvm.commit({SWITCH: _encode_switch(target)})
            self._queue_refresh()
            return
        euicc.cat.cancel()
        self._take_effect(target)
        self._on_switched(False)

    def _queue_refresh(self) -> None:
        cat = self._euicc.cat
        state_change = RefreshMode.EUICC_PROFILE_STATE_CHANGE
        cat.queue_refresh(state_change if cat.supports(state_change) else RefreshMode.UICC_RESET, self._refreshed)

    def _refreshed(self, general_result: int) -> None:
        """The terminal has answered REFRESH."""
        if general_result < _FIRST_TEMPORARY_PROBLEM:
            if self.complete_pending():
                self._on_switched(True)
        elif general_result < _FIRST_PERMANENT_PROBLEM:
            self._queue_refresh()
        else:
            self._euicc.store.nvm.commit({SWITCH: None})

    def complete_pending(self) -> bool:
        """Let a waiting switch take effect (after REFRESH, or at reset); False if none waits."""
        waiting = self._euicc.store.nvm.get(SWITCH)
        if waiting is None:
            return False
        self._take_effect(_decode_switch(waiting))
        return True

    def _take_effect(self, target_index: int | None) -> None:
        euicc = self._euicc
        store, old = euicc.store, self._enabled()
        target = None if target_index is None else store.profile(target_index)
        transaction = euicc.transaction()
        changes = transaction.changes
        changes[SWITCH] = None
        changes[ENABLED] = None if target is None else number(target.index)
        previous = None if target is None else previous_after_enable(target, old, store.previous)
        changes[PREVIOUS] = None if previous is None else number(previous)
        if old:
            euicc.notifications.notify(changes, NotificationEvent.notificationDisable, old)
            transaction.state("profile", old.iccid_text, "enabled", "disabled", "disabled")
        if target:
            euicc.notifications.notify(changes, NotificationEvent.notificationEnable, target)
            transaction.state("profile", target.iccid_text, "disabled", "enabled", "enabled")
        transaction.commit()
        euicc.session.move(SessionEvent.END)

    # -- delete --------------------------------------------------------------------------------------------------

    def delete(self, target: Profile | None) -> DeleteResult:
        """DeleteProfile; a profile that is about to be enabled is no longer a disabled one."""
        verdict = may_delete(target, self._enabled())
        if target is None or verdict is not DeleteResult.ok:
            return verdict
        waiting = self._euicc.store.nvm.get(SWITCH)
        if waiting is not None and _decode_switch(waiting) == target.index:
            return DeleteResult.profileNotInDisabledState
        transaction = self._euicc.transaction()
        self._remove(transaction, target, "disabled")
        transaction.commit()
        return DeleteResult.ok

    def _remove(self, transaction: Transaction, profile: Profile, state: str) -> None:
        euicc = self._euicc
        store, changes = euicc.store, transaction.changes
        euicc.notifications.notify(changes, NotificationEvent.notificationDelete, profile)
        changes.update(dict.fromkeys(store.nvm.keys(f"{PROFILES}{profile.index:04X}/")))
        if store.previous == profile.index:
            changes[PREVIOUS] = None
        if store.enabled == profile.index:
            changes[ENABLED] = changes[PREVIOUS] = None
        transaction.state("profile", profile.iccid_text, state, "absent", "deleted")

    def memory_reset(self, options: ResetOptions) -> ResetResult:
        """eUICCMemoryReset: whatever the states and rules; with the enabled profile goes a REFRESH.

        An address that isn't set is nothing to delete, unless it is all that was asked for.
        """
        euicc = self._euicc
        store, enabled = euicc.store, euicc.store.enabled
        doomed = [profile for profile in store.profiles() if _is_doomed(profile, options)]
        clears_address = bool(options & ResetOptions.resetDefaultSmdpAddress)
        is_address_alone = options == ResetOptions.resetDefaultSmdpAddress
        if not doomed and not (clears_address and (is_address_alone or store.default_dp_address)):
            return ResetResult.nothingToDelete
        if doomed and euicc.cat.busy:
            return ResetResult.catBusy
        transaction = euicc.transaction()
        for profile in doomed:
            self._remove(transaction, profile, "enabled" if profile.index == enabled else "disabled")
        if clears_address:
            transaction.changes[DEFAULT_DP_ADDRESS] = None
        transaction.commit()
        if any(profile.index == enabled for profile in doomed):
            if euicc.settings.options.refresh:
                euicc.cat.queue_refresh(RefreshMode.UICC_RESET, lambda general_result: None)
            self._on_switched(False)
        euicc.session.move(SessionEvent.END)
        return ResetResult.ok


def _is_doomed(profile: Profile, options: ResetOptions) -> bool:
    if profile.profile_class is ProfileClass.operational:
        return bool(options & ResetOptions.deleteOperationalProfiles)
    is_field_loaded_test = profile.profile_class is ProfileClass.test and profile.field_loaded
    return is_field_loaded_test and bool(options & ResetOptions.deleteFieldLoadedTestProfiles)


def _encode_switch(target: int | None) -> bytes:
    return b"" if target is None else number(target)


def _decode_switch(waiting: bytes) -> int | None:
    return int.from_bytes(waiting, "big") if waiting else None
