"""The agent between a real card and a real server: lost answers, interrupted downloads, wrong codes, unusual cards.

No sockets here: the HTTP client calls the server's functions, so that an answer can get lost at a chosen place.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from euicc_sim.core.card import Card
from euicc_sim.core.options import CardOptions
from lpa.core.actions import ConfirmationCodeWanted
from lpa.core.errors import CardRemoved, InstallationFailed, NotPossible, ServerRefused, Unreachable
from lpa.core.procedures.chip import chip_info, set_default_dp_address
from lpa.core.procedures.discovery import discover
from lpa.core.procedures.download import download, preview
from lpa.core.procedures.notifications import process_notifications
from lpa.core.procedures.profiles import delete, disable, enable, list_profiles, set_nickname
from lpa.core.settings import LpaSettings
from lpa.user import ScriptedUser
from smdp.core.states import State
from tests.support.card_bench import EID
from tests.support.lpa_loop import Loop, new_card
from tests.support.smdp_world import ADDRESS
from tests.support.smds_world import SmdsWorld
from wire.activation_code import ActivationCode
from wire.json_es12 import DeleteEventRequest, RegisterEventRequest

CODE = ActivationCode(ADDRESS, "TOKEN", smdp_oid="2.999.10")
SETTINGS = LpaSettings(retry_waits_s=(1.0, 5.0))
VENDOR_AID = bytes.fromhex("A0000005591010FFFFFFFF8900000177")


@pytest.fixture
def loop(tmp_path: Path) -> Loop:
    return Loop(tmp_path)


def test_a_profile_lives_its_life(loop: Loop) -> None:
    downloaded = loop(download(SETTINGS, CODE))
    assert downloaded.metadata.iccid == loop.iccid
    assert loop.order_state is State.INSTALLED
    loop(set_nickname(SETTINGS, loop.iccid, "Travel"))
    enabled = loop(enable(SETTINGS, loop.iccid))
    assert [(profile.nickname, profile.enabled) for profile in enabled.profiles] == [("Travel", True)]
    disabled = loop(disable(SETTINGS, loop.iccid))
    assert not disabled.profiles[0].enabled
    loop(enable(SETTINGS, loop.iccid))
    assert loop(delete(SETTINGS, loop.iccid)).profiles == ()
    assert loop(list_profiles(SETTINGS)) == ()
    assert loop(process_notifications(SETTINGS)) == ()


def test_a_preview_leaves_the_order_as_it_was(loop: Loop) -> None:
    assert loop(preview(SETTINGS, CODE)).iccid == loop.iccid
    assert loop.order_state is State.RELEASED
    loop(download(SETTINGS, CODE))


@pytest.mark.parametrize("function", ["initiateAuthentication", "authenticateClient"])
def test_an_answer_lost_before_the_package_costs_a_new_session(loop: Loop, function: str) -> None:
    loop.http.lost = [function]
    loop(download(SETTINGS, CODE))
    assert loop.waits == [1.0]
    assert loop.http.calls.count("initiateAuthentication") == 2
    assert loop.order_state is State.INSTALLED


@pytest.mark.parametrize("times", [1, 2])
def test_a_lost_package_is_fetched_again(loop: Loop, times: int) -> None:
    loop.http.lost = ["getBoundProfilePackage"] * times
    loop(download(SETTINGS, CODE))
    assert loop.waits == [1.0, 5.0][:times]
    assert loop.http.calls.count("initiateAuthentication") == 1
    assert len(loop.user.questions) == 1


def test_a_download_given_up_is_taken_up_again_later(loop: Loop) -> None:
    loop.http.lost = ["getBoundProfilePackage"] * 3
    with pytest.raises(Unreachable):
        loop(download(SETTINGS, CODE))
    assert loop(list_profiles(SETTINGS)) == ()
    loop(download(SETTINGS, CODE))
    assert loop.order_state is State.INSTALLED


class PulledOut:
    """A link whose card loses its power at the n-th STORE DATA block of the package."""

    waits = False

    def __init__(self, card: Card, at: int) -> None:
        self._card = card
        self._left = at
        self._loading = False

    def connect(self) -> bytes:
        return self._card.reset()

    def reset(self) -> bytes:
        return self._card.reset()

    def disconnect(self) -> None:
        """Nothing to give back."""

    def transmit(self, command: bytes) -> bytes:
        self._loading = self._loading or (command[1:7].startswith(b"\xe2") and command[5:7] == b"\xbf\x36")
        if self._loading and command[1] == 0xE2:
            self._left -= 1
            if self._left < 0:
                self._card.reset()
                raise CardRemoved("the card was taken out")
        return self._card.transmit(command)


@pytest.mark.parametrize("block", [0, 3, 12])
def test_a_card_pulled_out_while_loading_is_loaded_the_next_time(loop: Loop, block: int) -> None:
    with pytest.raises(CardRemoved):
        loop(download(SETTINGS, CODE), PulledOut(loop.card, block))
    assert loop(list_profiles(SETTINGS)) == ()
    loop(process_notifications(SETTINGS))
    loop(download(SETTINGS, CODE))
    assert [profile.iccid for profile in loop(list_profiles(SETTINGS))] == [loop.iccid]
    assert loop.order_state is State.INSTALLED


def test_an_acknowledgement_that_got_lost_means_a_second_delivery_that_harms_nobody(loop: Loop) -> None:
    loop.http.lost = ["handleNotification"]
    downloaded = loop(download(SETTINGS, CODE))
    assert not any(item.delivered for item in downloaded.deliveries)
    assert all(item.removed for item in loop(process_notifications(SETTINGS)))
    assert loop.http.calls.count("handleNotification") == len(downloaded.deliveries) + 1
    assert loop.order_state is State.INSTALLED


class Retyping(ScriptedUser):
    """Mistypes the code once."""

    def confirmation_code(self, question: ConfirmationCodeWanted) -> str | None:
        self.questions.append(question)
        return "0000" if question.attempt == 1 else "4242"


def test_a_mistyped_code_is_typed_again(tmp_path: Path) -> None:
    loop = Loop(tmp_path, code="4242")
    loop.user = Retyping()
    loop(download(SETTINGS, CODE))
    assert loop.order_state is State.INSTALLED
    assert len(loop.user.questions) == 3


def test_a_wrong_code_is_refused_by_its_name(tmp_path: Path) -> None:
    loop = Loop(tmp_path, code="4242")
    loop.user = ScriptedUser(code="0000")
    with pytest.raises(ServerRefused) as caught:
        loop(download(SETTINGS, CODE))
    assert (caught.value.subject, caught.value.reason) == ("8.2.7", "3.8")
    assert loop.order_state is State.RELEASED


def test_a_profile_that_is_there_already_keeps_its_order_usable(tmp_path: Path) -> None:
    loop = Loop(tmp_path, reusable=True)
    loop(download(SETTINGS, CODE))
    with pytest.raises(NotPossible, match="installed already"):
        loop(download(SETTINGS, CODE))
    loop(delete(SETTINGS, loop.iccid))
    loop(download(SETTINGS, CODE))


def test_a_full_card_says_so_and_the_order_stays_usable(tmp_path: Path) -> None:
    loop = Loop(tmp_path)
    loop.card = new_card(nvm_octets=2000)
    with pytest.raises((InstallationFailed, ServerRefused)) as caught:
        loop(download(SETTINGS, CODE))
    assert "memory" in str(caught.value)
    assert loop.order_state is not State.ERROR


def test_the_default_server_serves_the_card_it_knows(tmp_path: Path) -> None:
    loop = Loop(tmp_path, matching_id="", eid=EID)
    loop(set_default_dp_address(SETTINGS, ADDRESS))
    loop(download(SETTINGS))
    assert loop.order_state is State.INSTALLED


ROOT, ALTERNATIVE = "root-smds.example.com", "alternative-smds.example.com"


def test_an_event_at_the_smds_leads_to_the_profile(tmp_path: Path) -> None:
    loop, smds = Loop(tmp_path), SmdsWorld(tmp_path, addresses=(ROOT,))
    loop.http.smds[ROOT] = smds.smds
    assert loop(discover(SETTINGS, ROOT)) == ()
    smds.register("TOKEN", ADDRESS)
    (entry,) = loop(discover(SETTINGS, ROOT))
    assert (entry.eventId, entry.rspServerAddress) == ("TOKEN", ADDRESS)
    loop(download(SETTINGS, entry))
    assert loop.order_state is State.INSTALLED


class RootAsSeenBySmds:
    """The root's ES15, without HTTP."""

    def __init__(self, root: SmdsWorld) -> None:
        self._root = root

    def register_event(self, request: RegisterEventRequest) -> None:
        self._root.smds.register_event_of_smds(request, "2.999.15")

    def delete_event(self, request: DeleteEventRequest) -> None:
        self._root.smds.delete_event_of_smds(request, "2.999.15")


