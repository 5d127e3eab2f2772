"""What the server signs, and the places of what it verifies; received bytes are sliced, never rebuilt.

Spec: SGP.22 v2.5 sections 5.6 (ES9+), 5.5.1 (InitialiseSecureChannel), annex H.
"""

from typing import NamedTuple

from smdp.core.bsp import KEY_OCTETS, KEY_TYPE_AES
from wire.errors import DecodeError
from wire.tlv import Tlv, parse, tlv

SIGNATURE_OCTETS = 64
CHALLENGE_OCTETS = 16
_REMOTE_OP = tlv(0x82, b"\x01")  # installBoundProfilePackage
CONFIGURE_ISDP = tlv(0xBF24)


def server_signed1(transaction_id: bytes, euicc_challenge: bytes, address: str, server_challenge: bytes) -> bytes:
    """ServerSigned1."""
    return tlv(
        0x30,
        tlv(0x80, transaction_id),
        tlv(0x81, euicc_challenge),
        tlv(0x83, address.encode()),
        tlv(0x84, server_challenge),
    )


def smdp_signed2(transaction_id: bytes, cc_required: bool, bpp_euicc_otpk: bytes = b"") -> bytes:
    """SmdpSigned2."""
    proposed = tlv(0x5F49, bpp_euicc_otpk) if bpp_euicc_otpk else b""
    return tlv(0x30, tlv(0x80, transaction_id), tlv(0x01, b"\xff" if cc_required else b"\x00"), proposed)


def initialise_secure_channel(transaction_id: bytes, host_id: bytes, otpk_dp: bytes) -> bytes:
    """The members of InitialiseSecureChannelRequest before its signature: also the start of what is signed."""
    crt = tlv(0xA6, tlv(0x80, bytes((KEY_TYPE_AES,))), tlv(0x81, bytes((KEY_OCTETS,))), tlv(0x84, host_id))
    return b"".join((_REMOTE_OP, tlv(0x80, transaction_id), crt, tlv(0x5F49, otpk_dp)))


class EuiccRefusal(NamedTuple):
    """The eUICC answered with an error of its own instead of a signature."""

    code: int


class AuthenticateOk(NamedTuple):
    """AuthenticateResponseOk, sliced."""

    signed: bytes
    signature: bytes  # 64 octets
    signature_tlv: bytes
    transaction_id: bytes
    server_address: bytes
    server_challenge: bytes
    euicc_info2: Tlv
    matching_id: str | None
    device_info: Tlv | None
    euicc_certificate: bytes
    eum_certificate: bytes
    other_certificates: tuple[bytes, ...]


def authenticate_server_response(raw: bytes) -> AuthenticateOk | EuiccRefusal:
    """Slice AuthenticateServerResponse (BF38); DecodeError if it isn't one."""
    choice = _choice(parse(raw, 0xBF38))
    if choice.tag == 0xA1:
        return EuiccRefusal(_integer(choice.at(1, 0x02)))
    if choice.tag != 0xA0:
        raise DecodeError("BF38", choice.offset, f"unknown alternative {choice.tag:X}")
    signed, others = choice.at(0, 0x30), choice.find(0xA0)
    ctx_params = signed.at(4, 0xA0)
    matching_id = ctx_params.find(0x80)
    return AuthenticateOk(
        signed=signed.raw,
        signature=_signature(choice.at(1, 0x5F37)),
        signature_tlv=choice.children[1].raw,
        transaction_id=signed.at(0, 0x80).value,
        server_address=signed.at(1, 0x83).value,
        server_challenge=signed.at(2, 0x84).value,
        euicc_info2=signed.at(3, 0xBF22),
        matching_id=None if matching_id is None else _text(matching_id),
        device_info=ctx_params.find(0xA1),
        euicc_certificate=choice.at(2, 0x30).raw,
        eum_certificate=choice.at(3, 0x30).raw,
        other_certificates=() if others is None else tuple(child.raw for child in others.children),
    )


class PrepareDownloadOk(NamedTuple):
    """PrepareDownloadResponseOk, sliced."""

    signed: bytes
    signature: bytes
    transaction_id: bytes
    euicc_otpk: bytes
    hash_cc: bytes | None


def prepare_download_response(raw: bytes) -> PrepareDownloadOk | EuiccRefusal:
    """Slice PrepareDownloadResponse (BF21); DecodeError if it isn't one."""
    choice = _choice(parse(raw, 0xBF21))
    if choice.tag == 0xA1:
        return EuiccRefusal(_integer(choice.at(1, 0x02)))
    if choice.tag != 0xA0:
        raise DecodeError("BF21", choice.offset, f"unknown alternative {choice.tag:X}")
    signed = choice.at(0, 0x30)
    hash_cc = signed.find(0x04)
    return PrepareDownloadOk(
        signed=signed.raw,
        signature=_signature(choice.at(1, 0x5F37)),
        transaction_id=signed.at(0, 0x80).value,
        euicc_otpk=signed.at(1, 0x5F49).value,
        hash_cc=None if hash_cc is None else hash_cc.value,
    )


