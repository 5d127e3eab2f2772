"""`ProfileManager`: what can be done with a profile, in the words of the API."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from lab.managers import truth
from lab.managers.devices import DeviceManager
from lab.managers.errors import Code, ManagementError, invalid, not_permitted
from lab.managers.operations import Operations
from lab.managers.orders import CodeTerms, IssuedCode, OrderDesk, Wanted
from lab.managers.settings import ApiSettings
from lab.managers.states import ON_CARD
from lab.store import Ledger, Transaction, schema
from lab.store.ledger import Reading, table_of
from lab.store.records import (
    LOCAL,
    Actor,
    Change,
    Operation,
    OperationKind,
    ProfileRecord,
    ProfileState,
)
from smdp.core.ports import Conflict
from wire.activation_code import ActivationCode, ActivationCodeError
from wire.ids import Eid, Iccid, IdentifierError

_profiles = table_of(ProfileRecord).c
_DOWNLOADABLE = frozenset({ProfileState.CREATED})


@dataclass(frozen=True, slots=True)
class NewProfile:
    """A profile as it is ordered. profile_type: OPERATIONAL, PROVISIONING or TESTING."""

    iccid: str
    eid: str
    profile_type: str
    mno: str
    metadata: Mapping[str, Any]  # name, description, policies [{type, value}], features
    icon: bytes | None = None
    expires_at: datetime | None = None
    terms: CodeTerms = field(default_factory=CodeTerms)


class ProfileManager:
    """Creates profiles and their activation codes; downloads, enables, disables and deletes them through the LPA."""

    def __init__(
        self,
        ledger: Ledger,
        orders: OrderDesk,
        devices: DeviceManager,
        operations: Operations,
        settings: ApiSettings,
    ) -> None:
        self._ledger = ledger
        self._orders = orders
        self._devices = devices
        self._operations = operations
        self._settings = settings

    def create_profile(self, new: NewProfile, actor: Actor = LOCAL) -> ProfileRecord:
        """Build the profile, order it for this eUICC and give it an activation code."""
        iccid, eid = check_iccid(new.iccid), check_eid(new.eid)
        with self._ledger.reading() as reading:
            self._check_new(reading, iccid, eid)
            before = reading.first(ProfileRecord, _profiles.iccid == iccid)
        terms = new.terms if new.terms.expires_at else replace(new.terms, expires_at=new.expires_at)
        code = self._orders.place(_wanted(new, iccid, eid), terms, made_before=before is not None)
        try:
            with self._ledger.transaction(actor) as tx:
                self._check_new(tx, iccid, eid)
                profile = tx.put(
                    ProfileRecord(
                        profile_id=str(uuid.uuid4()),
                        iccid=iccid,
                        eid=eid,
                        state=ProfileState.CREATED,
                        profile_type=new.profile_type,
                        mno=new.mno,
                        metadata=dict(new.metadata),
                        activation_code=code.activation_code,
                        created_at=tx.now,
                        updated_at=tx.now,
                        expires_at=new.expires_at,
                    )
                )
                tx.emit(_change("profile.created", profile), None, profile)
        except Conflict:
            raise _taken(iccid) from None
        return profile

    def get_profile(self, iccid: str) -> ProfileRecord:
        """The profile, the newest one if there were several; PROFILE_NOT_FOUND."""
        with self._ledger.reading() as reading:
            return _found(reading, check_iccid(iccid))

    def generate_activation_code(
        self, iccid: str, terms: CodeTerms | None = None, actor: Actor = LOCAL, version: int | None = None
    ) -> IssuedCode:
        """A new activation code; the one before is void."""
        with self._ledger.reading() as reading:
            profile = _found(reading, check_iccid(iccid), version)
            if profile.state not in _DOWNLOADABLE:
                raise not_permitted(f"profile {iccid} is {profile.state}", state=profile.state.value)
            self._operations.check_idle(reading, iccid)
        terms = terms or CodeTerms()
        terms = terms if terms.expires_at else replace(terms, expires_at=profile.expires_at)
        code = self._orders.new_code(profile.iccid, profile.eid, terms)
        with self._ledger.transaction(actor) as tx:
            profile = _found(tx, profile.iccid)
            changed = tx.put(replace(profile, activation_code=code.activation_code, updated_at=tx.now))
            tx.emit(_change("activation_code.generated", changed), profile, changed)
        return code

    def get_activation_code(self, text: str) -> IssuedCode:
        """What an activation code leads to, and what it still allows; INVALID_ACTIVATION_CODE."""
        code = parse_code(text)
        issued = self._orders.find_code(code.matching_id) if code.matching_id else None
        if issued is None:
            raise _bad_code("no order has this activation code", missing=True)
        return issued

    def download_profile(
        self,
        iccid: str | None = None,
        activation_code: str | None = None,
        eid: str | None = None,
        confirmation_required: bool = False,
        confirmation_code: str | None = None,
        actor: Actor = LOCAL,
    ) -> Operation:
        """Begin to download to the device's card; the operation tells how it goes. iccid or activation_code is needed.

        confirmation_required: wait, when the profile is known, until `Operations.confirm` says what the user wants.
        """
        if iccid is None and activation_code and self._is_foreign(activation_code):
            return self._download_foreign(
                activation_code, check_eid(eid or ""), confirmation_required, confirmation_code or "", actor
            )
        with self._ledger.transaction(actor) as tx:
            profile = self._to_download(tx, iccid, activation_code)
            wanted_eid = check_eid(eid) if eid else profile.eid
            device = self._devices.find(tx, wanted_eid)
            if profile.state not in _DOWNLOADABLE:
                raise not_permitted(f"profile {profile.iccid} is {profile.state}", state=profile.state.value)
            self._devices.check_suitable(device, profile.profile_type)
            self._check_room(tx, wanted_eid)
            code = activation_code or profile.activation_code
            code_needed = self._needs_confirmation_code(code)
            operation = self._begin_download(
                tx, profile.iccid, wanted_eid, code, code_needed, confirmation_required, confirmation_code or ""
            )
        return self._operations.submit(operation)

    def enable_profile(self, iccid: str, actor: Actor = LOCAL, version: int | None = None) -> Operation:
        """Begin to enable it; the card disables the profile that was enabled before."""
        return self._begin(
            OperationKind.ENABLE, iccid, frozenset({ProfileState.INSTALLED, ProfileState.DISABLED}), actor, version
        )

    def disable_profile(self, iccid: str, actor: Actor = LOCAL, version: int | None = None) -> Operation:
        """Begin to disable it."""
        return self._begin(OperationKind.DISABLE, iccid, frozenset({ProfileState.ENABLED}), actor, version)

    def delete_profile(self, iccid: str, actor: Actor = LOCAL, version: int | None = None) -> Operation:
        """Begin to delete it: from the card (an enabled one is disabled first), or from the server alone."""
        return self._begin(OperationKind.DELETE, iccid, ON_CARD | {ProfileState.CREATED}, actor, version)

    def _begin(
        self,
        kind: OperationKind,
        iccid: str,
        allowed: frozenset[ProfileState],
        actor: Actor,
        version: int | None,
    ) -> Operation:
        with self._ledger.transaction(actor) as tx:
            profile = _found(tx, check_iccid(iccid), version, deleted=False)
            if profile.state not in allowed:
                raise not_permitted(
                    f"profile {iccid} is {profile.state}: {kind.lower()} isn't possible", state=profile.state.value
                )
            operation = self._operations.begin(tx, kind, profile.iccid, profile.eid)
        return self._operations.submit(operation)

    def _download_foreign(
        self, activation_code: str, eid: str, confirmation_required: bool, confirmation_code: str, actor: Actor
    ) -> Operation:
        """From an SM-DP+ that isn't the lab's; its profile comes under management once the server has described it."""
        needed = parse_code(activation_code).confirmation_code_required
        with self._ledger.transaction(actor) as tx:
            self._devices.check_suitable(self._devices.find(tx, eid), "OPERATIONAL")
            self._check_room(tx, eid)
            operation = self._begin_download(
                tx, "", eid, activation_code, needed, confirmation_required, confirmation_code
            )
        return self._operations.submit(operation)

    def _begin_download(
        self,
        tx: Transaction,
        iccid: str,
        eid: str,
        activation_code: str,
        code_needed: bool,
        confirmation_required: bool,
        confirmation_code: str,
    ) -> Operation:
        if code_needed and not confirmation_code and not confirmation_required:
            raise invalid("confirmationCode", "this activation code needs one")
        parameters = {
            "activationCode": activation_code,
            "confirmationRequired": confirmation_required,
            "confirmationCodeNeeded": code_needed,
        }
        return self._operations.begin(tx, OperationKind.DOWNLOAD, iccid, eid, parameters, confirmation_code)

    def _is_foreign(self, activation_code: str) -> bool:
        """True if it leads to another SM-DP+ than the lab's, whose orders the lab knows whatever its address was."""
        code = parse_code(activation_code)
        if self._orders.is_own_host(code.smdp_address.partition(":")[0]):
            return False
        return not code.matching_id or self._orders.find_code(code.matching_id) is None

    def _check_room(self, tx: Transaction, eid: str) -> None:
        there = [one for one in truth.of_device(tx, eid) if one.state in ON_CARD]
        if len(there) >= self._settings.max_profiles:
            raise self._full(len(there))

    def _to_download(self, tx: Transaction, iccid: str | None, activation_code: str | None) -> ProfileRecord:
        if activation_code is None:
            if iccid is None:
                raise invalid("activationCode", "missing")
            return _found(tx, check_iccid(iccid), deleted=False)
        code = parse_code(activation_code)
        issued = self._orders.find_code(code.matching_id) if code.matching_id else None
        profile = truth.living(tx, issued.iccid) if issued else None
        if iccid is not None:
            named = _found(tx, check_iccid(iccid), deleted=False)
            if profile is None or profile.iccid != named.iccid:
                raise _bad_code(f"it doesn't lead to profile {iccid}", missing=True)
        if profile is None:
            raise _bad_code("no profile has this activation code", missing=True)
        return profile

    def _needs_confirmation_code(self, activation_code: str) -> bool:
        code = parse_code(activation_code)
        issued = self._orders.find_code(code.matching_id)
        return code.confirmation_code_required if issued is None else issued.confirmation_code_required

    def _check_new(self, reading: Reading, iccid: str, eid: str) -> None:
        if truth.living(reading, iccid) is not None:
            raise _taken(iccid)
        count = select(func.count()).select_from(schema.profiles).where(_profiles.eid == eid, truth.LIVING)
        number = int(reading.connection.execute(count).scalar_one())
        if number >= self._settings.max_profiles:
            raise self._full(number)

    def _full(self, number: int) -> ManagementError:
        limit = self._settings.max_profiles
        return ManagementError(
            Code.PROFILE_LIMIT_REACHED,
            f"the eUICC has {number} of at most {limit} profiles",
            {"maxProfiles": limit, "profiles": number},
        )


