"""What the card is, and its default SM-DP+ address.

Spec: SGP.22 v2.5 section 3.3
"""

from dataclasses import dataclass

from lpa.core import es10
from lpa.core.actions import Procedure
from lpa.core.apdu_link import Isdr, with_isdr
from lpa.core.chip import Addresses, AuthorisationRule, EuiccInfo2
from lpa.core.errors import CardRefused
from lpa.core.settings import LpaSettings
from wire.ids import Eid


@dataclass(frozen=True, slots=True)
class ChipInfo:
    """Everything a card tells about itself; `rules` is None where the card has no GetRAT."""

    eid: str
    addresses: Addresses
    info2: EuiccInfo2
    rules: tuple[AuthorisationRule, ...] | None
    isdr_aid: bytes
    isdr_fci: bytes

    @property
    def eid_ok(self) -> bool:
        """True if the EID's check digits are right."""
        try:
            Eid(self.eid)
        except ValueError:
            return False
        return True


def chip_info(settings: LpaSettings) -> Procedure[ChipInfo]:
    """EID, addresses, EUICCInfo2 and the Rules Authorisation Table."""

    def body(isdr: Isdr) -> Procedure[ChipInfo]:
        eid = yield from es10.get_eid(isdr)
        addresses = yield from es10.get_euicc_configured_addresses(isdr)
        info2 = yield from es10.get_euicc_info2(isdr)
        try:
            rules = yield from es10.get_rat(isdr)
        except CardRefused:
            rules = None
        return ChipInfo(eid, addresses, info2, rules, isdr.aid, isdr.fci)

    return (yield from with_isdr(settings, body))


def get_default_dp_address(settings: LpaSettings) -> Procedure[str | None]:
    """The default SM-DP+ address, None where none is set."""
    addresses = yield from with_isdr(settings, es10.get_euicc_configured_addresses)
    return addresses.default_dp_address


def set_default_dp_address(settings: LpaSettings, address: str) -> Procedure[None]:
    """Set the default SM-DP+ address; "" clears it."""
    yield from with_isdr(settings, lambda isdr: es10.set_default_dp_address(isdr, address))


def load_crl(settings: LpaSettings, crl: bytes) -> Procedure[tuple[int, ...]]:
    """Give the card a certificate revocation list (DER); the numbers of the parts that are still missing."""
    return (yield from with_isdr(settings, lambda isdr: es10.load_crl(isdr, crl)))
