"""Edits of TLVs, and the ports that carry faults out."""

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from lpa.core.actions import HttpReply
from lpa.core.errors import CardRemoved
from scenarios import ScenarioError
from scenarios.faults import (
    After,
    AfterSignature,
    Append,
    BeforeSignature,
    CardAnswer,
    ClosedChannel,
    CutOff,
    DamagedSignature,
    Edit,
    Flip,
    ForeignKey,
    HttpHeader,
    HttpStatus,
    LostAnswer,
    LostRequest,
    Member,
    PowerCut,
    Remove,
    Replace,
    ResultCode,
    Set,
    StatusWord,
    Swap,
    Whole,
    WithoutSuffix,
)
from scenarios.faults.http import FaultyHandler
from scenarios.faults.link import FaultyLink
from scenarios.faults.signing import FaultySigner, KitSigner
from scenarios.network import ConnectionLost, HttpRequest

DATA = bytes.fromhex("3009 8001AA 8101BB 8001CC".replace(" ", ""))


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (Set("30.81", b"\x01\x02"), "300A 8001AA 81020102 8001CC"),
        (Set("30.80[1]", b""), "3008 8001AA 8101BB 8000"),
        (Remove("30.80"), "3006 8101BB 8001CC"),
        (Replace("30.81", b"\x05\x00"), "3008 8001AA 0500 8001CC"),
        (Append("30", b"\x05\x00"), "300B 8001AA 8101BB 8001CC 0500"),
        (Append("", b"\x00"), "3009 8001AA 8101BB 8001CC 00"),
        (After("30.80", b"\x05\x00"), "300B 8001AA 0500 8101BB 8001CC"),
        (Flip("30.81"), "3009 8001AA 8101BA 8001CC"),
        (Swap("30.80"), "3009 8101BB 8001AA 8001CC"),
        (CutOff(3), "300980"),
        (Whole(b"\x05\x00"), "0500"),
    ],
)
def test_an_edit_changes_what_its_path_names_and_every_length_above(edit: Edit, expected: str) -> None:
    assert edit.apply(DATA) == bytes.fromhex(expected)


@pytest.mark.parametrize("path", ["30.82", "30.80[2]", "31", "xx", "30.80.01"])
def test_a_path_that_is_not_there_is_the_scenarios_defect(path: str) -> None:
    with pytest.raises(ScenarioError):
        Remove(path).apply(DATA)


def key(number: int = 7) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(number, ec.SECP256R1())


def signer(*faults: Any) -> FaultySigner:
    return FaultySigner(KitSigner(key()), faults, lambda: KitSigner(key(8)))


def test_each_signing_fault_does_what_it_says_to_its_object_alone() -> None:
    honest = KitSigner(key()).sign("ServerSigned1", DATA, b"suffix")
    lie = Set("30.81", b"\x00")
    changed = KitSigner(key()).sign("ServerSigned1", lie.apply(DATA), b"suffix")
    cases: list[tuple[Any, Any]] = [
        (BeforeSignature("serverSigned1", lie), changed),
        (AfterSignature("ServerSigned1", lie), honest._replace(data=lie.apply(DATA))),
        (DamagedSignature("ServerSigned1", 0), honest._replace(signature=_flipped(honest.signature))),
        (ForeignKey("ServerSigned1"), KitSigner(key(8)).sign("", DATA, b"suffix")),
        (WithoutSuffix("ServerSigned1"), KitSigner(key()).sign("", DATA)),
        (BeforeSignature("SmdpSigned2", lie), honest),
    ]
    for fault, expected in cases:
        assert signer(fault).sign("ServerSigned1", DATA, b"suffix") == expected, fault


def _flipped(signature: bytes) -> bytes:
    return bytes((signature[0] ^ 1,)) + signature[1:]


class Counting:
    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, request: HttpRequest) -> HttpReply:
        self.calls += 1
        return HttpReply(200, {"content-type": "application/json"}, b'{"a": "1", "b": "2"}')


