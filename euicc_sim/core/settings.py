"""What a card is made of at the factory: identity, certificate chains, rules, sizes."""

import json
from dataclasses import dataclass, field, replace
from typing import Any

from euicc_sim.core.options import CardOptions
from euicc_sim.core.rules import NO_PPRS, PPRS_WITH_CONSENT, AuthorisationRule, Operator
from euicc_sim.profile.capabilities import DEFAULT_SERVICES
from wire.errors import DecodeError
from wire.es10 import PprFlags, PprIds, RspCapability
from wire.ids import Eid


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

    def in_effect(self) -> "CardSettings":
        """With what the options say otherwise than the factory."""
        names = ("nvm_octets", "rules", "forbidden_pprs")
        changes = {name: value for name in names if (value := getattr(self.options, name)) is not None}
        return replace(self, **changes)

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
    converted = {
        "eid": Eid(value["eid"]),
        "chains": chains,
        "rules": _rules(value["rules"]),
        "forbidden_pprs": PprIds(value["forbidden_pprs"]),
        "services": frozenset(value["services"]),
        "rsp_capability": RspCapability(value["rsp_capability"]),
        "options": _options(value["options"]),
    }
    return CardSettings(**(value | converted))


def _rules(value: list[dict[str, Any]]) -> tuple[AuthorisationRule, ...]:
    return tuple(
        AuthorisationRule(
            PprIds(rule["ppr_ids"]),
            tuple(Operator(**_octets(operator, *operator)) for operator in rule["operators"]),
            PprFlags(rule["flags"]),
        )
        for rule in value
    )


def _options(value: dict[str, Any]) -> CardOptions:
    """Cards that were made before an option existed have its default."""
    value = _octets(value, "isd_r_aid")
    if value.get("rules") is not None:
        value["rules"] = _rules(value["rules"])
    if value.get("forbidden_pprs") is not None:
        value["forbidden_pprs"] = PprIds(value["forbidden_pprs"])
    return CardOptions(**value)
