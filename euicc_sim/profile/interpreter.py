"""The profile package interpreter: executes profile elements one by one as they arrive.

    interpreter = Interpreter(Capabilities(), free_octets)
    for chunk in plaintext_chunks:      # chunks need not align with elements
        interpreter.feed(chunk)         # InstallFailed at the element that fails
    installed = interpreter.finish()    # InstallFailed if the package is not complete

Nothing reaches the card's memory before `Installed.image` is committed by the caller, so a failure leaves nothing.
Spec: SAIP (eUICC Profile Package: Interoperable Format) 2.x and 3.x
"""

from collections.abc import Mapping
from dataclasses import dataclass

from euicc_sim.profile.capabilities import Capabilities
from euicc_sim.profile.status import ElementStatus, InstallFailed, PeStatus

__all__ = ["Capabilities", "ElementStatus", "InstallFailed", "Installed", "Interpreter", "PeStatus"]


@dataclass(frozen=True, slots=True)
class Installed:
    """A completely executed profile package.

    iccid: digits of EF.ICCID; imsi: digits of EF.IMSI; mcc_mnc: the 3 octets as in profileOwner (from EF.IMSI with the
    MNC length of EF.AD); gid1, gid2: contents of EF.GID1/2; octets: memory taken on the card; image: NVM entries
    (key -> value) that `Uicc` runs from; response: EUICCResponse (DER); warnings: the non-fatal statuses in it;
    has_test_keys: False when a network access application holds a key that is not a well-known test key
    (result testProfileInstallFailedDueToInvalidNaaKey for a profile of class test).
    """

    iccid: str | None
    imsi: str | None
    mcc_mnc: bytes | None
    gid1: bytes | None
    gid2: bytes | None
    octets: int
    image: Mapping[str, bytes]
    response: bytes
    warnings: tuple[ElementStatus, ...]
    has_test_keys: bool


class Interpreter:
    """Executes one profile package; use a new one for every installation."""

    def __init__(self, capabilities: Capabilities, free_octets: int) -> None:
        self.capabilities = capabilities
        self.free_octets = free_octets

    @property
    def octets(self) -> int:
        """Memory accounted so far."""
        raise NotImplementedError

    def feed(self, chunk: bytes) -> None:
        """Take the next octets of the package and execute every element that is now complete; InstallFailed."""
        raise NotImplementedError

    def finish(self) -> Installed:
        """The result after the last octet; InstallFailed if the package did not end with PE-End."""
        raise NotImplementedError
