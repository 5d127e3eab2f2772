"""ES9+ bodies of the JSON binding (LPA to SM-DP+).

Requests carry no header; every response but handleNotification's does.
Spec: SGP.22 v2.5 section 6.5.2.6 to 6.5.2.10
"""

from wire.json_header import Response
from wire.json_types import Base64, Body, Challenge, TransactionIdHex


class InitiateAuthenticationRequest(Body):
    euiccChallenge: Challenge
    euiccInfo1: Base64
    smdpAddress: str


class InitiateAuthenticationResponse(Response):
    transactionId: TransactionIdHex
    serverSigned1: Base64
    serverSignature1: Base64
    euiccCiPKIdToBeUsed: Base64
    serverCertificate: Base64


class AuthenticateClientRequest(Body):
    transactionId: TransactionIdHex
    authenticateServerResponse: Base64
    useMatchingIdForAcr: bool | None = None


class AuthenticateClientResponse(Response):
    transactionId: TransactionIdHex
    profileMetadata: Base64
    smdpSigned2: Base64
    smdpSignature2: Base64
    smdpCertificate: Base64


class GetBoundProfilePackageRequest(Body):
    transactionId: TransactionIdHex
    prepareDownloadResponse: Base64


class GetBoundProfilePackageResponse(Response):
    transactionId: TransactionIdHex
    boundProfilePackage: Base64


class CancelSessionRequest(Body):
    transactionId: TransactionIdHex
    cancelSessionResponse: Base64


class CancelSessionResponse(Response):
    """Header only."""


class HandleNotificationRequest(Body):
    """Answered with HTTP 204 and no body."""

    pendingNotification: Base64
