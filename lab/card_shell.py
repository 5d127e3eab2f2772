"""Walking a card by APDUs: `rsplab card shell`."""

import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from inspect import signature

from euicc_sim.profile.tree import TreeFile
from lab.card_shell_text import FileControl, decoded, tree_line
from wire.apdu import INS_SELECT, Command, Response
from wire.errors import DecodeError
from wire.sw import SW, describe

MF = "3F00"
MIN_AID_DIGITS = 10
MAX_SHORT = 256
READ_OCTETS = 255
PIN_REFERENCES = {"pin1": 0x01, "pin2": 0x81, "universal": 0x11, "adm1": 0x0A, "adm2": 0x0B}
CONTEXTS = {"3g": 0x81, "gsm": 0x80}
RESULTS = {0xDB: ("RES", "CK", "IK", "Kc"), 0xDC: ("AUTS",)}

HELP = """\
ls                          what is in the directory (with its names, where the card is simulated)
cd NAME | .. | /            go to a directory; an ADF by its name or AID
select NAME                 select a file and show its control parameters
cat [NAME]                  read a file, or the selected one
pwd                         where we are
verify PIN [CODE]           pin1, pin2, universal, adm1, adm2 or a reference in hex; without CODE: tries left
authenticate RAND AUTN      AKA in the current ADF (32 hex digits each)
authenticate RAND gsm       GSM context
apdu HEX                    any command
reset                       power off and on
exit
NAME is a name (EF.IMSI, IMSI), a file identifier (6F07), an AID, or a path of them (/ADF.USIM/EF.IMSI)"""


class ShellError(Exception):
    """What a command could not do, in words."""


