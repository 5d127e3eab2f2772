"""ES2+ bodies of the JSON binding (operator to SM-DP+, and back for handleDownloadProgressInfo).

Requests and responses carry a header.
Spec: SGP.22 v2.5 section 6.5.2.1 to 6.5.2.5
"""

from typing import Literal

from wire.json_header import FunctionExecutionStatus, Request, Response
from wire.json_types import Base64, EidText, IccidText, MatchingIdText, Text


class DownloadOrderRequest(Request):
    """iccid or profileType has to be there; both are allowed and must then agree."""

    eid: EidText | None = None
    iccid: IccidText | None = None
    profileType: Text | None = None


class DownloadOrderResponse(Response):
    iccid: IccidText


class ConfirmOrderRequest(Request):
    """matchingId: absent = the SM-DP+ makes one, "" = default SM-DP+ use case."""

    iccid: IccidText
    eid: EidText | None = None
    matchingId: MatchingIdText | None = None
    confirmationCode: str | None = None
    smdsAddress: str | None = None
    releaseFlag: bool


class ConfirmOrderResponse(Response):
    eid: EidText | None = None
    matchingId: MatchingIdText
    smdpAddress: str | None = None


class CancelOrderRequest(Request):
    iccid: IccidText
    eid: EidText | None = None
    matchingId: MatchingIdText | None = None
    finalProfileStatusIndicator: Literal["Available", "Unavailable"]


class CancelOrderResponse(Response):
    """Header only."""


class ReleaseProfileRequest(Request):
    iccid: IccidText


class ReleaseProfileResponse(Response):
    """Header only."""


class HandleDownloadProgressInfoRequest(Request):
    """SM-DP+ to operator, answered with HTTP 204; `timestamp` is ISO 8601 with a zone."""

    eid: EidText | None = None
    iccid: IccidText
    profileType: str
    timestamp: str
    notificationPointId: int
    notificationPointStatus: FunctionExecutionStatus
    resultData: Base64 | None = None
    imei: str | None = None
