"""ES10b: authentication, download preparation, cancellation, rules, CRLs.

Spec: SGP.22 v2.5 annex H
"""

from asn1crypto import x509

from wire import es10
from wire.asn1 import (
    OPTIONAL,
    BitString,
    Boolean,
    Certificate,
    CertificateList,
    Choice,
    Integer,
    ObjectIdentifier,
    OctetString,
    Sequence,
    SequenceOf,
    UTF8String,
    at,
    own,
)
from wire.rsp.common import Octet16, Octet32, OperatorId, PprIds, SubjectKeyIdentifier, TransactionId
from wire.rsp.info import DeviceInfo, EUICCInfo2


class GetEuiccChallengeRequest(Sequence, wire_tag=0xBF2E):
    """No fields."""


class GetEuiccChallengeResponse(Sequence, wire_tag=0xBF2E):
    _fields = [
        ("euiccChallenge", Octet16, at(0x80)),
    ]


class ServerSigned1(Sequence):
    _fields = [
        ("transactionId", TransactionId, at(0x80)),
        ("euiccChallenge", Octet16, at(0x81)),
        ("serverAddress", UTF8String, at(0x83)),
        ("serverChallenge", Octet16, at(0x84)),
    ]


class CtxParamsForCommonAuthentication(Sequence):
    _fields = [
        ("matchingId", UTF8String, at(0x80, OPTIONAL)),
        ("deviceInfo", DeviceInfo, at(0xA1)),
    ]


class CtxParams1(Choice):
    _alternatives = [
        ("ctxParamsForCommonAuthentication", CtxParamsForCommonAuthentication, at(0xA0)),
    ]


class AuthenticateServerRequest(Sequence, wire_tag=0xBF38):
    _fields = [
        ("serverSigned1", ServerSigned1),
        ("serverSignature1", OctetString, at(0x5F37)),
        ("euiccCiPKIdToBeUsed", SubjectKeyIdentifier),
        ("serverCertificate", Certificate),
        ("ctxParams1", CtxParams1),
    ]


class EuiccSigned1(Sequence):
    _fields = [
        ("transactionId", TransactionId, at(0x80)),
        ("serverAddress", UTF8String, at(0x83)),
        ("serverChallenge", Octet16, at(0x84)),
        ("euiccInfo2", EUICCInfo2),
        ("ctxParams1", CtxParams1),
    ]


class AuthenticateResponseOk(Sequence):
    _fields = [
        ("euiccSigned1", EuiccSigned1),
        ("euiccSignature1", OctetString, at(0x5F37)),
        ("euiccCertificate", Certificate),
        ("eumCertificate", Certificate),
    ]


class AuthenticateErrorCode(Integer, of=es10.AuthenticateErrorCode):
    """INTEGER with the names of wire.es10."""


class AuthenticateResponseError(Sequence):
    _fields = [
        ("transactionId", TransactionId, at(0x80)),
        ("authenticateErrorCode", AuthenticateErrorCode),
    ]


class AuthenticateServerResponse(Choice, wire_tag=0xBF38):
    _alternatives = [
        ("authenticateResponseOk", AuthenticateResponseOk, at(0xA0)),
        ("authenticateResponseError", AuthenticateResponseError, at(0xA1)),
    ]


class SmdpSigned2(Sequence):
    _fields = [
        ("transactionId", TransactionId, at(0x80)),
        ("ccRequiredFlag", Boolean),
        ("bppEuiccOtpk", OctetString, at(0x5F49, OPTIONAL)),
    ]


class PrepareDownloadRequest(Sequence, wire_tag=0xBF21):
    _fields = [
        ("smdpSigned2", SmdpSigned2),
        ("smdpSignature2", OctetString, at(0x5F37)),
        ("hashCc", Octet32, own(OPTIONAL)),
        ("smdpCertificate", Certificate),
    ]


class EUICCSigned2(Sequence):
    _fields = [
        ("transactionId", TransactionId, at(0x80)),
        ("euiccOtpk", OctetString, at(0x5F49)),
        ("hashCc", Octet32, own(OPTIONAL)),
    ]


class PrepareDownloadResponseOk(Sequence):
    _fields = [
        ("euiccSigned2", EUICCSigned2),
        ("euiccSignature2", OctetString, at(0x5F37)),
    ]


class DownloadErrorCode(Integer, of=es10.DownloadErrorCode):
    """INTEGER with the names of wire.es10."""


