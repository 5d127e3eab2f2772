"""ES8+: the bound profile package and its commands, and the profile installation result.

Spec: SGP.22 v2.5 annex H
"""

from wire import es10
from wire.asn1 import OPTIONAL, Choice, Integer, ObjectIdentifier, OctetString, Sequence, SequenceOf, around, at, octets
from wire.rsp.common import DpProprietaryData, NotificationMetadata, Octet1, OctetTo16, TransactionId


class RemoteOpId(Integer, wire_tag=0x82):
    """INTEGER."""

    _map = {
        1: "installBoundProfilePackage",
    }


class ControlRefTemplate(Sequence):
    _fields = [
        ("keyType", Octet1, at(0x80)),
        ("keyLen", Octet1, at(0x81)),
        ("hostId", OctetTo16, at(0x84)),
    ]


class InitialiseSecureChannelRequest(Sequence, wire_tag=0xBF23):
    _fields = [
        ("remoteOpId", RemoteOpId),
        ("transactionId", TransactionId, at(0x80)),
        ("controlRefTemplate", ControlRefTemplate, at(0xA6)),
        ("smdpOtpk", OctetString, at(0x5F49)),
        ("smdpSign", OctetString, at(0x5F37)),
    ]


class InitialiseSecureChannelRequest_ver(Sequence, wire_tag=0xBF23):
    _fields = [
        ("remoteOpId", RemoteOpId),
        ("transactionId", TransactionId, at(0x80)),
        ("controlRefTemplate", ControlRefTemplate, at(0xA6)),
        ("smdpOtpk", OctetString, at(0x5F49)),
        ("euiccOtpk", OctetString, at(0x5F49)),
    ]


class ConfigureISDPRequest(Sequence, wire_tag=0xBF24):
    _fields = [
        ("dpProprietaryData", DpProprietaryData, at(0xB8, OPTIONAL)),
    ]


class ReplaceSessionKeysRequest(Sequence, wire_tag=0xBF26):
    _fields = [
        ("initialMacChainingValue", OctetString, at(0x80)),
        ("ppkEnc", OctetString, at(0x81)),
        ("ppkCmac", OctetString, at(0x82)),
    ]


class Protected87(OctetString, wire_tag=0x87):
    """A protected TLV of a bound profile package."""


class SequenceOf87(SequenceOf, of=Protected87):
    """SEQUENCE OF Protected87."""


class Protected88(OctetString, wire_tag=0x88):
    """A protected TLV of a bound profile package."""


class SequenceOf88(SequenceOf, of=Protected88):
    """SEQUENCE OF Protected88."""


class Protected86(OctetString, wire_tag=0x86):
    """A protected TLV of a bound profile package."""


class SequenceOf86(SequenceOf, of=Protected86):
    """SEQUENCE OF Protected86."""


class BoundProfilePackage(Sequence, wire_tag=0xBF36):
    _fields = [
        ("initialiseSecureChannelRequest", InitialiseSecureChannelRequest),
        ("firstSequenceOf87", SequenceOf87, at(0xA0)),
        ("sequenceOf88", SequenceOf88, at(0xA1)),
        ("secondSequenceOf87", SequenceOf87, at(0xA2, OPTIONAL)),
        ("sequenceOf86", SequenceOf86, at(0xA3)),
    ]


class BppCommandId(Integer, of=es10.BppCommandId):
    """INTEGER with the names of wire.es10."""


class ErrorReason(Integer, of=es10.ErrorReason):
    """INTEGER with the names of wire.es10."""


class SuccessResult(Sequence):
    _fields = [
        ("aid", octets(5, 16), at(0x4F)),
        ("simaResponse", OctetString),
    ]


class ErrorResult(Sequence):
    _fields = [
        ("bppCommandId", BppCommandId, at(0x80)),
        ("errorReason", ErrorReason, at(0x81)),
        ("simaResponse", OctetString, at(0x82, OPTIONAL)),
    ]


class ProfileInstallationResultDataFinalResult(Choice):
    _alternatives = [
        ("successResult", SuccessResult, at(0xA0)),
        ("errorResult", ErrorResult, at(0xA1)),
    ]


class ProfileInstallationResultData(Sequence, wire_tag=0xBF27):
    _fields = [
        ("transactionId", TransactionId, at(0x80)),
        ("notificationMetadata", NotificationMetadata),
        ("smdpOid", ObjectIdentifier),
        ("finalResult", ProfileInstallationResultDataFinalResult, around(0xA2)),
    ]


class EuiccSignPIR(OctetString, wire_tag=0x5F37):
    """OCTET STRING."""


class ProfileInstallationResult(Sequence, wire_tag=0xBF37):
    _fields = [
        ("profileInstallationResultData", ProfileInstallationResultData),
        ("euiccSignPIR", EuiccSignPIR),
    ]
