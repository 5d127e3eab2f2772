"""What a card is made of at the factory: identity, certificate chains, rules, sizes."""

import json
from dataclasses import dataclass, field
from typing import Any

from euicc_sim.core.options import CardOptions
from euicc_sim.profile.capabilities import DEFAULT_SERVICES
from wire.errors import DecodeError
from wire.es10 import PprFlags, PprIds, RspCapability
from wire.ids import Eid
from wire.tlv import parse_all, tlv


@dataclass(frozen=True, slots=True)
class EuiccChain:
    """One CI the card knows: its certificate (trust anchor) and, unless it is verification-only, the card's own chain.

    ci_pkid: the CI's SubjectKeyIdentifier, 20 octets; certificates in DER; private_key in PKCS#8 DER.
    """

    ci_certificate: bytes
    ci_pkid: bytes
    eum_certificate: bytes = b""
    euicc_certificate: bytes = b""
    private_key: bytes = b""

    @property
    def signs(self) -> bool:
        """True if the card can sign under this CI."""
        return bool(self.private_key)


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


NO_PPRS = PprIds(0)
PPRS_WITH_CONSENT = AuthorisationRule(PprIds.ppr1 | PprIds.ppr2)
"""The usual rule of an open-market device: any operator may set PPR1 and PPR2 if the end user consents."""


@dataclass(frozen=True, slots=True)
class CardSettings:
    """A new card. `chains` in priority order; versions are three octets as on the wire; services: of the UICC part."""

    eid: Eid
    chains: tuple[EuiccChain, ...]
    name: str = "card"
    root_ds_address: str = "testrootsmds.gsma.com"
    default_dp_address: str = ""
    rules: tuple[AuthorisationRule, ...] = (PPRS_WITH_CONSENT,)
    forbidden_pprs: PprIds = NO_PPRS
    svn: bytes = b"\x02\x05\x00"
    profile_version: bytes = b"\x02\x03\x01"
    firmware_version: bytes = b"\x01\x00\x00"
    pp_version: bytes = b"\x01\x00\x00"
    sas_accreditation_number: str = "XX-YY-UP-0000"
    rsp_capability: RspCapability = (
        RspCapability.additionalProfile
        | RspCapability.crlSupport
        | RspCapability.testProfileSupport
        | RspCapability.deviceInfoExtensibilitySupport
        | RspCapability.serviceSpecificDataSupport
    )
    category: int = 2
    services: frozenset[str] = DEFAULT_SERVICES
    nvm_octets: int = 0xA0000
    ram_octets: int = 0x2000
    options: CardOptions = field(default_factory=CardOptions)

    def encode(self) -> bytes:
        """The settings as the card keeps them (JSON, octets in hex)."""
        return json.dumps(_to_json(self), sort_keys=True).encode()

    @classmethod
    def decode(cls, raw: bytes) -> "CardSettings":
        """From `encode`; DecodeError if it is something else."""
        try:
            return _settings(json.loads(raw))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise DecodeError("settings", 0, f"not the settings of a card: {error}") from error


def parse_operator(raw: bytes) -> Operator:
    """An OperatorId's content; DecodeError if it is malformed."""
    elements = {element.tag: element.value for element in parse_all(raw, "OperatorId")}
    if len(elements.get(0x80, b"")) != 3:
        raise DecodeError("OperatorId.mccMnc", 0, "three octets expected")
    return Operator(elements[0x80], elements.get(0x81), elements.get(0x82))


def _to_json(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, tuple):
        return [_to_json(item) for item in value]
    if isinstance(value, frozenset):
        return sorted(value)
    if hasattr(value, "__slots__") and hasattr(value, "__dataclass_fields__"):
        return {name: _to_json(getattr(value, name)) for name in value.__dataclass_fields__}
    return value


def _octets(mapping: dict[str, Any], *names: str) -> dict[str, Any]:
    return mapping | {name: bytes.fromhex(mapping[name]) for name in names if mapping[name] is not None}


def _settings(value: dict[str, Any]) -> CardSettings:
    value = _octets(value, "svn", "profile_version", "firmware_version", "pp_version")
    chains = tuple(EuiccChain(**_octets(chain, *chain)) for chain in value["chains"])
    rules = tuple(
        AuthorisationRule(
            PprIds(rule["ppr_ids"]),
            tuple(Operator(**_octets(operator, *operator)) for operator in rule["operators"]),
            PprFlags(rule["flags"]),
        )
        for rule in value["rules"]
    )
    converted = {
        "eid": Eid(value["eid"]),
        "chains": chains,
        "rules": rules,
        "forbidden_pprs": PprIds(value["forbidden_pprs"]),
        "services": frozenset(value["services"]),
        "rsp_capability": RspCapability(value["rsp_capability"]),
        "options": CardOptions(**_octets(value["options"], "isd_r_aid")),
    }
    return CardSettings(**(value | converted))