REQUEST = HttpRequest("host", "/gsma/rsp2/es9plus/cancelSession", {}, b"{}")


def test_http_faults_count_their_own_occurrences_and_reach_the_function_or_not() -> None:
    inner = Counting()
    handler = FaultyHandler(inner, [HttpStatus("cancelSession", 503, times=1), LostAnswer("other")])
    assert (handler(REQUEST).status, inner.calls) == (503, 0)
    assert (handler(REQUEST).status, inner.calls) == (200, 1)
    lost = FaultyHandler(inner, [LostAnswer("cancelSession")])
    with pytest.raises(ConnectionLost):
        lost(REQUEST)
    assert inner.calls == 2
    with pytest.raises(ConnectionLost):
        FaultyHandler(inner, [LostRequest("cancelSession")])(REQUEST)
    assert inner.calls == 2


def test_http_faults_change_members_and_headers() -> None:
    faults = [Member("cancelSession", "a", None), Member("cancelSession", "b", "x")]
    assert FaultyHandler(Counting(), faults)(REQUEST).body == b'{"b": "x"}'
    headers = FaultyHandler(Counting(), [HttpHeader("cancelSession", "Content-Type", "text/html")])(REQUEST).headers
    assert headers == {"content-type": "text/html"}


class Card:
    waits = False

    def __init__(self) -> None:
        self.seen: list[bytes] = []
        self.resets = 0

    def connect(self) -> bytes:
        return b""

    def reset(self) -> bytes:
        self.resets += 1
        return b""

    def disconnect(self) -> None: ...

    def transmit(self, command: bytes) -> bytes:
        self.seen.append(command)
        if command[1] == 0xC0:
            return bytes.fromhex("BF2E0480020102 9000")
        return bytes.fromhex("6107")


CHALLENGE = bytes.fromhex("81E2910003BF2E00")


def test_a_power_cut_comes_before_or_after_the_card_acts() -> None:
    for before, acted in ((True, 0), (False, 1)):
        card = Card()
        link = FaultyLink(card, [PowerCut(1, es10=0xBF2E, before=before)])
        with pytest.raises(CardRemoved):
            link.transmit(CHALLENGE)
        assert (len(card.seen), card.resets) == (acted, 1)
        link.transmit(CHALLENGE)


def test_a_status_word_stands_in_for_the_card_as_often_as_it_says() -> None:
    card = Card()
    link = FaultyLink(card, [StatusWord(0x6F00, at=2, es10=0xBF2E, times=2)])
    answers = [link.transmit(CHALLENGE).hex() for _ in range(4)]
    assert answers == ["6107", "6f00", "6f00", "6107"]
    assert len(card.seen) == 2


def test_a_result_code_stands_in_for_the_card_once() -> None:
    card = Card()
    link = FaultyLink(card, [ResultCode(0xBF2E, 5)])
    answers = [link.transmit(CHALLENGE).hex() for _ in range(2)]
    assert answers == ["bf2e038001059000", "6107"]
    assert card.seen == [CHALLENGE]
    assert link.asked(0xBF2E) == 2


def test_the_channel_of_a_command_is_closed_before_it_comes() -> None:
    card = Card()
    link = FaultyLink(card, [ClosedChannel(2, es10=0xBF2E)])
    for _ in range(3):
        link.transmit(CHALLENGE)
    assert card.seen == [CHALLENGE, bytes.fromhex("00708001"), CHALLENGE, CHALLENGE]


def test_an_answer_of_the_card_is_changed_as_a_whole() -> None:
    link = FaultyLink(Card(), [CardAnswer(0xBF2E, Set("BF2E.80", b"\x09" * 300))])
    assert link.transmit(CHALLENGE).hex() == "6100"
    first = link.transmit(bytes.fromhex("81C0000000"))
    assert first[-2] == 0x61
    rest = link.transmit(bytes((0x81, 0xC0, 0, 0, first[-1])))
    assert (first[:-2] + rest[:-2]).hex() == "bf2e820130" + "8082012c" + "09" * 300
