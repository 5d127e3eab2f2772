"""ES10a, ES10b and ES10c: the agent's side of each function of the card.

Every function takes the selected ISD-R and returns typed values; a refusal is `CardRefused` with the function's result
code, an answer that breaks the standard `ProtocolViolation`. Names are those of the standard.
Spec: SGP.22 v2.5 section 5.7
"""

from dataclasses import dataclass
from typing import TypeAlias

from lpa.core.actions import Procedure
from lpa.core.apdu_link import Isdr
from lpa.core.chip import Addresses, AuthorisationRule, EuiccInfo1, EuiccInfo2
from lpa.core.errors import CardRefused, ProtocolViolation
from lpa.core.metadata import ProfileInfo
from lpa.core.notification import NotificationMetadata, PendingNotification
from lpa.core.reading import integer, integer_octets, reading
from wire.es10 import CancelSessionReason, NotificationEvent, ResetOptions
from wire.ids import Aid, Iccid
from wire.tlv import Tlv, parse, tlv

ProfileIdentifier: TypeAlias = Iccid | Aid

PROFILE_TAGS = bytes.fromhex("5A4F9F70909192939495B6B799")
"""Everything that an agent shows of an installed profile."""


def _identifier(profile: ProfileIdentifier) -> bytes:
    return tlv(0x5A, profile.ef) if isinstance(profile, Iccid) else tlv(0x4F, profile)


def _expect_ok(isdr: Isdr, function: str, request: bytes) -> Procedure[None]:
    """A function whose whole answer is the result code under tag 80."""
    response = yield from isdr.es10(function, request)
    with reading("card", function):
        code = integer(response.child(0x80))
    if code:
        raise CardRefused(function, code)


def _ok_part(response: Tlv, function: str) -> Tlv:
    """The A0 alternative; CardRefused with the code of the 81 alternative."""
    with reading("card", function):
        ok, error = response.find(0xA0), response.find(0x81)
        if ok is not None:
            return ok
        code = integer(error) if error is not None else None
    if code is None:
        raise ProtocolViolation("card", function, "the answer is neither a result nor an error")
    raise CardRefused(function, code)


# ES10a


def get_euicc_configured_addresses(isdr: Isdr) -> Procedure[Addresses]:
    """The default SM-DP+ address (None where none is set) and the root SM-DS address."""
    response = yield from isdr.es10("GetEuiccConfiguredAddresses", tlv(0xBF3C))
    with reading("card", "EuiccConfiguredAddressesResponse"):
        return Addresses.read(response)


def set_default_dp_address(isdr: Isdr, address: str) -> Procedure[None]:
    """Set the default SM-DP+ address; "" clears it."""
    yield from _expect_ok(isdr, "SetDefaultDpAddress", tlv(0xBF3F, tlv(0x80, address.encode())))


# ES10b


def get_euicc_info1(isdr: Isdr) -> Procedure[EuiccInfo1]:
    """The version and the CI keys, to be sent to a server as they are (`raw`)."""
    response = yield from isdr.es10("GetEUICCInfo1", tlv(0xBF20))
    with reading("card", "EUICCInfo1"):
        return EuiccInfo1.read(response)


def get_euicc_info2(isdr: Isdr) -> Procedure[EuiccInfo2]:
    """Everything that the card says about itself."""
    response = yield from isdr.es10("GetEUICCInfo2", tlv(0xBF22))
    with reading("card", "EUICCInfo2"):
        return EuiccInfo2.read(response)


def get_euicc_challenge(isdr: Isdr) -> Procedure[bytes]:
    """A fresh challenge; it opens a new RSP session in the card and ends any older one."""
    response = yield from isdr.es10("GetEUICCChallenge", tlv(0xBF2E))
    with reading("card", "GetEuiccChallengeResponse"):
        challenge = response.child(0x80).value
        if len(challenge) != 16:
            raise ValueError(f"the challenge has {len(challenge)} octets, not 16")
    return challenge


@dataclass(frozen=True, slots=True)
class Relayed:
    """A card's answer that belongs to the server: `raw` as received; `error_code` where the card refused."""

    raw: bytes
    error_code: int | None


