"""The toolkit: TERMINAL PROFILE, pending proactive commands, FETCH, TERMINAL RESPONSE, ENVELOPE."""

import pytest

from euicc_sim.profile.cat import Cat, RefreshMode
from wire.apdu import Command


def send(cat: Cat, apdu: str) -> tuple[str, str]:
    response = cat.process(Command.parse(bytes.fromhex(apdu)))
    return response.data.hex().upper(), f"{response.sw:04X}"


@pytest.fixture
def results() -> list[int]:
    return []


@pytest.fixture
def cat(results: list[int]) -> Cat:
    toolkit = Cat()
    toolkit.queue_refresh(RefreshMode.EUICC_PROFILE_STATE_CHANGE, results.append)
    return toolkit


def test_nothing_is_pending_at_first() -> None:
    cat = Cat()
    assert (cat.pending_octets, cat.busy, cat.status(0x9000)) == (0, False, 0x9000)
    assert send(cat, "8012000000") == ("", "6985")
    assert send(cat, "801400000C810301010982028281830100") == ("", "6985")


def test_whole_exchange(cat: Cat, results: list[int]) -> None:
    assert (cat.pending_octets, cat.busy, cat.status(0x9000)) == (11, True, 0x910B)
    assert cat.status(0x6A82) == 0x6A82
    assert send(cat, "801200000A") == ("", "6C0B")
    assert send(cat, "801200000B") == ("D009810301010982028182", "9000")
    assert (cat.pending_octets, cat.busy, cat.status(0x9000)) == (0, True, 0x9000)
    assert send(cat, "801200000B") == ("", "6985")
    assert send(cat, "801400000C810301010982028281830122") == ("", "9000")
    assert results == [0x22]
    assert not cat.busy


def test_tags_without_comprehension_required(cat: Cat, results: list[int]) -> None:
    send(cat, "8012000000")
    assert send(cat, "801400000C010301010902028281030100") == ("", "9000")
    assert results == [0]


@pytest.mark.parametrize(
    "response",
    ["0C810302010982028281830100", "0C810301010482028281830100", "09810301010982028281", "0281FF"],
    ids=["other number", "other qualifier", "no result", "no TLV"],
)
def test_a_response_that_does_not_fit_is_refused(cat: Cat, results: list[int], response: str) -> None:
    send(cat, "8012000000")
    assert send(cat, "80140000" + response) == ("", "6A80")
    assert results == []
    assert cat.busy


def test_commands_wait_their_turn(cat: Cat, results: list[int]) -> None:
    cat.queue_refresh(RefreshMode.UICC_RESET, results.append)
    assert send(cat, "8012000000")[0].endswith("810301010982028182")
    assert cat.pending_octets == 0
    send(cat, "801400000C810301010982028281830101")
    assert cat.pending_octets == 11
    assert send(cat, "8012000000")[0].endswith("810302010482028182")


def test_an_answer_may_queue_the_next_command() -> None:
    cat = Cat()
    cat.queue_refresh(RefreshMode.FCN, lambda _: cat.queue_refresh(RefreshMode.UICC_RESET, lambda _: None))
    send(cat, "8012000000")
    assert send(cat, "801400000C810301010182028281830120") == ("", "9000")
    assert cat.status(0x9000) == 0x910B


def test_cancel_and_reset(cat: Cat, results: list[int]) -> None:
    send(cat, "8010000003FFFFFF")
    cat.cancel()
    assert not cat.busy
    assert cat.terminal_profile == b"\xff\xff\xff"
    cat.reset()
    assert cat.terminal_profile is None
    assert results == []


@pytest.mark.parametrize(
    ("octets", "refresh", "state_change"),
    [
        ("", False, False),
        ("FFFF", False, False),
        ("000080", True, False),
        ("00007F", False, False),
        ("000080" + "00" * 30 + "20", True, True),
        ("000080" + "00" * 30 + "DF", True, False),
        ("000000" + "FF" * 31, False, False),
    ],
)
def test_what_the_terminal_announces(octets: str, refresh: bool, state_change: bool) -> None:
    cat = Cat()
    if octets:
        assert send(cat, f"80100000{len(octets) // 2:02X}{octets}") == ("", "9000")
    assert cat.supports(RefreshMode.UICC_RESET) is refresh
    assert cat.supports(RefreshMode.EUICC_PROFILE_STATE_CHANGE) is state_change


def test_envelopes() -> None:
    cat = Cat()
    assert send(cat, "80C2000004D6031901") == ("", "6A80")
    assert send(cat, "80C2000004D6029900") == ("", "9000")
    assert send(cat, "80C2000003E40102") == ("", "9000")


@pytest.mark.parametrize(
    ("apdu", "sw"),
    [
        ("0012000000", "6E00"),
        ("8012010000", "6A86"),
        ("8012000001FF", "6700"),
        ("80100000", "6700"),
        ("80140000", "6700"),
        ("80C20000", "6700"),
    ],
)
def test_malformed_commands(apdu: str, sw: str) -> None:
    assert send(Cat(), apdu)[1] == sw


def test_handles() -> None:
    assert [ins for ins in range(256) if Cat.handles(Command(0x80, ins, 0, 0))] == [0x10, 0x12, 0x14, 0xC2]
    assert not Cat.handles(Command(0x00, 0xA4, 0, 0))


def test_numbers_come_round() -> None:
    cat = Cat()
    numbers = []
    for _ in range(256):
        cat.queue_refresh(RefreshMode.FCN, lambda _: None)
        numbers.append(send(cat, "8012000000")[0][8:10])
        cat.cancel()
    assert numbers[:2] == ["01", "02"]
    assert numbers[253:] == ["FE", "01", "02"]
