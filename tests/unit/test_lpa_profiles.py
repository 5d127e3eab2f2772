"""Local profile management: the switch and its reset, busy cards, consent, and the notifications that follow."""

from collections.abc import Callable
from typing import Any

import pytest

from lpa.core.actions import Decision, HttpReply, StrongConfirmation
from lpa.core.errors import CardRefused, UserDeclined
from lpa.core.procedures.chip import chip_info, get_default_dp_address, load_crl, set_default_dp_address
from lpa.core.procedures.discovery import discover
from lpa.core.procedures.profiles import (
    delete,
    disable,
    enable,
    list_profiles,
    memory_reset,
    set_nickname,
)
from lpa.core.settings import LpaSettings
from lpa.user import ScriptedUser
from tests.support.lpa_peers import (
    HOST,
    ICCID_EF,
    SETTINGS,
    TableCard,
    TableServer,
    drive,
    other_notification,
    table_card,
)
from wire.es10 import ResetOptions
from wire.ids import Aid, Iccid
from wire.tlv import parse, tlv

ICCID = Iccid("89000123456789012341")


def ok(tag: int, code: int = 0) -> bytes:
    return tlv(tag, tlv(0x80, bytes((code,))))


class Switching:
    """EnableProfile and DisableProfile that work, or give the codes in turn first; each leaves a notification."""

    def __init__(self, tag: int, codes: list[int], enabled: bool = False) -> None:
        self.tag = tag
        self.codes = codes
        self.enabled = enabled
        self.refresh: list[bool] = []
        self.card = table_card(
            pending=[],
            answers={tag: self.switch, 0xBF2D: self.profiles, 0xBF33: self.delete, 0xBF32: self.switch},
        )

    def switch(self, request: bytes) -> bytes:
        parsed = parse(request)
        self.refresh.append(parsed.child(0x81).value == b"\xff")
        code = self.codes.pop(0) if self.codes else 0
        if code == 0:
            self.enabled = parsed.tag == 0xBF31
            self.card.pending.append(other_notification(7, b"\x06\x40" if self.enabled else b"\x05\x20"))
        return ok(parsed.tag, code)

    def delete(self, _: bytes) -> bytes:
        return ok(0xBF33, 2 if self.enabled else 0)

    def profiles(self, _: bytes) -> bytes:
        state = tlv(0x9F70, b"\x01" if self.enabled else b"\x00")
        return tlv(0xBF2D, tlv(0xA0, tlv(0xE3, tlv(0x5A, ICCID_EF), state, tlv(0x92, b"Mine"))))


@pytest.mark.parametrize(("procedure", "tag"), [(enable, 0xBF31), (disable, 0xBF32)])
def test_a_switch_resets_the_card_looks_again_and_tells_the_server(
    procedure: Callable[[LpaSettings, Iccid], Any], tag: int
) -> None:
    peer, server = Switching(tag, [], enabled=tag == 0xBF32), TableServer()
    changed = drive(procedure(SETTINGS, ICCID), peer.card, server).value
    assert peer.card.resets == 1
    assert changed.profiles[0].enabled is (tag == 0xBF31)
    assert [item.removed for item in changed.deliveries] == [True]
    assert server.functions == ["handleNotification"]
    assert peer.refresh == [True]


@pytest.mark.parametrize(
    ("codes", "refresh", "asked"),
    [
        ([5], True, [True, True]),
        ([5, 5], True, [True, True, False]),
        ([127], True, [True, True]),
        ([5], False, [False, False]),
    ],
)
def test_a_busy_card_is_asked_again_and_at_last_without_refresh(
    codes: list[int], refresh: bool, asked: list[bool]
) -> None:
    peer = Switching(0xBF31, codes)
    outcome = drive(enable(LpaSettings(refresh=refresh, card_busy_wait_s=2.5), ICCID), peer.card, TableServer())
    assert peer.refresh == asked
    assert outcome.waits == [2.5] * (len(asked) - 1)


