"""Peers for the agent's tests: exact scripts, and a card and a server that answer from tables."""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any, TypeVar

from certs.pki import Pki
from lpa.card.in_process import InProcessLink
from lpa.core.actions import Action, HttpReply, Procedure, Progress, Session, TlsPeer, Transmit, Verdict
from lpa.core.settings import LpaSettings
from lpa.drive import run
from lpa.user import ScriptedUser
from wire.activation_code import ActivationCode
from wire.apdu import Command
from wire.errors import DecodeError
from wire.tlv import parse, tlv

T = TypeVar("T")

HOST = "smdp.example.com"
OTHER_TID = bytes.fromhex("0F0E0D0C0B0A09080706050403020100")
TID = bytes.fromhex("00112233445566778899AABBCCDDEEFF")
ICCID_EF = bytes.fromhex("98001032547698103214")
ISDP = bytes.fromhex("A0000005591010FFFFFFFF8900001000")
METADATA = tlv(0xBF25, tlv(0x5A, ICCID_EF), tlv(0x91, b"GSMA_TEST"), tlv(0x92, b"GSMA_TEST_PROFILE"))
CODE = ActivationCode(HOST, "MATCHING-1")
SETTINGS = LpaSettings(retry_waits_s=(1.0, 5.0))


def play(procedure: Procedure[T], script: Sequence[tuple[Action | str, object]]) -> T:
    """Run a procedure against exact expectations: each action and the answer to it (an exception is thrown in).

    A text stands for a command APDU in hex, answered by a response in hex. Progress, Session and Verdict just pass.
    """
    steps = list(script)
    answer: object = None
    while True:
        try:
            action = procedure.throw(answer) if isinstance(answer, BaseException) else procedure.send(answer)
        except StopIteration as stop:
            assert steps == [], "the procedure ended early"
            value: T = stop.value
            return value
        answer = None
        if not isinstance(action, Progress | Session | Verdict):
            assert steps, f"unexpected {action}"
            expected, answer = steps.pop(0)
            if isinstance(expected, str):
                expected, answer = Transmit(bytes.fromhex(expected)), bytes.fromhex(str(answer))
            assert action == expected


@cache
def pki() -> Pki:
    """Certificates with OID and role for the agent to read."""
    return Pki.generate([HOST], not_before=datetime(2026, 1, 1, tzinfo=UTC), curves=["NIST"])


def b64(octets: bytes) -> str:
    return base64.b64encode(octets).decode()


def server_signed1(**changes: Any) -> bytes:
    values = {"tid": TID, "address": HOST, **changes}
    address = tlv(0x83, values["address"].encode())
    return tlv(0x30, tlv(0x80, values["tid"]), tlv(0x81, bytes(16)), address, tlv(0x84, bytes(range(16))))


def smdp_signed2(tid: bytes = TID, code_required: bool = False) -> bytes:
    return tlv(0x30, tlv(0x80, tid), tlv(0x01, b"\xff" if code_required else b"\x00"))


SIGNATURE = tlv(0x5F37, bytes(64))
PKID = tlv(0x04, bytes(20))


def bound_profile_package(metadata: bytes = METADATA, second87: bool = True, elements: int = 2) -> bytes:
    """A package of the right shape; what is protected in it is for the card to judge."""
    mac = b"\x11" * 8
    half = len(metadata) // 2
    return tlv(
        0xBF36,
        tlv(0xBF23, tlv(0x82, b"\x01"), tlv(0x80, TID)),
        tlv(0xA0, tlv(0x87, bytes(24))),
        tlv(0xA1, tlv(0x88, metadata[:half], mac), tlv(0x88, metadata[half:], mac)),
        tlv(0xA2, tlv(0x87, bytes(72))) if second87 else b"",
        tlv(0xA3, *(tlv(0x86, bytes((number,)) * 1000) for number in range(elements))),
    )


def installation_result(seq: int = 1, error: int | None = None, tid: bytes = TID, address: str = HOST) -> bytes:
    notification = tlv(
        0xBF2F,
        tlv(0x80, bytes((seq,))),
        tlv(0x81, b"\x07\x80"),
        tlv(0x0C, address.encode()),
        tlv(0x5A, ICCID_EF),
    )
    success = tlv(0xA0, tlv(0x4F, ISDP), tlv(0x04, bytes.fromhex("3007A0053003800100")))
    failure = tlv(0xA1, tlv(0x80, b"\x05"), tlv(0x81, bytes((error or 0,))))
    final = tlv(0xA2, success if error is None else failure)
    data = tlv(0xBF27, tlv(0x80, tid), notification, bytes.fromhex("060388370A"), final)
    return tlv(0xBF37, data, SIGNATURE)


