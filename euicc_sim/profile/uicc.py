"""The enabled profile as a UICC: file system, PINs and network access applications behind APDUs.

Core hands over every command that is not for the ISD-R, MANAGE CHANNEL, GET RESPONSE, TERMINAL CAPABILITY or the card
application toolkit (`cat.Cat`). `process` answers all data at once; holding it back for GET RESPONSE (61xx) and turning
9000 into 91xx is core's business.
Spec: ETSI TS 102 221, 3GPP TS 31.102
"""

from collections.abc import Callable, Mapping

from wire.apdu import Command, Response
from wire.ports import Entropy

Save = Callable[[Mapping[str, bytes | None]], None]


class Uicc:
    """One profile's UICC, running from its image; with image None the file system of a card with no enabled profile."""

    def __init__(self, image: Mapping[str, bytes] | None, save: Save, entropy: Entropy) -> None:
        """image: the entries of `Installed.image` as stored; save: commits changed entries at once (None deletes)."""
        self.entropy = entropy

    def process(self, channel: int, command: Command) -> Response:
        """Execute one command on an open logical channel; never raises."""
        raise NotImplementedError

    def reset(self) -> None:
        """Card reset: only channel 0 is open, MF selected, no PIN verified."""
        raise NotImplementedError

    def open_channel(self, channel: int, origin: int = 0) -> None:
        """A new logical channel: at the MF when opened from channel 0, else with the directory of `origin`."""
        raise NotImplementedError

    def close_channel(self, channel: int) -> None:
        """Forget the channel's selection and application session."""
        raise NotImplementedError

    def deselect(self, channel: int) -> None:
        """Another application (ISD-R) was selected on the channel: its application session here ends, MF is current."""
        raise NotImplementedError
