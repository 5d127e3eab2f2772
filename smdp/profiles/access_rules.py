"""EF.ARR: the fourteen access rules that the file templates refer to by record number.

Spec: TCA eUICC Profile Package: Interoperable Format, template access rules; TS 102 221 section 9.2
"""

from wire.tlv import tlv

READ, UPDATE, WRITE, DEACTIVATE, ACTIVATE, DELETE = 0x01, 0x02, 0x04, 0x08, 0x10, 0x40
CREATE_EF, CREATE_DF = 0x02, 0x04
INCREASE = 0x32

ALWAYS = tlv(0x90)
NEVER = tlv(0x97)


def _pin(key_reference: int) -> bytes:
    return tlv(0xA4, tlv(0x83, bytes((key_reference,))), tlv(0x95, b"\x08"))


PIN1, PIN2, ADM1 = _pin(0x01), _pin(0x81), _pin(0x0A)


def _rule(*grants: tuple[int, bytes]) -> bytes:
    return b"".join(tlv(0x80, bytes((access,))) + condition for access, condition in grants)


_ADMIN = (DEACTIVATE | ACTIVATE | DELETE, ADM1)
_ADMIN_ALL = (UPDATE | DEACTIVATE | ACTIVATE | DELETE, ADM1)

RECORDS = (
    _rule((READ, ALWAYS), (UPDATE, PIN1), _ADMIN),
    _rule((READ, PIN1), _ADMIN_ALL),
    _rule((READ | UPDATE | DEACTIVATE | ACTIVATE | DELETE, ADM1)),
    _rule((READ, ALWAYS), (UPDATE | DEACTIVATE | ACTIVATE, NEVER), (DELETE, ADM1)),
    _rule((READ | UPDATE, PIN1), _ADMIN),
    _rule((READ | ACTIVATE, PIN1), (UPDATE | DEACTIVATE | DELETE, ADM1)),
    _rule((READ | UPDATE, PIN1), _ADMIN) + tlv(0x84, bytes((INCREASE,))) + PIN1,
    _rule((READ, PIN1), (UPDATE, PIN2), _ADMIN),
    _rule((READ, ALWAYS), (UPDATE | DEACTIVATE | ACTIVATE, PIN1), (DELETE, ADM1)),
    _rule((READ, ALWAYS), _ADMIN_ALL),
    _rule((READ, ALWAYS), (UPDATE | DELETE, NEVER), (DEACTIVATE | ACTIVATE, ADM1)),
    _rule((READ, PIN1), (UPDATE | DEACTIVATE | ACTIVATE | DELETE, NEVER)),
    _rule((READ | UPDATE | ACTIVATE, PIN1), (DEACTIVATE | DELETE, ADM1)),
    _rule((DELETE | DEACTIVATE | ACTIVATE | CREATE_DF | CREATE_EF, ADM1)),
)
