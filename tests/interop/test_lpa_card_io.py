"""The agent's links against the card's own TCP port and stdio service: a whole download over each, and a recording."""

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from euicc_sim.io.messages import Stop
from euicc_sim.io.slot import Slot
from euicc_sim.io.tcp import serve_tcp
from lpa.card.in_process import InProcessLink
from lpa.card.link import CardLink
from lpa.card.record import RecordedCard, Recording, RecordingLink
from lpa.card.stdio import StdioLink
from lpa.card.tcp import TcpLink
from lpa.core.procedures.chip import chip_info
from lpa.core.procedures.download import download
from lpa.core.procedures.profiles import delete, enable, list_profiles
from lpa.core.settings import LpaSettings
from tests.support.lpa_loop import Loop, new_card
from tests.support.smdp_world import ADDRESS
from wire.activation_code import ActivationCode

ROOT = Path(__file__).resolve().parents[2]
CODE = ActivationCode(ADDRESS, "TOKEN")
SETTINGS = LpaSettings()


@contextmanager
def over_tcp() -> Iterator[CardLink]:
    stop, ports, listening = Stop(), list[int](), threading.Event()

    def note(port: int) -> None:
        ports.append(port)
        listening.set()

    thread = threading.Thread(target=serve_tcp, args=(Slot(new_card()), stop, 0, note))
    thread.start()
    assert listening.wait(10)
    link = TcpLink("127.0.0.1", ports[0])
    try:
        yield link
    finally:
        link.disconnect()
        stop.set()
        thread.join()
        stop.close()


@contextmanager
def over_stdio() -> Iterator[CardLink]:
    program = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import tests.support.lpa_loop as t; t.card_on_stdio()"
    link = StdioLink([sys.executable, "-c", program])
    try:
        yield link
    finally:
        link.disconnect()


@pytest.mark.parametrize("opened", [over_tcp, over_stdio])
def test_a_profile_is_downloaded_enabled_and_deleted(
    tmp_path: Path, opened: Callable[[], AbstractContextManager[CardLink]]
) -> None:
    loop = Loop(tmp_path)
    with opened() as link:
        atr = link.connect()
        assert atr[0] == 0x3B
        loop(download(SETTINGS, CODE), link)
        assert loop(enable(SETTINGS, loop.iccid), link).profiles[0].enabled
        assert loop(delete(SETTINGS, loop.iccid), link).profiles == ()


def test_a_recorded_card_answers_a_later_agent(tmp_path: Path) -> None:
    loop, path = Loop(tmp_path), tmp_path / "card.jsonl"
    with path.open("w") as log, over_tcp() as link:
        link.connect()
        loop(download(SETTINGS, CODE), link)
        recording = RecordingLink(link, log)
        recording.connect()
        info, profiles = loop(chip_info(SETTINGS), recording), loop(list_profiles(SETTINGS), recording)
    assert [profile.iccid for profile in profiles] == [loop.iccid]
    for strict in (True, False):
        replayed = InProcessLink(RecordedCard(Recording.load(path), strict))
        assert loop(chip_info(SETTINGS), replayed) == info
        assert loop(list_profiles(SETTINGS), replayed) == profiles
