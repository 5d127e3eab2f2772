"""What a card answered, as a scenario for eUICCs: the ES10 functions in their order, with their results."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

from scenarios.faults import Fault
from scenarios.kit.read import children, dig, find, integer
from scenarios.model import CheckFailed
from scenarios.proxy.card import CardEvent, Es10Call
from scenarios.proxy.skeleton import Story
from wire import rsp
from wire.errors import DecodeError
from wire.es10 import (
    AuthenticateErrorCode,
    BppCommandId,
    CancelSessionReason,
    DeleteNotificationStatus,
    DeleteResult,
    DisableResult,
    DownloadErrorCode,
    EnableResult,
    ErrorReason,
    ResetOptions,
    ResetResult,
    SetDefaultDpAddressResult,
    SetNicknameResult,
)
from wire.sw import is_success
from wire.tlv import Tlv, parse

_CLAUSES: Final = {
    0xBF3C: 3,
    0xBF3F: 4,
    0xBF21: 5,
    0xBF36: 6,
    0xBF2E: 7,
    0xBF20: 8,
    0xBF22: 8,
    0xBF28: 9,
    0xBF2B: 10,
    0xBF30: 11,
    0xBF35: 12,
    0xBF38: 13,
    0xBF41: 14,
    0xBF2D: 15,
    0xBF31: 16,
    0xBF32: 17,
    0xBF33: 18,
    0xBF34: 19,
    0xBF3E: 20,
    0xBF29: 21,
    0xBF43: 22,
}
"""Of SGP.22 v2.5 section 5.7, by tag."""
_SEGMENTS: Final = frozenset({0xBF36, 0xA0, 0xA1, 0xA2, 0xA3, 0x86, 0x87, 0x88})
_INSTALLED: Final = 0xBF37


def card_stories(events: Sequence[CardEvent], faults: Sequence[Fault]) -> list[Story]:
    """The scenario; none where no ES10 function reached the card."""
    calls = [event for event in events if isinstance(event, Es10Call)]
    clauses = [f"5.7.{_CLAUSES[call.tag]}" for call in calls if call.tag in _CLAUSES]
    if not clauses:
        return []
    writer = _CardWriter()
    writer.lines += [f"s.step({f'seen while the link had {fault!r}'!r})" for fault in faults]
    first = events.index(calls[0])
    for event in events[first:]:
        writer.add(event)
    writer.broken_off()
    return [Story("euicc", clauses, "The eUICC answers as it was seen to.", [*writer.opening, *writer.lines])]


@dataclass
class _CardWriter:
    """profiles: variable by ICCID or AID; before: lines that bring the card to what it already had."""

    lines: list[str] = field(default_factory=list)
    profiles: dict[bytes, str] = field(default_factory=dict)
    before: list[str] = field(default_factory=list)
    has_server: bool = False
    segments: int = 0
    count: int = 0

    @property
    def opening(self) -> list[str]:
        """The kit's server, and what was installed before."""
        server = ["server = s.server()"] if self.has_server or self.before else []
        given = ['with s.given("the profiles that the card had"):', *(f"    {line}" for line in self.before)]
        return [*server, *(given if self.before else [])]

    def add(self, event: CardEvent) -> None:
        """The lines of one event."""
        if not isinstance(event, Es10Call):
            self.broken_off()
            self.lines.append("s.card.power_on()")
        elif event.tag in _SEGMENTS:
            self._segment(event)
        else:
            self.broken_off()
            try:
                self._call(event)
            except (CheckFailed, DecodeError, ValueError):
                self._as_is(event)

    def broken_off(self) -> None:
        """A package of which no segment brought the result."""
        if self.segments:
            self._bind()
            self.lines.append(f"for segment in server.bind({self._last}).segments()[:{self.segments}]:")
            self.lines.append("    s.card.send(segment)")
            self.segments = 0

    def _segment(self, call: Es10Call) -> None:
        self.segments += 1
        if not call.answer:
            return
        self.segments = 0
        self._bind()
        self.lines.append(f"result = server.check_installation_result(s.card.load(server.bind({self._last})).raw)")
        data = dig(parse(call.answer, _INSTALLED), 0xBF27)
        error = find(data, 0xA2, 0xA1)
        if error is not None:
            command, reason = BppCommandId(integer(dig(error, 0x80))), ErrorReason(integer(dig(error, 0x81)))
            self.lines.append(f"s.not_installed(result, BppCommandId.{command.name}, ErrorReason.{reason.name})")
            return
        self.lines.append("s.installed(result)")
        self.profiles[dig(data, 0xBF2F, 0x5A).value] = self._last
        self.profiles[dig(data, 0xA2, 0xA0, 0x4F).value] = self._last

    def _bind(self) -> None:
        self.has_server = True
        self.lines.append(f"{self._new()} = s.profile()")

    @property
    def _last(self) -> str:
        return f"profile{self.count}"

    def _new(self) -> str:
        self.count += 1
        return self._last

    def _call(self, call: Es10Call) -> None:
        if not is_success(call.sw):
            self.lines.append(f's.status_word("{_name(call)}", 0x{call.sw:04X}, {_send(call)}.sw)')
            return
        request, answer = parse(call.request), parse(call.answer)
        match call.tag:
            case 0xBF2E:
                return  # authenticate() asks for the challenge itself
            case 0xBF38:
                method = "authenticate", ""
                self._mutual("AuthenticateServer", method, "check_authentication", AuthenticateErrorCode, answer)
            case 0xBF21:
                coded = find(request, 0x04) is not None
                method = "prepare", "code_required=True, hash_cc=bytes(32)" if coded else ""
                self._mutual("PrepareDownload", method, "check_preparation", DownloadErrorCode, answer)
            case 0xBF41:
                self._cancel(request, answer)
            case 0xBF31:
                self._profile_call(request, answer, "enable", EnableResult)
            case 0xBF32:
                self._profile_call(request, answer, "disable", DisableResult)
            case 0xBF33:
                self._profile_call(request, answer, "delete", DeleteResult)
            case 0xBF29:
                name = dig(request, 0x90).value.decode()
                self._result(answer, SetNicknameResult, f"set_nickname({self._profile(request, False)}, {name!r})")
            case 0xBF3F:
                address = dig(request, 0x80).value.decode()
                self._result(answer, SetDefaultDpAddressResult, f"set_default_dp_address({address!r})")
            case 0xBF34:
                options = ResetOptions.from_bits(dig(request, 0x82).value)
                self._result(answer, ResetResult, f"memory_reset(ResetOptions({options.value}))")
            case 0xBF30:
                self.lines.append("for pending in s.card.notifications()[:1]:")
                self._result(answer, DeleteNotificationStatus, "remove_notification(pending.number)", indent="    ")
            case _:
                self._learn(answer)
                self._as_is(call)

    def _mutual(self, function: str, method: tuple[str, str], check: str, codes: type[IntEnum], answer: Tlv) -> None:
        """AuthenticateServer or PrepareDownload with the kit's server, whose checks the good answer must pass."""
        self.has_server = True
        error = find(answer, 0xA1)
        code = "None" if error is None else _code(codes, integer(dig(error, 0x02)))
        self.lines += [
            f"answer = s.card.{method[0]}({', '.join(filter(None, ('server', method[1])))})",
            f's.result("{function}", error_of(answer), {code})',
        ]
        if error is None:
            self.lines.append(f"server.{check}(answer.raw)")

    def _cancel(self, request: Tlv, answer: Tlv) -> None:
        self.has_server = True
        reason = CancelSessionReason(integer(dig(request, 0x81)))
        call = f"s.card.cancel_session(server.transaction_id, CancelSessionReason.{reason.name})"
        if find(answer, 0xA0) is None:
            code = integer(dig(answer, 0x81))
            self.lines.append(f's.equal("the error of CancelSession", {code}, {call}.child(0x81).value[0])')
            return
        self.lines.append(f's.equal("the reason signed", {int(reason)}, server.check_cancellation({call}.raw))')

    def _profile_call(self, request: Tlv, answer: Tlv, method: str, codes: type[IntEnum]) -> None:
        enabled = codes is DisableResult and integer(dig(answer, 0x80)) == 0
        holder = request if codes is DeleteResult else dig(request, 0xA0)
        flag = find(request, 0x81)
        refresh = ", refresh=True" if flag is not None and flag.value != b"\x00" else ""
        self._result(answer, codes, f"{method}({self._profile(holder, enabled)}{refresh})")

    def _result(self, answer: Tlv, codes: type[IntEnum], call: str, indent: str = "") -> None:
        function = rsp.PDUS[answer.tag].function.partition(".")[2]
        code = _code(codes, integer(dig(answer, 0x80)))
        self.lines.append(f'{indent}s.result("{function}", s.card.{call}, {code})')

    def _profile(self, holder: Tlv, enabled: bool) -> str:
        """The variable of the profile named in `holder`; one that was there before is installed beforehand."""
        identifier = (find(holder, 0x5A) or dig(holder, 0x4F)).value
        if identifier not in self.profiles:
            variable = self.profiles[identifier] = self._new()
            self.before += [f"{variable} = s.profile()", f"s.card.install(server, {variable})"]
            if enabled:
                self.before += [f"s.card.enable({variable})", "s.card.power_on()"]
        return self.profiles[identifier]

    def _learn(self, answer: Tlv) -> None:
        """ICCID and AID of one profile, from GetProfilesInfo."""
        listed = find(answer, 0xA0) if answer.tag == 0xBF2D else None
        for one in () if listed is None else children(listed):
            names = [name.value for tag in (0x5A, 0x4F) if (name := find(one, tag)) is not None]
            known = next((self.profiles[name] for name in names if name in self.profiles), None)
            if known is not None:
                self.profiles |= dict.fromkeys(names, known)

    def _as_is(self, call: Es10Call) -> None:
        """The same octets again; what must hold is the status word and the tag."""
        if is_success(call.sw) and call.answer[:2] == call.request[:2]:
            octets = call.request.hex().upper()
            self.lines.append(f's.equal("the answer to {_name(call)}", 0x{call.tag:X}, s.card.es10("{octets}").tag)')
        else:
            self.lines.append(f's.status_word("{_name(call)}", 0x{call.sw:04X}, {_send(call)}.sw)')


def _name(call: Es10Call) -> str:
    function = rsp.PDUS.get(call.tag)
    return f"{call.tag:X}" if function is None else function.function.partition(".")[2]


def _send(call: Es10Call) -> str:
    return f's.card.send("{call.request.hex().upper()}")'


def _code(codes: type[IntEnum], code: int) -> str:
    """As it reads in a program; ValueError for a code that the standard doesn't define."""
    return f"{codes.__name__}.{codes(code).name}"
