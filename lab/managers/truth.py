"""Bringing the profiles under management to what their card says."""

from collections.abc import Sequence
from dataclasses import replace

from lab.managers.states import ProfileEvent, after, on_card, way
from lab.store import Transaction
from lab.store.ledger import Reading, table_of
from lab.store.records import Change, ProfileRecord, ProfileState
from lpa.core.metadata import ProfileInfo

_profiles = table_of(ProfileRecord).c
LIVING = _profiles.state != ProfileState.DELETED


def living(reading: Reading, iccid: str) -> ProfileRecord | None:
    """The profile under management with this ICCID that isn't deleted."""
    return reading.first(ProfileRecord, _profiles.iccid == iccid, LIVING)


def of_device(reading: Reading, eid: str) -> list[ProfileRecord]:
    """The profiles of a device that aren't deleted."""
    return reading.find(ProfileRecord, _profiles.eid == eid, LIVING)


def created(tx: Transaction, profile: ProfileRecord, operation_id: str = "") -> ProfileRecord:
    """A new profile under management, with its event."""
    new = tx.put(profile)
    data = {"status": new.state.value}
    tx.emit(Change("profile.created", new.iccid, new.iccid, new.eid, "", new.state, operation_id, data), None, new)
    return new


def move(tx: Transaction, profile: ProfileRecord, event: ProfileEvent, operation_id: str = "") -> ProfileRecord:
    """One transition with its event; LookupError if the table doesn't have it."""
    state = after(profile.state, event)
    if state is None:
        raise LookupError(f"{event} isn't possible in state {profile.state}")
    moved = tx.put(replace(profile, state=state, updated_at=tx.now))
    change = Change(
        event, profile.iccid, profile.iccid, profile.eid, profile.state, state, operation_id, {"status": state.value}
    )
    tx.emit(change, profile, moved)
    return moved


def lead(tx: Transaction, profile: ProfileRecord, target: ProfileState, operation_id: str = "") -> ProfileRecord:
    """As many transitions as it takes."""
    for event in way(profile.state, target):
        profile = move(tx, profile, event, operation_id)
    return profile


def agree(tx: Transaction, eid: str, card: Sequence[ProfileInfo], operation_id: str = "") -> None:
    """Every profile of the device to the state that its card says."""
    enabled = {str(info.iccid): info.enabled for info in card if info.iccid}
    for profile in of_device(tx, eid):
        truth = on_card(profile.state, profile.iccid in enabled, enabled.get(profile.iccid, False))
        lead(tx, profile, truth, operation_id)
