"""Services a package needs from the card, and services its USIM and ISIM offer the device."""

from smdp.profiles.parameters import ProfileParameters
from smdp.profiles.values import Algorithm, SuciScheme
from wire.services import SERVICE_TAGS

FDN, SMS, SMSP, GID1, GID2, SPN, USER_PLMNS, MSISDN = 2, 10, 12, 17, 18, 19, 20, 21
GSM_ACCESS, ALWAYS_ONE, ENABLED_SERVICES, GSM_CONTEXT, OPERATOR_PLMNS, HOME_PLMNS = 27, 33, 34, 38, 42, 43
EQUIVALENT_HOME_PLMNS, EPS_MOBILITY = 71, 85
MOBILITY_5GS, SECURITY_5GS, SUCI_CALCULATION, SUCI_BY_USIM, ACCESS_IDENTITIES = 122, 123, 124, 125, 126


def header_services(parameters: ProfileParameters) -> list[int]:
    """Tags of eUICC-Mandatory-services, ascending."""
    names = ["usim"]
    if parameters.isim:
        names.append("isim")
    if parameters.algorithm is Algorithm.MILENAGE:
        names.append("milenage")
    elif parameters.algorithm is Algorithm.TUAK:
        names.append("tuak128" if len(parameters.k) == 16 else "tuak256")
    else:
        names.append("usim-test-algorithm")
    if parameters.suci and parameters.suci.in_usim:
        names.append("get-identity")
        schemes = {key.scheme for key in parameters.suci.keys}
        if SuciScheme.profile_a in schemes:
            names.append("profile-a-x25519")
        if SuciScheme.profile_b in schemes:
            names.append("profile-b-p256")
    return [tag for tag, name in SERVICE_TAGS.items() if name in names]


def usim_services(parameters: ProfileParameters) -> set[int]:
    """EF.UST: every service whose files the package brings. Spec: TS 31.102 section 4.2.8."""
    services = {FDN, SMS, SMSP, SPN, USER_PLMNS, GSM_ACCESS, ALWAYS_ONE, ENABLED_SERVICES, GSM_CONTEXT}
    services |= {OPERATOR_PLMNS, HOME_PLMNS, EQUIVALENT_HOME_PLMNS, EPS_MOBILITY}
    if parameters.gid1 is not None:
        services.add(GID1)
    if parameters.gid2 is not None:
        services.add(GID2)
    if parameters.msisdn is not None:
        services.add(MSISDN)
    if parameters.df_5gs or parameters.suci:
        services |= {MOBILITY_5GS, SECURITY_5GS, ACCESS_IDENTITIES}
    if parameters.suci:
        services.add(SUCI_CALCULATION)
        if parameters.suci.in_usim:
            services.add(SUCI_BY_USIM)
    return services


def isim_services(_parameters: ProfileParameters) -> set[int]:
    """EF.IST: none beyond the mandatory files. Spec: TS 31.103 section 4.2.7."""
    return set()
