"""The card behind newline JSON, one object a line: what lpac speaks as LPAC_APDU=stdio and LPAC_HTTP=stdio.

`{"type": "apdu", "payload": {"func": F, "param": HEX | null}}` is answered by
`{"type": "apdu", "payload": {"ecode": E, "data": HEX}}`; a negative ecode is a failure. The functions: `connect`
powers the card on (data: the ATR), `disconnect` off; `logic_channel_open` with the AID opens a logical channel and
selects the application there (ecode: the channel); `logic_channel_close` with the channel's octet closes it;
`transmit` with a command APDU gives the response APDU.
`{"type": "http", "payload": {"url": URL, "tx": HEX, "headers": ["Name: value", ...]}}` is a POST that is carried out
by the HTTP client of whoever runs this, and answered by `{"type": "http", "payload": {"rcode": STATUS, "rx": HEX}}`,
status 0 where there was no answer. Everything else (progress, results) is handed on.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import IO, Any

from euicc_sim.io.slot import Slot
from wire import apdu
from wire.errors import DecodeError
from wire.sw import is_success

Post = Callable[[str, Mapping[str, str], bytes], tuple[int, bytes]]
"""(url, headers, body) -> (status, body); status 0 for no answer."""

FAILURE = -1
TERMINAL_CAPABILITY = bytes.fromhex("80AA00000AA9088100820101830107")


def serve_stdio(
    slot: Slot, requests: Iterable[str], answers: IO[str], post: Post | None, other: Callable[[str], None]
) -> None:
    """Answer the lines of `requests` on `answers` until they end; the card loses its power.

    post: carries out HTTP requests, None refuses them; other: gets each line that asks for nothing.
    """
    service = _Service(slot, post)
    try:
        for line in requests:
            answer = service.answer(line)
            if answer is None:
                other(line.rstrip("\n"))
            else:
                answers.write(json.dumps(answer) + "\n")
                answers.flush()
    finally:
        slot.power_off()


class _Service:
    def __init__(self, slot: Slot, post: Post | None) -> None:
        self._slot = slot
        self._post = post

    def answer(self, line: str) -> dict[str, Any] | None:
        """The answer to one line, None if it asks for nothing."""
        try:
            request = json.loads(line)
            kind, payload = request["type"], request["payload"]
        except (ValueError, KeyError, TypeError):
            return None
        if kind == "apdu":
            return {"type": kind, "payload": self._apdu(payload)}
        if kind == "http":
            return {"type": kind, "payload": self._http(payload)}
        return None

    def _apdu(self, payload: Any) -> dict[str, Any]:
        try:
            function, parameter = payload["func"], bytes.fromhex(payload.get("param") or "")
        except (ValueError, KeyError, TypeError, AttributeError):
            return {"ecode": FAILURE}
        if function == "connect":
            return _success(self._slot.power_on())
        if function == "disconnect":
            self._slot.power_off()
            return {"ecode": 0}
        if function == "logic_channel_open":
            return {"ecode": self._open(parameter)}
        if function == "logic_channel_close":
            return {"ecode": self._close(parameter)}
        if function == "transmit":
            response = self._slot.transmit(parameter)
            return _success(response) if response else {"ecode": FAILURE}
        return {"ecode": FAILURE}

    def _open(self, aid: bytes) -> int:
        """The channel on which the application is selected now, or `FAILURE`."""
        if not aid:
            return FAILURE
        self._slot.transmit(TERMINAL_CAPABILITY)
        opened = self._transmit(apdu.open_channel())
        if opened is None or not is_success(opened.sw) or len(opened.data) != 1:
            return FAILURE
        channel = opened.data[0]
        selected = self._transmit(apdu.select_aid(channel, aid))
        if selected is not None and (is_success(selected.sw) or selected.sw1 == 0x61):
            return channel
        self._transmit(apdu.close_channel(channel))
        return FAILURE

    def _close(self, parameter: bytes) -> int:
        if len(parameter) != 1 or not 1 <= parameter[0] <= apdu.MAX_CHANNEL:
            return FAILURE
        closed = self._transmit(apdu.close_channel(parameter[0]))
        return 0 if closed is not None and is_success(closed.sw) else FAILURE

    def _transmit(self, command: apdu.Command) -> apdu.Response | None:
        try:
            return apdu.Response.parse(self._slot.transmit(command.encode()))
        except DecodeError:
            return None

    def _http(self, payload: Any) -> dict[str, Any]:
        try:
            url, body = str(payload["url"]), bytes.fromhex(payload.get("tx") or "")
            headers = dict(_header(line) for line in payload.get("headers") or ())
        except (ValueError, KeyError, TypeError, AttributeError):
            return {"rcode": 0, "rx": ""}
        status, content = self._post(url, headers, body) if self._post else (0, b"")
        return {"rcode": status, "rx": content.hex().upper()}


def _success(data: bytes) -> dict[str, Any]:
    return {"ecode": 0, "data": data.hex().upper()}


def _header(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    if not colon:
        raise ValueError(f"{line!r} is no header")
    return name.strip(), value.strip()
