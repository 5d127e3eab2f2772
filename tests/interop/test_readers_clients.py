"""What unmodified clients insist on, APDU by APDU as they send it: the card through the port that readers see.

Provenance: clients.md, "What lpac sends, in order" (measured on lpac 2.3 against a card): the commands, their classes
and lengths; chunks of 120 octets; GET RESPONSE with CLA 81 and the xx of 61xx; never an Le on STORE DATA.
"""

import itertools
from collections.abc import Sequence

import pytest

from euicc_sim.io.slot import Slot
from smdp.profiles import NotificationRecipient
from tests.support.card_bench import EID, EVERYTHING, SERVER, Order, mini_server, pki
from tests.support.mini_server import MiniServer
from tests.support.reader_bench import fresh_slot
from tests.support.tlv_by_hand import dig, split, t
from wire.es10 import NotificationEvent

CHUNK = 120
RECIPIENT = (NotificationRecipient(SERVER, NotificationEvent(EVERYTHING & ~NotificationEvent.notificationInstall)),)


class Lpac:
    """Sends what lpac sends and is as strict as it is: 6Cxx is fatal, 61xx is fetched, data and 9000 come together."""

    def __init__(self, slot: Slot, chunk: int = CHUNK) -> None:
        self._slot = slot
        self._chunk = chunk
        self.log: list[tuple[str, str]] = []
        slot.power_on()

    def send(self, command_hex: str) -> str:
        """One APDU; the response in hex."""
        response = self._slot.transmit(bytes.fromhex(command_hex)).hex().upper()
        self.log.append((command_hex, response))
        return response

    def open(self) -> None:
        """The start of every lpac command."""
        self.send("80AA00000AA9088100820101830107")
        assert self.send("0070000001") == "019000"
        assert self.send("01A4040010A0000005591010FFFFFFFF8900000100")[:2] in ("61", "90")

    def close(self) -> None:
        """Its end; lpac then powers the card off."""
        assert self.send("0070800100") == "9000"
        self._slot.power_off()

    def blocks(self, payload: bytes) -> list[str]:
        """The STORE DATA chain of an ES10 command or a segment."""
        cut = [payload[at : at + self._chunk] for at in range(0, len(payload), self._chunk)]
        last = len(cut) - 1
        return [
            f"81E2{'91' if number == last else '11'}{number:02X}{len(block):02X}{block.hex().upper()}"
            for number, block in enumerate(cut)
        ]

    def es10(self, payload: bytes | str) -> bytes:
        """An ES10 command; its whole answer."""
        *others, last = self.blocks(bytes.fromhex(payload) if isinstance(payload, str) else payload)
        for command in others:
            assert self.send(command) == "9000"
        response = bytes.fromhex(self.send(last))
        data = response[:-2]
        while response[-2] == 0x61:
            response = bytes.fromhex(self.send(f"81C00000{response[-1]:02X}"))
            data += response[:-2]
        assert response[-2] in (0x90, 0x91), f"lpac gives up at {response[-2:].hex()}"
        return data

    def segments(self, segments: Sequence[bytes]) -> list[bytes]:
        """A bound profile package; the answer to each segment, up to the first with data."""
        answers = []
        for segment in segments:
            answers.append(self.es10(segment))
            if answers[-1]:
                break
        return answers

    def authenticate(self, server: MiniServer) -> bytes:
        """GetEUICCChallenge and AuthenticateServer."""
        challenge = dig(self.es10("BF2E00"), "BF2E", "80")
        return self.es10(server.authenticate_server(challenge, pki().ci("NIST").ski))

    def package(self, order: Order) -> list[bytes]:
        """Mutual authentication and PrepareDownload; the segments that the server then gives."""
        server = mini_server()
        server.check_authentication(self.authenticate(server))
        server.check_preparation(self.es10(server.prepare_download()))
        return server.bind(bytes.fromhex(EID), order.metadata, order.package).segments()

    def notification(self, number: int) -> bytes:
        """One notification as lpac fetches it."""
        return self.es10(t("BF2B", t("A0", t("80", bytes((number,))))))


@pytest.fixture
def lpac() -> Lpac:
    client = Lpac(fresh_slot())
    client.open()
    return client


def test_the_start_and_end_of_every_command_octet_for_octet() -> None:
    client = Lpac(fresh_slot())
    sent = [
        ("80AA00000AA9088100820101830107", "9000"),
        ("0070000001", "019000"),
        ("01A4040010A0000005591010FFFFFFFF8900000100", "6121"),
        ("81E2910006BF3E035C015A", "6115"),
        ("81C0000015", f"BF3E125A10{EID}9000"),
        ("0070800100", "9000"),
    ]
    for command, response in sent:
        assert client.send(command) == response


def test_the_channel_is_one_octet_and_no_61xx() -> None:
    client = Lpac(fresh_slot())
    assert [client.send("0070000001") for _ in range(3)] == ["019000", "029000", "039000"]
    assert client.send("0070800200") == "9000"
    assert client.send("0070000001") == "029000"


def test_any_other_command_may_come_instead_of_get_response(lpac: Lpac) -> None:
    """lpac never fetches the FCI of its SELECT, and another client never fetched an EID."""
    assert lpac.send("81E2910006BF3E035C015A") == "6115"
    assert lpac.es10("BF3E035C015A").hex().upper() == f"BF3E125A10{EID}"


