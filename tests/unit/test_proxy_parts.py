"""The parts of the proxy: faults in words, the session of a message, octets that pass, stories of what was seen."""

import base64
import json
from collections.abc import Iterator

import pytest

from euicc_sim.io.slot import Slot
from lab.errors import LabError
from lab.trace import NoTrace
from lpa.core.actions import HttpReply
from lpa.core.errors import CardRemoved
from lpa.http.trust import TlsTrust
from scenarios.faults import CardAnswer, HttpStatus, LostAnswer, PowerCut, Set, StatusWord
from scenarios.https import HttpsServer
from scenarios.network import ConnectionLost, HttpRequest
from scenarios.proxy.card import CardProxy, Es10Call, PowerUp
from scenarios.proxy.card_story import card_stories
from scenarios.proxy.fault_words import HTTP_FAULTS, LINK_FAULTS, parse_faults
from scenarios.proxy.listening import server_url
from scenarios.proxy.server import Exchange, ServerProxy, session_of
from scenarios.proxy.server_story import server_stories
from scenarios.proxy.skeleton import skeleton
from wire.tlv import tlv

ID = bytes(range(16))
GET_EID = bytes.fromhex("BF3E035C015A")
EID = tlv(0xBF3E, tlv(0x5A, bytes(16)))


def test_faults_are_written_as_they_print() -> None:
    faults = [StatusWord(0x6985, es10=0xBF31), CardAnswer(0xBF2E, Set("BF2E.80", bytes(16))), PowerCut(3, before=False)]
    assert parse_faults([repr(fault) for fault in faults], LINK_FAULTS) == faults
    assert parse_faults(["StatusWord(0x6F00, at=2)"], LINK_FAULTS) == [StatusWord(0x6F00, at=2)]


@pytest.mark.parametrize(
    "text",
    [
        *("", "StatusWord", "StatusWord(", "StatusWord(sw=1, no=2)", "__import__('os').getcwd()", "open('x')"),
        *("LostAnswer('cancelSession')", "Set('30', b'')", "StatusWord(*[1])", "7"),
    ],
)
def test_what_is_no_fault_of_the_link_is_refused(text: str) -> None:
    with pytest.raises(LabError):
        parse_faults([text], LINK_FAULTS)


@pytest.mark.parametrize(
    ("body", "session"),
    [
        (json.dumps({"transactionId": "0a0b"}).encode(), "0A0B"),
        (b'{"header": {}}', ""),
        (b"no JSON", ""),
        (b"[1]", ""),
        (b"", ""),
        (tlv(0xA2, tlv(0xBF39, tlv(0xA0, tlv(0x80, ID)))), ID.hex().upper()),
        (tlv(0xA2, tlv(0xBF3B, tlv(0x80, ID), tlv(0xBF38))), ID.hex().upper()),
        (tlv(0xA2, tlv(0xBF39, tlv(0x81, ID))), ""),
        (b"\xa2\x05\xbf", ""),
    ],
)
def test_the_session_of_a_message(body: bytes, session: str) -> None:
    assert session_of(body) == session


def test_the_session_of_an_installation_result() -> None:
    result = tlv(0xBF37, tlv(0xBF27, tlv(0x80, ID)))
    assert (
        session_of(json.dumps({"pendingNotification": base64.b64encode(result).decode()}).encode()) == ID.hex().upper()
    )
    other = tlv(0x30, tlv(0xBF2F, tlv(0x80, b"\x01")))
    assert session_of(json.dumps({"pendingNotification": base64.b64encode(other).decode()}).encode()) == ""


# the server's side


class Echo:
    """Answers with what it was sent, and remembers it."""

    def __init__(self) -> None:
        self.requests: list[HttpRequest] = []

    def __call__(self, request: HttpRequest) -> HttpReply:
        self.requests.append(request)
        return HttpReply(200, {"x-admin-protocol": "gsma/rsp/v2.2.0", "content-type": "x/y"}, request.body[::-1])


@pytest.fixture
def echo() -> Iterator[tuple[Echo, str]]:
    answering = Echo()
    server = HttpsServer(None)
    server.add("", answering)
    yield answering, f"http://127.0.0.1:{server.port}"
    server.close()


PLAIN = TlsTrust([], insecure_plain_http=True)


