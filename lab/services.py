"""Services that a profile package demands -> the UICCCapability bits that an eUICC announces for them."""

from collections.abc import Iterable

# eUICC-Mandatory-services (SAIP ServicesList) -> UICCCapability (SGP.22 v2.5 section 4.3); other names are alike.
_BITS = {
    "contactless": "contactlessSupport",
    "usim": "usimSupport",
    "isim": "isimSupport",
    "csim": "csimSupport",
    "milenage": "akaMilenage",
    "cave": "akaCave",
    "tuak128": "akaTuak128",
    "tuak256": "akaTuak256",
    "usim-test-algorithm": "usimTestAlgorithm",
    "gba-usim": "gbaAuthenUsim",
    "gba-isim": "gbaAuthenISim",
    "mbms": "mbmsAuthenUsim",
    "eap": "eapClient",
    "multiple-usim": "multipleUsimSupport",
    "multiple-isim": "multipleIsimSupport",
    "multiple-csim": "multipleCsimSupport",
    "ber-tlv": "berTlvFileSupport",
    "dfLink": "dfLinkSupport",
    "cat-tp": "catTp",
    "get-identity": "getIdentity",
}


def capability_bits(services: Iterable[str]) -> frozenset[str]:
    """The names of the bits for these services."""
    return frozenset(_BITS.get(service, service) for service in services)
