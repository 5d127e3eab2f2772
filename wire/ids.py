"""Identifiers of the field: EID, ICCID, AID, TransactionId, MatchingID, MCC/MNC, object identifiers.

Each is its canonical text (a `str`) with constructors from, and properties for, its other forms.
"""

import re
from typing import Self


class IdentifierError(ValueError):
    """A malformed identifier: `what` it should be and `where` (character or octet offset) it goes wrong."""

    def __init__(self, what: str, where: int, rule: str) -> None:
        super().__init__(f"{what} at position {where}: {rule}")
        self.what = what
        self.where = where
        self.rule = rule


_NIBBLES_SWAPPED = bytes(octet >> 4 | (octet & 0x0F) << 4 for octet in range(256))


def _require_digits(what: str, text: str) -> None:
    if text.isascii() and text.isdecimal():
        return
    for where, character in enumerate(text):
        if not "0" <= character <= "9":
            raise IdentifierError(what, where, f"{character!r} is not a decimal digit")


def _digits_of(what: str, octets: bytes) -> str:
    text = octets.hex().upper()
    _require_digits(what, text.rstrip("F"))
    return text


class Eid(str):
    """An EID: 32 decimal digits, the last two of which are check digits.

    Spec: SGP.02 section 2.2.2, SGP.29; the octet form is plain BCD, not nibble-swapped.
    """

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        text = text.strip()
        _require_digits("EID", text)
        if len(text) != 32:
            raise IdentifierError("EID", len(text), f"32 digits expected, {len(text)} found")
        if int(text) % 97 != 1:
            expected = cls.check_digits(text[:30])
            raise IdentifierError("EID", 30, f"check digits are {text[30:]}, should be {expected}")
        return super().__new__(cls, text)

    @staticmethod
    def check_digits(first30: str) -> str:
        """The two check digits (ISO/IEC 7064 MOD 97-10) after the first 30 digits."""
        return f"{98 - int(first30 + '00') % 97:02d}"

    @classmethod
    def with_check_digits(cls, first30: str) -> Self:
        """Complete 30 digits to an EID."""
        _require_digits("EID", first30)
        if len(first30) != 30:
            raise IdentifierError("EID", len(first30), f"30 digits expected, {len(first30)} found")
        return cls(first30 + cls.check_digits(first30))

    @classmethod
    def from_bytes(cls, octets: bytes) -> Self:
        """From the 16 octets of GetEID (tag 5A) or of the key derivation."""
        if len(octets) != 16:
            raise IdentifierError("EID", len(octets), f"16 octets expected, {len(octets)} found")
        return cls(octets.hex())

    def to_bytes(self) -> bytes:
        """16 octets, high nibble first, not swapped."""
        return bytes.fromhex(self)


