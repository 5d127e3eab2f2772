"""What this card offers to a profile package: services, templates, application AIDs, SAIP versions."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from euicc_sim.profile.aka import AkaParameters, AlgorithmId
from wire.services import CAPABILITY_OF, UICC_CAPABILITIES

_SERVICE_OF = {bit: service for service, bit in CAPABILITY_OF.items()}
_CAPABILITY_BITS = [_SERVICE_OF.get(bit, bit) for bit in UICC_CAPABILITIES]

DEFAULT_SERVICES = frozenset(
    [
        "usim",
        "isim",
        "csim",
        "milenage",
        "tuak128",
        "tuak256",
        "usim-test-algorithm",
        "ber-tlv",
        "dfLink",
        "get-identity",
        "profile-a-x25519",
        "profile-b-p256",
    ]
)
"""The services that this card really has; the rest of ServicesList is refused when a profile demands it."""


WELL_KNOWN_TEST_KEYS = frozenset(
    bytes.fromhex(key)
    for key in (
        "000102030405060708090A0B0C0D0E0F",
        "00112233445566778899AABBCCDDEEFF",
        "465B5CE8B199B49FAA5F0A2EE238A6BC",
        "ABABABABABABABABABABABABABABABAB",
    )
)
"""Keys published for testing: GSMA TS.48, TS 34.108 style counting keys, TS 35.208 set 1, the TUAK example."""


def capability_names(content: bytes) -> list[str]:
    """The services that a UICCCapability (content octets of the BIT STRING) names; unknown bits as their number."""
    numbers = (number for number in range(8 * len(content[1:])) if content[1 + number // 8] & 0x80 >> number % 8)
    return [_CAPABILITY_BITS[number] if number < len(_CAPABILITY_BITS) else str(number) for number in numbers]


@dataclass(frozen=True, slots=True)
class Capabilities:
    """The card's side of the header checks.

    Spec: SAIP (eUICC Profile Package: Interoperable Format) ProfileHeader; SGP.22 v2.5 section 4.3 (UICCCapability)

    services: names of `wire.services.SERVICES`; major_versions: SAIP majors understood; templates: OIDs as dotted text,
    None for all that `templates.py` holds; applications: AID -> version of load packages on the card
    (eUICC-Mandatory-AIDs); test_keys: K values that a profile of class test may use with Milenage and TUAK (this card's
    own policy).
    """

    services: frozenset[str] = DEFAULT_SERVICES
    major_versions: frozenset[int] = frozenset((2, 3))
    templates: frozenset[str] | None = None
    applications: Mapping[bytes, bytes] = field(default_factory=dict)
    test_keys: frozenset[bytes] = WELL_KNOWN_TEST_KEYS

    def are_test_keys(self, parameters: Iterable[AkaParameters]) -> bool:
        """Whether all key material is fit for tests only: the test algorithm, or a well-known key."""
        return all(
            item.shared_with is not None or item.algorithm is AlgorithmId.USIM_TEST or item.key in self.test_keys
            for item in parameters
        )

    def uicc_capability(self) -> bytes:
        """The content octets of UICCCapability (BIT STRING, field 85 of EUICCInfo2): unused bits, then the bits."""
        bits = [name in self.services for name in _CAPABILITY_BITS]
        while bits and not bits[-1]:
            bits.pop()
        octets = bytearray((len(bits) + 7) // 8)
        for number, is_set in enumerate(bits):
            if is_set:
                octets[number // 8] |= 0x80 >> number % 8
        return bytes((-len(bits) % 8,)) + bytes(octets)
