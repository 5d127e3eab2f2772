"""How an installation answers: PE status values, EUICCResponse and the failure that ends an installation."""

from dataclasses import dataclass
from enum import IntEnum

from wire.tlv import tlv


class PeStatus(IntEnum):
    """The status values of PEStatus.

    Spec: SAIP section on status reporting
    """

    OK = 0
    PE_NOT_SUPPORTED = 1
    MEMORY_FAILURE = 2
    BAD_VALUES = 3
    NOT_ENOUGH_MEMORY = 4
    INVALID_REQUEST_FORMAT = 5
    INVALID_PARAMETER = 6
    RUNTIME_NOT_SUPPORTED = 7
    LIB_NOT_SUPPORTED = 8
    TEMPLATE_NOT_SUPPORTED = 9
    FEATURE_NOT_SUPPORTED = 10
    PIN_CODE_MISSING = 11
    UNSUPPORTED_PROFILE_VERSION = 31


def _integer(tag: int, value: int) -> bytes:
    return tlv(tag, value.to_bytes(value.bit_length() // 8 + 1, "big"))


@dataclass(frozen=True, slots=True)
class ElementStatus:
    """One PEStatus: status, the identification of the element it is about, additional information."""

    status: PeStatus
    identification: int | None = None
    additional_information: int | None = None

    def encode(self) -> bytes:
        """The PEStatus in DER."""
        parts = [_integer(0x80, self.status)]
        if self.identification is not None:
            parts.append(_integer(0x81, self.identification))
        if self.additional_information is not None:
            parts.append(_integer(0x82, self.additional_information))
        return tlv(0x30, *parts)


def euicc_response(statuses: list[ElementStatus], aborted: bool = False, message: str = "") -> bytes:
    """An EUICCResponse in DER, the content of simaResponse; `message` is cut to the 64 octets allowed.

    Spec: SAIP EUICCResponse; SGP.22 v2.5 section 2.5.6
    """
    parts = [tlv(0xA0, *(status.encode() for status in statuses))]
    if aborted:
        parts.append(tlv(0x81))
    text = message.encode("utf-8", "replace")[:64].decode("utf-8", "ignore").encode()
    if len(text) >= 2:
        parts.append(tlv(0x82, text))
    return tlv(0x30, *parts)


class InstallFailed(Exception):
    """The profile package cannot be installed; nothing of it may stay on the card.

    response: the EUICCResponse (DER) for simaResponse; missing_octets: how much memory was missing when the card was
    full (status not-enough-memory), else None; status and identification: the element's PEStatus.
    """

    def __init__(
        self,
        response: bytes,
        missing_octets: int | None = None,
        *,
        status: PeStatus = PeStatus.BAD_VALUES,
        identification: int | None = None,
        message: str = "",
    ) -> None:
        super().__init__(f"PE {identification if identification is not None else '-'}: {status.name}: {message}")
        self.response = response
        self.missing_octets = missing_octets
        self.status = status
        self.identification = identification
        self.message = message
