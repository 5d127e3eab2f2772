"""Drivers: they carry out what a procedure yields, for plain threads (`run`) and for asyncio (`arun`).

Both record every APDU, HTTP message and verdict in the trace (docs/trace.md), and throw transport errors into the
procedure at the place where it asked, so that it can retry, cancel or clean up.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, Generic, TypeVar

from lpa.card.link import CardLink
from lpa.core.actions import (
    Action,
    Ask,
    ConfirmationCodeWanted,
    Connect,
    Consent,
    HttpReply,
    Post,
    Procedure,
    Progress,
    ResetCard,
    Session,
    TlsPeer,
    Transmit,
    Verdict,
    Wait,
)
from lpa.core.errors import TlsRefused, TransportError
from lpa.http.client import AsyncHttpClient, HttpClient
from lpa.user import AsyncUserAgent, UserAgent
from wire.ports import Trace

T = TypeVar("T")


class NoTrace:
    """A trace that keeps nothing."""

    def record(self, kind: str, session: str, **fields: object) -> None:
        """Forget it."""


def run(
    procedure: Procedure[T],
    link: CardLink,
    http: HttpClient,
    user: UserAgent,
    trace: Trace | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> T:
    """Carry out `procedure` to its end in this thread; `link` must be connected.

    Raises LpaError: what the procedure raised. Other exceptions (Ctrl-C, a bug) close the procedure.
    """
    notes = _Notes(trace)
    step = _Step(procedure)
    while not step.ended:
        action = step.action
        answer: object = None
        started = time.monotonic()
        try:
            match action:
                case Transmit(command):
                    notes.command(command)
                    answer = link.transmit(command)
                case ResetCard():
                    answer = link.reset()
                case Connect(url):
                    answer = http.connect(url)
                case Post():
                    notes.request(action)
                    answer = http.post(action.url, action.headers, action.body)
                case Ask(question):
                    if isinstance(question, Consent):
                        answer = user.consent(question)
                    elif isinstance(question, ConfirmationCodeWanted):
                        answer = user.confirmation_code(question)
                    else:
                        answer = user.confirm(question)
                case Wait(seconds):
                    sleep(seconds)
                case Progress():
                    user.progress(action)
        except TransportError as error:
            notes.failure(action, error)
            step.throw(error)
        else:
            notes.done(action, answer, started)
            step.send(answer)
    return step.result


async def arun(
    procedure: Procedure[T],
    link: CardLink,
    http: AsyncHttpClient,
    user: UserAgent | AsyncUserAgent,
    trace: Trace | None = None,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> T:
    """Carry out `procedure` in this event loop; `link` must be connected.

    A link that waits for something outside the process is used in a thread of its own; a local card is called directly.
    """
    notes = _Notes(trace)
    step = _Step(procedure)
    while not step.ended:
        action = step.action
        answer: object = None
        started = time.monotonic()
        try:
            match action:
                case Transmit(command):
                    notes.command(command)
                    answer = await _in_thread(link, link.transmit, command)
                case ResetCard():
                    answer = await _in_thread(link, link.reset)
                case Connect(url):
                    answer = await http.connect(url)
                case Post():
                    notes.request(action)
                    answer = await http.post(action.url, action.headers, action.body)
                case Ask(question):
                    if isinstance(question, Consent):
                        answer = await _maybe(user.consent(question))
                    elif isinstance(question, ConfirmationCodeWanted):
                        answer = await _maybe(user.confirmation_code(question))
                    else:
                        answer = await _maybe(user.confirm(question))
                case Wait(seconds):
                    await sleep(seconds)
                case Progress():
                    user.progress(action)
        except TransportError as error:
            notes.failure(action, error)
            step.throw(error)
        else:
            notes.done(action, answer, started)
            step.send(answer)
    return step.result


async def _in_thread(link: CardLink, function: Callable[..., bytes], *arguments: bytes) -> bytes:
    return await asyncio.to_thread(function, *arguments) if link.waits else function(*arguments)


async def _maybe(answer: Any) -> object:
    return await answer if isinstance(answer, Awaitable) else answer


class _Step(Generic[T]):
    """A generator between two actions."""

    def __init__(self, procedure: Procedure[T]) -> None:
        self._procedure = procedure
        self.ended = False
        self.result: T
        self.action: Action
        self._go(lambda: next(procedure))

    def send(self, answer: object) -> None:
        self._go(lambda: self._procedure.send(answer))

    def throw(self, error: TransportError) -> None:
        self._go(lambda: self._procedure.throw(error))

    def _go(self, advance: Callable[[], Action]) -> None:
        try:
            self.action = advance()
        except StopIteration as stop:
            self.ended, self.result = True, stop.value


class _Notes:
    """What goes into the trace."""

    def __init__(self, trace: Trace | None) -> None:
        self._trace = trace or NoTrace()
        self._session = ""

    def _record(self, kind: str, **fields: object) -> None:
        self._trace.record(kind, self._session, **fields)

    def command(self, command: bytes) -> None:
        self._record("apdu", direction="command", raw=command)

    def request(self, post: Post) -> None:
        self._record("http", direction="request", **_http(post), headers=dict(post.headers), body=post.body)

    def failure(self, action: Action, error: TransportError) -> None:
        if isinstance(action, Connect):
            tls = isinstance(error, TlsRefused)
            self._record("verdict", check="tls" if tls else "connection", what=action.url, ok=False, reason=str(error))
        else:
            self._record("note", message=f"{type(error).__name__}: {error}")

    def done(self, action: Action, answer: object, started: float) -> None:
        duration_ms = round((time.monotonic() - started) * 1000, 3)
        match action:
            case Transmit() if isinstance(answer, bytes):
                self._record("apdu", direction="response", raw=answer, duration_ms=duration_ms)
            case Post() if isinstance(answer, HttpReply):
                self._record(
                    "http",
                    direction="response",
                    **_http(action),
                    status=answer.status,
                    headers=dict(answer.headers),
                    body=answer.body,
                    duration_ms=duration_ms,
                )
            case Connect(url):
                self._connected(url, answer)
            case Progress():
                self._record("progress", step=action.step, done=action.done, total=action.total, text=action.text)
            case Session(transaction_id_hex):
                self._session = transaction_id_hex
            case Verdict():
                self._record("verdict", check=action.check, what=action.what, ok=action.ok, reason=action.reason)
            case ResetCard():
                self._record("note", message="card reset", atr=answer)

    def _connected(self, url: str, peer: object) -> None:
        if isinstance(peer, TlsPeer):
            reason = f"{peer.version} {peer.cipher}; chain ends in a trusted CI, certificate names {peer.host}"
            self._record("verdict", check="tls", what=url, ok=True, reason=reason)
        else:
            self._record("note", message=f"{url}: plain HTTP, nobody was verified")


def _http(post: Post) -> dict[str, object]:
    return {"function": post.url.rpartition("/")[2], "method": "POST", "url": post.url}
