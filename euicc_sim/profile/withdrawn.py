"""Services that a profile brings files for but this card does not have: reported, and cleared in EF.UST.

Spec: SAIP status reporting (feature-not-supported, additional information 1 GBA, 2 MBMS)
"""

from dataclasses import dataclass

from euicc_sim.profile.staging import Staging
from euicc_sim.profile.status import PeStatus
from euicc_sim.profile.structure import Element
from euicc_sim.profile.templates import Base
from wire.tlv import Tlv

_FID_UST = 0x6F38


@dataclass(frozen=True, slots=True)
class _Feature:
    """A service of the card, the OPT-USIM files that it is for, and how its absence is told."""

    service: str
    component_tags: frozenset[int]
    ust_service: int
    additional_information: int


_FEATURES = (
    _Feature("gba-usim", frozenset((0xBF37, 0xBF3B)), 68, 1),
    _Feature("mbms", frozenset((0xBF38, 0xBF39)), 69, 2),
)
"""EF.GBABP and EF.GBANL; EF.MSK and EF.MUK."""


def withdraw_services(staging: Staging, element: Element, components: list[Tlv | None]) -> None:
    """After PE-OPT-USIM: a warning for each feature it is about that the card lacks."""
    listed = {component.tag for component in components if component is not None}
    usim = staging.current_naa(Base.USIM)
    for feature in _FEATURES:
        if feature.service not in element.services and listed & feature.component_tags:
            element.warning(PeStatus.FEATURE_NOT_SUPPORTED, feature.additional_information)
            _clear(staging, usim.number, feature.ust_service)


def _clear(staging: Staging, usim: int, service: int) -> None:
    number = staging.children[usim].get(_FID_UST)
    table = None if number is None else staging.contents.get(number)
    octet, bit = divmod(service - 1, 8)
    if number is None or table is None or octet >= len(table):
        return
    staging.contents[number] = table[:octet] + bytes((table[octet] & ~(1 << bit),)) + table[octet + 1 :]
