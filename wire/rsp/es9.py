"""ES9+ and ES11 in the ASN.1 binding.

Spec: SGP.22 v2.5 annex H
"""

from wire.asn1 import Certificate, Choice, Integer, OctetString, Sequence, SequenceOf, UTF8String, around, at
from wire.rsp.common import Octet16, StoreMetadataRequest, SubjectKeyIdentifier, TransactionId
from wire.rsp.es8 import BoundProfilePackage
from wire.rsp.es10b import (
    AuthenticateServerResponse,
    CancelSessionResult,
    PrepareDownloadResponse,
    ServerSigned1,
    SmdpSigned2,
)
from wire.rsp.info import EUICCInfo1
from wire.rsp.notifications import PendingNotification


class InitiateAuthenticationRequest(Sequence, wire_tag=0xBF39):
    _fields = [
        ("euiccChallenge", Octet16, at(0x81)),
        ("smdpAddress", UTF8String, at(0x83)),
        ("euiccInfo1", EUICCInfo1),
    ]


class InitiateAuthenticationOkEs9(Sequence):
    _fields = [
        ("transactionId", TransactionId, at(0x80)),
        ("serverSigned1", ServerSigned1),
        ("serverSignature1", OctetString, at(0x5F37)),
        ("euiccCiPKIdToBeUsed", SubjectKeyIdentifier),
        ("serverCertificate", Certificate),
    ]


class InitiateAuthenticationError(Integer):
    """`initiateAuthenticationError` of InitiateAuthenticationResponse."""

    _map = {
        1: "invalidDpAddress",
        2: "euiccVersionNotSupportedByDp",
        3: "ciPKNotSupported",
    }


class InitiateAuthenticationResponse(Choice, wire_tag=0xBF39):
    _alternatives = [
        ("initiateAuthenticationOk", InitiateAuthenticationOkEs9, at(0xA0)),
        ("initiateAuthenticationError", InitiateAuthenticationError, at(0x81)),
    ]


class AuthenticateClientRequest(Sequence, wire_tag=0xBF3B):
    _fields = [
        ("transactionId", TransactionId, at(0x80)),
        ("authenticateServerResponse", AuthenticateServerResponse),
    ]


class AuthenticateClientOk(Sequence):
    _fields = [
        ("transactionId", TransactionId, at(0x80)),
        ("profileMetaData", StoreMetadataRequest),
        ("smdpSigned2", SmdpSigned2),
        ("smdpSignature2", OctetString, at(0x5F37)),
        ("smdpCertificate", Certificate),
    ]


class AuthenticateClientError(Integer):
    """`authenticateClientError` of AuthenticateClientResponseEs9."""

    _map = {
        1: "eumCertificateInvalid",
        2: "eumCertificateExpired",
        3: "euiccCertificateInvalid",
        4: "euiccCertificateExpired",
        5: "euiccSignatureInvalid",
        6: "matchingIdRefused",
        7: "eidMismatch",
        8: "noEligibleProfile",
        9: "ciPKUnknown",
        10: "invalidTransactionId",
        11: "insufficientMemory",
        127: "undefinedError",
    }


class AuthenticateClientResponseEs9(Choice, wire_tag=0xBF3B):
    _alternatives = [
        ("authenticateClientOk", AuthenticateClientOk, at(0xA0)),
        ("authenticateClientError", AuthenticateClientError, at(0x81)),
    ]


class GetBoundProfilePackageRequest(Sequence, wire_tag=0xBF3A):
    _fields = [
        ("transactionId", TransactionId, at(0x80)),
        ("prepareDownloadResponse", PrepareDownloadResponse),
    ]


class GetBoundProfilePackageOk(Sequence):
    _fields = [
        ("transactionId", TransactionId, at(0x80)),
        ("boundProfilePackage", BoundProfilePackage),
    ]