def luhn_digit(digits: str) -> str:
    """The Luhn check digit that completes `digits`."""
    total = 0
    for position, character in enumerate(reversed(digits)):
        value = int(character) * (2 if position % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


class Iccid(str):
    """An ICCID: 18 to 20 decimal digits in reading order; trailing F padding is dropped.

    Equality is that of the digits. The last digit is a Luhn check digit by ITU-T E.118, which profiles in the
    field do not always respect: `luhn_ok` tells, nothing enforces it.
    """

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        digits = text.strip().upper().rstrip("F")
        _require_digits("ICCID", digits)
        if not 18 <= len(digits) <= 20:
            raise IdentifierError("ICCID", len(digits), f"18 to 20 digits expected, {len(digits)} found")
        return super().__new__(cls, digits)

    @classmethod
    def with_check_digit(cls, digits: str) -> Self:
        """Complete 17 to 19 digits with their Luhn digit."""
        _require_digits("ICCID", digits)
        return cls(digits + luhn_digit(digits))

    @classmethod
    def from_ef(cls, octets: bytes) -> Self:
        """From the 10 octets of EF.ICCID and of tag 5A: nibble-swapped, F padded."""
        cls._require_10_octets(octets)
        return cls(_digits_of("ICCID", octets.translate(_NIBBLES_SWAPPED)))

    @classmethod
    def from_header(cls, octets: bytes) -> Self:
        """From the 10 octets of a profile package's header: not swapped, F padded."""
        cls._require_10_octets(octets)
        return cls(_digits_of("ICCID", octets))

    @staticmethod
    def _require_10_octets(octets: bytes) -> None:
        if len(octets) != 10:
            raise IdentifierError("ICCID", len(octets), f"10 octets expected, {len(octets)} found")

    @property
    def json(self) -> str:
        """20 characters, padded with F, as sent in JSON bodies."""
        return self.ljust(20, "F")

    @property
    def header(self) -> bytes:
        """10 octets in reading order (ProfileHeader.iccid)."""
        return bytes.fromhex(self.json)

    @property
    def ef(self) -> bytes:
        """10 octets, nibble-swapped (EF.ICCID, tag 5A)."""
        return self.header.translate(_NIBBLES_SWAPPED)

    @property
    def luhn_ok(self) -> bool:
        """True if the last digit is the Luhn check digit of the others."""
        return luhn_digit(self[:-1]) == self[-1]


class Aid(bytes):
    """An application identifier: 5 to 16 octets."""

    __slots__ = ()

    def __new__(cls, octets: bytes) -> Self:
        if not 5 <= len(octets) <= 16:
            raise IdentifierError("AID", len(octets), f"5 to 16 octets expected, {len(octets)} found")
        return super().__new__(cls, octets)

    @classmethod
    def from_hex(cls, text: str) -> Self:
        """From hexadecimal text, white space allowed."""
        return cls(_octets_of_hex("AID", text))

    def __str__(self) -> str:
        return self.hex().upper()


class TransactionId(bytes):
    """An RSP session's transactionId: 1 to 16 octets; its text is upper-case hex.

    Spec: SGP.22 v2.5 section 5.6.1 (hex in JSON, octets in ASN.1 and in every cryptographic input)
    """

    __slots__ = ()

    def __new__(cls, octets: bytes) -> Self:
        if not 1 <= len(octets) <= 16:
            raise IdentifierError("transactionId", len(octets), f"1 to 16 octets expected, {len(octets)} found")
        return super().__new__(cls, octets)

    @classmethod
    def from_hex(cls, text: str) -> Self:
        """From hexadecimal text in either case."""
        return cls(_octets_of_hex("transactionId", text))

    def __str__(self) -> str:
        return self.hex().upper()


def _octets_of_hex(what: str, text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        compact = "".join(text.split())
    for where, character in enumerate(compact):
        if character not in "0123456789abcdefABCDEF":
            raise IdentifierError(what, where, f"{character!r} is not a hexadecimal digit")
    if len(compact) % 2:
        raise IdentifierError(what, len(compact), "odd number of hexadecimal digits")
    return bytes.fromhex(compact)


class MatchingId(str):
    """A MatchingID (activation code token or EventID): 0-9, A-Z and hyphen, up to 255 characters; may be empty."""

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        if len(text) > 255:
            raise IdentifierError("MatchingID", 255, f"at most 255 characters, {len(text)} found")
        wrong = re.search(r"[^0-9A-Z-]", text)
        if wrong:
            raise IdentifierError("MatchingID", wrong.start(), f"{wrong.group()!r} is not one of 0-9, A-Z, hyphen")
        return super().__new__(cls, text)


def encode_mcc_mnc(mcc: str, mnc: str) -> bytes:
    """The three octets of a PLMN: MCC2 MCC1, MNC3 MCC3, MNC2 MNC1; 001/01 -> 00F110.

    Spec: 3GPP TS 24.008 section 10.5.1.13
    """
    _require_digits("MCC", mcc)
    _require_digits("MNC", mnc)
    if len(mcc) != 3:
        raise IdentifierError("MCC", len(mcc), f"3 digits expected, {len(mcc)} found")
    if len(mnc) not in (2, 3):
        raise IdentifierError("MNC", len(mnc), f"2 or 3 digits expected, {len(mnc)} found")
    third = mnc[2] if len(mnc) == 3 else "F"
    return bytes.fromhex(mcc[1] + mcc[0] + third + mcc[2] + mnc[1] + mnc[0])


def decode_mcc_mnc(octets: bytes) -> tuple[str, str]:
    """(MCC, MNC) of three PLMN octets; wildcard digits (nibble E, in a RAT only) come out as "E"."""
    if len(octets) != 3:
        raise IdentifierError("MCC/MNC", len(octets), f"3 octets expected, {len(octets)} found")
    text = octets.hex().upper()
    mcc, mnc = text[1] + text[0] + text[3], text[5] + text[4] + text[2].replace("F", "")
    for where, digit in enumerate(mcc + mnc):
        if digit not in "0123456789E":
            raise IdentifierError("MCC/MNC", where, f"{digit!r} is not a digit or the wildcard E")
    return mcc, mnc


def encode_oid(dotted: str) -> bytes:
    """The content octets of an OBJECT IDENTIFIER: "2.999.10" -> 88370A.

    Spec: ITU-T X.690 section 8.19
    """
    parts = dotted.split(".")
    where = 0
    for part in parts:
        if not re.fullmatch(r"0|[1-9][0-9]{0,37}", part, re.ASCII):
            raise IdentifierError("OID", where, f"{part!r} is not an arc number")
        where += len(part) + 1
    arcs = [int(part) for part in parts]
    if len(arcs) < 2 or arcs[0] > 2 or (arcs[0] < 2 and arcs[1] > 39):
        raise IdentifierError("OID", 0, "the first two arcs are not 0..1.0..39 or 2.x")
    encoded = bytearray()
    for arc in [arcs[0] * 40 + arcs[1], *arcs[2:]]:
        septets = [arc & 0x7F]
        while arc := arc >> 7:
            septets.append(arc & 0x7F | 0x80)
        encoded += bytes(reversed(septets))
    return bytes(encoded)


def decode_oid(octets: bytes) -> str:
    """Dotted text of an OBJECT IDENTIFIER's content octets."""
    if not octets or octets[-1] & 0x80:
        raise IdentifierError("OID", len(octets), "the last arc is cut off")
    arcs: list[int] = []
    arc = 0
    for where, octet in enumerate(octets):
        if octet == 0x80 and (where == 0 or not octets[where - 1] & 0x80):
            raise IdentifierError("OID", where, "arc is not minimally encoded")
        arc = arc << 7 | octet & 0x7F
        if arc >> 128:
            raise IdentifierError("OID", where, "arc is longer than 128 bits")
        if not octet & 0x80:
            arcs.append(arc)
            arc = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(str(number) for number in [first, arcs[0] - 40 * first, *arcs[1:]])
