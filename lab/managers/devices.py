"""`DeviceManager`: devices, each with an eUICC, and what fits on it."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lab.agent import agent_settings
from lab.directory import Lab
from lab.managers import truth
from lab.managers.cards import TEST_MODE, Cards
from lab.managers.errors import Code, ManagementError, not_permitted
from lab.managers.orders import POLICIES, OrderDesk
from lab.managers.settings import ApiSettings
from lab.managers.states import ON_CARD
from lab.store import Ledger
from lab.store.ledger import Reading, table_of
from lab.store.records import LOCAL, Actor, Change, DeviceRecord, ProfileRecord
from lpa.core.errors import LpaError
from lpa.core.procedures.chip import ChipInfo, chip_info
from lpa.user import ScriptedUser
from smdp.core.eligibility import obstacle
from smdp.core.ports import Conflict
from wire.es10 import RspCapability
from wire.ids import Eid, IdentifierError
from wire.services import UICC_CAPABILITIES
from wire.tlv import parse

FEATURES: Mapping[str, frozenset[str]] = {
    "VOICE": frozenset({"usimSupport"}),
    "SMS": frozenset({"usimSupport"}),
    "DATA": frozenset({"usimSupport"}),
    "VOLTE": frozenset({"usimSupport", "isimSupport"}),
    "ISIM": frozenset({"isimSupport"}),
    "5G": frozenset({"usimSupport"}),
    "TUAK": frozenset({"akaTuak128"}),
}
"""What a profile can have, and which bits of UICCCapability an eUICC needs for it."""

_devices = table_of(DeviceRecord).c


@dataclass(frozen=True, slots=True)
class Compatibility:
    """Does it fit, why not, and what the device can do."""

    compatible: bool
    reasons: list[str]
    supported_features: list[str]
    restrictions: dict[str, Any] = field(default_factory=dict)


class DeviceManager:
    """Registers devices and asks their cards."""

    def __init__(self, lab: Lab, ledger: Ledger, cards: Cards, orders: OrderDesk, settings: ApiSettings) -> None:
        self._lab = lab
        self._ledger = ledger
        self._cards = cards
        self._orders = orders
        self._settings = settings

    def register_device(
        self, eid: str, device_info: Mapping[str, Any], reader: str = "", actor: Actor = LOCAL
    ) -> DeviceRecord:
        """Register a device with its eUICC; one with an EID of the lab's range gets a simulated card.

        reader: `pcsc:INDEX` or `pcsc:NAME` where a real card is; INVALID_EID if there is no eUICC with this EID.
        """
        try:
            checked = Eid(eid)
        except IdentifierError as error:
            raise _bad_eid(error.rule) from None
        with self._ledger.reading() as reading:
            if reading.first(DeviceRecord, _devices.eid == checked):
                raise not_permitted(f"a device with EID {eid} is registered already")
        card = self._cards.find_or_make(checked, reader)
        try:
            with self._ledger.transaction(actor) as tx:
                device = tx.put(DeviceRecord(str(uuid.uuid4()), str(checked), dict(device_info), card, tx.now))
                data = {"status": "REGISTERED"}
                tx.emit(Change("device.registered", eid, eid=eid, after="REGISTERED", data=data), None, device)
        except Conflict:
            raise not_permitted(f"a device with EID {eid} is registered already") from None
        return device

    def get_device(self, eid: str) -> DeviceRecord:
        """The device with this EID; INVALID_EID."""
        with self._ledger.reading() as reading:
            return self.find(reading, eid)

    def find(self, reading: Reading, eid: str) -> DeviceRecord:
        """The same, through the caller's connection."""
        try:
            checked = Eid(eid)
        except IdentifierError as error:
            raise _bad_eid(error.rule) from None
        device = reading.first(DeviceRecord, _devices.eid == checked)
        if device is None:
            raise _bad_eid("no device is registered with it", missing=True)
        return device

    def get_available_profiles(self, eid: str) -> list[ProfileRecord]:
        """The profiles for this device: those that wait for it and those on its card."""
        with self._ledger.reading() as reading:
            return truth.of_device(reading, self.find(reading, eid).eid)

    def check_compatibility(
        self, eid: str, profile_type: str = "OPERATIONAL", features: Sequence[str] = (), iccid: str | None = None
    ) -> Compatibility:
        """May this device have such a profile (or this one)? Its card is asked."""
        with self._ledger.reading() as reading:
            device = self.find(reading, eid)
            present = truth.of_device(reading, device.eid)
            record = truth.living(reading, iccid) if iccid else None
        if iccid and record is None:
            raise ManagementError(Code.PROFILE_NOT_FOUND, f"there is no profile {iccid}", missing=True)
        if record is not None:
            profile_type, features = record.profile_type, record.metadata.get("features", ())
        reasons = self._unsuitable(device, profile_type)
        if len([one for one in present if one.state in ON_CARD]) >= self._settings.max_profiles:
            reasons.append(f"the eUICC has {self._settings.max_profiles} profiles, which is the limit")
        chip = self._chip(device)
        supported = _supported(chip)
        reasons += [f"the eUICC lacks {name}" for name in features if name not in supported]
        if profile_type == "TESTING" and RspCapability.testProfileSupport not in chip.info2.rsp_capability:
            reasons.append("the eUICC takes no test profiles")
        profile = self._orders.profile(iccid) if iccid else None
        if profile is not None and (found := obstacle(profile, parse(chip.info2.raw, 0xBF22))):
            reasons.append(found.why)
        restrictions = {
            "maxProfiles": self._settings.max_profiles,
            "minOsVersion": self._settings.min_os_version,
        }
        return Compatibility(not reasons, reasons, supported, restrictions)

    def check_suitable(self, device: DeviceRecord, profile_type: str) -> None:
        """DEVICE_NOT_COMPATIBLE if the device itself, whatever its card, can't have such a profile."""
        if reasons := self._unsuitable(device, profile_type):
            raise ManagementError(Code.DEVICE_NOT_COMPATIBLE, "; ".join(reasons), {"reasons": reasons})

    def _unsuitable(self, device: DeviceRecord, profile_type: str) -> list[str]:
        reasons = []
        wanted, found = self._settings.min_os_version, str(device.device_info.get("osVersion", ""))
        if wanted and _version(found) < _version(wanted):
            reasons.append(f"the operating system is {found}, {wanted} is needed")
        in_test_mode = TEST_MODE in device.device_info.get("capabilities", ()) or agent_settings(self._lab).test_mode
        if profile_type == "TESTING" and not in_test_mode:
            reasons.append(f"test profiles need the device's test mode (capability {TEST_MODE})")
        return reasons

    def _chip(self, device: DeviceRecord) -> ChipInfo:
        try:
            with self._cards.agent(device, ScriptedUser()) as agent:
                return agent.run(chip_info(agent.settings))
        except LpaError as error:
            raise ManagementError(Code.NETWORK_ERROR, f"the device's card can't be asked: {error}") from None


def _supported(chip: ChipInfo) -> list[str]:
    octets = chip.info2.uicc_capability
    bits = "".join(f"{octet:08b}" for octet in octets[1:])
    capabilities = {name for name, bit in zip(UICC_CAPABILITIES, bits, strict=False) if bit == "1"}
    forbidden = chip.info2.forbidden_policy_rules
    rules = [name for name, rule in POLICIES.items() if not rule & forbidden]
    return [name for name, needed in FEATURES.items() if needed <= capabilities] + rules


def _version(text: str) -> tuple[int, ...]:
    numbers = []
    for part in text.split("."):
        digits = "".join(character for character in part if character in "0123456789")
        numbers.append(int(digits[:9] or 0))
    return tuple(numbers)


def _bad_eid(reason: str, missing: bool = False) -> ManagementError:
    return ManagementError(Code.INVALID_EID, f"eid: {reason}", {"field": "eid", "reason": reason}, missing)