def _relayed(isdr: Isdr, function: str, request: bytes) -> Procedure[Relayed]:
    response = yield from isdr.es10(function, request)
    with reading("card", function):
        if response.find(0xA0) is not None:
            return Relayed(response.raw, None)
        return Relayed(response.raw, integer(response.child(0xA1).child(0x02)))


def authenticate_server(
    isdr: Isdr,
    server_signed1: bytes,
    server_signature1: bytes,
    euicc_ci_pkid_to_be_used: bytes,
    server_certificate: bytes,
    ctx_params1: bytes,
) -> Procedure[Relayed]:
    """Let the card judge the server; every argument is the TLV as the server sent it."""
    return (
        yield from _relayed(
            isdr,
            "AuthenticateServer",
            tlv(0xBF38, server_signed1, server_signature1, euicc_ci_pkid_to_be_used, server_certificate, ctx_params1),
        )
    )


def ctx_params1(matching_id: str, device_info: bytes) -> bytes:
    """CtxParams1 for common mutual authentication; an empty matchingId is left out."""
    return tlv(0xA0, tlv(0x80, matching_id.encode()) if matching_id else b"", device_info)


def prepare_download(
    isdr: Isdr, smdp_signed2: bytes, smdp_signature2: bytes, smdp_certificate: bytes, hash_cc: bytes | None
) -> Procedure[Relayed]:
    """Let the card accept the download; every argument but hashCc is the TLV as the server sent it."""
    code = b"" if hash_cc is None else tlv(0x04, hash_cc)
    return (
        yield from _relayed(isdr, "PrepareDownload", tlv(0xBF21, smdp_signed2, smdp_signature2, code, smdp_certificate))
    )


def cancel_session(isdr: Isdr, transaction_id: bytes, reason: CancelSessionReason) -> Procedure[bytes]:
    """End the authenticated session in the card; the signed CancelSessionResponse for the server."""
    request = tlv(0xBF41, tlv(0x80, transaction_id), tlv(0x81, integer_octets(reason)))
    response = yield from isdr.es10("CancelSession", request)
    _ok_part(response, "CancelSession")
    return response.raw


def list_notification(
    isdr: Isdr, events: NotificationEvent | None = None
) -> Procedure[tuple[NotificationMetadata, ...]]:
    """Which notifications are waiting, in the order of their sequence numbers."""
    wanted = b"" if events is None else tlv(0x81, events.to_bits())
    response = yield from isdr.es10("ListNotification", tlv(0xBF28, wanted))
    found = _ok_part(response, "ListNotification")
    with reading("card", "ListNotificationResponse"):
        listed = [NotificationMetadata.read(item) for item in found.children]
    return tuple(sorted(listed, key=lambda item: item.seq_number))


def retrieve_notifications_list(isdr: Isdr, seq_number: int) -> Procedure[PendingNotification | None]:
    """One notification, signed and ready to be delivered; None where the card has none with this number."""
    request = tlv(0xBF2B, tlv(0xA0, tlv(0x80, integer_octets(seq_number))))
    response = yield from isdr.es10("RetrieveNotificationsList", request)
    found = _ok_part(response, "RetrieveNotificationsList")
    with reading("card", "RetrieveNotificationsListResponse"):
        pending = [PendingNotification.read(item) for item in found.children]
    return next((item for item in pending if item.metadata.seq_number == seq_number), None)


def retrieve_installation_results(isdr: Isdr) -> Procedure[tuple[PendingNotification, ...]]:
    """Every notification of the install event."""
    request = tlv(0xBF2B, tlv(0xA0, tlv(0x81, NotificationEvent.notificationInstall.to_bits())))
    response = yield from isdr.es10("RetrieveNotificationsList", request)
    found = _ok_part(response, "RetrieveNotificationsList")
    with reading("card", "RetrieveNotificationsListResponse"):
        return tuple(PendingNotification.read(item) for item in found.children)