def check_iccid(text: str) -> str:
    """An ICCID of 18 to 20 digits; INVALID_REQUEST."""
    try:
        return str(Iccid(text))
    except IdentifierError as error:
        raise invalid("iccid", error.rule) from None


def check_eid(text: str) -> Eid:
    """An EID with right check digits; INVALID_EID."""
    try:
        return Eid(text)
    except IdentifierError as error:
        raise ManagementError(Code.INVALID_EID, f"eid: {error.rule}", {"field": "eid", "reason": error.rule}) from None


def parse_code(text: str) -> ActivationCode:
    """An activation code; INVALID_ACTIVATION_CODE."""
    try:
        return ActivationCode.parse(text)
    except ActivationCodeError as error:
        raise _bad_code(str(error)) from None


def _found(reading: Reading, iccid: str, version: int | None = None, deleted: bool = True) -> ProfileRecord:
    profile = truth.living(reading, iccid)
    if profile is None and deleted:
        profile = reading.first(ProfileRecord, _profiles.iccid == iccid)
    if profile is None:
        raise ManagementError(Code.PROFILE_NOT_FOUND, f"there is no profile {iccid}", {"iccid": iccid}, missing=True)
    if version is not None and profile.version != version:
        raise VersionMismatch(profile.version)
    return profile