@pytest.mark.parametrize(
    "body", [b'{ "smdpAddress" :\t"A.b",\n"x":"\\u00e9" }', bytes(range(256)), b"\xa2\x81\x01\x00"]
)
def test_bodies_and_headers_pass_as_they_are(echo: tuple[Echo, str], body: bytes) -> None:
    behind, url = echo
    headers = {"X-Admin-Protocol": "gsma/rsp/v2.5.0", "Host": "lpa.sees", "Content-Length": str(len(body))}
    reply = ServerProxy(url, PLAIN, NoTrace())(HttpRequest("lpa.sees", "/gsma/rsp2/asn1", headers, body))
    (seen,) = behind.requests
    assert (seen.path, seen.body, seen.headers["X-Admin-Protocol"]) == ("/gsma/rsp2/asn1", body, "gsma/rsp/v2.5.0")
    assert (reply.status, reply.body) == (200, body[::-1])
    assert reply.headers == {"x-admin-protocol": "gsma/rsp/v2.2.0", "content-type": "x/y"}


def test_a_body_without_length_is_not_passed_on_empty(echo: tuple[Echo, str]) -> None:
    behind, url = echo
    headers = {"Transfer-Encoding": "chunked"}
    assert ServerProxy(url, PLAIN, NoTrace())(HttpRequest("h", "/x", headers, b"")).status == 411
    assert behind.requests == []


def test_a_server_that_is_away_is_a_bad_gateway() -> None:
    closed = HttpsServer(None)
    closed.close()
    proxy = ServerProxy(f"http://127.0.0.1:{closed.port}", PLAIN, NoTrace())
    assert proxy(HttpRequest("h", "/x", {"Content-Length": "0"}, b"")).status == 502


def test_http_faults_stand_before_the_server(echo: tuple[Echo, str]) -> None:
    behind, url = echo
    faults = [HttpStatus("a", 503, times=1), LostAnswer("b")]
    assert parse_faults(list(map(repr, faults)), HTTP_FAULTS) == faults
    proxy = ServerProxy(url, PLAIN, NoTrace(), faults)
    a, b = (HttpRequest("h", f"/{name}", {"Content-Length": "1"}, b"x") for name in "ab")
    assert [proxy(a).status, proxy(a).status] == [503, 200]
    with pytest.raises(ConnectionLost):
        proxy(b)
    assert [request.function for request in behind.requests] == ["a", "b"]
    assert [exchange.function for exchange in proxy.exchanges] == ["a", "b"]


@pytest.mark.parametrize(
    "url", ["localhost:8443", "http://localhost", "https://", "https://h/path", "https://h:x", "ftp://h"]
)
def test_what_is_no_server_is_refused(url: str) -> None:
    with pytest.raises(LabError):
        server_url(url, no_tls=False)


def test_plain_http_is_asked_for_by_name() -> None:
    assert server_url("http://h:81/", no_tls=True) == "http://h:81"
    with pytest.raises(LabError):
        server_url("https://h", no_tls=True)


# the card's side


class Card:
    """A `CardLink` that answers GetEID on any channel; it can be taken out."""

    waits = False

    def __init__(self) -> None:
        self.commands: list[bytes] = []
        self.is_there = True

    def connect(self) -> bytes:
        return b"\x3b\x00"

    reset = connect

    def disconnect(self) -> None:
        """Nothing to give back."""

    def transmit(self, command: bytes) -> bytes:
        self.commands.append(command)
        if not self.is_there:
            raise CardRemoved("gone")
        return EID + b"\x90\x00"


COMMAND = bytes.fromhex("81E2910006") + GET_EID


def test_apdus_pass_as_they_are_and_calls_are_put_together() -> None:
    card = Card()
    proxy = CardProxy(card, NoTrace())
    slot = Slot(proxy)
    assert slot.transmit(COMMAND) == b""
    slot.power_on()
    assert slot.transmit(COMMAND[:1] + b"\xe2\x11\x00\x03" + GET_EID[:3]) == EID + b"\x90\x00"
    assert slot.transmit(COMMAND[:1] + b"\xe2\x91\x01\x03" + GET_EID[3:]) == EID + b"\x90\x00"
    assert slot.transmit(b"\x00\x01") == b"\x67\x00"
    assert len(card.commands) == 2
    assert proxy.events == [PowerUp(), PowerUp(), Es10Call(GET_EID, EID, 0x9000)]


def test_a_card_that_is_taken_out_answers_nothing_until_it_is_powered() -> None:
    card = Card()
    slot = Slot(CardProxy(card, NoTrace()))
    slot.power_on()
    card.is_there = False
    assert slot.transmit(COMMAND) == b""
    card.is_there = True
    assert slot.transmit(COMMAND) == b""
    slot.power_on()
    assert slot.transmit(COMMAND) == EID + b"\x90\x00"


def test_link_faults_stand_before_the_card() -> None:
    card = Card()
    proxy = CardProxy(card, NoTrace(), [StatusWord(0x6985, es10=0xBF3E), PowerCut(2)])
    slot = Slot(proxy)
    slot.power_on()
    assert [slot.transmit(COMMAND), slot.transmit(COMMAND), card.commands] == [b"\x69\x85", b"", []]
    slot.power_on()
    assert slot.transmit(COMMAND) == EID + b"\x90\x00"
    assert proxy.events.count(Es10Call(GET_EID, EID, 0x9000)) == 1


