"""EUICCInfo1, EUICCInfo2 and the rules authorisation table: what the card says of itself.

Spec: SGP.22 v2.5 sections 4.3, 5.7.8 and 5.7.22
"""

from euicc_sim.core.euicc import Euicc
from wire.tlv import tlv

EUICC_INFO1, EUICC_INFO2, RAT = 0xBF20, 0xBF22, 0xBF43
TS_102_241_VERSION = bytes.fromhex("090200")
GLOBALPLATFORM_VERSION = bytes.fromhex("020300")


def euicc_info1(euicc: Euicc) -> bytes:
    """EUICCInfo1."""
    return tlv(EUICC_INFO1, tlv(0x82, euicc.settings.svn), *_ci_lists(euicc))


def euicc_info2(euicc: Euicc) -> bytes:
    """EUICCInfo2; extCardResource tells the memory that is really left."""
    settings = euicc.settings
    forbidden = settings.forbidden_pprs
    return tlv(
        EUICC_INFO2,
        tlv(0x81, settings.profile_version),
        tlv(0x82, settings.svn),
        tlv(0x83, settings.firmware_version),
        tlv(0x84, ext_card_resource(euicc)),
        tlv(0x85, euicc.capabilities.uicc_capability()),
        tlv(0x86, TS_102_241_VERSION),
        tlv(0x87, GLOBALPLATFORM_VERSION),
        tlv(0x88, settings.rsp_capability.to_bits()),
        *_ci_lists(euicc),
        tlv(0x8B, bytes((settings.category,))),
        tlv(0x99, forbidden.to_bits()) if forbidden else b"",
        tlv(0x04, settings.pp_version),
        tlv(0x0C, settings.sas_accreditation_number.encode()),
    )


def ext_card_resource(euicc: Euicc) -> bytes:
    """Installed applications (none beside profiles), free non-volatile memory, free RAM.

    Spec: ETSI TS 102 226 section 8.2.1.7.2
    """
    free_nvm = euicc.store.free_octets.to_bytes(4, "big")
    free_ram = euicc.settings.ram_octets.to_bytes(4, "big")
    return tlv(0x81, b"\x00") + tlv(0x82, free_nvm) + tlv(0x83, free_ram)


def rules_authorisation_table(euicc: Euicc) -> bytes:
    """GetRAT's response."""
    return tlv(RAT, tlv(0xA0, *(rule.encode() for rule in euicc.settings.rules)))


def _ci_lists(euicc: Euicc) -> tuple[bytes, bytes]:
    verification = tlv(0xA9, *(tlv(0x04, pkid) for pkid in euicc.anchors))
    return verification, tlv(0xAA, *(tlv(0x04, pkid) for pkid in euicc.signing_chains))