def remove_notification_from_list(isdr: Isdr, seq_number: int) -> Procedure[None]:
    """Forget a notification that its recipient has acknowledged."""
    yield from _expect_ok(isdr, "RemoveNotificationFromList", tlv(0xBF30, tlv(0x80, integer_octets(seq_number))))


def load_crl(isdr: Isdr, crl: bytes) -> Procedure[tuple[int, ...]]:
    """Load a CertificateList (DER); the numbers of the parts that are still missing.

    AUTOMATIC TAGS: [0] stands in place of the SEQUENCE tag.
    """
    response = yield from isdr.es10("LoadCRL", tlv(0xBF35, tlv(0xA0, parse(crl, 0x30).value)))
    found = _ok_part(response, "LoadCRL")
    with reading("card", "LoadCRLResponse"):
        missing = found.find(0xA0)
        return () if missing is None else tuple(map(integer, missing.children))


def get_rat(isdr: Isdr) -> Procedure[tuple[AuthorisationRule, ...]]:
    """The Rules Authorisation Table, in its order."""
    response = yield from isdr.es10("GetRAT", tlv(0xBF43))
    with reading("card", "GetRatResponse"):
        return tuple(AuthorisationRule.read(item) for item in response.child(0xA0).children)


# ES10c


def get_profiles_info(
    isdr: Isdr, profile: ProfileIdentifier | None = None, tags: bytes = PROFILE_TAGS
) -> Procedure[tuple[ProfileInfo, ...]]:
    """The installed profiles, or the one named; `tags` is the concatenation of the wanted tags."""
    criteria = b"" if profile is None else tlv(0xA0, _identifier(profile))
    response = yield from isdr.es10("GetProfilesInfo", tlv(0xBF2D, criteria, tlv(0x5C, tags)))
    found = _ok_part(response, "GetProfilesInfo")
    with reading("card", "ProfileInfoListResponse"):
        return tuple(ProfileInfo.read(item) for item in found.children)


def enable_profile(isdr: Isdr, profile: ProfileIdentifier, refresh: bool) -> Procedure[None]:
    """Enable a profile; with `refresh` the switch takes effect at the REFRESH or the next reset."""
    yield from _expect_ok(isdr, "EnableProfile", tlv(0xBF31, tlv(0xA0, _identifier(profile)), _flag(refresh)))


def disable_profile(isdr: Isdr, profile: ProfileIdentifier, refresh: bool) -> Procedure[None]:
    """Disable the enabled profile; `refresh` as for EnableProfile."""
    yield from _expect_ok(isdr, "DisableProfile", tlv(0xBF32, tlv(0xA0, _identifier(profile)), _flag(refresh)))


def _flag(value: bool) -> bytes:
    return tlv(0x81, b"\xff" if value else b"\x00")


def delete_profile(isdr: Isdr, profile: ProfileIdentifier) -> Procedure[None]:
    """Delete a disabled profile."""
    yield from _expect_ok(isdr, "DeleteProfile", tlv(0xBF33, _identifier(profile)))


def euicc_memory_reset(isdr: Isdr, options: ResetOptions) -> Procedure[None]:
    """Delete what `options` name, whatever its state and rules."""
    yield from _expect_ok(isdr, "eUICCMemoryReset", tlv(0xBF34, tlv(0x82, options.to_bits())))


def get_eid(isdr: Isdr) -> Procedure[str]:
    """The EID's 32 digits as the card has them, whether or not the check digits are right (`wire.ids.Eid` tells)."""
    response = yield from isdr.es10("GetEID", tlv(0xBF3E, tlv(0x5C, b"\x5a")))
    with reading("card", "GetEuiccDataResponse"):
        octets = response.child(0x5A).value
        digits = octets.hex()
        if len(octets) != 16 or not digits.isdigit():
            raise ValueError(f"{digits.upper()} is no EID of 32 digits")
    return digits


def set_nickname(isdr: Isdr, iccid: Iccid, nickname: str) -> Procedure[None]:
    """Name a profile; "" removes the name."""
    yield from _expect_ok(isdr, "SetNickname", tlv(0xBF29, tlv(0x5A, iccid.ef), tlv(0x90, nickname.encode())))