@pytest.mark.parametrize(
    ("codes", "name"),
    [
        ([5, 5, 5], "catBusy"),
        ([3], "disallowedByPolicy"),
        ([1], "iccidOrAidNotFound"),
        ([4], "wrongProfileReenabling"),
        ([77], "unknown"),
    ],
)
def test_a_refusal_is_final_and_leaves_the_card_alone(codes: list[int], name: str) -> None:
    peer = Switching(0xBF31, codes)
    with pytest.raises(CardRefused) as caught:
        drive(enable(SETTINGS, ICCID), peer.card, TableServer())
    assert caught.value.name == name
    assert peer.card.resets == 0


def test_older_notifications_for_the_same_server_go_first_others_wait() -> None:
    peer, server = Switching(0xBF31, []), TableServer()
    old = other_notification(2, b"\x04\x10")
    elsewhere = other_notification(3, b"\x04\x10", "unreachable.example.com")
    peer.card.pending = [old, elsewhere]
    changed = drive(enable(SETTINGS, ICCID), peer.card, server).value
    assert [item.metadata.seq_number for item in changed.deliveries] == [2, 7]
    assert peer.card.pending == [elsewhere]
    assert {url.split("/")[2] for url in server.urls} == {HOST}


def test_a_card_that_does_not_list_notifications_afterwards_has_switched_all_the_same() -> None:
    peer = Switching(0xBF31, [])
    lists = [tlv(0xBF28, tlv(0xA0)), tlv(0xBF28, tlv(0x81, b"\x7f"))]
    peer.card.answers[0xBF28] = lambda _: lists.pop(0)
    assert drive(enable(SETTINGS, ICCID), peer.card, TableServer()).value.deliveries == ()


def test_deleting_needs_strong_confirmation() -> None:
    peer = Switching(0xBF33, [])
    outcome = drive(delete(SETTINGS, ICCID), peer.card, TableServer())
    question = outcome.user.questions[0]
    assert isinstance(question, StrongConfirmation)
    assert question.operation == "delete"
    assert "Mine" in question.text
    assert "disabled first" not in question.text
    refusing = Switching(0xBF33, [])
    with pytest.raises(UserDeclined):
        drive(delete(SETTINGS, ICCID), refusing.card, TableServer(), ScriptedUser(Decision.REJECT))
    assert b"\xbf\x33" not in [command[:2] for command in refusing.card.seen]


def test_an_enabled_profile_is_disabled_before_it_is_deleted() -> None:
    peer = Switching(0xBF32, [], enabled=True)
    outcome = drive(delete(SETTINGS, Aid(bytes.fromhex("A0000005591010FFFFFFFF8900001000"))), peer.card, TableServer())
    question = outcome.user.questions[0]
    assert isinstance(question, StrongConfirmation)
    assert "disabled first" in question.text
    order = [command[:2].hex().upper() for command in peer.card.seen]
    assert order.index("BF32") < order.index("BF33")
    assert peer.card.resets == 1


@pytest.mark.parametrize("code", [0, 1])
def test_a_memory_reset_is_confirmed_and_nothing_to_delete_is_no_failure(code: int) -> None:
    card = table_card(answers={0xBF34: ok(0xBF34, code)}, pending=[])
    outcome = drive(memory_reset(SETTINGS, ResetOptions(7)), card, TableServer())
    assert isinstance(outcome.user.questions[0], StrongConfirmation)
    assert card.resets == 1
    busy = table_card(answers={0xBF34: ok(0xBF34, 5)}, pending=[])
    with pytest.raises(CardRefused, match="catBusy"):
        drive(memory_reset(SETTINGS, ResetOptions(7)), busy, TableServer())


