"""HTTP faults, as a handler around a handler: the function is reached, or not, and its answer changed, or lost."""

import json
from collections.abc import Sequence
from dataclasses import replace

from lpa.core.actions import HttpReply
from scenarios.faults.model import (
    Fault,
    HttpBody,
    HttpHeader,
    HttpStatus,
    LostAnswer,
    LostRequest,
    Member,
    NoAnswerInTime,
    Refusal,
)
from scenarios.network import AnswerTooLate, ConnectionLost, Handler, HttpRequest

_Timed = HttpStatus | HttpBody | HttpHeader | Member | Refusal | LostRequest | LostAnswer | NoAnswerInTime


class FaultyHandler:
    """A `Handler` that does what its faults say; each counts its own occurrences."""

    def __init__(self, handler: Handler, faults: Sequence[Fault]) -> None:
        self._handler = handler
        self._faults = [fault for fault in faults if isinstance(fault, _Timed)]
        self._done = [0] * len(self._faults)

    def __call__(self, request: HttpRequest) -> HttpReply:
        due = self._due(request.function)
        for fault in due:
            match fault:
                case LostRequest():
                    raise ConnectionLost("the connection breaks before the answer")
                case HttpStatus(_, status):
                    return HttpReply(status, {}, b"")
                case Refusal(_, subject, reason):
                    return HttpReply(200, {"content-type": "application/json"}, _failed(subject, reason))
        reply = self._handler(request)
        for fault in due:
            match fault:
                case LostAnswer():
                    raise ConnectionLost("the connection breaks before the answer")
                case NoAnswerInTime():
                    raise AnswerTooLate("no answer in time")
                case HttpBody(_, body):
                    reply = replace(reply, body=body)
                case HttpHeader(_, name, value):
                    headers = {key: kept for key, kept in reply.headers.items() if key != name.lower()}
                    reply = replace(reply, headers=headers | ({} if value is None else {name.lower(): value}))
                case Member(_, name, value):
                    reply = replace(reply, body=_with_member(reply.body, name, value))
        return reply

    def _due(self, function: str) -> list[_Timed]:
        due = []
        for place, fault in enumerate(self._faults):
            if fault.function == function and (not fault.times or self._done[place] < fault.times):
                self._done[place] += 1
                due.append(fault)
        return due


def _failed(subject: str, reason: str) -> bytes:
    data = {"subjectCode": subject, "reasonCode": reason}
    status = {"functionExecutionStatus": {"status": "Failed", "statusCodeData": data}}
    return json.dumps({"header": status}).encode()


def _with_member(body: bytes, name: str, value: str | None) -> bytes:
    document = json.loads(body)
    document.pop(name, None)
    if value is not None:
        document[name] = value
    return json.dumps(document).encode()