def other_notification(seq: int, event: bytes, address: str = HOST) -> bytes:
    """An OtherSignedNotification (its certificates don't matter to the agent)."""
    metadata = tlv(0xBF2F, tlv(0x80, bytes((seq,))), tlv(0x81, event), tlv(0x0C, address.encode()), tlv(0x5A, ICCID_EF))
    return tlv(0x30, metadata, SIGNATURE, tlv(0x30), tlv(0x30))


Answer = bytes | Callable[[bytes], bytes]


@dataclass
class TableCard:
    """A card with an ISD-R that answers each ES10 tag from `answers` and gives `result` for the last BPP segment.

    pending: notifications waiting, removed on request. bpp_answers: segment number -> response APDU instead of 9000.
    """

    answers: dict[int, Answer] = field(default_factory=dict)
    pending: list[bytes] = field(default_factory=list)
    result: bytes = b""
    bpp_answers: dict[int, bytes] = field(default_factory=dict)
    seen: list[bytes] = field(default_factory=list)
    segments: list[bytes] = field(default_factory=list)
    resets: int = 0
    _chain: bytes = b""
    _response: bytes = b""
    _expected: int = 0

    def reset(self) -> bytes:
        self.resets += 1
        return b"\x3b\x00"

    def transmit(self, command: bytes) -> bytes:
        parsed = Command.parse(command)
        if parsed.ins == 0x70:
            return b"\x01\x90\x00" if parsed.p1 == 0 else b"\x90\x00"
        if parsed.ins == 0xC0:
            return self._fetch(self._response[256:], self._response[:256])
        if parsed.ins != 0xE2:
            return b"\x90\x00"
        self._chain = parsed.data if parsed.p2 == 0 else self._chain + parsed.data
        if parsed.p1 == 0x11:
            return b"\x90\x00"
        payload, self._chain = self._chain, b""
        return self._execute(payload)

    def _fetch(self, rest: bytes, data: bytes) -> bytes:
        self._response = rest
        return data + (bytes((0x61, min(len(rest), 256) & 0xFF)) if rest else b"\x90\x00")

    def _execute(self, payload: bytes) -> bytes:
        if payload[:2] == b"\xbf\x36" or self._expected:
            return self._segment(payload)
        self.seen.append(payload)
        try:
            answer = self._answer(payload)
        except DecodeError:
            return b"\x6a\x80"
        if len(answer) == 2:
            return answer
        return self._fetch(answer, b"")

    def _segment(self, payload: bytes) -> bytes:
        self.segments.append(payload)
        self._expected = 1
        number = len(self.segments)
        if number in self.bpp_answers:
            self._expected = 0
            return self.bpp_answers[number]
        if payload[:1] == b"\x86":
            self._expected += 1
            if sum(1 for segment in self.segments if segment[:1] == b"\x86") == 2:
                self._expected = 0
                return self._fetch(self.result, b"") if len(self.result) > 2 else self.result
        return b"\x90\x00"

    def fixed(self, tag: int) -> bytes:
        """The response to this tag, which is always the same."""
        answer = self.answers[tag]
        assert isinstance(answer, bytes)
        return answer

    def _answer(self, payload: bytes) -> bytes:
        request = parse(payload)
        if request.tag in self.answers:
            answer = self.answers[request.tag]
            return answer(payload) if callable(answer) else answer
        match request.tag:
            case 0xBF28:
                return tlv(0xBF28, tlv(0xA0, *(_metadata_of(item) for item in self.pending)))
            case 0xBF2B:
                criteria = request.child(0xA0).children[0]
                wanted = [item for item in self.pending if criteria.raw in (_metadata_of(item)[3:6],)]
                if criteria.tag == 0x81:
                    wanted = [item for item in self.pending if criteria.raw in _metadata_of(item)]
                return tlv(0xBF2B, tlv(0xA0, *wanted))
            case 0xBF30:
                number = request.child(0x80).raw
                before = len(self.pending)
                self.pending = [item for item in self.pending if _metadata_of(item)[3:6] != number]
                return tlv(0xBF30, tlv(0x80, b"\x00" if len(self.pending) < before else b"\x01"))
        return b"\x6a\x88"


def _metadata_of(notification: bytes) -> bytes:
    outer = parse(notification)
    holder = outer.child(0xBF27) if outer.tag == 0xBF37 else outer
    return holder.child(0xBF2F).raw