def test_listing_naming_and_addresses_need_no_server() -> None:
    server = TableServer()
    card = table_card(
        answers={
            0xBF29: ok(0xBF29),
            0xBF3F: ok(0xBF3F),
            0xBF3C: tlv(0xBF3C, tlv(0x80), tlv(0x81, b"ds.example.com")),
            0xBF35: tlv(0xBF35, tlv(0xA0, tlv(0xA0, tlv(0x02, b"\x03")))),
        }
    )
    assert drive(list_profiles(SETTINGS), card, server).value == ()
    drive(set_nickname(SETTINGS, ICCID, "Arbeit ü"), card, server)
    assert card.seen[-1].endswith("Arbeit ü".encode())
    drive(set_default_dp_address(SETTINGS, ""), card, server)
    assert card.seen[-1] == bytes.fromhex("BF3F028000")
    assert drive(get_default_dp_address(SETTINGS), card, server).value is None
    assert drive(load_crl(SETTINGS, bytes.fromhex("3003020101")), card, server).value == (3,)
    assert card.seen[-1] == bytes.fromhex("BF3505A003020101")
    assert server.calls == []


INFO2 = tlv(
    0xBF22,
    bytes.fromhex("8103020301 8203020500 8303010000"),
    tlv(0x84, bytes.fromhex("810102 8204000A0000 830400002000")),
    bytes.fromhex("8505077B801B80 8603090200 8703020300 88020490"),
    tlv(0xA9, tlv(0x04, bytes(20)), tlv(0x04, b"\x01" * 20)),
    tlv(0xAA, tlv(0x04, bytes(20))),
    bytes.fromhex("8B0102 99020640 0403000001"),
    tlv(0x0C, b"XX-YY-UP-0000"),
)


@pytest.mark.parametrize("eid", ["89049032123451234512345678901235", "89049032123451234512345678901234"])
def test_chip_info_is_complete_and_judges_the_eid(eid: str) -> None:
    answers = {
        0xBF3E: tlv(0xBF3E, tlv(0x5A, bytes.fromhex(eid))),
        0xBF3C: tlv(0xBF3C, tlv(0x81, b"ds.example.com")),
        0xBF22: INFO2,
    }
    info = drive(chip_info(SETTINGS), table_card(answers=answers), TableServer()).value
    assert info.eid == eid
    assert info.eid_ok is eid.endswith("5")
    assert info.rules == ()
    assert info.info2.resources.free_nvm_octets == 0xA0000
    assert info.info2.rsp_capability.names == ["additionalProfile", "testProfileSupport"]
    assert info.info2.ci_pkids_for_verification == (bytes(20), b"\x01" * 20)
    assert info.info2.forbidden_policy_rules.names == ["ppr1"]
    assert info.info2.category == 2
    without_rat = table_card(answers={**answers, 0xBF43: b"\x6a\x88"})
    assert drive(chip_info(SETTINGS), without_rat, TableServer()).value.rules is None


def smds_server(**first: object) -> TableServer:
    events = {"transactionId": "00112233445566778899AABBCCDDEEFF", "eventEntries": []}
    server = TableServer()
    server.answers["authenticateClient"] = {**events, **first}
    return server


def smds_card() -> TableCard:
    return table_card(answers={0xBF3C: tlv(0xBF3C, tlv(0x81, HOST.encode()))})


def test_discovery_asks_the_root_smds_of_the_card() -> None:
    entry = {"eventId": "EVENT-1", "rspServerAddress": "smdp.example.com:8443"}
    server = smds_server(eventEntries=[entry])
    entries = drive(discover(SETTINGS), smds_card(), server).value
    assert [(item.eventId, item.rspServerAddress) for item in entries] == [("EVENT-1", "smdp.example.com:8443")]
    assert server.urls[0] == f"https://{HOST}/gsma/rsp2/es11/initiateAuthentication"
    assert server.calls[0][1]["smdsAddress"] == HOST
    assert drive(discover(SETTINGS, HOST), table_card(), smds_server()).value == ()


def test_an_smds_that_knows_only_the_es9_path_is_asked_there() -> None:
    server = smds_server()
    usual = server.answers["initiateAuthentication"]
    server.answers["initiateAuthentication"] = [HttpReply(404, {}, b""), usual]
    drive(discover(SETTINGS), smds_card(), server)
    assert server.urls[1:] == [
        f"https://{HOST}/gsma/rsp2/es9plus/initiateAuthentication",
        f"https://{HOST}/gsma/rsp2/es9plus/authenticateClient",
    ]
    assert server.calls[1][1]["smdpAddress"] == HOST