class VersionMismatch(ManagementError):
    """The record isn't the one that the caller has seen."""

    def __init__(self, version: int) -> None:
        super().__init__(
            Code.OPERATION_NOT_PERMITTED, "it was changed meanwhile", {"reason": "If-Match", "version": version}
        )


def _wanted(new: NewProfile, iccid: str, eid: str) -> Wanted:
    metadata = new.metadata
    return Wanted(
        iccid=iccid,
        eid=eid,
        profile_type=new.profile_type,
        mno=new.mno,
        name=metadata["name"],
        icon=new.icon,
        policies=frozenset(rule["type"] for rule in metadata.get("policies", ()) if rule["value"]),
        features=frozenset(metadata.get("features", ())),
    )


def _change(kind: str, profile: ProfileRecord) -> Change:
    return Change(
        kind,
        profile.iccid,
        profile.iccid,
        profile.eid,
        after=profile.state,
        data={"status": profile.state.value},
    )


def _taken(iccid: str) -> ManagementError:
    return not_permitted(f"there is already a profile {iccid}", iccid=iccid)


def _bad_code(reason: str, missing: bool = False) -> ManagementError:
    return ManagementError(
        Code.INVALID_ACTIVATION_CODE,
        f"activation code: {reason}",
        {"field": "activationCode", "reason": reason},
        missing,
    )
