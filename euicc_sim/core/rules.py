"""Who may set which profile policy rules: the entries of the rules authorisation table.

Spec: SGP.22 v2.5 section 2.4.12
"""

from dataclasses import dataclass

from wire.errors import DecodeError
from wire.es10 import PprFlags, PprIds
from wire.tlv import parse_all, tlv

NO_PPRS = PprIds(0)


@dataclass(frozen=True, slots=True)
class Operator:
    """An operator of the rules authorisation table: PLMN octets (nibble E: any digit), gid None absent, b"" any."""

    mcc_mnc: bytes = b"\xee\xee\xee"
    gid1: bytes | None = b""
    gid2: bytes | None = b""

    def encode(self, tag: int = 0x30) -> bytes:
        """OperatorId."""
        gids = ((0x81, self.gid1), (0x82, self.gid2))
        return tlv(tag, tlv(0x80, self.mcc_mnc), *(tlv(number, gid) for number, gid in gids if gid is not None))


@dataclass(frozen=True, slots=True)
class AuthorisationRule:
    """ProfilePolicyAuthorisationRule: which PPRs which operators may set, and whether the end user must consent.

    Spec: SGP.22 v2.5 section 2.4.12
    """

    ppr_ids: PprIds
    operators: tuple[Operator, ...] = (Operator(),)
    flags: PprFlags = PprFlags.consentRequired

    def encode(self) -> bytes:
        """The rule as in GetRAT."""
        operators = (operator.encode() for operator in self.operators)
        return tlv(0x30, tlv(0x80, self.ppr_ids.to_bits()), tlv(0xA1, *operators), tlv(0x82, self.flags.to_bits()))


PPRS_WITH_CONSENT = AuthorisationRule(PprIds.ppr1 | PprIds.ppr2)
"""The usual rule of an open-market device: any operator may set PPR1 and PPR2 if the end user consents."""


def parse_operator(raw: bytes) -> Operator:
    """An OperatorId's content; DecodeError if it is malformed."""
    elements = {element.tag: element.value for element in parse_all(raw, "OperatorId")}
    if len(elements.get(0x80, b"")) != 3:
        raise DecodeError("OperatorId.mccMnc", 0, "three octets expected")
    return Operator(elements[0x80], elements.get(0x81), elements.get(0x82))
