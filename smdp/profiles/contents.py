"""Contents of elementary files. Spec: TS 31.102 chapter 4, TS 31.103 chapter 4, TS 102 221 chapter 13."""

from collections.abc import Iterable

from smdp.profiles.errors import ParameterError
from smdp.profiles.values import Suci
from wire.ids import encode_mcc_mnc
from wire.tlv import tlv

GSM_ALPHABET = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
SPN_CHARACTERS = 16
ALPHA_OCTETS = 10
ALL_ACCESS_TECHNOLOGIES = bytes.fromhex("C880")
INTERNATIONAL_ISDN = b"\x91"


def swapped(digits: str) -> bytes:
    """Decimal digits as nibble-swapped BCD, an odd one filled with F."""
    if len(digits) % 2:
        digits += "F"
    return bytes.fromhex("".join(digits[at + 1] + digits[at] for at in range(0, len(digits), 2)))


def unswapped(octets: bytes) -> str:
    """The nibbles of swapped BCD in reading order, fillers included."""
    text = octets.hex().upper()
    return "".join(text[at + 1] + text[at] for at in range(0, len(text), 2))


def imsi_octets(imsi: str) -> bytes:
    """EF.IMSI: length, then the digits behind a nibble with the parity."""
    digits = swapped(("9" if len(imsi) % 2 else "1") + imsi)
    return (bytes((len(digits),)) + digits).ljust(9, b"\xff")


def imsi_digits(octets: bytes) -> str | None:
    """The IMSI of EF.IMSI; None if the file holds none."""
    if len(octets) < 2 or not 1 < octets[0] <= len(octets) - 1:
        return None
    nibbles = unswapped(octets[1 : 1 + octets[0]])
    if nibbles[0] not in "19":
        return None
    digits = nibbles[1:] if nibbles[0] == "9" else nibbles[1:].removesuffix("F")
    return digits if digits.isdigit() and 6 <= len(digits) <= 15 else None


def spn_octets(spn: str) -> bytes:
    """EF.SPN: display condition, then up to 16 characters of the GSM alphabet, or up to 7 of UCS-2."""
    if all(character in GSM_ALPHABET and character != "\x1b" for character in spn):
        if len(spn) > SPN_CHARACTERS:
            raise ParameterError("spn", f"{len(spn)} characters", f"shorten it to {SPN_CHARACTERS}")
        text = bytes(GSM_ALPHABET.index(character) for character in spn)
    else:
        text = b"\x80" + spn.encode("utf-16-be")
        if len(text) > SPN_CHARACTERS:
            raise ParameterError("spn", "more than 7 characters beyond the GSM alphabet", "shorten it to 7")
    return b"\x01" + text.ljust(SPN_CHARACTERS, b"\xff")


def spn_text(octets: bytes) -> str:
    """The name in EF.SPN; octets that no alphabet explains become replacement characters."""
    name = octets[1:]
    if name[:1] == b"\x80":
        text = name[1:]
        end = next((at for at in range(0, len(text), 2) if text[at : at + 2] in (b"\xff\xff", b"\xff")), len(text))
        return text[:end].decode("utf-16-be", "replace")
    name = name.rstrip(b"\xff")
    return "".join(GSM_ALPHABET[octet] if octet < len(GSM_ALPHABET) else "\ufffd" for octet in name)


def plmn_octets(plmn: str) -> bytes:
    """MCC and MNC digits as the three octets of a PLMN."""
    return encode_mcc_mnc(plmn[:3], plmn[3:])


def plmn_with_technologies(plmns: Iterable[str]) -> bytes:
    """EF.HPLMNwAcT: each network with every access technology."""
    return b"".join(plmn_octets(plmn) + ALL_ACCESS_TECHNOLOGIES for plmn in plmns)


def _called_number(number: str) -> bytes:
    """Length, type of number and up to 20 BCD digits: the form of MSISDN and of the service centre's address."""
    international = number.startswith("+")
    digits = swapped(number.removeprefix("+"))
    return (bytes((len(digits) + 1,)) + (INTERNATIONAL_ISDN if international else b"\x81") + digits).ljust(12, b"\xff")


def msisdn_record(number: str) -> bytes:
    """EF.MSISDN: alpha identifier, number, capability and extension identifiers."""
    return b"\xff" * ALPHA_OCTETS + _called_number(number) + b"\xff\xff"


def smsp_record(service_centre: str) -> bytes:
    """EF.SMSP: service centre address, protocol 0, default alphabet, validity of one day; no destination."""
    return b"\xff" * ALPHA_OCTETS + b"\xe1" + b"\xff" * 12 + _called_number(service_centre) + b"\x00\x00\xa7"


def ecc_record(number: str) -> bytes:
    """EF.ECC: emergency number without alpha identifier, no service category."""
    return swapped(number).ljust(3, b"\xff") + b"\x00"


def dir_record(aid: bytes, label: str) -> bytes:
    """EF.DIR: application template with AID and label."""
    return tlv(0x61, tlv(0x4F, aid), tlv(0x50, label.encode("ascii")))


def service_table(services: Iterable[int], octets: int) -> bytes:
    """EF.UST or EF.IST: bit 1 of octet 1 is service 1."""
    table = bytearray(octets)
    for service in services:
        table[(service - 1) // 8] |= 1 << (service - 1) % 8
    return bytes(table)


def uri_object(text: str) -> bytes:
    """The data object of EF.IMPI, EF.IMPU and EF.DOMAIN."""
    return tlv(0x80, text.encode())


def ims_domain(mcc: str, mnc: str) -> str:
    """The home network domain. Spec: TS 23.003 section 13.2."""
    return f"ims.mnc{mnc:0>3}.mcc{mcc}.3gppnetwork.org"


def suci_calculation_info(suci: Suci) -> bytes:
    """EF.SUCI_Calc_Info: schemes in order of preference, each with the index of its key; then the keys.

    Spec: TS 31.102 section 4.4.11.8
    """
    if not suci.keys:
        return bytes.fromhex("A0020000")
    schemes = b"".join(bytes((key.scheme, index)) for index, key in enumerate(suci.keys, 1))
    keys = (tlv(0x80, bytes((key.identifier,))) + tlv(0x81, key.public_key) for key in suci.keys)
    return tlv(0xA0, schemes) + tlv(0xA1, *keys)


def routing_indicator(digits: str) -> bytes:
    """EF.Routing_Indicator: up to four swapped digits padded with F, then two octets reserved."""
    return swapped(digits).ljust(4, b"\xff")
