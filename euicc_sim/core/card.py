"""The card: command APDUs in, response APDUs out; everything durable in one `Nvm`.

Spec: ETSI TS 102 221 (transport, channels), SGP.22 v2.5 section 5.7 (ISD-R)
"""

from collections.abc import Callable, Mapping

from euicc_sim.core.answer_to_reset import answer_to_reset
from euicc_sim.core.channels import Application, Channel, Channels
from euicc_sim.core.ecc import SoftwareSigner
from euicc_sim.core.euicc import Euicc, SignerFor
from euicc_sim.core.factory import provision
from euicc_sim.core.isdr import IsdR
from euicc_sim.core.options import CardOptions
from euicc_sim.core.ports import Nvm
from euicc_sim.core.session import SessionEvent
from euicc_sim.core.settings import CardSettings, EuiccChain
from euicc_sim.core.store import profile_key
from euicc_sim.core.switching import ProfileSwitching
from euicc_sim.profile.uicc import Uicc
from wire.apdu import (
    INS_GET_RESPONSE,
    INS_MANAGE_CHANNEL,
    INS_SELECT,
    INS_STORE_DATA,
    INS_TERMINAL_CAPABILITY,
    Command,
    Response,
)
from wire.errors import DecodeError
from wire.ids import Iccid
from wire.ports import Entropy, Trace
from wire.sw import SW
from wire.tlv import parse

__all__ = ["Card", "provision"]

TERMINAL_CAPABILITY_TEMPLATE = 0xA9
EXTENDED_LOGICAL_CHANNELS = 0x81
MAX_SHORT_ANSWER = 256
SELECT_BY_AID = 0x04
MIN_AID_OCTETS = 5
"""A shorter partial AID would not even name its registered provider."""


def _software_signer(chain: EuiccChain) -> SoftwareSigner:
    return SoftwareSigner.from_pkcs8(chain.private_key)


