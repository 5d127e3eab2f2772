"""The profile package's worked byte examples of shared/reference/card.md (sections 3.3, 4.2, 7.7 and 9)."""

from euicc_sim.profile.capabilities import Capabilities
from euicc_sim.profile.cat import Cat, RefreshMode
from euicc_sim.profile.status import ElementStatus, PeStatus, euicc_response
from tests.support.profile_bench import failure, install, managed, package, path
from wire.apdu import Command

H = bytes.fromhex


def test_success_response() -> None:
    assert euicc_response([ElementStatus(PeStatus.OK)]) == H("3007A0053003800100")
    assert install(package()).response == H("3007A0053003800100")


def test_failure_response() -> None:
    assert euicc_response([ElementStatus(PeStatus.BAD_VALUES, 9)], aborted=True) == H("300CA00830068001038101098100")


def test_failure_of_an_element_begins_like_the_example() -> None:
    response = failure(package(extra=managed(path("7FFF"), identification=9))).response
    assert response[2:14] == H("A00830068001038101098100")
    assert response[14:16] == bytes([0x82, len(response) - 16])


def test_uicc_capability() -> None:
    assert Capabilities().uicc_capability() == H("077B801B80")


def test_refresh_command() -> None:
    cat = Cat()
    cat.queue_refresh(RefreshMode.UICC_RESET, lambda _: None)
    assert cat.status(0x9000) == 0x910B
    assert cat.process(Command(0x80, 0x12, 0, 0, le=0x0B)).data == H("D009810301010482028182")


def test_terminal_response_example() -> None:
    cat, results = Cat(), []
    cat.queue_refresh(RefreshMode.EUICC_PROFILE_STATE_CHANGE, results.append)
    cat.process(Command(0x80, 0x12, 0, 0, le=256))
    answer = cat.process(Command(0x80, 0x14, 0, 0, H("810301010982028281830100")))
    assert (answer.sw, results) == (0x9000, [0x00])
