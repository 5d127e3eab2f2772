"""What EF contents say about the subscription: ICCID, IMSI, operator.

Spec: 3GPP TS 31.102 sections 4.2.2 (EF.IMSI) and 4.2.18 (EF.AD); ETSI TS 102 221 section 13.2 (EF.ICCID)
"""

from euicc_sim.profile.suci import plmn

DEFAULT_MNC_DIGITS = 2


def _digits(swapped: bytes) -> str | None:
    """Nibble-swapped BCD up to the filler F; None if there is anything but digits."""
    nibbles = "".join(f"{octet & 0x0F:X}{octet >> 4:X}" for octet in swapped)
    text = nibbles.rstrip("F")
    return text if text.isdecimal() else None


def iccid_text(content: bytes) -> str | None:
    """The digits of EF.ICCID."""
    return _digits(content)


def imsi_text(content: bytes) -> str | None:
    """The digits of EF.IMSI: a length, then a nibble of type and parity, then the digits; None if it holds no IMSI."""
    if not content or not 1 <= content[0] < len(content):
        return None
    text = _digits(content[1 : 1 + content[0]])
    return text[1:] if text and 6 <= len(text) <= 16 else None


def mnc_digits(administrative_data: bytes) -> int:
    """The MNC length of EF.AD: 2 or 3; 2 where the EF does not say."""
    length = administrative_data[3] & 0x0F if len(administrative_data) > 3 else 0
    return length if length in (2, 3) else DEFAULT_MNC_DIGITS


def operator(imsi: str, administrative_data: bytes) -> bytes:
    """MCC and MNC in 3 octets, as in profileOwner."""
    return plmn(imsi[:3], imsi[3 : 3 + mnc_digits(administrative_data)])
