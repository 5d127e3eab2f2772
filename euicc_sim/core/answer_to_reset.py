"""The answer to reset: T=0 (and T=1), an eUICC, and what the options say of channels and lengths.

Spec: ISO/IEC 7816-3 section 8.2, ISO/IEC 7816-4 section 12.1.1, ETSI TS 102 221 section 6.3
"""

from euicc_sim.core.options import CardOptions

_T0 = bytes.fromhex("9680")
"""TA1 96, TD1 80 (T=0)."""
_T1 = bytes.fromhex("B1FE45")
"""TD2 B1 (T=1), TA3 FE (blocks of 254 octets), TB3 45 (waiting times)."""
_GLOBAL = bytes.fromhex("3FC782")
"""The last TD 3F (T=15), TA C7 (clock stop, classes A to C), TB 82 (eUICC-related functions)."""
_CARD_SERVICE_DATA = bytes.fromhex("8031E0")
_NAME = b"\x66RSPLAB"
EXTENDED_LENGTH, CHANNELS_BY_CARD = 0x40, 0x10


def answer_to_reset(options: CardOptions) -> bytes:
    """The ATR with its check octet."""
    third = CHANNELS_BY_CARD | min(options.channels, 8) - 1 | (EXTENDED_LENGTH if options.extended_length else 0)
    historical = _CARD_SERVICE_DATA + bytes((0x73, 0xFE, 0x21, third)) + _NAME
    protocols = _T0 + (_T1 if options.direct_answers else b"")
    body = bytes((0x90 | len(historical),)) + protocols + _GLOBAL + historical
    check = 0
    for octet in body:
        check ^= octet
    return b"\x3b" + body + bytes((check,))
