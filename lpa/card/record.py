"""Recording what goes to and comes from a card, and answering from a recording.

The log is JSON Lines. The first line is `{"format": "rsplab-apdu-log", "version": 1}`; then, in order:
`{"event": "connect" | "reset", "atr_hex": HEX}`, `{"event": "disconnect"}`,
`{"event": "transmit", "command_hex": HEX, "response_hex": HEX, "duration_ms": MS}`, and
`{"event": "failure", "command_hex": HEX, "error": TEXT}` where the link failed. Nothing is left out: a log of PIN or
AUTHENTICATE commands holds their secrets.
"""

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from lpa.card.link import CardLink
from lpa.core.errors import CardLinkError

FORMAT = {"format": "rsplab-apdu-log", "version": 1}
NOT_RECORDED = b"\x6f\x00"


class RecordingLink:
    """A `CardLink` around another one that writes everything to a log."""

    def __init__(self, link: CardLink, log: TextIO) -> None:
        self._link = link
        self._log = log
        self._write(FORMAT)

    @property
    def waits(self) -> bool:
        return self._link.waits

    def connect(self) -> bytes:
        atr = self._link.connect()
        self._write({"event": "connect", "atr_hex": atr.hex().upper()})
        return atr

    def transmit(self, command: bytes) -> bytes:
        started = time.monotonic()
        command_hex = command.hex().upper()
        try:
            response = self._link.transmit(command)
        except CardLinkError as error:
            self._write({"event": "failure", "command_hex": command_hex, "error": str(error)})
            raise
        duration_ms = round((time.monotonic() - started) * 1000, 3)
        self._write(
            {
                "event": "transmit",
                "command_hex": command_hex,
                "response_hex": response.hex().upper(),
                "duration_ms": duration_ms,
            }
        )
        return response

    def reset(self) -> bytes:
        atr = self._link.reset()
        self._write({"event": "reset", "atr_hex": atr.hex().upper()})
        return atr

    def disconnect(self) -> None:
        self._link.disconnect()
        self._write({"event": "disconnect"})

    def _write(self, line: dict[str, object]) -> None:
        self._log.write(json.dumps(line) + "\n")
        self._log.flush()


@dataclass(frozen=True, slots=True)
class Recording:
    """A log, read: the ATR and every exchange in order."""

    atr: bytes
    exchanges: tuple[tuple[bytes, bytes], ...]

    @classmethod
    def load(cls, path: Path) -> "Recording":
        """Read a log; ValueError with the line number where it is none."""
        atr = b""
        exchanges: list[tuple[bytes, bytes]] = []
        for number, line in enumerate(path.read_text().splitlines(), start=1):
            try:
                entry = json.loads(line)
                if number == 1:
                    if entry != FORMAT:
                        raise ValueError("not an rsplab APDU log of version 1")
                elif entry["event"] in ("connect", "reset"):
                    atr = atr or bytes.fromhex(entry["atr_hex"])
                elif entry["event"] == "transmit":
                    exchanges.append((bytes.fromhex(entry["command_hex"]), bytes.fromhex(entry["response_hex"])))
            except (ValueError, KeyError, TypeError) as error:
                raise ValueError(f"{path}, line {number}: {error}") from None
        if not atr:
            raise ValueError(f"{path}: the recording is empty")
        return cls(atr, tuple(exchanges))


class RecordedCard:
    """A card that answers from a recording; it offers `reset()` and `transmit()` as a simulated card does.

    Each command gets the answer of its next occurrence in the recording, beginning again at the end, so that another
    agent may ask in another order. A command that was never recorded gets 6F00, or with `strict` (which also wants
    the recorded order) a CardLinkError that says what was expected.
    """

    def __init__(self, recording: Recording, strict: bool = False) -> None:
        self._recording = recording
        self._strict = strict
        self._position = 0

    def reset(self) -> bytes:
        return self._recording.atr

    def transmit(self, command: bytes) -> bytes:
        exchanges = self._recording.exchanges
        if self._strict:
            return self._next(command)
        order: list[int] = [*range(self._position, len(exchanges)), *range(self._position)]
        for number in order:
            if exchanges[number][0] == command:
                self._position = number + 1
                return exchanges[number][1]
        return NOT_RECORDED

    def _next(self, command: bytes) -> bytes:
        number = self._position
        if number >= len(self._recording.exchanges):
            raise CardLinkError(f"the recording ends before {command.hex().upper()}")
        recorded, response = self._recording.exchanges[number]
        if recorded != command:
            raise CardLinkError(
                f"exchange {number + 1} of the recording is {recorded.hex().upper()}, not {command.hex().upper()}"
            )
        self._position += 1
        return response