class Card:
    """An eUICC at APDU level; `nvm` must hold a card (`provision`).

    signer_for: gives the signer of a certificate chain; by default ECDSA in software, deterministic (RFC 6979).
    options: instead of those the card was provisioned with.
    """

    def __init__(
        self,
        nvm: Nvm,
        entropy: Entropy,
        trace: Trace,
        *,
        signer_for: SignerFor | None = None,
        options: CardOptions | None = None,
    ) -> None:
        self._euicc = Euicc(nvm, entropy, trace, signer_for or _software_signer, options)
        self._switching = ProfileSwitching(self._euicc, self._on_switched)
        self._isd_r = IsdR(self._euicc, self._switching)
        self._channels = Channels(self.settings.options.channels)
        self._uicc: Uicc | None = None
        self._many_channels = False
        self._has_power = False
        self._handlers: dict[int, Callable[[Channel, Command], Response]] = {
            INS_MANAGE_CHANNEL: self._manage_channel,
            INS_TERMINAL_CAPABILITY: self._terminal_capability,
            INS_SELECT: self._select,
            INS_STORE_DATA: self._store_data,
        }

    @property
    def settings(self) -> CardSettings:
        """What the card was made of."""
        return self._euicc.settings

    def profile_package(self, iccid: str) -> bytes:
        """The unprotected profile package of an installed profile, as decrypted; KeyError if there is none."""
        profile = self._euicc.store.profile_by_iccid(Iccid(iccid).ef)
        package = self._euicc.store.nvm.get(profile_key(profile.index, "package")) if profile else None
        if package is None:
            raise KeyError(iccid)
        return package

    # -- power ---------------------------------------------------------------------------------------------------

    def reset(self) -> bytes:
        """Power-on or reset: the ATR. Sessions, channels and selections are lost; a waiting switch takes effect."""
        self.power_off()
        self._switching.complete_pending()
        self._has_power = True
        return answer_to_reset(self.settings.options)

    def power_off(self) -> None:
        """Take the power away; `reset` brings the card back."""
        self._has_power = False
        self._uicc = None
        self._many_channels = False
        self._euicc.cat.reset()
        self._euicc.session.move(SessionEvent.END)
        self._isd_r.reset()
        self._channels.reset()

    def _awake(self) -> Uicc:
        """The enabled profile (or, without one, the bare file system) as the UICC; woken by the first who asks.

        As long as nobody has, it is on every open channel as a fresh one would be.
        """
        if self._uicc is None:
            store = self._euicc.store
            enabled = store.enabled

            def save(entries: Mapping[str, bytes | None]) -> None:
                if enabled is not None:
                    store.nvm.commit({profile_key(enabled, f"image/{name}"): value for name, value in entries.items()})

            image = None if enabled is None else store.image(enabled)
            self._uicc = Uicc(image, save, self._euicc.entropy)
            self._uicc.reset()
            for channel in self._channels.all():
                if channel.number:
                    self._uicc.open_channel(channel.number)
        return self._uicc

    def _on_switched(self, after_refresh: bool) -> None:
        """Another profile is enabled: its files are there as after a reset. After REFRESH only channel 0 stays open."""
        if after_refresh:
            self._channels.reset()
        self._isd_r.reset()
        self._uicc = None

    # -- commands ------------------------------------------------------------------------------------------------

    def transmit(self, command: bytes) -> bytes:
        """The response APDU (status word included) to a command APDU; RuntimeError only without power."""
        if not self._has_power:
            raise RuntimeError("the card has no power: reset() it first")
        session = self._euicc.session
        channel = 0
        try:
            parsed = Command.parse(command)
            channel = parsed.channel
        except DecodeError:
            parsed = None
        trace = self._euicc.trace
        trace.record("apdu", session.id, direction="command", raw=bytes(command), channel=channel)
        response = (Response(b"", SW.WRONG_LENGTH) if parsed is None else self._process(parsed)).encode()
        trace.record("apdu", session.id, direction="response", raw=response, channel=channel)
        return response

    def _process(self, command: Command) -> Response:
        refused = self._refused_class(command)
        if refused is not None:
            return Response(b"", refused)
        channel = self._channels.get(command.channel)
        if channel is None:
            return Response(b"", SW.CHANNEL_NOT_SUPPORTED)
        if command.ins == INS_GET_RESPONSE:
            return self._get_response(channel, command)
        channel.pending = b""
        if command.ins != INS_STORE_DATA:
            channel.blocks.drop()
        handler = self._handlers.get(command.ins, self._forward)
        return self._deliver(channel, command, handler(channel, command))

    def _refused_class(self, command: Command) -> SW | None:
        """The status word for a CLA that isn't served, None for one that is.

        Spec: ETSI TS 102 221 section 10.1.1
        """
        cla = command.cla
        is_further = bool(cla & 0x40)
        if cla == 0xFF or (not is_further and cla & 0x20):
            return SW.CLASS_NOT_SUPPORTED
        if cla & (0x20 if is_further else 0x0C):
            return SW.SECURE_MESSAGING_NOT_SUPPORTED
        if cla & 0x10:
            return SW.CHAINING_NOT_SUPPORTED
        if command.extended and not self.settings.options.extended_length:
            return SW.WRONG_LENGTH
        return None

    def _deliver(self, channel: Channel, command: Command, response: Response) -> Response:
        """Answer at once, or hold the answer for GET RESPONSE, as the command's case and the card's options say."""
        data, sw = response.data, response.sw
        if command.ins != INS_MANAGE_CHANNEL:
            sw = self._euicc.cat.status(sw)
        if not data:
            return Response(b"", sw)
        limit = command.le if not command.data or self.settings.options.direct_answers else None
        if limit is not None and len(data) <= limit:
            return Response(data, sw)
        if limit is not None and not command.data and len(data) <= MAX_SHORT_ANSWER:
            return Response(b"", 0x6C00 | len(data) & 0xFF)
        channel.pending, channel.pending_sw = data, response.sw
        return Response(b"", self._more(channel))

    def _more(self, channel: Channel) -> int:
        waiting = min(len(channel.pending), self.settings.options.answer_octets)
        return 0x6100 | (waiting if waiting < MAX_SHORT_ANSWER else 0)

    def _get_response(self, channel: Channel, command: Command) -> Response:
        if command.p1 or command.p2:
            return Response(b"", SW.INCORRECT_P1P2)
        if command.data or command.le is None:
            return Response(b"", SW.WRONG_LENGTH)
        if not channel.pending:
            return Response(b"", SW.CONDITIONS_NOT_SATISFIED)
        available = min(len(channel.pending), self.settings.options.answer_octets)
        if command.le > available and command.le < MAX_SHORT_ANSWER:
            return Response(b"", 0x6C00 | available & 0xFF)
        size = min(command.le, available)
        data, channel.pending = channel.pending[:size], channel.pending[size:]
        return Response(data, self._more(channel) if channel.pending else self._euicc.cat.status(channel.pending_sw))

    # -- the card's own commands ---------------------------------------------------------------------------------

    def _manage_channel(self, channel: Channel, command: Command) -> Response:
        if command.base_class != 0x00:
            return Response(b"", SW.CLASS_NOT_SUPPORTED)
        if command.data:
            return Response(b"", SW.WRONG_LENGTH)
        if command.p1 == 0x00 and command.p2 == 0x00:
            return self._open_channel(channel, command)
        if command.p1 == 0x80 and 1 <= command.p2 <= 19:
            return self._close_channel(command.p2)
        return Response(b"", SW.INCORRECT_P1P2)

    def _open_channel(self, channel: Channel, command: Command) -> Response:
        if command.le is None:
            return Response(b"", 0x6C01)
        opened = self._channels.open(self._many_channels)
        if opened is None:
            return Response(b"", SW.FUNCTION_NOT_SUPPORTED)
        if channel.number:
            opened.application = channel.application
        if self._uicc:
            self._uicc.open_channel(opened.number, channel.number)
        return Response(bytes((opened.number,)), SW.OK)

    def _close_channel(self, number: int) -> Response:
        channel = self._channels.get(number)
        if channel is None or not self._channels.close(number):
            return Response(b"", SW.CHANNEL_NOT_SUPPORTED)
        if channel.application is Application.ISD_R and self.settings.options.session_ends_with_channel:
            self._euicc.session.move(SessionEvent.END)
            self._isd_r.reset()
        if self._uicc:
            self._uicc.close_channel(number)
        return Response(b"", SW.OK)

    def _terminal_capability(self, channel: Channel, command: Command) -> Response:
        if command.base_class != 0x80:
            return Response(b"", SW.CLASS_NOT_SUPPORTED)
        if command.p1 or command.p2:
            return Response(b"", SW.INCORRECT_P1P2)
        if not command.data:
            return Response(b"", SW.WRONG_LENGTH)
        try:
            capabilities = parse(command.data, TERMINAL_CAPABILITY_TEMPLATE)
            self._many_channels = capabilities.find(EXTENDED_LOGICAL_CHANNELS) is not None
        except DecodeError:
            return Response(b"", SW.INCORRECT_DATA)
        return Response(b"", SW.OK)

    def _select(self, channel: Channel, command: Command) -> Response:
        aid = command.data
        names_isd_r = len(aid) >= MIN_AID_OCTETS and self.settings.options.isd_r_aid.startswith(aid)
        if command.base_class == 0x00 and command.p1 == SELECT_BY_AID and names_isd_r:
            return self._select_isd_r(channel, command)
        response = self._forward(channel, command)
        if response.sw == SW.OK or response.sw >> 8 in (0x62, 0x63):
            channel.application = Application.UICC
        return response

    def _select_isd_r(self, channel: Channel, command: Command) -> Response:
        """SELECT of the ISD-R by its AID, whole or cut off at the right; it is the only one of that name.

        Spec: ETSI TS 102 221 section 11.1.1, SGP.22 v2.5 section 5.7.1
        """
        occurrence, answer = command.p2 & 0x03, command.p2 & 0xFC
        if answer not in (0x00, 0x04, 0x0C):
            return Response(b"", SW.INCORRECT_P1P2)
        if occurrence in (0x02, 0x03):
            return Response(b"", SW.NOT_FOUND)
        if self._uicc and channel.application is Application.UICC:
            self._uicc.deselect(channel.number)
        channel.application = Application.ISD_R
        return Response(b"" if answer == 0x0C else self._isd_r.fci(), SW.OK)

    def _store_data(self, channel: Channel, command: Command) -> Response:
        if channel.application is not Application.ISD_R:
            return self._forward(channel, command)
        if command.base_class != 0x80:
            return Response(b"", SW.CLASS_NOT_SUPPORTED)
        return self._isd_r.store_data(channel.blocks, command)

    def _forward(self, channel: Channel, command: Command) -> Response:
        """What is neither the card's nor the ISD-R's own: the toolkit's and the enabled profile's commands."""
        cat = self._euicc.cat
        if cat.handles(command) and channel.number == 0:
            return cat.process(command)
        if channel.application is Application.ISD_R and command.ins != INS_SELECT:
            return Response(b"", SW.INS_NOT_SUPPORTED)
        return self._awake().process(channel.number, command)
