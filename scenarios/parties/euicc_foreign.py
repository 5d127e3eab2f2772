"""A real eUICC in a reader (or behind a TCP port) as the system under test."""

from lab.links import LinkOptions, foreign_link
from lpa.card.link import CardLink
from lpa.core.errors import TransportError
from scenarios.ics import Ics
from scenarios.model import Inconclusive, Role
from scenarios.parties.euicc import Euicc
from wire.es10 import ResetOptions, ResetResult

EVERYTHING = (
    ResetOptions.deleteOperationalProfiles
    | ResetOptions.deleteFieldLoadedTestProfiles
    | ResetOptions.resetDefaultSmdpAddress
)


class ForeignEuicc:
    """The card behind `--sut euicc=pcsc:0`."""

    def __init__(self, ics: Ics) -> None:
        protocol = ics.settings.get("IUT_EUICC_PROTOCOL")
        self._may_reset = ics.has("reset_memory")
        self.link: CardLink = foreign_link(ics.sut(Role.EUICC), LinkOptions(protocol=protocol))
        try:
            self.link.connect()
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
            for pending in card.notifications():
                card.remove_notification(pending.number)
        if card.states or card.notifications():
            raise Inconclusive("the card is not empty")
        card.close()
