"""What the commands of one profile share: files, PINs, the state of each logical channel, and how they refuse."""

from dataclasses import dataclass, field

from euicc_sim.profile import image
from euicc_sim.profile.access import Access, is_allowed, rule_record
from euicc_sim.profile.filesystem import READABLE_WHEN_DEACTIVATED, FileSystem, Store
from euicc_sim.profile.image import FileEntry
from euicc_sim.profile.pins import Pins
from euicc_sim.profile.templates import Kind
from wire.apdu import Command
from wire.ports import Entropy
from wire.sw import SW


class Refused(Exception):
    """A command is not executed: the status word that says why."""

    def __init__(self, sw: int) -> None:
        super().__init__(f"{sw:04X}")
        self.sw = sw


@dataclass(slots=True)
class Channel:
    """A logical channel: current directory, EF and record (0: undefined), and the application session.

    retrieving, setting: what a chained RETRIEVE DATA still has to answer, what a chained SET DATA has brought so far.
    """

    directory: int = image.ROOT
    ef: int | None = None
    record: int = 0
    application: int | None = None
    retrieving: bytes = b""
    setting: bytes = b""


@dataclass(slots=True)
class Profile:
    """One profile in use."""

    store: Store
    files: FileSystem
    pins: Pins
    entropy: Entropy
    channels: dict[int, Channel] = field(default_factory=dict)

    def require(self, entry: FileEntry, access: Access | None, instruction: int) -> None:
        """Refuse a command on a file that is deactivated or whose access rule is not met."""
        usable_anyway = access in (Access.READ, Access.UPDATE) and entry.special & READABLE_WHEN_DEACTIVATED
        if self.files.is_deactivated(entry) and access is not Access.ACTIVATE and not usable_anyway:
            raise Refused(SW.CONDITIONS_NOT_SATISFIED)
        if not entry.arr:
            allowed = access is Access.READ
        else:
            record = rule_record(self.files, entry)
            directory = entry.number if entry.is_directory else entry.parent
            allowed = record is not None and is_allowed(
                record, access, instruction, lambda reference: self.pins.is_satisfied(directory, reference)
            )
        if not allowed:
            raise Refused(SW.SECURITY_STATUS_NOT_SATISFIED)

    def current_ef(self, channel: Channel) -> FileEntry:
        """The selected EF; Refused if none is."""
        if channel.ef is None:
            raise Refused(SW.COMMAND_NOT_ALLOWED)
        return self.files.files[channel.ef]

    def addressed_ef(self, channel: Channel, sfi: int) -> FileEntry:
        """The EF that a command is about: that with the short identifier, which becomes current, or the current one."""
        if not sfi:
            return self.current_ef(channel)
        entry = self.files.by_sfi(channel.directory, sfi)
        if entry is None:
            raise Refused(SW.NOT_FOUND)
        channel.ef, channel.record = entry.number, 0
        return entry


def require_kind(entry: FileEntry, *kinds: Kind) -> None:
    """Refuse a command on a file of another structure."""
    if entry.kind not in kinds:
        raise Refused(SW.INCOMPATIBLE_FILE_STRUCTURE)


def require_p1p2(command: Command, p1: int = 0, p2: int = 0) -> None:
    """Refuse any other P1 and P2."""
    if (command.p1, command.p2) != (p1, p2):
        raise Refused(SW.INCORRECT_P1P2)


def require_no_data(command: Command) -> None:
    """Refuse a command with data that has none."""
    if command.data:
        raise Refused(SW.WRONG_LENGTH)


def expected(command: Command, octets: int) -> None:
    """Refuse an Le that asks for less than the answer has (6Cxx); Le 00 and no Le take all."""
    if command.le is not None and command.le < octets:
        raise Refused(0x6C00 | octets & 0xFF)
