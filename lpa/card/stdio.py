"""A card in another process that speaks newline JSON on its stdin and stdout (`rsplab card serve NAME --stdio`).

One request a line, `{"type": "apdu", "payload": {"func": "connect" | "disconnect" | "transmit", "param": HEX | null}}`,
answered by `{"type": "apdu", "payload": {"ecode": 0, "data": HEX}}`; a negative ecode is a failure. Logical channels
are managed by APDUs, so the functions for them are not used.
"""

import json
import subprocess
from collections.abc import Sequence

from lpa.card.worker import Worker
from lpa.core.errors import CardLinkError, CardRemoved, CardTimeout, NoReader


class StdioLink:
    """A `CardLink` to a process that it starts itself."""

    waits = True

    def __init__(self, command: Sequence[str], timeout_s: float = 30.0) -> None:
        self._command = list(command)
        self._timeout_s = timeout_s
        self._process: subprocess.Popen[str] | None = None
        self._worker = Worker()

    def connect(self) -> bytes:
        """Start the process and the card; the ATR where the card tells it, else nothing."""
        try:
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
            )
        except OSError as error:
            raise NoReader(f"cannot start {self._command[0]}: {error}") from None
        return self._ask("connect", None)

    def transmit(self, command: bytes) -> bytes:
        return self._ask("transmit", command.hex().upper())

    def reset(self) -> bytes:
        """Disconnect and connect, which cuts the card's power."""
        self._ask("disconnect", None)
        return self._ask("connect", None)

    def disconnect(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        self._worker.stop()
        if process is None:
            return
        if process.stdin:
            process.stdin.close()
        try:
            process.wait(self._timeout_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout:
            process.stdout.close()

    def _ask(self, function: str, parameter: str | None) -> bytes:
        if self._process is None:
            raise CardLinkError("the card is not connected")
        try:
            line = self._worker.call(lambda: self._exchange(function, parameter), self._timeout_s)
        except TimeoutError:
            raise CardTimeout(f"{self._command[0]} did not answer within {self._timeout_s:g} s") from None
        except OSError as error:
            raise CardRemoved(f"{self._command[0]} has ended: {error}") from None
        if not line:
            raise CardRemoved(f"{self._command[0]} has ended")
        return _data(line)

    def _exchange(self, function: str, parameter: str | None) -> str:
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            raise BrokenPipeError("no process")
        process.stdin.write(json.dumps({"type": "apdu", "payload": {"func": function, "param": parameter}}) + "\n")
        process.stdin.flush()
        return process.stdout.readline()


def _data(line: str) -> bytes:
    try:
        payload = json.loads(line)["payload"]
        ecode, data = payload["ecode"], bytes.fromhex(payload.get("data") or "")
    except (ValueError, KeyError, TypeError, AttributeError):
        raise CardLinkError(f"not an answer of this protocol: {line.strip()!r:.80}") from None
    if not isinstance(ecode, int) or ecode < 0:
        raise CardLinkError(f"the card process reports failure {ecode}")
    return data
