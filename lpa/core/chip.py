"""What a card says about itself, typed.

Spec: SGP.22 v2.5 section 5.7.3 (addresses), 5.7.8 (EUICCInfo), 5.7.22 (Rules Authorisation Table)
"""

from dataclasses import dataclass
from typing import Self

from lpa.core.metadata import OperatorId
from lpa.core.reading import integer, optional_text
from wire.es10 import PprFlags, PprIds, RspCapability
from wire.tlv import Tlv, parse_all


@dataclass(frozen=True, slots=True)
class Addresses:
    """EuiccConfiguredAddressesResponse; an empty default SM-DP+ address counts as none."""

    default_dp_address: str | None
    root_ds_address: str

    @classmethod
    def read(cls, response: Tlv) -> Self:
        return cls(optional_text(response, 0x80) or None, response.child(0x81).value.decode("utf-8"))


def _pkids(parent: Tlv, tag: int) -> tuple[bytes, ...]:
    return tuple(item.value for item in parent.child(tag).children)


@dataclass(frozen=True, slots=True)
class EuiccInfo1:
    """EUICCInfo1; `raw` goes to the server as it is. PKIds are SubjectKeyIdentifiers, best first."""

    raw: bytes
    svn: bytes
    ci_pkids_for_verification: tuple[bytes, ...]
    ci_pkids_for_signing: tuple[bytes, ...]

    @classmethod
    def read(cls, response: Tlv) -> Self:
        return cls(response.raw, response.child(0x82).value, _pkids(response, 0xA9), _pkids(response, 0xAA))


@dataclass(frozen=True, slots=True)
class CardResources:
    """extCardResource: None where the card does not say."""

    installed_applications: int | None
    free_nvm_octets: int | None
    free_ram_octets: int | None

    @classmethod
    def read(cls, value: bytes) -> Self:
        found = {item.tag: int.from_bytes(item.value, "big") for item in parse_all(value)}
        return cls(found.get(0x81), found.get(0x82), found.get(0x83))


@dataclass(frozen=True, slots=True)
class EuiccInfo2:
    """EUICCInfo2; version octets are major, minor, revision."""

    raw: bytes
    profile_version: bytes
    svn: bytes
    firmware_version: bytes
    resources: CardResources
    uicc_capability: bytes
    ts102241_version: bytes | None
    globalplatform_version: bytes | None
    rsp_capability: RspCapability
    ci_pkids_for_verification: tuple[bytes, ...]
    ci_pkids_for_signing: tuple[bytes, ...]
    category: int | None
    forbidden_policy_rules: PprIds
    pp_version: bytes
    sas_accreditation_number: str

    @classmethod
    def read(cls, response: Tlv) -> Self:
        ts102241, globalplatform = response.find(0x86), response.find(0x87)
        category, forbidden = response.find(0x8B), response.find(0x99)
        return cls(
            raw=response.raw,
            profile_version=response.child(0x81).value,
            svn=response.child(0x82).value,
            firmware_version=response.child(0x83).value,
            resources=CardResources.read(response.child(0x84).value),
            uicc_capability=response.child(0x85).value,
            ts102241_version=None if ts102241 is None else ts102241.value,
            globalplatform_version=None if globalplatform is None else globalplatform.value,
            rsp_capability=RspCapability.from_bits(response.child(0x88).value),
            ci_pkids_for_verification=_pkids(response, 0xA9),
            ci_pkids_for_signing=_pkids(response, 0xAA),
            category=None if category is None else integer(category),
            forbidden_policy_rules=PprIds(0) if forbidden is None else PprIds.from_bits(forbidden.value),
            pp_version=response.child(0x04).value,
            sas_accreditation_number=response.child(0x0C).value.decode("utf-8"),
        )


@dataclass(frozen=True, slots=True)
class AuthorisationRule:
    """One ProfilePolicyAuthorisationRule of the Rules Authorisation Table."""

    policy_rules: PprIds
    allowed_operators: tuple[OperatorId, ...]
    consent_required: bool

    @classmethod
    def read(cls, value: Tlv) -> Self:
        return cls(
            PprIds.from_bits(value.child(0x80).value),
            tuple(OperatorId.read(item) for item in value.child(0xA1).children),
            PprFlags.consentRequired in PprFlags.from_bits(value.child(0x82).value),
        )