@dataclass
class Shell:
    """One walk; `ask` sends a command and fetches all of its response, `files` lists the profile's files if it can."""

    ask: Callable[[Command], Response]
    reset: Callable[[], bytes]
    files: Callable[[], Sequence[TreeFile]]
    raw: Callable[[bytes], bytes]
    directory: list[str] = field(default_factory=lambda: [MF])
    _application: str = ""
    _selected: FileControl | None = None
    _selected_name: str = ""

    def execute(self, line: str) -> list[str]:
        """What one line prints; ShellError if it fails, EOFError for `exit`."""
        try:
            words = shlex.split(line, comments=True)
        except ValueError as error:
            raise ShellError(str(error)) from None
        if not words:
            return []
        name, *arguments = words
        if name in ("exit", "quit"):
            raise EOFError
        commands: dict[str, Callable[..., list[str]]] = {
            "help": lambda: HELP.splitlines(),
            "pwd": lambda: [self.where()],
            "ls": self._ls,
            "cd": self._cd,
            "select": self._select,
            "cat": self._cat,
            "verify": self._verify,
            "authenticate": self._authenticate,
            "apdu": self._apdu,
            "reset": self._reset,
        }
        if name not in commands:
            raise ShellError(f"{name!r} is no command; see help")
        try:
            signature(commands[name]).bind(*arguments)
        except TypeError:
            raise ShellError(f"{name} doesn't take {len(arguments)} arguments; see help") from None
        return commands[name](*arguments)

    def where(self) -> str:
        """The directory, by names where they are known."""
        return self._named(self.directory)

    def _named(self, path: Sequence[str]) -> str:
        names = {file.path: file.name for file in self.files()}
        parts = path[1:]
        known = (names.get("/".join([MF, *parts[: at + 1]]), part) for at, part in enumerate(parts))
        return "/" + "/".join(known)

    # -- walking -------------------------------------------------------------------------------------------------

    def _ls(self) -> list[str]:
        files = self.files()
        if not files:
            raise ShellError("only a simulated card can be listed; select files by their identifiers")
        here = "/".join(self.directory)
        return [tree_line(file) for file in files if file.path.rpartition("/")[0] == here]

    def _cd(self, name: str = "/") -> list[str]:
        path = self._resolve(name)
        control = self._go(path)
        if not control.is_directory:
            self._go(self.directory)
            raise ShellError(f"{name} is no directory")
        self.directory = path
        return []

    def _select(self, name: str) -> list[str]:
        path = self._resolve(name)
        control = self._go(path)
        if control.is_directory:
            self.directory = path
        return control.lines()

    def _resolve(self, name: str) -> list[str]:
        """The path of identifiers from the MF."""
        path = [MF] if name.startswith("/") else list(self.directory)
        for part in filter(None, name.split("/")):
            if part == "..":
                path = path[:-1] or [MF]
            elif part.upper() not in ("MF", MF):
                path = self._child(path, part)
            else:
                path = [MF]
        return path

    def _child(self, path: list[str], part: str) -> list[str]:
        wanted = part.lower()
        files = self.files()
        here = [file for file in files if file.path.rpartition("/")[0] == "/".join(path)]
        everywhere = [file for file in files if file.kind == "ADF"]
        for file in [*here, *everywhere]:
            short = file.name.partition(".")[2] or file.name
            is_aid = len(wanted) >= MIN_AID_DIGITS and file.fid.lower().startswith(wanted)
            if is_aid or wanted in (file.name.lower(), short.lower(), file.fid.lower()):
                return file.path.split("/")
        if not _is_identifier(part):
            raise ShellError(f"there is no {part} in {self._named(path)}")
        return [MF, part.upper()] if len(part) > 4 else [*path, part.upper()]

    def _go(self, path: list[str]) -> FileControl:
        """Select the file at the end of the path."""
        aids = [at for at, part in enumerate(path) if len(part) > 4]
        fids = path[1:]
        prefix = b""
        control = None
        if aids:
            aid, fids, prefix = path[aids[-1]], path[aids[-1] + 1 :], b"\x7f\xff"
            if aid != self._application or not fids:
                control = self._send_select(0x04, bytes.fromhex(aid))
                self._application = aid
        if fids or control is None:
            at_mf = not fids and not aids
            control = self._send_select(
                0x00 if at_mf else 0x08, bytes.fromhex(MF) if at_mf else prefix + bytes.fromhex("".join(fids))
            )
        self._selected, self._selected_name = control, self._name("/".join(path), path[-1])
        return control

    def _name(self, path: str, identifier: str) -> str:
        return next((file.name for file in self.files() if file.path == path), identifier)

    def _send_select(self, p1: int, data: bytes) -> FileControl:
        response = self._ok(Command(0x00, INS_SELECT, p1, 0x04, data, MAX_SHORT), warnings=(SW.FILE_DEACTIVATED,))
        try:
            return FileControl.read(response.data)
        except DecodeError as error:
            raise ShellError(f"the card's file control parameters: {error}") from None

    # -- reading -------------------------------------------------------------------------------------------------

    def _cat(self, name: str | None = None) -> list[str]:
        control = self._selected if name is None else self._go(self._resolve(name))
        if control is None or control.is_directory:
            raise ShellError("select an elementary file first, or name it")
        if control.is_ber_tlv:
            raise ShellError("a BER-TLV file: read its objects with apdu (RETRIEVE DATA)")
        if control.record_octets:
            return self._records(control)
        content = self._binary(control.size)
        meaning = decoded(self._selected_name, content)
        return [content.hex().upper(), *([f"= {meaning}"] if meaning else [])]

    def _binary(self, size: int) -> bytes:
        content = b""
        while len(content) < size:
            octets = min(READ_OCTETS, size - len(content))
            response = self._ok(Command(0x00, 0xB0, len(content) >> 8, len(content) & 0xFF, le=octets))
            if not response.data:
                break
            content += response.data
        return content

    def _records(self, control: FileControl) -> list[str]:
        lines = []
        for number in range(1, control.records + 1):
            record = self._ok(Command(0x00, 0xB2, number, 0x04, le=control.record_octets)).data
            meaning = decoded(self._selected_name, record)
            lines.append(f"{number:3d} {record.hex().upper()}{f'  = {meaning}' if meaning else ''}")
        return lines

    # -- security ------------------------------------------------------------------------------------------------

    def _verify(self, pin: str, code: str | None = None) -> list[str]:
        reference = PIN_REFERENCES.get(pin.lower())
        if reference is None:
            reference = _octets(pin, 1)[0]
        data = b"" if code is None else _code(code)
        response = self.ask(Command(0x00, 0x20, 0x00, reference, data))
        if response.sw != SW.OK and not (code is None and response.sw & 0xFFF0 == 0x63C0):
            raise ShellError(_status(response.sw))
        return [_status(response.sw)]

    def _authenticate(self, rand: str, autn: str) -> list[str]:
        challenge = _octets(rand, 16)
        if autn.lower() == "gsm":
            data = b"\x10" + challenge
            response = self._ok(Command(0x00, 0x88, 0x00, CONTEXTS["gsm"], data, MAX_SHORT))
            return _values(response.data, ("SRES", "Kc"))
        data = b"\x10" + challenge + b"\x10" + _octets(autn, 16)
        response = self._ok(Command(0x00, 0x88, 0x00, CONTEXTS["3g"], data, MAX_SHORT))
        names = RESULTS.get(response.data[0]) if response.data else None
        if names is None:
            return [response.data.hex().upper()]
        return _values(response.data[1:], names)

    def _apdu(self, *hexadecimal: str) -> list[str]:
        text = "".join(hexadecimal)
        response = self.raw(_octets(text, len(text) // 2))
        self._application = ""
        return [response.hex().upper(), f"= {describe(int.from_bytes(response[-2:]))}"]

    def _reset(self) -> list[str]:
        self.directory, self._application, self._selected = [MF], "", None
        return [self.reset().hex().upper()]

    def _ok(self, command: Command, warnings: Sequence[int] = ()) -> Response:
        response = self.ask(command)
        if response.sw != SW.OK and response.sw1 != 0x91 and response.sw not in warnings:
            raise ShellError(_status(response.sw))
        return response


def _values(octets: bytes, names: Sequence[str]) -> list[str]:
    """Values that are preceded by their lengths."""
    lines, rest = [], octets
    for name in names:
        if rest:
            size = rest[0]
            lines.append(f"{name} {rest[1 : 1 + size].hex().upper()}")
            rest = rest[1 + size :]
    return lines


def _status(sw: int) -> str:
    return f"{sw:04X}: {describe(sw)}"


def _code(text: str) -> bytes:
    """A PIN of 4 to 8 digits, or eight octets in hex."""
    if len(text) == 16:
        return _octets(text, 8)
    if not (4 <= len(text) <= 8 and text.isascii() and text.isdigit()):
        raise ShellError("a code has 4 to 8 digits, or 16 hexadecimal digits")
    return text.encode().ljust(8, b"\xff")


def _octets(text: str, count: int) -> bytes:
    try:
        octets = bytes.fromhex(text)
    except ValueError:
        octets = b""
    if len(octets) != count or not count:
        raise ShellError(f"{text!r}: {2 * count or 'some'} hexadecimal digits expected")
    return octets


def _is_identifier(text: str) -> bool:
    """A file identifier of two octets, or an AID of five to sixteen."""
    try:
        return len(bytes.fromhex(text)) in (2, *range(5, 17))
    except ValueError:
        return False
