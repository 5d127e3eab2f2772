"""What an SM-DP+ is told about itself."""

from dataclasses import dataclass
from enum import StrEnum


class KeyMode(StrEnum):
    """Which keys protect the profile elements (86). Spec: SGP.22 v2.5 section 2.5.3."""

    PROFILE_PROTECTION_KEYS = "ppk"
    SESSION_KEYS = "session"


@dataclass(frozen=True, slots=True)
class SmDpSettings:
    """Settings of one SM-DP+.

    addresses: the FQDNs it answers to, the first one being the one it gives out; a client may add any port.
    """

    addresses: tuple[str, ...]
    key_mode: KeyMode = KeyMode.PROFILE_PROTECTION_KEYS
    host_id: bytes = b"rsplab-dp"
    session_lifetime_s: int = 3600
    confirmation_limit: int = 3
    download_limit: int | None = 10
    rebinding: bool = True  # False: a new one-time key for a bound order is refused with 8.2/3.7
    lowest_svn: tuple[int, int] = (2, 1)
    highest_svn: tuple[int, int] = (2, 7)
    offered_cis: tuple[bytes, ...] | None = None  # InitiateAuthentication chooses among these CIs only
    protocol_version: str = "2.5.0"  # X-Admin-Protocol
    root_smds_addresses: tuple[str, ...] = ()  # SM-DSs that forward no event to another one