class GetBoundProfilePackageError(Integer):
    """`getBoundProfilePackageError` of GetBoundProfilePackageResponse."""

    _map = {
        1: "euiccSignatureInvalid",
        2: "confirmationCodeMissing",
        3: "confirmationCodeRefused",
        4: "confirmationCodeRetriesExceeded",
        5: "bppRebindingRefused",
        6: "downloadOrderExpired",
        95: "invalidTransactionId",
        127: "undefinedError",
    }


class GetBoundProfilePackageResponse(Choice, wire_tag=0xBF3A):
    _alternatives = [
        ("getBoundProfilePackageOk", GetBoundProfilePackageOk, at(0xA0)),
        ("getBoundProfilePackageError", GetBoundProfilePackageError, at(0x81)),
    ]


class HandleNotification(Sequence, wire_tag=0xBF3D):
    _fields = [
        ("pendingNotification", PendingNotification, around(0xA0)),
    ]


class CancelSessionRequestEs9(Sequence, wire_tag=0xBF41):
    _fields = [
        ("transactionId", TransactionId, at(0x80)),
        ("cancelSessionResponse", CancelSessionResult, around(0xA1)),
    ]


class CancelSessionOk(Sequence):
    """No fields."""


class CancelSessionResponseEs9CancelSessionError(Integer):
    """`cancelSessionError` of CancelSessionResponseEs9."""

    _map = {
        1: "invalidTransactionId",
        2: "euiccSignatureInvalid",
        127: "undefinedError",
    }


class CancelSessionResponseEs9(Choice, wire_tag=0xBF41):
    _alternatives = [
        ("cancelSessionOk", CancelSessionOk, at(0xA0)),
        ("cancelSessionError", CancelSessionResponseEs9CancelSessionError, at(0x81)),
    ]


class EventEntries(Sequence):
    _fields = [
        ("eventId", UTF8String, at(0x80)),
        ("rspServerAddress", UTF8String, at(0x81)),
    ]


class EventEntriesList(SequenceOf, of=EventEntries):
    """SEQUENCE OF EventEntries."""


class AuthenticateClientOkEs11(Sequence):
    _fields = [
        ("transactionId", TransactionId, at(0x80)),
        ("eventEntries", EventEntriesList, at(0xA1)),
    ]


class AuthenticateClientResponseEs11AuthenticateClientError(Integer):
    """`authenticateClientError` of AuthenticateClientResponseEs11."""

    _map = {
        1: "eumCertificateInvalid",
        2: "eumCertificateExpired",
        3: "euiccCertificateInvalid",
        4: "euiccCertificateExpired",
        5: "euiccSignatureInvalid",
        6: "eventIdUnknown",
        7: "invalidTransactionId",
        127: "undefinedError",
    }


class AuthenticateClientResponseEs11(Choice, wire_tag=0xBF40):
    _alternatives = [
        ("authenticateClientOk", AuthenticateClientOkEs11, at(0xA0)),
        ("authenticateClientError", AuthenticateClientResponseEs11AuthenticateClientError, at(0x81)),
    ]


class RemoteProfileProvisioningRequest(Choice, wire_tag=0xA2):
    _alternatives = [
        ("initiateAuthenticationRequest", InitiateAuthenticationRequest),
        ("authenticateClientRequest", AuthenticateClientRequest),
        ("getBoundProfilePackageRequest", GetBoundProfilePackageRequest),
        ("cancelSessionRequestEs9", CancelSessionRequestEs9),
        ("handleNotification", HandleNotification),
    ]


class RemoteProfileProvisioningResponse(Choice, wire_tag=0xA2):
    _alternatives = [
        ("initiateAuthenticationResponse", InitiateAuthenticationResponse),
        ("authenticateClientResponseEs9", AuthenticateClientResponseEs9),
        ("getBoundProfilePackageResponse", GetBoundProfilePackageResponse),
        ("cancelSessionResponseEs9", CancelSessionResponseEs9),
        ("authenticateClientResponseEs11", AuthenticateClientResponseEs11),
    ]