class PrepareDownloadResponseError(Sequence):
    _fields = [
        ("transactionId", TransactionId, at(0x80)),
        ("downloadErrorCode", DownloadErrorCode),
    ]


class PrepareDownloadResponse(Choice, wire_tag=0xBF21):
    _alternatives = [
        ("downloadResponseOk", PrepareDownloadResponseOk, at(0xA0)),
        ("downloadResponseError", PrepareDownloadResponseError, at(0xA1)),
    ]


class CancelSessionReason(Integer, of=es10.CancelSessionReason):
    """INTEGER with the names of wire.es10."""


class CancelSessionRequest(Sequence, wire_tag=0xBF41):
    _fields = [
        ("transactionId", TransactionId, at(0x80)),
        ("reason", CancelSessionReason, at(0x81)),
    ]


class EuiccCancelSessionSigned(Sequence):
    _fields = [
        ("transactionId", TransactionId, at(0x80)),
        ("smdpOid", ObjectIdentifier, at(0x81)),
        ("reason", CancelSessionReason, at(0x82)),
    ]


class CancelSessionResponseOk(Sequence):
    _fields = [
        ("euiccCancelSessionSigned", EuiccCancelSessionSigned),
        ("euiccCancelSessionSignature", OctetString, at(0x5F37)),
    ]


class CancelSessionError(Integer, of=es10.CancelSessionError):
    """The type of `cancelSessionResponseError`."""


class CancelSessionResult(Choice):
    _alternatives = [
        ("cancelSessionResponseOk", CancelSessionResponseOk, at(0xA0)),
        ("cancelSessionResponseError", CancelSessionError, at(0x81)),
    ]


class CancelSessionResponse(CancelSessionResult, wire_tag=0xBF41):
    """BF41 around the CHOICE."""


class AllowedOperators(SequenceOf, of=OperatorId):
    """SEQUENCE OF OperatorId."""


class PprFlags(BitString, of=es10.PprFlags):
    """The type of `pprFlags`."""


class ProfilePolicyAuthorisationRule(Sequence):
    _fields = [
        ("pprIds", PprIds, at(0x80)),
        ("allowedOperators", AllowedOperators, at(0xA1)),
        ("pprFlags", PprFlags, at(0x82)),
    ]


class RulesAuthorisationTable(SequenceOf, of=ProfilePolicyAuthorisationRule):
    """SEQUENCE OF ProfilePolicyAuthorisationRule."""


class GetRatRequest(Sequence, wire_tag=0xBF43):
    """No fields."""


class GetRatResponse(Sequence, wire_tag=0xBF43):
    _fields = [
        ("rat", RulesAuthorisationTable, at(0xA0)),
    ]


class LoadCRLRequest(Sequence, wire_tag=0xBF35):
    _fields = [
        ("crl", CertificateList, at(0xA0)),
    ]


class MissingParts(SequenceOf, of=Integer):
    """SEQUENCE OF Integer."""


class LoadCRLResponseOk(Sequence):
    _fields = [
        ("missingParts", MissingParts, at(0xA0, OPTIONAL)),
    ]


class LoadCRLResponseError(Integer, of=es10.LoadCRLResponseError):
    """INTEGER with the names of wire.es10."""


class LoadCRLResponse(Choice, wire_tag=0xBF35):
    _alternatives = [
        ("loadCRLResponseOk", LoadCRLResponseOk, at(0xA0)),
        ("loadCRLResponseError", LoadCRLResponseError, at(0x81)),
    ]


class SegmentedCrlList(SequenceOf, of=CertificateList):
    """SEQUENCE OF CertificateList."""


class ExpirationDate(x509.Time):
    """CRL entry extension."""


class TotalPartialCrlNumber(Integer):
    """INTEGER."""


class PartialCrlNumber(Integer):
    """INTEGER."""


class LpaeOption(BitString):
    """`lpaeOption` of LpaeActivationRequest."""

    _map = {
        0: "activateCatBasedLpae",
        1: "activateScwsBasedLpae",
    }


class LpaeActivationRequest(Sequence, wire_tag=0xBF42):
    _fields = [
        ("lpaeOption", LpaeOption, at(0x80)),
    ]


class LpaeActivationResult(Integer, of=es10.LpaeActivationResult):
    """The type of `lpaeActivationResult`."""


class LpaeActivationResponse(Sequence, wire_tag=0xBF42):
    _fields = [
        ("lpaeActivationResult", LpaeActivationResult, at(0x80)),
    ]
