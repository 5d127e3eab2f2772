"""ES10a: the addresses.

Spec: SGP.22 v2.5 section 5.7.3 and 5.7.4
"""

from euicc_sim.core.elements import text
from euicc_sim.core.euicc import Euicc
from euicc_sim.core.store import DEFAULT_DP_ADDRESS
from wire.es10 import SetDefaultDpAddressResult
from wire.tlv import Tlv, tlv

ADDRESSES, SET_DEFAULT_DP_ADDRESS = 0xBF3C, 0xBF3F
MAX_ADDRESS_CHARACTERS = 255


def get_euicc_configured_addresses(euicc: Euicc, request: Tlv) -> bytes:
    """GetEuiccConfiguredAddresses; the default SM-DP+ address is left out where none is set."""
    default = euicc.store.default_dp_address
    root = tlv(0x81, euicc.settings.root_ds_address.encode())
    return tlv(ADDRESSES, tlv(0x80, default.encode()) if default else b"", root)


def set_default_dp_address(euicc: Euicc, request: Tlv) -> bytes:
    """SetDefaultDpAddress; an empty address clears it."""
    address = text(request.at(0, 0x80))
    result = SetDefaultDpAddressResult.ok
    if len(address) > MAX_ADDRESS_CHARACTERS:
        result = SetDefaultDpAddressResult.undefinedError
    else:
        transaction = euicc.transaction()
        transaction.changes[DEFAULT_DP_ADDRESS] = address.encode() if address else None
        transaction.state("card", euicc.settings.name, euicc.store.default_dp_address, address, "SetDefaultDpAddress")
        transaction.commit()
    return tlv(SET_DEFAULT_DP_ADDRESS, tlv(0x80, bytes((result,))))
