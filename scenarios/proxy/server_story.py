"""What a server answered, as a scenario for servers; and, where faults were applied, what the LPA did, for LPAs."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from scenarios.faults import Fault
from scenarios.kit.read import dig, find, integer
from scenarios.model import CheckFailed
from scenarios.parties.answer import Answer
from scenarios.proxy.server import Exchange, members_of, octets_of
from scenarios.proxy.skeleton import Story
from wire.es10 import CancelSessionReason, NotificationEvent
from wire.tlv import Tlv

_CLAUSES: Final = {
    "initiateAuthentication": "5.6.1",
    "getBoundProfilePackage": "5.6.2",
    "authenticateClient": "5.6.3",
    "handleNotification": "5.6.4",
    "cancelSession": "5.6.5",
}
_INTERFACE: Final = "ES9+"
CODE: Final = "4711"


def server_stories(exchanges: Sequence[Exchange], faults: Sequence[Fault]) -> list[Story]:
    """The scenarios; none where no ES9+ function of the JSON binding reached the server."""
    seen = [one for one in exchanges if one.function in _CLAUSES and "/es9plus/" in one.request.path]
    if not seen:
        return []
    clauses = [_CLAUSES[one.function] for one in seen]
    wants_code = any(_wants_code(one) for one in seen)
    writer = _ServerWriter(wants_code)
    for one in seen:
        writer.add(one)
    title = "The SM-DP+ answers as it was seen to."
    stories = [Story("smdp", clauses, title, writer.lines, needs="orders" + (", confirmation_code" * wants_code))]
    if faults:
        body = _lpa_body([one.function for one in seen], faults, wants_code)
        stories.append(Story("lpa", ["3.1.3", *clauses], "The LPA meets these faults and calls what it called.", body))
    return stories


def _lpa_body(functions: Sequence[str], faults: Sequence[Fault], wants_code: bool) -> list[str]:
    arguments = [*map(repr, faults), *([f'code="{CODE}"'] if wants_code else [])]
    user = f', EndUser(codes=["{CODE}"])' if wants_code else ""
    return [
        f"front = s.front({', '.join(arguments)})",
        f's.lpa().download(ActivationCode(front.kit.address, "MATCHING-1"){user})',
        "expected = [",
        *(f'    "{function}",' for function in functions),
        "]",
        's.equal("the functions that reach the server", expected, front.functions)',
    ]


@dataclass
class _ServerWriter:
    wants_code: bool
    lines: list[str] = field(default_factory=list)
    has_order: bool = False
    has_session: bool = False

    def add(self, one: Exchange) -> None:
        """The call of one exchange, and what it was answered."""
        if one.function == "initiateAuthentication" or not self.has_session:
            self._session(reach="" if one.function == "initiateAuthentication" else "bound")
        call = self._call(one)
        answer = Answer.read(one.function, one.reply)
        if answer.ok:
            self.lines.append(f"s.accepted({call})")
        elif answer.code is not None:
            function = f"{_INTERFACE}.{one.function[0].upper()}{one.function[1:]}"
            subject, reason = answer.code
            self.lines.append(f's.refused_with({call}, explain("{subject}", "{reason}", "{function}"))')
        else:
            self.lines.append(f's.equal("the HTTP status of {one.function}", {answer.status}, {call}.status)')

    def _session(self, reach: str) -> None:
        if not self.has_order:
            code = f'confirmation_code="{CODE}"' if self.wants_code else ""
            self.lines.append(f"order = s.smdp.order({code})")
            self.has_order = True
        self.lines.append("session = s.session()")
        self.has_session = True
        if reach:
            self.lines += ['with s.given("an earlier session"):', f'    session.reach("{reach}", order)']

    def _call(self, one: Exchange) -> str:
        members = members_of(one.request.body)
        match one.function:
            case "initiateAuthentication":
                return "session.initiate()"
            case "authenticateClient":
                return "session.authenticate(order)"
            case "getBoundProfilePackage":
                return "session.get_package(order.confirmation_code)"
            case "cancelSession":
                return f"session.cancel(CancelSessionReason.{_reason(octets_of(members, 'cancelSessionResponse'))})"
        return self._notification(octets_of(members, "pendingNotification"))

    def _notification(self, pending: Tlv | None) -> str:
        """A report, or an event; after a report the order has ended."""
        try:
            if pending is not None and pending.tag == 0x30:
                event = NotificationEvent.from_bits(dig(pending, 0xBF2F, 0x81).value)
                return f"session.report_event(NotificationEvent.{event.name}, order)"
            error = None if pending is None else find(pending, 0xBF27, 0xA2, 0xA1)
            self.has_order = False
            if error is not None:
                return f"session.report(error=({integer(dig(error, 0x80))}, {integer(dig(error, 0x81))}))"
        except (CheckFailed, ValueError):
            pass
        return "session.report()"


def _reason(response: Tlv | None) -> str:
    """The reason's name in a CancelSessionResponse."""
    try:
        if response is not None:
            return CancelSessionReason(integer(dig(response, 0xA0, 0x30, 0x82))).name
    except (CheckFailed, ValueError):
        pass
    return CancelSessionReason.undefinedReason.name


def _wants_code(one: Exchange) -> bool:
    """Whether this is an answer that asks for a Confirmation Code."""
    signed = octets_of(members_of(one.reply.body), "smdpSigned2")
    flag = None if signed is None else signed.find(0x01)
    return flag is not None and flag.value != b"\x00"