# stories


def lines(*events: Es10Call | PowerUp) -> list[str]:
    (story,) = card_stories(events, [])
    return list(story.body)


def result(tag: int, code: int, *request: bytes) -> Es10Call:
    return Es10Call(tlv(tag, *request), tlv(tag, tlv(0x80, bytes((code,)))), 0x9000)


def test_a_profile_that_was_there_is_installed_beforehand() -> None:
    iccid = tlv(0x5A, bytes(10))
    body = lines(PowerUp(), result(0xBF32, 0, tlv(0xA0, iccid)), PowerUp(), result(0xBF33, 0, iccid))
    assert body == [
        "server = s.server()",
        'with s.given("the profiles that the card had"):',
        "    profile1 = s.profile()",
        "    s.card.install(server, profile1)",
        "    s.card.enable(profile1)",
        "    s.card.power_on()",
        's.result("DisableProfile", s.card.disable(profile1), DisableResult.ok)',
        "s.card.power_on()",
        's.result("DeleteProfile", s.card.delete(profile1), DeleteResult.ok)',
    ]


@pytest.mark.parametrize(
    "call",
    [
        Es10Call(GET_EID, b"", 0x6985),
        Es10Call(GET_EID, b"\xbf", 0x9000),
        result(0xBF33, 99, tlv(0x5A, bytes(10))),
        Es10Call(tlv(0xBF31, b"\xa0\x01"), tlv(0xBF31), 0x9000),
        Es10Call(tlv(0xBF3F, tlv(0x80, b"\xff")), tlv(0xBF3F), 0x9000),
    ],
)
def test_what_no_word_says_is_sent_as_it_was(call: Es10Call) -> None:
    (line,) = [line for line in lines(call) if "s.card." in line and "install" not in line]
    assert f'"{call.request.hex().upper()}"' in line


def exchange(function: str, request: dict[str, str], reply: bytes, status: int = 200) -> Exchange:
    path = f"/gsma/rsp2/es9plus/{function}"
    return Exchange(HttpRequest("h", path, {}, json.dumps(request).encode()), HttpReply(status, {}, reply))


def test_a_server_is_expected_to_answer_as_it_did() -> None:
    good = b'{"header": {"functionExecutionStatus": {"status": "Executed-Success"}}'
    signed = base64.b64encode(tlv(0x30, tlv(0x80, ID), tlv(0x01, b"\xff")))
    bad = b'{"header": {"functionExecutionStatus": {"status": "Failed", "statusCodeData": '
    bad += b'{"subjectCode": "8.2.7", "reasonCode": "3.8"}}}}'
    reason = tlv(0xBF41, tlv(0xA0, tlv(0x30, tlv(0x80, ID), tlv(0x82, b"\x01"))))
    cancelled = {"cancelSessionResponse": base64.b64encode(reason).decode()}
    stories = server_stories(
        [
            exchange("initiateAuthentication", {}, good + b"}"),
            exchange("authenticateClient", {}, good + b', "smdpSigned2": "' + signed + b'"}'),
            exchange("getBoundProfilePackage", {}, bad),
            exchange("cancelSession", cancelled, b"", 500),
        ],
        [LostAnswer("cancelSession")],
    )
    assert [(story.tests, story.needs) for story in stories] == [("smdp", "orders, confirmation_code"), ("lpa", "")]
    assert stories[0].body == [
        'order = s.smdp.order(confirmation_code="4711")',
        "session = s.session()",
        "s.accepted(session.initiate())",
        "s.accepted(session.authenticate(order))",
        "s.refused_with(session.get_package(order.confirmation_code), "
        'explain("8.2.7", "3.8", "ES9+.GetBoundProfilePackage"))',
        's.equal("the HTTP status of cancelSession", 500, session.cancel(CancelSessionReason.postponed).status)',
    ]


def test_where_nothing_was_asked_there_is_no_story() -> None:
    assert card_stories([PowerUp()], []) == []
    assert server_stories([exchange("registerEvent", {}, b"")], []) == []


def test_a_skeleton_is_python_whatever_was_seen() -> None:
    nickname = result(0xBF29, 0, tlv(0x5A, bytes(10)), tlv(0x90, "\"'\n\\é".encode()))
    stories = card_stories([nickname], [CardAnswer(0xBF3E, Set("BF3E.5A", b"\"'\n\\"))])
    text = skeleton("x", stories, "a proxy")
    compile(text, "x.py", "exec")
    assert [line for line in text.splitlines() if line.startswith("from")] == [
        "from scenarios import Stage, scenario",
        "from wire.es10 import SetNicknameResult",
    ]
