"""The ASN.1 binding as an LPA speaks it: the members of the JSON binding as DER inside A2, and answers read back.

Spec: SGP.22 v2.5 section 6.6, annex H
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

from lpa.core.actions import HttpReply
from scenarios.kit.read import children, dig, every, integer, text, whole
from scenarios.model import CheckFailed, ScenarioError
from scenarios.parties.answer import Answer
from wire.tlv import Tlv, tlv

CONTENT_TYPE: Final = "application/x-gsma-rsp-asn1"
TAGS: Final = {
    "initiateAuthentication": 0xBF39,
    "authenticateClient": 0xBF3B,
    "getBoundProfilePackage": 0xBF3A,
    "cancelSession": 0xBF41,
    "handleNotification": 0xBF3D,
}
_TRANSACTION = (0x80, "transactionId")
_INITIATED = (
    _TRANSACTION,
    (0x30, "serverSigned1"),
    (0x5F37, "serverSignature1"),
    (0x04, "euiccCiPKIdToBeUsed"),
    (0x30, "serverCertificate"),
)
_AUTHENTICATED = (
    _TRANSACTION,
    (0xBF25, "profileMetadata"),
    (0x30, "smdpSigned2"),
    (0x5F37, "smdpSignature2"),
    (0x30, "smdpCertificate"),
)
Answers = Mapping[str, tuple[int, tuple[tuple[int, str], ...]]]
"""Function -> the tag of its answer, and (tag, member) of its Ok in the order of the type."""
ES9PLUS: Final[Answers] = {
    "initiateAuthentication": (0xBF39, _INITIATED),
    "authenticateClient": (0xBF3B, _AUTHENTICATED),
    "getBoundProfilePackage": (0xBF3A, (_TRANSACTION, (0xBF36, "boundProfilePackage"))),
    "cancelSession": (0xBF41, ()),
}
ES11: Final[Answers] = {
    "initiateAuthentication": (0xBF39, _INITIATED),
    "authenticateClient": (0xBF40, (_TRANSACTION, (0xA1, "eventEntries"))),
}


class InitiateAuthenticationError(IntEnum):
    invalidDpAddress = 1
    euiccVersionNotSupportedByDp = 2
    ciPKNotSupported = 3
    undefinedError = 127


class AuthenticateClientError(IntEnum):
    eumCertificateInvalid = 1
    eumCertificateExpired = 2
    euiccCertificateInvalid = 3
    euiccCertificateExpired = 4
    euiccSignatureInvalid = 5
    matchingIdRefused = 6
    eidMismatch = 7
    noEligibleProfile = 8
    ciPKUnknown = 9
    invalidTransactionId = 10
    insufficientMemory = 11
    downloadOrderExpired = 18
    undefinedError = 127


class GetBoundProfilePackageError(IntEnum):
    euiccSignatureInvalid = 1
    confirmationCodeMissing = 2
    confirmationCodeRefused = 3
    confirmationCodeRetriesExceeded = 4
    bppRebindingRefused = 5
    downloadOrderExpired = 6
    invalidTransactionId = 95
    undefinedError = 127


class CancelSessionError(IntEnum):
    invalidTransactionId = 1
    euiccSignatureInvalid = 2
    undefinedError = 127


class AuthenticateClientErrorEs11(IntEnum):
    eumCertificateInvalid = 1
    eumCertificateExpired = 2
    euiccCertificateInvalid = 3
    euiccCertificateExpired = 4
    euiccSignatureInvalid = 5
    eventIdUnknown = 6
    invalidTransactionId = 7
    undefinedError = 127


Error = (
    InitiateAuthenticationError
    | AuthenticateClientError
    | GetBoundProfilePackageError
    | CancelSessionError
    | AuthenticateClientErrorEs11
)


@dataclass(frozen=True, slots=True)
class Asn1Answer(Answer):
    """An answer in the ASN.1 binding; members as in the JSON binding, but octets stay octets.

    tag: of the function inside A2, 0 without a body; error: the integer in the place of the Ok, None without one.
    """

    tag: int = 0
    error: int | None = None

    @property
    def execution(self) -> str:
        if self.status != 200:
            return ""
        return "Executed-Success" if self.error is None else "Failed"

    def octets(self, name: str) -> bytes:
        """A member; CheckFailed if it is missing."""
        value = self.members.get(name)
        if not isinstance(value, bytes):
            raise CheckFailed(f"{self.function}: the member {name} is missing")
        return value

    def __str__(self) -> str:
        return f"HTTP {self.status}, {'no error' if self.error is None else f'error {self.error}'}"


def request(function: str, members: Mapping[str, Any]) -> bytes:
    """RemoteProfileProvisioningRequest with this function; None leaves a member out."""
    inner = b"".join(_element(name, value) for name, value in members.items() if value is not None)
    return tlv(0xA2, tlv(TAGS[function], inner))


def _element(name: str, value: Any) -> bytes:
    match name:
        case "transactionId":
            return tlv(0x80, bytes.fromhex(value))
        case "euiccChallenge":
            return tlv(0x81, value)
        case "smdpAddress" | "smdsAddress":
            return tlv(0x83, value.encode())
        case "euiccInfo1" | "authenticateServerResponse" | "prepareDownloadResponse":
            return bytes(value)
        case "cancelSessionResponse":
            # [1] stands in the place of the BF41 of CancelSessionResponse.
            return tlv(0xA1, whole(value, 0xBF41).value)
        case "pendingNotification":
            return tlv(0xA0, value)
    raise ScenarioError(f"the ASN.1 binding has no member {name}")


def answer(function: str, reply: HttpReply, answers: Answers = ES9PLUS) -> Asn1Answer:
    """RemoteProfileProvisioningResponse with this function's Ok or error; without content for another status than 200.

    CheckFailed where the body is something else.
    """
    if reply.status != 200:
        return Asn1Answer(function, reply.status, reply.headers, reply.body, {})
    tag, expected = answers[function]
    result = _only(_only(whole(reply.body, 0xA2, "the answer"), tag), 0xA0, 0x81)
    if result.tag == 0x81:
        return Asn1Answer(function, reply.status, reply.headers, reply.body, {}, tag, integer(result))
    found = children(result)
    tags = [one.tag for one in found[: len(expected)]]
    if tags != [tag for tag, _ in expected]:
        raise CheckFailed(f"the Ok of {function} holds {', '.join(f'{tag:X}' for tag in tags) or 'nothing'}")
    members = {name: _member(name, one) for (_, name), one in zip(expected, found, strict=False)}
    return Asn1Answer(function, reply.status, reply.headers, reply.body, members, tag)


def _member(name: str, element: Tlv) -> Any:
    if name == "transactionId":
        return element.value.hex().upper()
    if name == "eventEntries":
        return [
            {"eventId": text(dig(entry, 0x80)), "rspServerAddress": text(dig(entry, 0x81))}
            for entry in children(element)
        ]
    return element.raw


def _only(element: Tlv, *tags: int) -> Tlv:
    inside = every(element.value)
    if len(inside) != 1 or inside[0].tag not in tags:
        seen = ", ".join(f"{one.tag:X}" for one in inside) or "nothing"
        raise CheckFailed(f"{element.tag:X} holds {seen}, expected {' or '.join(f'{tag:X}' for tag in tags)}")
    return inside[0]
