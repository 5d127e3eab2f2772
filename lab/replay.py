"""A card that answers from an APDU log (`--record`), and says what the log does not know."""

from collections.abc import Callable
from pathlib import Path

from lab.apdu_log import command_name
from lab.errors import LabError
from lpa.card.record import NOT_RECORDED, RecordedCard, Recording

SHOWN_OCTETS = 24


def load_recording(path: Path) -> Recording:
    """The log in `path`; LabError says where it is broken."""
    try:
        return Recording.load(path)
    except UnicodeDecodeError:
        raise LabError(f"{path}: not a text file", "name a log written by --record") from None
    except ValueError as error:
        raise LabError(str(error), "name a log written by --record") from None


class ReplayedCard:
    """Puts a recording into a reader.

    A command gets the answer of its next occurrence in the log, whatever the order; with `strict` the log's order is
    the only one. What the log doesn't answer gets 6F00, and `on_mismatch` is told where and what.
    """

    def __init__(self, recording: Recording, strict: bool, on_mismatch: Callable[[str], None]) -> None:
        self._recording = recording
        self._card = RecordedCard(recording)
        self._known = {command for command, _ in recording.exchanges}
        self._strict = strict
        self._on_mismatch = on_mismatch
        self._position = 0

    def reset(self) -> bytes:
        return self._recording.atr

    def power_off(self) -> None:
        """A log has no power."""

    def transmit(self, command: bytes) -> bytes:
        if self._strict:
            return self._in_order(command)
        if command not in self._known:
            self._on_mismatch(f"the recording has no {_name(command)}")
        return self._card.transmit(command)

    def _in_order(self, command: bytes) -> bytes:
        exchanges = self._recording.exchanges
        if self._position == len(exchanges):
            self._on_mismatch(f"the recording ends after exchange {len(exchanges)}, before {_name(command)}")
            return NOT_RECORDED
        recorded, response = exchanges[self._position]
        if recorded != command:
            self._on_mismatch(
                f"exchange {self._position + 1} of {len(exchanges)} is {_name(recorded)}, but {_name(command)} came: "
                f"they differ from octet {_common(recorded, command)} on"
            )
            return NOT_RECORDED
        self._position += 1
        return response


def _name(command: bytes) -> str:
    shown = command[:SHOWN_OCTETS].hex().upper() + ("..." if len(command) > SHOWN_OCTETS else "")
    return f"{command_name(command[1])} {shown}" if len(command) >= 4 else shown or "an empty command"


def _common(left: bytes, right: bytes) -> int:
    """How many octets the two have in common at their beginning."""
    return next((at for at, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), min(len(left), len(right)))
