"""The ASN.1 binding as an LPA speaks it: the members of the JSON binding as DER inside A2, and answers read back.

Spec: SGP.22 v2.5 section 6.6, annex H
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

from lpa.core.actions import HttpReply
from scenarios.kit.read import children, every, integer, whole
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
# function -> (tag, member) of its Ok, in the order of the type
_OK: Final[Mapping[str, tuple[tuple[int, str], ...]]] = {
    "initiateAuthentication": (
        (0x80, "transactionId"),
        (0x30, "serverSigned1"),
        (0x5F37, "serverSignature1"),
        (0x04, "euiccCiPKIdToBeUsed"),
        (0x30, "serverCertificate"),
    ),
    "authenticateClient": (
        (0x80, "transactionId"),
        (0xBF25, "profileMetadata"),
        (0x30, "smdpSigned2"),
        (0x5F37, "smdpSignature2"),
        (0x30, "smdpCertificate"),
    ),
    "getBoundProfilePackage": ((0x80, "transactionId"), (0xBF36, "boundProfilePackage")),
    "cancelSession": (),
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


Error = InitiateAuthenticationError | AuthenticateClientError | GetBoundProfilePackageError | CancelSessionError


@dataclass(frozen=True, slots=True)
class Asn1Answer(Answer):
    """An answer in the ASN.1 binding; members as in the JSON binding, but octets stay octets.

    error: the integer in the place of the Ok, None where there is none.
    """

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
        case "smdpAddress":
            return tlv(0x83, value.encode())
        case "euiccInfo1" | "authenticateServerResponse" | "prepareDownloadResponse":
            return bytes(value)
        case "cancelSessionResponse":
            # [1] stands in the place of the BF41 of CancelSessionResponse.
            return tlv(0xA1, whole(value, 0xBF41).value)
        case "pendingNotification":
            return tlv(0xA0, value)
    raise ScenarioError(f"the ASN.1 binding has no member {name}")


def answer(function: str, reply: HttpReply) -> Asn1Answer:
    """RemoteProfileProvisioningResponse with this function's Ok or error; without content for another status than 200.

    CheckFailed where the body is something else.
    """
    if reply.status != 200:
        return Asn1Answer(function, reply.status, reply.headers, reply.body, {})
    result = _only(_only(whole(reply.body, 0xA2, "the answer"), TAGS[function]), 0xA0, 0x81)
    if result.tag == 0x81:
        return Asn1Answer(function, reply.status, reply.headers, reply.body, {}, integer(result))
    found, expected = children(result), _OK[function]
    tags = [one.tag for one in found[: len(expected)]]
    if tags != [tag for tag, _ in expected]:
        raise CheckFailed(f"the Ok of {function} holds {', '.join(f'{tag:X}' for tag in tags) or 'nothing'}")
    members: dict[str, Any] = {name: one.raw for (_, name), one in zip(expected, found, strict=False)}
    if "transactionId" in members:
        members["transactionId"] = found[0].value.hex().upper()
    return Asn1Answer(function, reply.status, reply.headers, reply.body, members)


def _only(element: Tlv, *tags: int) -> Tlv:
    inside = every(element.value)
    if len(inside) != 1 or inside[0].tag not in tags:
        seen = ", ".join(f"{one.tag:X}" for one in inside) or "nothing"
        raise CheckFailed(f"{element.tag:X} holds {seen}, expected {' or '.join(f'{tag:X}' for tag in tags)}")
    return inside[0]