class CancelOk(NamedTuple):
    """CancelSessionResponseOk, sliced."""

    signed: bytes
    signature: bytes
    transaction_id: bytes
    smdp_oid: bytes
    reason: int


def cancel_session_response(raw: bytes) -> CancelOk | EuiccRefusal:
    """Slice CancelSessionResponse (BF41); DecodeError if it isn't one."""
    choice = _choice(parse(raw, 0xBF41))
    if choice.tag == 0x81:
        return EuiccRefusal(_integer(choice))
    if choice.tag != 0xA0:
        raise DecodeError("BF41", choice.offset, f"unknown alternative {choice.tag:X}")
    signed = choice.at(0, 0x30)
    return CancelOk(
        signed=signed.raw,
        signature=_signature(choice.at(1, 0x5F37)),
        transaction_id=signed.at(0, 0x80).value,
        smdp_oid=signed.at(1, 0x81).value,
        reason=_integer(signed.at(2, 0x82)),
    )


class NotificationMetadata(NamedTuple):
    """NotificationMetadata (BF2F), sliced."""

    sequence_number: int
    operation: int  # the bits' octet: 80 install, 40 enable, 20 disable, 10 delete
    address: str
    iccid: bytes | None


class InstallationResult(NamedTuple):
    """ProfileInstallationResult (BF37), sliced."""

    signed: bytes
    signature: bytes
    transaction_id: bytes
    metadata: NotificationMetadata
    smdp_oid: bytes
    command_id: int | None  # None on success
    error_reason: int | None

    @property
    def succeeded(self) -> bool:
        return self.error_reason is None


class OtherNotification(NamedTuple):
    """OtherSignedNotification, sliced."""

    signed: bytes
    signature: bytes
    metadata: NotificationMetadata
    euicc_certificate: bytes
    eum_certificate: bytes
    other_certificates: tuple[bytes, ...]


def pending_notification(raw: bytes) -> InstallationResult | OtherNotification:
    """Slice PendingNotification (BF37 or 30); DecodeError if it is neither."""
    outer = parse(raw)
    if outer.tag == 0xBF37:
        return _installation_result(outer)
    if outer.tag == 0x30:
        others = outer.find(0xA1)
        return OtherNotification(
            signed=outer.at(0, 0xBF2F).raw,
            signature=_signature(outer.at(1, 0x5F37)),
            metadata=_notification_metadata(outer.children[0]),
            euicc_certificate=outer.at(2, 0x30).raw,
            eum_certificate=outer.at(3, 0x30).raw,
            other_certificates=() if others is None else tuple(child.raw for child in others.children),
        )
    raise DecodeError("", 0, f"tag {outer.tag:X} is no pending notification")


def _installation_result(outer: Tlv) -> InstallationResult:
    data = outer.at(0, 0xBF27)
    result = _choice(data.at(3, 0xA2))
    failed = result.tag == 0xA1
    if not failed and result.tag != 0xA0:
        raise DecodeError("BF37.BF27.A2", result.offset, f"unknown alternative {result.tag:X}")
    return InstallationResult(
        signed=data.raw,
        signature=_signature(outer.at(1, 0x5F37)),
        transaction_id=data.at(0, 0x80).value,
        metadata=_notification_metadata(data.at(1, 0xBF2F)),
        smdp_oid=data.at(2, 0x06).value,
        command_id=_integer(result.at(0, 0x80)) if failed else None,
        error_reason=_integer(result.at(1, 0x81)) if failed else None,
    )


def _notification_metadata(element: Tlv) -> NotificationMetadata:
    bits, iccid = element.at(1, 0x81), element.find(0x5A)
    if len(bits.value) != 2:
        raise DecodeError("BF2F.81", bits.offset, "exactly one operation expected")
    return NotificationMetadata(
        sequence_number=_integer(element.at(0, 0x80)),
        operation=bits.value[1],
        address=_text(element.at(2, 0x0C)),
        iccid=None if iccid is None else iccid.value,
    )


def _choice(outer: Tlv) -> Tlv:
    if len(outer.children) != 1:
        raise DecodeError(f"{outer.tag:X}", outer.offset, "exactly one alternative expected")
    return outer.children[0]


def _signature(element: Tlv) -> bytes:
    if len(element.value) != SIGNATURE_OCTETS:
        raise DecodeError("5F37", element.offset, f"signature has {len(element.value)} octets, not {SIGNATURE_OCTETS}")
    return element.value


def _integer(element: Tlv) -> int:
    if not element.value:
        raise DecodeError(f"{element.tag:X}", element.offset, "integer without octets")
    return int.from_bytes(element.value, "big", signed=True)


def _text(element: Tlv) -> str:
    if b"\0" in element.value:
        raise DecodeError(f"{element.tag:X}", element.offset, "NUL is no text")
    try:
        return element.value.decode()
    except UnicodeDecodeError as error:
        raise DecodeError(f"{element.tag:X}", element.offset, "not UTF-8") from error
