"""The bodies of the API; unknown fields are refused, and nothing is converted."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, WithJsonSchema

from lab.api.values import (
    WHOLE,
    CodeText,
    ConfirmationCode,
    EidText,
    FutureTime,
    IccidText,
    Icon,
    Mno,
    Name,
    Reader,
    Text64,
    Text256,
)
from lab.managers.errors import Code
from lab.store.records import OperationKind, OperationState, ProfileState

ProfileType = Literal["OPERATIONAL", "PROVISIONING", "TESTING"]
Feature = Literal["VOICE", "SMS", "DATA", "VOLTE", "ISIM", "5G", "TUAK"]
PolicyType = Literal["PPR1", "PPR2", "PPR_UPDATE_CONTROL"]


def _rfc3339(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


Instant = Annotated[
    datetime, PlainSerializer(_rfc3339), WithJsonSchema({"type": "string", "format": "date-time"}, mode="serialization")
]


class In(BaseModel):
    """What callers send."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Out(BaseModel):
    """What the API answers."""

    model_config = ConfigDict(extra="forbid")


class Policy(In):
    """A profile policy rule: PPR1 (may not be disabled), PPR2 (may not be deleted), or update control."""

    type: PolicyType
    value: bool


class Metadata(In):
    """What the user is shown, the profile's rules, and what it can do."""

    name: Name
    description: Text256 = ""
    icon: Icon | None = None
    policies: Annotated[list[Policy], Field(max_length=3)] = []
    features: Annotated[list[Feature], Field(max_length=16)] = []


class NewProfileIn(In):
    """POST /profiles."""

    iccid: IccidText
    eid: EidText
    profileType: ProfileType
    mno: Mno
    metadata: Metadata
    expiresAt: FutureTime | None = None


class ProfileCreated(Out):
    """A new profile with its activation code."""

    profileId: str
    activationCode: str
    createdAt: Instant
    status: ProfileState


class ProfileOut(Out):
    """A profile."""

    iccid: str
    eid: str
    profileState: ProfileState
    activationCode: str
    profileType: ProfileType
    mno: str
    createdAt: Instant
    expiresAt: Instant | None = None
    metadata: Metadata


class ProfileList(Out):
    """A page of profiles; nextCursor leads to the next page."""

    profiles: list[ProfileOut]
    nextCursor: str | None = None


class BatchOptions(In):
    """failFast: stop at the first failure; parallel: several at once."""

    failFast: bool = False
    parallel: bool = False


class BatchIn(In):
    """POST /profiles/batch."""

    profiles: Annotated[list[NewProfileIn], Field(min_length=1, max_length=100)]
    options: BatchOptions = BatchOptions()


class BatchError(Out):
    """Why one profile of a batch wasn't made."""

    code: Code
    message: str


class BatchResult(Out):
    """What became of one profile of a batch."""

    iccid: str
    success: bool
    activationCode: str | None = None
    error: BatchError | None = None


class BatchSummary(Out):
    """How many."""

    total: int
    successful: int
    failed: int


class BatchOut(Out):
    """What became of a batch, in its order."""

    results: list[BatchResult]
    summary: BatchSummary


class DownloadOptions(In):
    """POST /profiles/{iccid}/download; what isn't said is the profile's own.

    confirmationRequired: wait for POST /operations/{operationId}/confirm when the profile is known.
    """

    activationCode: CodeText | None = None
    eid: EidText | None = None
    confirmationRequired: bool = False
    confirmationCode: ConfirmationCode | None = None


class DownloadIn(In):
    """POST /profiles/download."""

    activationCode: CodeText
    eid: EidText
    confirmationRequired: bool = False
    confirmationCode: ConfirmationCode | None = None


class OperationStarted(Out):
    """estimatedTime is in seconds."""

    operationId: str
    status: Literal["IN_PROGRESS"] = "IN_PROGRESS"
    estimatedTime: int


class StateChanged(Out):
    """The profile has this state since then."""

    status: ProfileState
    timestamp: Instant
    operationId: str


