"""What each kind of operation does to the card, through the LPA, and how to tell whether it has been done."""

from collections.abc import Callable, Sequence
from typing import Any

from lab.agent import Agent
from lab.managers.errors import Code, ManagementError
from lab.store.records import Operation, OperationKind
from lab.views import installed_view, same_iccid
from lpa.core.metadata import ProfileInfo
from lpa.core.notification import Delivery
from lpa.core.procedures import download as downloading
from lpa.core.procedures import profiles
from lpa.core.procedures.chip import chip_info
from smdp.core.eligibility import obstacle
from smdp.core.records import Profile
from wire.activation_code import ActivationCode
from wire.ids import Iccid
from wire.tlv import parse

Result = dict[str, Any]


def download(agent: Agent, operation: Operation) -> Result:
    """Download and install; the transactionId, the profile, and what became of the notifications."""
    code = ActivationCode.parse(operation.parameters["activationCode"])
    done = agent.run(downloading.download(agent.settings, code))
    return {
        "transactionId": done.transaction_id.hex().upper(),
        "iccid": str(done.metadata.iccid),
        "name": done.metadata.profile_name,
        "mno": done.metadata.service_provider_name,
        "notifications": _deliveries(done.deliveries),
    }


def enable(agent: Agent, operation: Operation) -> Result:
    """Enable; the card disables what was enabled before."""
    return _changed(agent.run(profiles.enable(agent.settings, Iccid(operation.iccid))))


def disable(agent: Agent, operation: Operation) -> Result:
    """Disable."""
    return _changed(agent.run(profiles.disable(agent.settings, Iccid(operation.iccid))))


def delete(agent: Agent, operation: Operation) -> Result:
    """Delete, after disabling where that is needed."""
    return _changed(agent.run(profiles.delete(agent.settings, Iccid(operation.iccid))))


PROCEDURES: dict[OperationKind, Callable[[Agent, Operation], Result]] = {
    OperationKind.DOWNLOAD: download,
    OperationKind.ENABLE: enable,
    OperationKind.DISABLE: disable,
    OperationKind.DELETE: delete,
}
FAILURE = {
    OperationKind.DOWNLOAD: Code.PROFILE_DOWNLOAD_FAILED,
    OperationKind.ENABLE: Code.OPERATION_NOT_PERMITTED,
    OperationKind.DISABLE: Code.OPERATION_NOT_PERMITTED,
    OperationKind.DELETE: Code.OPERATION_NOT_PERMITTED,
}


def reached(operation: Operation, card: Sequence[ProfileInfo]) -> bool:
    """True if the card is as the operation wants it; of a foreign download that isn't known before its preview."""
    if not operation.iccid:
        return False
    found = next((info for info in card if info.iccid and same_iccid(info.iccid, operation.iccid)), None)
    match operation.kind:
        case OperationKind.DOWNLOAD:
            return found is not None
        case OperationKind.ENABLE:
            return found is not None and found.enabled
        case OperationKind.DISABLE:
            return found is not None and not found.enabled
        case OperationKind.DELETE:
            return found is None


def check_eligible(agent: Agent, profile: Profile | None) -> None:
    """DEVICE_NOT_COMPATIBLE if the card can't take this profile, before anything is spent on it."""
    if profile is None:
        return
    chip = agent.run(chip_info(agent.settings))
    if found := obstacle(profile, parse(chip.info2.raw, 0xBF22)):
        raise ManagementError(Code.DEVICE_NOT_COMPATIBLE, found.why, {"reasons": [found.why]})


def _changed(changed: profiles.Changed) -> Result:
    return {
        "profiles": [installed_view(info) for info in changed.profiles],
        "notifications": _deliveries(changed.deliveries),
    }


def _deliveries(deliveries: Sequence[Delivery]) -> list[dict[str, Any]]:
    return [
        {
            "event": ", ".join(delivery.metadata.event.names),
            "to": delivery.metadata.address,
            "delivered": delivery.delivered,
            "error": str(delivery.error) if delivery.error else None,
        }
        for delivery in deliveries
    ]
