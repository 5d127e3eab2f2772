"""The card: command APDUs in, response APDUs out; everything durable in one `Nvm`."""

from collections.abc import Callable

from euicc_sim.core.ports import Nvm
from euicc_sim.core.settings import CardSettings, EuiccChain
from wire.ports import Entropy, Signer, Trace

SignerFor = Callable[[EuiccChain], Signer]


def provision(nvm: Nvm, settings: CardSettings) -> None:
    """Make a new card of an empty memory; ValueError if the memory already holds a card."""
    raise NotImplementedError


class Card:
    """An eUICC at APDU level; `nvm` must hold a card (`provision`).

    signer_for: gives the signer of a certificate chain; by default ECDSA in software, deterministic (RFC 6979).
    """

    def __init__(self, nvm: Nvm, entropy: Entropy, trace: Trace, *, signer_for: SignerFor | None = None) -> None:
        raise NotImplementedError

    @property
    def settings(self) -> CardSettings:
        """What the card was made of."""
        raise NotImplementedError

    def reset(self) -> bytes:
        """Power-on or reset: the ATR; open sessions, channels and selections are lost."""
        raise NotImplementedError

    def transmit(self, command: bytes) -> bytes:
        """The response APDU (status word included) to a command APDU; never raises on any octets."""
        raise NotImplementedError

    def power_off(self) -> None:
        """Take the power away; `reset` brings the card back."""
        raise NotImplementedError

    def profile_package(self, iccid: str) -> bytes:
        """The unprotected profile package of an installed profile, as decrypted; KeyError if there is none."""
        raise NotImplementedError