def test_long_answers_come_in_pieces_of_256(lpac: Lpac) -> None:
    answer = lpac.authenticate(mini_server())
    fetched = [response[-4:] for command, response in lpac.log if command.startswith("81C0")]
    announced = [response for command, response in lpac.log if command.startswith("81E291")][-1]
    assert announced == "6100"
    rest = len(answer) - 256
    assert fetched[-(rest // 256 + 1) :] == ["6100"] * (rest // 256 - 1) + [f"61{rest % 256:02X}", "9000"]
    assert split(answer)[0][0] == "BF38"


def test_classes_of_get_response(lpac: Lpac) -> None:
    for cla in ("01", "81"):
        assert lpac.send("81E2910006BF3E035C015A") == "6115"
        assert lpac.send(f"{cla}C0000015").endswith("9000")


@pytest.mark.parametrize("chunk", [1, 7, 120, 254, 255])
def test_block_numbers_restart_and_any_block_size_will_do(chunk: int) -> None:
    client = Lpac(fresh_slot(), chunk)
    client.open()
    for _ in range(2):
        assert client.es10("BF3E035C015A").hex().upper() == f"BF3E125A10{EID}"


@pytest.mark.parametrize(
    ("request_hex", "answer_hex"),
    [
        ("BF2D00", "BF2D02A000"),
        ("BF2D0D5C0B5A4F9F70909192939495B6", "BF2D02A000"),
        ("BF2800", "BF2802A000"),
        ("BF2B00", "BF2B02A000"),
    ],
)
def test_an_empty_list_is_empty_and_no_error(lpac: Lpac, request_hex: str, answer_hex: str) -> None:
    assert lpac.es10(request_hex).hex().upper() == answer_hex


def test_a_memory_reset_of_nothing(lpac: Lpac) -> None:
    assert lpac.es10("BF3404820206C0").hex().upper() == "BF3403800101"
    assert lpac.es10("BF3404820205E0").hex().upper() == "BF3403800101"
    lpac.es10("BF3F058003612E62")
    assert lpac.es10("BF3404820205E0").hex().upper() == "BF3403800100", "the default address was there to be reset"


def test_each_segment_is_answered_9000_and_the_last_carries_bf37(lpac: Lpac) -> None:
    segments = lpac.package(Order(notifications=RECIPIENT))
    lpac.log.clear()
    answers = lpac.segments(segments)
    assert len(answers) == len(segments)
    assert not any(answers[:-1])
    assert dig(answers[-1], "BF37", "BF27", "A2", "A0")
    stored = [response for command, response in lpac.log if command.startswith("81E2")]
    assert set(stored[:-1]) == {"9000"}, "no block before the last one of the last segment is answered anything else"
    assert stored[-1][:2] == "61"


def test_an_early_bf37_ends_the_package_and_what_follows_is_6a88(lpac: Lpac) -> None:
    segments = lpac.package(Order(notifications=RECIPIENT))
    first_element = next(number for number, segment in enumerate(segments) if segment[0] == 0x86)
    segments[first_element] = segments[first_element][:-1] + bytes((segments[first_element][-1] ^ 1,))
    answers = lpac.segments(segments)
    assert len(answers) == first_element + 1, "the failing segment is answered at once"
    assert dig(answers[-1], "BF37", "BF27", "A2", "A1", "81") == b"\x08", "scp03tSecurityError"
    for segment in segments[first_element + 1 : first_element + 3]:
        assert [lpac.send(block) for block in lpac.blocks(segment)][-1] == "6A88"
    assert lpac.es10("BF2D00").hex().upper() == "BF2D02A000"


def test_a_whole_life_in_separate_powerings() -> None:
    """Each step is a process of its own: power on, work, close, power off. Profiles and notifications stay."""
    slot = fresh_slot()
    order = Order(notifications=RECIPIENT)
    numbers = itertools.count(1)

    def powered() -> Lpac:
        client = Lpac(slot)
        client.open()
        return client

    client = powered()
    assert client.segments(client.package(order))[-1]
    client.close()
    for request, result in (
        (t("BF31", t("A0", order.tag), t("81", b"\x00")), "BF3103800100"),
        (t("BF32", t("A0", order.tag), t("81", b"\x00")), "BF3203800100"),
        (t("BF33", order.tag), "BF3303800100"),
    ):
        client = powered()
        assert client.es10(request).hex().upper() == result
        client.close()
        client = powered()
        number = next(numbers)
        pending = client.notification(number)
        assert split(dig(pending, "BF2B", "A0"))[0][0] in ("BF37", "30")
        assert client.es10(t("BF30", t("80", bytes((number,))))).hex().upper() == "BF3003800100"
        client.close()
    client = powered()
    assert client.es10("BF2D00").hex().upper() == "BF2D02A000"
    assert [event for _, event in _listed(client)] == ["0410"], "the deletion is still to be told"


def _listed(client: Lpac) -> list[tuple[int, str]]:
    items = split(dig(client.es10("BF2800"), "BF28", "A0"))
    return [(int.from_bytes(dig(item, "80")), dig(item, "81").hex()) for _, item, _ in items]


def test_a_session_does_not_survive_the_power() -> None:
    slot = fresh_slot()
    server = mini_server()
    client = Lpac(slot)
    client.open()
    server.check_authentication(client.authenticate(server))
    client.close()
    client = Lpac(slot)
    client.open()
    refused = split(dig(client.es10(server.prepare_download()), "BF21"))
    assert [tag for tag, _, _ in refused] == ["A1"]
    assert dig(refused[0][1], "02") == b"\x04", "noSessionContext"
