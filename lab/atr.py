"""What an answer to reset says of a card.

Spec: ISO/IEC 7816-3 section 8.2, ISO/IEC 7816-4 section 12.1.1, ETSI TS 102 221 section 6.3.3 (global interface bytes)
"""

from dataclasses import dataclass

T15 = 15
EUICC_BITS = 0x82


@dataclass(frozen=True, slots=True)
class AnswerToReset:
    """protocols: as announced, T=0 where nothing is; euicc: says that it has eUICC-related functions.

    channels: how many logical channels with the basic one (8: eight or more), None where the ATR doesn't say.
    """

    protocols: tuple[int, ...]
    euicc: bool
    channels: int | None
    extended_length: bool | None
    check_ok: bool


def parse_atr(atr: bytes) -> AnswerToReset | None:
    """The ATR's meaning; None if it is none."""
    if len(atr) < 2 or atr[0] not in (0x3B, 0x3F):
        return None
    present, historical_octets = atr[1] >> 4, atr[1] & 0x0F
    position, protocols, euicc, group = 2, list[int](), False, 0
    while present:
        size = bin(present).count("1")
        block = atr[position : position + size]
        if len(block) < size:
            return None
        if group == T15 and present & 2 and not euicc:
            octet = block[1] if present & 1 else block[0]
            euicc = octet & EUICC_BITS == EUICC_BITS
        position += size
        if not present & 8:
            break
        present, group = block[-1] >> 4, block[-1] & 0x0F
        if group != T15:
            protocols.append(group)
    has_check = any(protocols) or T15 in _groups(atr)
    historical = atr[position : position + historical_octets]
    if len(historical) < historical_octets or len(atr) != position + historical_octets + has_check:
        return None
    third = _capabilities(historical)
    return AnswerToReset(
        tuple(dict.fromkeys(protocols)) or (0,),
        euicc,
        None if third is None else (third & 7) + 1,
        None if third is None else bool(third & 0x40),
        not has_check or _exclusive_or(atr[1:]) == 0,
    )


def _groups(atr: bytes) -> list[int]:
    """The T of every TD."""
    found, present, position = list[int](), atr[1] >> 4, 2
    while present & 8:
        position += bin(present).count("1")
        present = atr[position - 1] >> 4
        found.append(atr[position - 1] & 0x0F)
    return found


def _capabilities(historical: bytes) -> int | None:
    """The third octet of the card capabilities (tag 73) among the historical bytes."""
    if historical[:1] != b"\x80":
        return None
    position = 1
    while position < len(historical):
        tag, size = historical[position] >> 4, historical[position] & 0x0F
        if tag == 7 and size == 3 and position + 3 < len(historical):
            return historical[position + 3]
        position += 1 + size
    return None


def _exclusive_or(octets: bytes) -> int:
    check = 0
    for octet in octets:
        check ^= octet
    return check
