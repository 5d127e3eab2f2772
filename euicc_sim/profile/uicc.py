"""The enabled profile as a UICC: file system, PINs and network access applications behind APDUs.

Core hands over every command that is not for the ISD-R, MANAGE CHANNEL, GET RESPONSE, TERMINAL CAPABILITY or the card
application toolkit (`cat.Cat`). `process` answers all data at once; holding it back for GET RESPONSE (61xx) and turning
9000 into 91xx is core's business.
Spec: ETSI TS 102 221, 3GPP TS 31.102
"""

from collections.abc import Callable, Mapping

from euicc_sim.profile import contents, data_objects, security, selection
from euicc_sim.profile.filesystem import FileSystem, Save, Store, bare_image
from euicc_sim.profile.pins import Pins
from euicc_sim.profile.session import Channel, Profile, Refused
from wire.apdu import Command, Response
from wire.ports import Entropy
from wire.sw import SW

_ADM = 0x0A
_Handler = Callable[[Profile, Channel, Command], Response]


def _administrative(profile: Profile, channel: Channel, command: Command) -> Response:
    """RESIZE, CREATE and DELETE FILE: for the administrator only, and not on this card."""
    if not profile.pins.is_satisfied(channel.directory, _ADM):
        raise Refused(SW.SECURITY_STATUS_NOT_SATISFIED)
    raise Refused(SW.FUNCTION_NOT_SUPPORTED)


_COMMANDS: Mapping[int, tuple[frozenset[int], _Handler]] = {
    ins: (frozenset(classes), handler)
    for ins, classes, handler in (
        (0x04, (0x00,), selection.deactivate_file),
        (0x20, (0x00,), security.verify_pin),
        (0x24, (0x00,), security.change_pin),
        (0x26, (0x00,), security.disable_pin),
        (0x28, (0x00,), security.enable_pin),
        (0x2C, (0x00,), security.unblock_pin),
        (0x32, (0x80,), contents.increase),
        (0x44, (0x00,), selection.activate_file),
        (0x78, (0x80,), security.get_identity),
        (0x84, (0x00,), security.get_challenge),
        (0x88, (0x00,), security.authenticate_command),
        (0xA2, (0x00,), contents.search_record),
        (0xA4, (0x00,), selection.select),
        (0xB0, (0x00,), contents.read_binary),
        (0xB2, (0x00,), contents.read_record),
        (0xCB, (0x80,), data_objects.retrieve_data),
        (0xD4, (0x80,), _administrative),
        (0xD6, (0x00,), contents.update_binary),
        (0xDB, (0x80,), data_objects.set_data),
        (0xDC, (0x00,), contents.update_record),
        (0xE0, (0x00,), _administrative),
        (0xE4, (0x00,), _administrative),
        (0xF2, (0x80,), selection.status),
    )
}
"""INS -> classes it is coded in, and who executes it.

Spec: ETSI TS 102 221 section 10.1.2
"""

_CHAINED = frozenset((0xCB, 0xDB))


class Uicc:
    """One profile's UICC, running from its image; with image None the file system of a card with no enabled profile."""

    def __init__(self, image: Mapping[str, bytes] | None, save: Save, entropy: Entropy) -> None:
        """image: the entries of `Installed.image` as stored; save: commits changed entries at once (None deletes)."""
        store = Store(bare_image() if image is None else image, save)
        files = FileSystem(store)
        self._profile = Profile(store, files, Pins(files, store), entropy)
        self.reset()

    @property
    def files(self) -> FileSystem:
        """The file system, for tools that look at a card."""
        return self._profile.files

    def process(self, channel: int, command: Command) -> Response:
        """Execute one command on a logical channel; never raises but for what `save` raises."""
        state = self._profile.channels.setdefault(channel, Channel())
        if command.base_class not in (0x00, 0x80):
            return Response(b"", SW.CLASS_NOT_SUPPORTED)
        if command.ins not in _COMMANDS:
            return Response(b"", SW.INS_NOT_SUPPORTED)
        classes, handler = _COMMANDS[command.ins]
        if command.base_class not in classes:
            return Response(b"", SW.CLASS_NOT_SUPPORTED)
        if command.ins not in _CHAINED:
            state.retrieving = state.setting = b""
        try:
            return handler(self._profile, state, command)
        except Refused as refused:
            return Response(b"", refused.sw)

    def reset(self) -> None:
        """Card reset: only channel 0 is open, MF selected, no PIN verified."""
        self._profile.pins.reset()
        self._profile.channels.clear()
        self._profile.channels[0] = Channel()

    def open_channel(self, channel: int, origin: int = 0) -> None:
        """A new logical channel: at the MF when opened from channel 0, else with the directory of `origin`."""
        state = Channel()
        from_channel = self._profile.channels.get(origin)
        if origin and from_channel is not None:
            state.directory, state.application = from_channel.directory, from_channel.application
        self._profile.channels[channel] = state

    def close_channel(self, channel: int) -> None:
        """Forget the channel's selection and application session."""
        self.deselect(channel)
        if channel:
            self._profile.channels.pop(channel, None)

    def deselect(self, channel: int) -> None:
        """Another application (ISD-R) was selected on the channel: its application session here ends, MF is current."""
        state = self._profile.channels.get(channel)
        if state is not None:
            selection.leave_application(self._profile, state)
            self._profile.channels[channel] = Channel()
