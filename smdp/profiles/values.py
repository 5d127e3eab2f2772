"""The small values that profile parameters are made of."""

import re
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from smdp.profiles.errors import ParameterError
from wire.es10 import NotificationEvent, PprIds

NO_RULES = PprIds(0)
_ADDRESS = re.compile(r"[A-Za-z0-9._-]{1,253}(:[0-9]{1,5})?")
ALL_EVENTS = (
    NotificationEvent.notificationInstall
    | NotificationEvent.notificationEnable
    | NotificationEvent.notificationDisable
    | NotificationEvent.notificationDelete
)


class Algorithm(StrEnum):
    """The authentication algorithm of the USIM."""

    MILENAGE = "milenage"
    TUAK = "tuak"
    XOR = "xor"


class SuciScheme(IntEnum):
    """Protection scheme of a SUCI. Spec: TS 33.501 annex C."""

    null = 0
    profile_a = 1
    profile_b = 2


@dataclass(frozen=True, slots=True)
class SuciKey:
    """A home network public key: X25519 (32 octets) for profile A, compressed P-256 (33 octets) for profile B."""

    scheme: SuciScheme
    identifier: int
    public_key: bytes

    def __post_init__(self) -> None:
        octets = {SuciScheme.profile_a: 32, SuciScheme.profile_b: 33}.get(self.scheme)
        if octets is None:
            raise ParameterError("suci.keys.scheme", "the null scheme has no key", 'use "A" or "B"')
        if len(self.public_key) != octets:
            raise ParameterError(
                "suci.keys.public_key",
                f"{len(self.public_key)} octets",
                f"give {octets} octets, as profile {'A' if octets == 32 else 'B'} wants",
            )
        if not 0 <= self.identifier <= 255:
            raise ParameterError("suci.keys.identifier", f"{self.identifier} is out of range", "give 0 to 255")


@dataclass(frozen=True, slots=True)
class Suci:
    """How the subscription is concealed: keys in order of preference; without keys the null scheme is used.

    in_usim: the USIM calculates the SUCI itself (GET IDENTITY) from DF.SAIP; otherwise the device does, from DF.5GS.
    """

    routing_indicator: str = "0"
    keys: tuple[SuciKey, ...] = ()
    in_usim: bool = False

    def __post_init__(self) -> None:
        if (
            not (self.routing_indicator.isascii() and self.routing_indicator.isdigit())
            or len(self.routing_indicator) > 4
        ):
            raise ParameterError("suci.routing_indicator", f"{self.routing_indicator!r}", "give 1 to 4 decimal digits")


@dataclass(frozen=True, slots=True)
class NotificationRecipient:
    """An address that is told about `events` of the profile. Spec: SGP.22 v2.5 section 2.4a.1.1."""

    address: str
    events: NotificationEvent = ALL_EVENTS

    def __post_init__(self) -> None:
        if not _ADDRESS.fullmatch(self.address):
            raise ParameterError("notifications.address", f"{self.address!r}", "give a host name, no scheme, no path")
        if not self.events:
            raise ParameterError("notifications.events", "none given", "name install, enable, disable or delete")
