"""The drivers: plain threads and asyncio carry out the same procedures alike, and the trace holds everything."""

import asyncio
import threading
from collections.abc import Mapping
from typing import Any

import pytest

from lpa.card.in_process import InProcessLink
from lpa.core.actions import (
    ConfirmationCodeWanted,
    Consent,
    Decision,
    HttpReply,
    Procedure,
    Progress,
    StrongConfirmation,
    TlsPeer,
    Transmit,
    Wait,
)
from lpa.core.errors import CardRemoved, CertificateExpired, UserDeclined
from lpa.core.procedures.download import download
from lpa.core.procedures.profiles import memory_reset
from lpa.drive import arun, run
from lpa.user import ScriptedUser
from tests.support.lpa_peers import (
    HOST,
    SETTINGS,
    TID,
    ListTrace,
    TableServer,
    b64,
    smdp_signed2,
    table_card,
)
from wire.activation_code import ActivationCode
from wire.es10 import ResetOptions
from wire.tlv import tlv

CODE = ActivationCode(HOST, "MATCHING-1")


class AsyncServer:
    """A `TableServer` for asyncio."""

    def __init__(self, inner: TableServer) -> None:
        self.inner = inner

    async def connect(self, url: str) -> TlsPeer:
        await asyncio.sleep(0)
        return self.inner.connect(url)

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> HttpReply:
        await asyncio.sleep(0)
        return self.inner.post(url, headers, body)

    async def close(self) -> None:
        """Nothing to close."""


class AsyncUser:
    """Answers as another user would, after a while."""

    def __init__(self, user: ScriptedUser) -> None:
        self._user = user

    async def consent(self, question: Consent) -> Decision:
        await asyncio.sleep(0)
        return self._user.consent(question)

    async def confirmation_code(self, question: ConfirmationCodeWanted) -> str | None:
        await asyncio.sleep(0)
        return self._user.confirmation_code(question)

    async def confirm(self, question: StrongConfirmation) -> Decision:
        await asyncio.sleep(0)
        return self._user.confirm(question)

    def progress(self, progress: Progress) -> None:
        self._user.progress(progress)


def timeless(trace: ListTrace) -> list[tuple[str, str, dict[str, object]]]:
    return [
        (kind, session, {name: value for name, value in fields.items() if name != "duration_ms"})
        for kind, session, fields in trace.records
    ]


def code_wanted() -> TableServer:
    return TableServer(authenticateClient={"smdpSigned2": b64(smdp_signed2(code_required=True))})


@pytest.mark.parametrize("is_awaited", [False, True])
async def test_both_drivers_do_the_same(is_awaited: bool) -> None:
    blocking, waiting = ListTrace(), ListTrace()
    first = run(download(SETTINGS, CODE), InProcessLink(table_card()), code_wanted(), ScriptedUser(code="1"), blocking)
    user = ScriptedUser(code="1")
    second = await arun(
        download(SETTINGS, CODE),
        InProcessLink(table_card()),
        AsyncServer(code_wanted()),
        AsyncUser(user) if is_awaited else user,
        waiting,
    )
    assert first == second
    assert timeless(blocking) == timeless(waiting)


async def test_questions_of_every_kind_reach_the_user_of_the_asyncio_driver() -> None:
    card = table_card(answers={0xBF34: tlv(0xBF34, tlv(0x80, b"\x00"))}, pending=[])
    user = ScriptedUser(Decision.TIMEOUT)
    link, server = InProcessLink(card), AsyncServer(TableServer())
    with pytest.raises(UserDeclined, match="no answer in time"):
        await arun(memory_reset(SETTINGS, ResetOptions(1)), link, server, AsyncUser(user))
    assert [type(question) for question in user.questions] == [StrongConfirmation]


def test_every_message_is_in_the_trace_in_its_order() -> None:
    trace = ListTrace()
    run(download(SETTINGS, CODE), InProcessLink(table_card()), TableServer(), ScriptedUser(), trace)
    apdus = [fields for kind, _, fields in trace.records if kind == "apdu"]
    assert [fields["direction"] for fields in apdus] == ["command", "response"] * (len(apdus) // 2)
    assert all(isinstance(fields["raw"], bytes) for fields in apdus)
    http = [
        (fields["direction"], fields["function"], fields.get("status"))
        for kind, _, fields in trace.records
        if kind == "http"
    ]
    assert http == [
        entry
        for function, status in [
            ("initiateAuthentication", 200),
            ("authenticateClient", 200),
            ("getBoundProfilePackage", 200),
            ("handleNotification", 204),
        ]
        for entry in (("request", function, None), ("response", function, status))
    ]
    session_of = {fields["function"]: session for kind, session, fields in trace.records if kind == "http"}
    assert session_of["authenticateClient"] == TID.hex().upper()


def test_a_refused_tls_server_is_a_verdict() -> None:
    class Expired(TableServer):
        def connect(self, url: str) -> Any:
            raise CertificateExpired(f"{url}: certificate has expired")

    trace = ListTrace()
    with pytest.raises(CertificateExpired):
        run(download(SETTINGS, CODE), InProcessLink(table_card()), Expired(), ScriptedUser(), trace)
    (verdict,) = trace.verdicts("tls")
    assert verdict["ok"] is False
    assert "expired" in str(verdict["reason"])


class Gone:
    """A link whose card is taken out at the first command; it counts the threads that use it."""

    def __init__(self, waits: bool) -> None:
        self.waits = waits
        self.threads: set[int] = set()

    def connect(self) -> bytes:
        return b"\x3b\x00"

    def reset(self) -> bytes:
        return b"\x3b\x00"

    def transmit(self, _: bytes) -> bytes:
        self.threads.add(threading.get_ident())
        raise CardRemoved("taken out")

    def disconnect(self) -> None:
        """Nothing to give back."""


def two_tries() -> Procedure[str]:
    try:
        yield Transmit(b"\x00\xa4\x04\x00")
    except CardRemoved as error:
        yield Wait(3.0)
        yield Progress("again", 1, 1, "")
        return f"caught: {error}"
    return "nothing happened"


@pytest.mark.parametrize("waits", [True, False])
async def test_transport_errors_are_thrown_in_where_the_procedure_asked(waits: bool) -> None:
    paused: list[float] = []

    async def sleep(seconds: float) -> None:
        paused.append(seconds)

    link = Gone(waits)
    result = await arun(two_tries(), link, AsyncServer(TableServer()), ScriptedUser(), sleep=sleep)
    assert result == "caught: taken out"
    assert paused == [3.0]
    assert (threading.get_ident() in link.threads) is not waits
    assert run(two_tries(), Gone(True), TableServer(), ScriptedUser(), sleep=paused.append) == result
    assert paused == [3.0, 3.0]


def test_a_slow_card_is_slow_in_process_too() -> None:
    pauses: list[float] = []
    link = InProcessLink(table_card(), 0.04, pauses.append)
    link.connect()
    link.transmit(bytes.fromhex("0070000001"))
    assert pauses == [0.04]
    assert link.waits
    assert not InProcessLink(table_card()).waits
