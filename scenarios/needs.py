"""The options that a scenario may need, each with the words that explain its absence.

An ICS file states them for a system under test ([options] NAME = true or false); what it doesn't state has the default.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Need:
    """One option: what it means, and whether simulated and foreign systems under test have it unless told otherwise.

    role: whose option it is; "" for everybody's.
    """

    meaning: str
    simulated: bool = True
    foreign: bool = True
    role: str = ""


NEEDS: Final[dict[str, Need]] = {
    # certificates and curves
    "nist": Need("a CI on NIST P-256"),
    "brainpool": Need("a CI on brainpoolP256r1"),
    # what may be done to the system under test; simulators only
    "settings": Need("the settings of the system under test can be changed", foreign=False),
    "clock": Need("the clock of the system under test can be set", foreign=False),
    "inspect": Need("the state of the system under test can be looked at from inside", foreign=False),
    "crash": Need("the system under test can be restarted in the middle of a procedure", foreign=False),
    "nvm": Need("the memory of the eUICC can be cut off in the middle of a write", foreign=False, role="euicc"),
    # SM-DP+
    "es2": Need("ES2+ can be called", foreign=False, role="smdp"),
    "orders": Need("orders can be made over ES2+", foreign=False, role="smdp"),
    "prepared": Need("the SM-DP+ holds what `rsplab scenarios provision` wrote", foreign=False, role="smdp"),
    "asn1": Need("the SM-DP+ has the ASN.1 binding", foreign=False, role="smdp"),
    "confirmation_code": Need("the SM-DP+ supports Confirmation Codes", role="smdp"),
    "default_orders": Need("the SM-DP+ supports the default SM-DP+ use case", role="smdp"),
    "event_orders": Need("the SM-DP+ registers events at an SM-DS", foreign=False, role="smdp"),
    # eUICC
    "power": Need("the eUICC can be powered off and on at any time", role="euicc"),
    "reset_memory": Need("the eUICC may be emptied before each scenario (eUICCMemoryReset)", role="euicc"),
    "refresh": Need("the eUICC sends REFRESH: it has a toolkit", role="euicc"),
    "crl": Need("the eUICC supports LoadCRL (rspCapability crlSupport)", role="euicc"),
    "test_profiles": Need("the eUICC supports test profiles (rspCapability testProfileSupport)", role="euicc"),
    "ppr": Need("the Rules Authorisation Table lets the test operator set PPR1 and PPR2 with consent", role="euicc"),
    "card_settings": Need("an eUICC can be made to measure: rules, memory, options", foreign=False, role="euicc"),
    "logical_channels": Need("the eUICC has a logical channel to spare", role="euicc"),
    "usim": Need("an enabled profile answers as a USIM", role="euicc"),
    # LPA
    "lpa_local": Need("local profile management can be driven and seen", foreign=False, role="lpa"),
    "lpa_result": Need("what the LPA tells its user can be seen", foreign=False, role="lpa"),
    "lpa_discovery": Need("the LPA asks SM-DSs", role="lpa"),
    "lpa_crl": Need("the LPA can be given revocation lists for TLS", foreign=False, role="lpa"),
    "retries": Need("the LPA tries again after network failures", foreign=False, role="lpa"),
    # SM-DS
    "es12": Need("ES12 can be called", foreign=False, role="smds"),
    "es11_asn1": Need("the SM-DS has the ASN.1 binding", foreign=False, role="smds"),
    "cascade": Need("an Alternative SM-DS with its root can be set up", foreign=False, role="smds"),
    # the run
    "sockets": Need("TLS over loopback sockets, judged by this machine's clock"),
}
