"""The profile element: one CHOICE of everything a package is made of.

Spec: TCA eUICC Profile Package: Interoperable Format 3.3.1, annex B (PEDefinitions)
"""

from wire.asn1 import Choice, at
from wire.saip.applications import PE_RFM, PE_Application, PE_SecurityDomain
from wire.saip.files import (
    PE_CD,
    PE_CSIM,
    PE_DF_5GPROSE,
    PE_DF_5GS,
    PE_DF_SAIP,
    PE_DF_SNPN,
    PE_EAP,
    PE_GSM_ACCESS,
    PE_ISIM,
    PE_MF,
    PE_OPT_CSIM,
    PE_OPT_ISIM,
    PE_OPT_USIM,
    PE_PHONEBOOK,
    PE_TELECOM,
    PE_USIM,
    PE_GenericFileManagement,
    PE_IoT,
    PE_OPT_IoT,
)
from wire.saip.parameters import PE_AKAParameter, PE_CDMAParameter, PE_PINCodes, PE_PUKCodes
from wire.saip.types import PE_Dummy, PE_End, PE_NonStandard, ProfileHeader


class ProfileElement(Choice):
    _alternatives = [
        ("header", ProfileHeader, at(0xA0)),
        ("genericFileManagement", PE_GenericFileManagement, at(0xA1)),
        ("pinCodes", PE_PINCodes, at(0xA2)),
        ("pukCodes", PE_PUKCodes, at(0xA3)),
        ("akaParameter", PE_AKAParameter, at(0xA4)),
        ("cdmaParameter", PE_CDMAParameter, at(0xA5)),
        ("securityDomain", PE_SecurityDomain, at(0xA6)),
        ("rfm", PE_RFM, at(0xA7)),
        ("application", PE_Application, at(0xA8)),
        ("nonStandard", PE_NonStandard, at(0xA9)),
        ("end", PE_End, at(0xAA)),
        ("rfu1", PE_Dummy, at(0xAB)),
        ("rfu2", PE_Dummy, at(0xAC)),
        ("rfu3", PE_Dummy, at(0xAD)),
        ("rfu4", PE_Dummy, at(0xAE)),
        ("rfu5", PE_Dummy, at(0xAF)),
        ("mf", PE_MF, at(0xB0)),
        ("cd", PE_CD, at(0xB1)),
        ("telecom", PE_TELECOM, at(0xB2)),
        ("usim", PE_USIM, at(0xB3)),
        ("opt-usim", PE_OPT_USIM, at(0xB4)),
        ("isim", PE_ISIM, at(0xB5)),
        ("opt-isim", PE_OPT_ISIM, at(0xB6)),
        ("phonebook", PE_PHONEBOOK, at(0xB7)),
        ("gsm-access", PE_GSM_ACCESS, at(0xB8)),
        ("csim", PE_CSIM, at(0xB9)),
        ("opt-csim", PE_OPT_CSIM, at(0xBA)),
        ("eap", PE_EAP, at(0xBB)),
        ("df-5gs", PE_DF_5GS, at(0xBC)),
        ("df-saip", PE_DF_SAIP, at(0xBD)),
        ("df-snpn", PE_DF_SNPN, at(0xBE)),
        ("df-5gprose", PE_DF_5GPROSE, at(0xBF1F)),
        ("iot", PE_IoT, at(0xBF20)),
        ("opt-iot", PE_OPT_IoT, at(0xBF21)),
    ]
