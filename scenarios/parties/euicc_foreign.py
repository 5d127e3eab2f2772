"""A real eUICC in a reader (or behind a TCP port) as the system under test."""

from lab.links import LinkOptions, foreign_link
from lpa.card.link import CardLink
from lpa.core.errors import TransportError
from scenarios.ics import Ics
from scenarios.model import Inconclusive, Role
from scenarios.parties.euicc import Euicc
from wire.es10 import ResetOptions, ResetResult
from wire.ids import Iccid

EVERYTHING = (
    ResetOptions.deleteOperationalProfiles
    | ResetOptions.deleteFieldLoadedTestProfiles
    | ResetOptions.resetDefaultSmdpAddress
)


class HeldLink:
    """The link to a card that is taken once for a scenario: a party that connects gets the card reset, one that
    disconnects leaves it to the next; `release` gives it back.
    """

    def __init__(self, link: CardLink) -> None:
        self._link = link
        self.waits = link.waits
        link.connect()
        self.release = link.disconnect

    def connect(self) -> bytes:
        return self._link.reset()

    def disconnect(self) -> None:
        """The scenario goes on with the card."""

    def reset(self) -> bytes:
        return self._link.reset()

    def transmit(self, command: bytes) -> bytes:
        return self._link.transmit(command)


class ForeignEuicc:
    """The card behind `--sut euicc=pcsc:0`."""

    def __init__(self, ics: Ics) -> None:
        protocol = ics.settings.get("IUT_EUICC_PROTOCOL")
        self._may_reset = ics.has("reset_memory")
        try:
            self.link = HeldLink(foreign_link(ics.sut(Role.EUICC), LinkOptions(protocol=protocol)))
        except TransportError as error:
            raise Inconclusive(f"could not reach the card: {error}") from error

    def empty(self) -> None:
        """Delete all profiles and notifications, where the ICS allows it; Inconclusive unless the card is empty."""
        card = Euicc(self.link)
        card.power_on()
        if self._may_reset:
            result = card.memory_reset(EVERYTHING)
            if result not in (ResetResult.ok, ResetResult.nothingToDelete):
                raise Inconclusive(f"eUICCMemoryReset answers {result}: the card could not be emptied")
            card.power_on()
            self._delete_the_rest(card)
            for pending in card.notifications():
                card.remove_notification(pending.number)
        if card.states or card.notifications():
            raise Inconclusive("the card is not empty")
        card.close()

    @staticmethod
    def _delete_the_rest(card: Euicc) -> None:
        """eUICCMemoryReset spares profiles of class provisioning."""
        for iccid, state in card.states.items():
            if state == "enabled":
                card.disable(Iccid(iccid))
                card.power_on()
            card.delete(Iccid(iccid))