def test_a_cascaded_event_leads_over_the_alternative_smds(tmp_path: Path) -> None:
    loop = Loop(tmp_path)
    (tmp_path / "root").mkdir()
    root = SmdsWorld(tmp_path / "root", addresses=(ROOT,))
    alternative = SmdsWorld(tmp_path, RootAsSeenBySmds(root), addresses=(ALTERNATIVE,))
    loop.http.smds |= {ROOT: root.smds, ALTERNATIVE: alternative.smds}
    alternative.register("TOKEN", ADDRESS, forward=True)
    (entry,) = loop(discover(SETTINGS, ROOT))
    assert (entry.rspServerAddress, entry.eventId == "TOKEN") == (ALTERNATIVE, False)
    loop(download(SETTINGS, entry))
    assert loop.order_state is State.INSTALLED


@pytest.mark.parametrize(
    ("options", "settings"),
    [
        (CardOptions(answer_octets=16), {}),
        (CardOptions(direct_answers=True), {}),
        (CardOptions(isd_r_fci=False), {}),
        (CardOptions(isd_r_aid=VENDOR_AID), {}),
        (CardOptions(channels=2), {}),
        (CardOptions(channels=2), {"basic_channel": True}),
        (CardOptions(block_octets=64), {"segment_octets": 64}),
        (CardOptions(refresh=False), {}),
        (CardOptions(session_ends_with_channel=True), {}),
        (CardOptions(), {"segment_octets": 16}),
        (CardOptions(), {"refresh": False}),
        (CardOptions(extended_length=False), {"imei": "123456789012345"}),
    ],
    ids=lambda value: ",".join(f"{name}={item}" for name, item in value.items()) if isinstance(value, dict) else None,
)
def test_cards_that_differ_in_what_is_free_are_served_alike(
    tmp_path: Path, options: CardOptions, settings: dict[str, Any]
) -> None:
    loop, chosen = Loop(tmp_path, options), replace(SETTINGS, **settings)
    loop(download(chosen, CODE))
    assert loop(enable(chosen, loop.iccid)).profiles[0].enabled
    assert loop(chip_info(chosen)).eid == EID
    assert loop(delete(chosen, loop.iccid)).profiles == ()