def table_card(**changes: Any) -> TableCard:
    """A card that goes through with a download."""
    relay_ok = tlv(0xA0, tlv(0x30))
    answers: dict[int, Answer] = {
        0xBF20: tlv(0xBF20, tlv(0x82, b"\x02\x05\x00"), tlv(0xA9, PKID), tlv(0xAA, PKID)),
        0xBF2E: tlv(0xBF2E, tlv(0x80, bytes(16))),
        0xBF38: tlv(0xBF38, relay_ok),
        0xBF21: tlv(0xBF21, relay_ok),
        0xBF2D: tlv(0xBF2D, tlv(0xA0)),
        0xBF43: tlv(0xBF43, tlv(0xA0)),
        0xBF41: tlv(0xBF41, tlv(0xA0, tlv(0x30), SIGNATURE)),
        **changes.pop("answers", {}),
    }
    card = TableCard(answers=answers, **{"result": installation_result(), **changes})
    if card.result and "pending" not in changes:
        card.pending = [card.result]
    return card


class TableServer:
    """An `HttpClient` whose server answers each function from `answers`: members, an exception, or a list of these
    for one call after the other.
    """

    def __init__(self, **answers: Any) -> None:
        certificate = b64(pki().dp_auth().certificate)
        self.answers: dict[str, Any] = {
            "initiateAuthentication": {
                "transactionId": TID.hex().upper(),
                "serverSigned1": b64(server_signed1()),
                "serverSignature1": b64(SIGNATURE),
                "euiccCiPKIdToBeUsed": b64(PKID),
                "serverCertificate": certificate,
            },
            "authenticateClient": {
                "transactionId": TID.hex().upper(),
                "profileMetadata": b64(METADATA),
                "smdpSigned2": b64(smdp_signed2()),
                "smdpSignature2": b64(SIGNATURE),
                "smdpCertificate": certificate,
            },
            "getBoundProfilePackage": {
                "transactionId": TID.hex().upper(),
                "boundProfilePackage": b64(bound_profile_package()),
            },
            "cancelSession": {},
            "handleNotification": HttpReply(204, {}, b""),
        }
        for function, answer in answers.items():
            usual = self.answers.get(function)
            self.answers[function] = (
                {**usual, **answer} if isinstance(usual, dict) and isinstance(answer, dict) else answer
            )
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.urls: list[str] = []
        self.connected: list[str] = []
        self.headers: list[Mapping[str, str]] = []

    def connect(self, url: str) -> TlsPeer:
        self.connected.append(url)
        return TlsPeer(HOST, "TLSv1.3", "TLS_AES_128_GCM_SHA256", b"")

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> HttpReply:
        function = url.rpartition("/")[2]
        self.calls.append((function, json.loads(body)))
        self.urls.append(url)
        self.headers.append(headers)
        answer = self.answers[function]
        if isinstance(answer, list):
            answer = answer.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        if isinstance(answer, HttpReply):
            return answer
        header = {"functionExecutionStatus": {"status": "Executed-Success"}}
        return HttpReply(200, {}, json.dumps({"header": header, **answer}).encode())

    def close(self) -> None:
        """Nothing to close."""

    @property
    def functions(self) -> list[str]:
        return [function for function, _ in self.calls]


def failed(subject: str, reason: str, message: str = "") -> HttpReply:
    """A reply with status Failed."""
    data = {"subjectCode": subject, "reasonCode": reason, "message": message}
    status = {"functionExecutionStatus": {"status": "Failed", "statusCodeData": data}}
    return HttpReply(200, {}, json.dumps({"header": status}).encode())


class ListTrace:
    """Keeps what was recorded."""

    def __init__(self) -> None:
        self.records: list[tuple[str, str, dict[str, object]]] = []

    def record(self, kind: str, session: str, **fields: object) -> None:
        self.records.append((kind, session, fields))

    def verdicts(self, check: str) -> list[dict[str, object]]:
        return [fields for kind, _, fields in self.records if kind == "verdict" and fields["check"] == check]


@dataclass
class Outcome:
    """What a procedure did, for the assertions."""

    value: Any
    waits: list[float]
    trace: ListTrace
    user: ScriptedUser


def drive(
    procedure: Procedure[Any],
    card: TableCard,
    server: TableServer,
    user: ScriptedUser | None = None,
    waits: list[float] | None = None,
) -> Outcome:
    """Run to the end with the fakes; `waits` collects the pauses also where the procedure raises."""
    outcome = Outcome(None, [] if waits is None else waits, ListTrace(), user or ScriptedUser())
    outcome.value = run(procedure, InProcessLink(card), server, outcome.user, outcome.trace, sleep=outcome.waits.append)
    return outcome


def cancelled(card: Any) -> list[int]:
    """The reasons of the CancelSession commands that the card saw."""
    return [parse(command).child(0x81).value[0] for command in card.seen if command[:2] == b"\xbf\x41"]
