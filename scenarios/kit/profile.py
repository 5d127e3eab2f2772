"""A profile to download in a scenario: its package, and the metadata that goes with it."""

from dataclasses import dataclass, field
from typing import Any

from smdp.profiles import NotificationRecipient, ProfileParameters, build_package, metadata
from wire.es10 import PprIds
from wire.ids import Iccid
from wire.ports import Entropy
from wire.tlv import tlv

__all__ = ["NotificationRecipient", "Profile", "new_profile"]


@dataclass(frozen=True, slots=True)
class Profile:
    """One profile; `package` is the plaintext (UPP), `metadata` StoreMetadataRequest (BF25), both made of these
    parameters.
    """

    parameters: ProfileParameters
    metadata: bytes = field(repr=False)
    package: bytes = field(repr=False)

    @property
    def iccid(self) -> Iccid:
        return self.parameters.iccid

    @property
    def identifier(self) -> bytes:
        """The ICCID as ES10c names a profile (5A)."""
        return tlv(0x5A, self.iccid.ef)


def new_profile(
    entropy: Entropy,
    address: str,
    *,
    iccid: str | Iccid | None = None,
    pprs: PprIds | None = None,
    **parameters: Any,
) -> Profile:
    """A USIM on the test network 001/01 with ICCID, IMSI, K and OPc from `entropy`.

    address: who is told of all events unless `notifications` says otherwise. pprs: policy rules; parameters: of
    `ProfileParameters`.
    """
    octets = entropy.octets(48)
    number = int.from_bytes(octets[:8]) % 10**11
    values: dict[str, Any] = {
        "iccid": Iccid(str(iccid)) if iccid is not None else Iccid.with_check_digit(f"8999001{number:011d}"),
        "imsi": f"00101{int.from_bytes(octets[8:16]) % 10**10:010d}",
        "k": octets[16:32],
        "opc": octets[32:48],
        "policy_rules": pprs or PprIds(0),
    }
    built = ProfileParameters(**{**values, **parameters})
    return Profile(built, metadata(built, address), build_package(built))
