"""Links to the eUICC: traced, with crashes of a simulated card told apart from its answers."""

from lpa.card.link import CardLink
from lpa.core.errors import TransportError
from scenarios.model import Inconclusive, SutCrashed
from wire.ports import Trace


class TracedLink:
    """Records every APDU; what breaks in the link itself is inconclusive."""

    def __init__(self, link: CardLink, trace: Trace) -> None:
        self._link = link
        self._trace = trace

    @property
    def waits(self) -> bool:
        return self._link.waits

    def connect(self) -> bytes:
        return self._link.connect()

    def disconnect(self) -> None:
        self._link.disconnect()

    def reset(self) -> bytes:
        try:
            atr = self._link.reset()
        except TransportError as error:
            raise Inconclusive(f"could not reset the card: {error}") from error
        self._trace.record("note", "", message="card reset", atr=atr)
        return atr

    def transmit(self, command: bytes) -> bytes:
        self._trace.record("apdu", "", direction="command", raw=command)
        try:
            response = self._link.transmit(command)
        except TransportError as error:
            raise Inconclusive(f"could not ask the card: {error}") from error
        self._trace.record("apdu", "", direction="response", raw=response)
        return response


class GuardedLink:
    """A simulated card that raises anything has crashed: that fails the scenario."""

    waits = False

    def __init__(self, link: CardLink) -> None:
        self._link = link

    def connect(self) -> bytes:
        return self._link.connect()

    def disconnect(self) -> None:
        self._link.disconnect()

    def reset(self) -> bytes:
        return self._link.reset()

    def transmit(self, command: bytes) -> bytes:
        try:
            return self._link.transmit(command)
        except Exception as error:
            raise SutCrashed(f"the card crashed: {type(error).__name__}: {error}") from error
