"""The services of an eUICC and of a profile package, by name.

Spec: TCA eUICC Profile Package: Interoperable Format 3.3.1, ServicesList; SGP.22 v2.5 annex H, UICCCapability
"""

from typing import Final

SERVICES: Final = (
    "contactless",
    "usim",
    "isim",
    "csim",
    "milenage",
    "tuak128",
    "cave",
    "gba-usim",
    "gba-isim",
    "mbms",
    "eap",
    "javacard",
    "multos",
    "multiple-usim",
    "multiple-isim",
    "multiple-csim",
    "tuak256",
    "usim-test-algorithm",
    "ber-tlv",
    "dfLink",
    "cat-tp",
    "get-identity",
    "profile-a-x25519",
    "profile-b-p256",
    "suciCalculatorApi",
    "dns-resolution",
    "scp11ac",
    "scp11c-authorization-mechanism",
    "s16mode",
    "eaka",
)
"""The members of ServicesList in their order."""

SERVICE_TAGS: Final = {0x80 + number: name for number, name in enumerate(SERVICES)}
"""Tag of a member of ServicesList -> its name."""

UICC_CAPABILITIES: Final = (
    "contactlessSupport",
    "usimSupport",
    "isimSupport",
    "csimSupport",
    "akaMilenage",
    "akaCave",
    "akaTuak128",
    "akaTuak256",
    "usimTestAlgorithm",
    "rfu2",
    "gbaAuthenUsim",
    "gbaAuthenISim",
    "mbmsAuthenUsim",
    "eapClient",
    "javacard",
    "multos",
    "multipleUsimSupport",
    "multipleIsimSupport",
    "multipleCsimSupport",
    "berTlvFileSupport",
    "dfLinkSupport",
    "catTp",
    "getIdentity",
    "profile-a-x25519",
    "profile-b-p256",
    "suciCalculatorApi",
    "dns-resolution",
    "scp11ac",
    "scp11c-authorization-mechanism",
    "s16mode",
    "eaka",
    "iotminimal",
)
"""The bits of UICCCapability in their order."""

CAPABILITY_OF: Final = {
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
"""The service of a package -> the bit by which an eUICC announces it, where their names differ."""
