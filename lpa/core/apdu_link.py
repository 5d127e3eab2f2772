"""The ISD-R over APDUs: logical channel, SELECT, STORE DATA chains, GET RESPONSE.

Spec: SGP.22 v2.5 section 5.7.1, 5.7.2; ETSI TS 102 221 section 11.1.17 (MANAGE CHANNEL)
"""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from lpa.core.actions import Procedure, ResetCard, Transmit
from lpa.core.errors import CardLinkError, CardRefused, LpaError, NotPossible, ProtocolViolation
from lpa.core.reading import reading
from lpa.core.settings import LpaSettings
from wire import apdu
from wire.sw import SW, is_success
from wire.tlv import Tlv, parse

T = TypeVar("T")

TERMINAL_CAPABILITY = apdu.Command(
    0x80, apdu.INS_TERMINAL_CAPABILITY, 0x00, 0x00, bytes.fromhex("A9088100820101830107")
)
"""Extended logical channels, UICC-CLF, and an LPA in the device with LUId, LPDd and LDSd."""

MAX_RESPONSE_OCTETS = 0x20000


def exchange(command: apdu.Command) -> Procedure[apdu.Response]:
    """One command with all of its response: 61xx is fetched, 6Cxx repeated with the right Le."""
    response = yield from _transmit_with_right_le(command)
    data = response.data
    while response.sw1 == 0x61:
        response = yield from _transmit_with_right_le(apdu.get_response(command.channel, response.sw2))
        data += response.data
        if response.sw1 == 0x61 and not response.data:
            raise ProtocolViolation("card", "GET RESPONSE", "announces more data but sends none")
        if len(data) > MAX_RESPONSE_OCTETS:
            raise ProtocolViolation("card", "GET RESPONSE", f"sends more than {MAX_RESPONSE_OCTETS} octets")
    return apdu.Response(data, response.sw)


def _transmit_with_right_le(command: apdu.Command) -> Procedure[apdu.Response]:
    response = yield from _transmit(command)
    if response.sw1 == 0x6C:
        response = yield from _transmit(replace(command, le=response.sw2 or 256))
    return response


def _transmit(command: apdu.Command) -> Procedure[apdu.Response]:
    raw: bytes = yield Transmit(command.encode())
    with reading("card", "response APDU"):
        return apdu.Response.parse(raw)


class Isdr:
    """The selected ISD-R on its logical channel.

    aid: the AID under which it was found; fci: what SELECT answered (empty with some cards).
    """

    def __init__(self, settings: LpaSettings, channel: int, aid: bytes, fci: bytes) -> None:
        self.settings = settings
        self.channel = channel
        self.aid = aid
        self.fci = fci

    def store_data(self, payload: bytes) -> Procedure[apdu.Response]:
        """One chain of STORE DATA blocks; ends early at the first response with data or an error status word."""
        try:
            commands = apdu.store_data(self.channel, payload, self.settings.segment_octets)
        except ValueError as error:
            raise NotPossible(f"{error}; use larger segments (segment_octets)") from None
        response = apdu.Response(b"", SW.OK)
        for command in commands:
            response = yield from exchange(command)
            if response.data or not is_success(response.sw):
                break
        return response

    def es10(self, function: str, request: bytes) -> Procedure[Tlv]:
        """One ES10 function: the response TLV, which carries the request's tag.

        Raises CardRefused with the status word where the card answers one, ProtocolViolation for any other answer.
        """
        response = yield from self.store_data(request)
        if not is_success(response.sw):
            raise CardRefused(function, sw=response.sw)
        with reading("card", function):
            return parse(response.data, parse(request).tag)


def open_isdr(settings: LpaSettings) -> Procedure[Isdr]:
    """Open a logical channel and select the ISD-R under the first AID that answers.

    A card without a free channel is reset once: an earlier program may have left channels open.
    """
    channel = yield from _open_channel(settings)
    response = apdu.Response(b"", SW.NOT_FOUND)
    for aid in settings.isdr_aids:
        response = yield from exchange(apdu.select_aid(channel, aid))
        if is_success(response.sw):
            return Isdr(settings, channel, aid, response.data)
    yield from _close_channel(channel)
    raise CardRefused("SELECT ISD-R", sw=response.sw)


def _open_channel(settings: LpaSettings) -> Procedure[int]:
    yield from exchange(TERMINAL_CAPABILITY)
    if settings.basic_channel:
        return 0
    response = yield from exchange(apdu.open_channel())
    if not is_success(response.sw):
        yield ResetCard()
        yield from exchange(TERMINAL_CAPABILITY)
        response = yield from exchange(apdu.open_channel())
    if not is_success(response.sw):
        raise CardRefused("MANAGE CHANNEL", sw=response.sw)
    if len(response.data) != 1 or not 1 <= response.data[0] <= apdu.MAX_CHANNEL:
        raise ProtocolViolation(
            "card", "MANAGE CHANNEL", f"answers {response.data.hex().upper()}, not a channel number"
        )
    return response.data[0]


def _close_channel(channel: int) -> Procedure[None]:
    if channel:
        yield from exchange(apdu.close_channel(channel))


def reopen_after_reset(isdr: Isdr) -> Procedure[None]:
    """Reset the card and select the ISD-R again, on whatever channel the card then assigns."""
    yield ResetCard()
    fresh = yield from open_isdr(isdr.settings)
    isdr.channel, isdr.aid, isdr.fci = fresh.channel, fresh.aid, fresh.fci


def with_isdr(settings: LpaSettings, body: Callable[[Isdr], Procedure[T]]) -> Procedure[T]:
    """Open the ISD-R, run `body` on it, and close the channel, also after a failure unless the card is gone."""
    isdr = yield from open_isdr(settings)
    try:
        result = yield from body(isdr)
    except CardLinkError:
        raise
    except LpaError as error:
        try:
            yield from _close_channel(isdr.channel)
        except LpaError:
            error.add_note("the logical channel could not be closed either")
        raise
    yield from _close_channel(isdr.channel)
    return result