class CodeOptions(In):
    """What a new activation code is to allow."""

    expiresAt: FutureTime | None = None
    maxUses: Annotated[int, Field(ge=1, le=1000), WHOLE] | None = None
    confirmationCode: ConfirmationCode | None = None


class NewCodeIn(CodeOptions):
    """POST /activation-codes."""

    iccid: IccidText


class CodeOut(Out):
    """A new activation code; remainingUses counts download attempts."""

    activationCode: str
    expiresAt: Instant
    remainingUses: int


class CodeStatus(Out):
    """What an activation code leads to; state is that of the order at the SM-DP+."""

    activationCode: str
    iccid: str
    eid: str
    state: str
    expiresAt: Instant | None = None
    remainingUses: int
    confirmationCodeRequired: bool
    createdAt: Instant


class DeviceInfo(In):
    """What the device says of itself; capability TEST_MODE lets it have test profiles."""

    manufacturer: Text64
    model: Text64
    osVersion: Text64
    lpaVersion: Text64
    capabilities: Annotated[list[Text64], Field(max_length=64)] = []


class NewDeviceIn(In):
    """POST /devices; reader: where a real card is, as in `rsplab readers`."""

    eid: EidText
    deviceInfo: DeviceInfo
    reader: Reader | None = None


class DeviceRegistered(Out):
    """A new device."""

    deviceId: str
    registrationDate: Instant
    status: Literal["REGISTERED"] = "REGISTERED"


class DeviceOut(Out):
    """A device; card: its eUICC as `rsplab lpa --card` names it."""

    deviceId: str
    eid: str
    deviceInfo: DeviceInfo
    card: str
    registrationDate: Instant
    status: Literal["REGISTERED"] = "REGISTERED"


class DeviceList(Out):
    """A page of devices."""

    devices: list[DeviceOut]
    nextCursor: str | None = None


class DeviceProfiles(Out):
    """The profiles for a device: those that wait and those on its card."""

    profiles: list[ProfileOut]


class CompatibilityIn(In):
    """POST /devices/{eid}/check-compatibility: a type with features, or a profile."""

    profileType: ProfileType = "OPERATIONAL"
    features: Annotated[list[Feature], Field(max_length=16)] = []
    iccid: IccidText | None = None


class Restrictions(Out):
    """What limits every profile on the device; minOsVersion is empty where any will do."""

    maxProfiles: int
    minOsVersion: str


class CompatibilityOut(Out):
    """reasons: why not."""

    compatible: bool
    reasons: list[str]
    supportedFeatures: list[str]
    restrictions: Restrictions


class ErrorBody(Out):
    """Every refusal; details say what was wrong, where RSP refused with the codes and their explanation."""

    error: Code
    message: str
    details: dict[str, Any] | None = None
    timestamp: Instant


class OperationError(Out):
    """Why an operation failed."""

    error: Code
    message: str
    details: dict[str, Any] | None = None


class ProgressOut(Out):
    """How far it is."""

    step: str
    done: int
    total: int
    text: str


class TraceRef(Out):
    """The RSP session in the lab's traces: transactionId in upper-case hex."""

    sessionId: str


class OperationOut(Out):
    """An operation; iccid is empty until a foreign SM-DP+ has said which profile its activation code leads to."""

    operationId: str
    kind: OperationKind
    state: OperationState
    iccid: str
    eid: str
    progress: ProgressOut
    result: dict[str, Any] | None = None
    error: OperationError | None = None
    trace: TraceRef | None = None
    cancelRequested: bool
    createdAt: Instant
    updatedAt: Instant
    endedAt: Instant | None = None


class OperationList(Out):
    """A page of operations, oldest first."""

    operations: list[OperationOut]
    nextCursor: str | None = None


class ConfirmationIn(In):
    """The user's answer."""

    decision: Literal["ACCEPT", "REJECT", "POSTPONE"]
    confirmationCode: ConfirmationCode | None = None
