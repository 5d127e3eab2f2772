"""Enable, disable, delete, memory reset on a card: states, notifications, REFRESH (card.md 4.7, 5.2, 5.3, 7.7, 7.9)."""

from typing import Any

import pytest

from euicc_sim.core.options import CardOptions
from smdp.profiles import NotificationRecipient
from tests.support.card_bench import ISD_R, Bench, Order, card_settings, mini_server
from tests.support.mini_server import check
from tests.support.tlv_by_hand import dig, split, t
from wire.es10 import NotificationEvent, PprIds, ProfileClass

ONLY_SWITCHES = (
    NotificationRecipient(
        "smdp.example.com",
        NotificationEvent.notificationEnable
        | NotificationEvent.notificationDisable
        | NotificationEvent.notificationDelete,
    ),
)
TERMINAL_PROFILE = "8010000022" + "FFFFFF" + "00" * 30 + "20"
REFRESH_RESET, REFRESH_STATE_CHANGE = "D009810301010482028182", "D009810301010982028182"


def order(number: int, profile_class: ProfileClass = ProfileClass.operational, pprs: PprIds | None = None) -> Order:
    keys = {"k": bytes(range(16)), "opc": bytes(16)} if profile_class is ProfileClass.test else {}
    return Order(number, profile_class=profile_class, pprs=pprs, notifications=ONLY_SWITCHES, **keys)


def bench_with(*orders: Order, **options: Any) -> Bench:
    bench = Bench(card_settings(options=CardOptions(**options)))
    for one in orders:
        assert dig(bench.download(one), "BF37", "BF27", "A2", "A0")
    for number, _ in bench.notifications():
        assert bench.result(bytes.fromhex("BF30038001") + bytes([number])) == 0
    return bench


def enabled(bench: Bench) -> list[str]:
    return [iccid for iccid, state in bench.states().items() if state == 1]


A, B = order(1), order(2)


def test_enable_switch_and_disable_with_their_notifications() -> None:
    bench = bench_with(A, B)
    assert bench.result(A.enable()) == 0
    assert enabled(bench) == [A.iccid]
    assert bench.result(B.enable()) == 0
    assert enabled(bench) == [B.iccid]
    assert bench.result(A.disable()) == 2
    assert bench.result(B.disable()) == 0
    assert enabled(bench) == []
    assert bench.notifications() == [(3, "enable"), (4, "disable"), (5, "enable"), (6, "disable")]
    bench.power_on()
    assert enabled(bench) == []


def test_every_recipient_is_told_in_the_order_of_the_metadata() -> None:
    recipients = (
        NotificationRecipient("one.example.com", NotificationEvent.notificationEnable),
        NotificationRecipient("two.example.com", NotificationEvent.notificationDelete),
        NotificationRecipient("three.example.com", NotificationEvent.notificationEnable),
    )
    one = Order(1, notifications=recipients)
    bench = bench_with(one)
    assert bench.result(one.enable()) == 0
    items = split(dig(bench.es10("BF2B06A00481020640"), "BF2B", "A0"))
    assert [dig(item, "BF2F", "0C").decode() for _, item, _ in items] == ["one.example.com", "three.example.com"]
    for _, item, _ in items:
        tbs, signature, certificate, _ = split(item)
        check(certificate[2], signature[1], tbs[2])
        assert dig(tbs[1], "5A") == one.iccid.ef
    assert bench.result(one.disable()) == 0
    assert bench.result(one.delete()) == 0
    assert [event for _, event in bench.notifications()] == ["enable", "enable", "delete"]


def test_a_profile_without_recipients_is_silent() -> None:
    one = Order(1)
    bench = Bench()
    kept = [raw for tag, _, raw in split(dig(one.metadata, "BF25")) if tag != "B6"]
    one.metadata = t("BF25", *kept)
    bench.download(one)
    assert bench.result(one.enable()) == 0
    assert bench.notifications() == [(1, "install")]


def test_the_chain_of_the_download_signs_notifications() -> None:
    bench = Bench()
    bench.download(A, "BRP")
    bench.result(A.enable())
    item = dig(bench.es10("BF2B06A00481020640"), "BF2B", "A0", "30")
    tbs, signature, certificate, _ = split(item)
    assert certificate[2] == bench.card.settings.chains[1].euicc_certificate
    check(certificate[2], signature[1], tbs[2])


# -- REFRESH -----------------------------------------------------------------------------------------------------------


def test_refresh_by_reset() -> None:
    """No TERMINAL PROFILE, as over PC/SC: 91xx, REFRESH in mode UICC reset, and the switch happens at the reset."""
    bench = bench_with(A)
    assert bench.send(A.enable(refresh=True))[1] == 0x910B
    assert enabled(bench) == [], "not yet"
    assert bench.apdu("801200000B").hex().upper() == REFRESH_RESET + "9000"
    assert bench.result(A.disable()) == 2
    assert bench.notifications() == []
    bench.power_on()
    assert enabled(bench) == [A.iccid]
    assert bench.notifications() == [(2, "enable")]
    assert bench.send(A.disable(refresh=True))[1] == 0x910B
    bench.power_on()
    assert enabled(bench) == []


def test_refresh_by_profile_state_change() -> None:
    bench = bench_with(A)
    assert bench.apdu(TERMINAL_PROFILE).hex() == "9000"
    assert bench.send(A.enable(refresh=True))[1] == 0x910B
    assert bench.apdu("801200000B").hex().upper() == REFRESH_STATE_CHANGE + "9000"
    assert bench.apdu("801400000C810301010902028281830100").hex() == "9000"
    assert bench.apdu("81E2910003BF2D00").hex() == "6881", "only the basic channel is open now"
    bench.apdu("0070000001")
    bench.apdu("01A4040C10" + ISD_R.hex())
    assert enabled(bench) == [A.iccid]
    assert bench.send("BF2D00")[1] == 0x9000


@pytest.mark.parametrize(("result", "stays"), [("20", True), ("21", True), ("30", False), ("3A", False)])
def test_a_terminal_that_does_not_refresh(result: str, stays: bool) -> None:
    bench = bench_with(A)
    bench.apdu(TERMINAL_PROFILE)
    bench.send(A.enable(refresh=True))
    bench.apdu("801200000B")
    answer = bench.apdu(f"801400000D81030101090202828183 02{result}00".replace(" ", ""))
    assert answer.hex() == ("910b" if stays else "9000"), "a temporary problem: it is asked again"
    assert enabled(bench) == []
    bench.power_on()
    assert enabled(bench) == ([A.iccid] if stays else [])


def test_cat_busy_then_success() -> None:
    bench = bench_with(A, B)
    bench.send(A.enable(refresh=True))
    assert dig(bench.send(B.enable(refresh=True))[0], "BF31", "80") == b"\x05"
    assert dig(bench.send("BF3404820205E0")[0], "BF34", "80") == b"\x05"
    assert dig(bench.send(A.delete())[0], "BF33", "80") == b"\x02", "it is about to be enabled"
    assert dig(bench.send(B.enable())[0], "BF31", "80") == b"\x00", "without refresh the proactive session is ended"
    assert enabled(bench) == [B.iccid]
    assert bench.send("BF2D00")[1] == 0x9000
    bench.power_on()
    assert enabled(bench) == [B.iccid], "the earlier intention is gone"
    assert bench.send(A.enable(refresh=True))[1] == 0x910B


def test_91xx_waits_on_every_command_but_manage_channel() -> None:
    bench = bench_with(A)
    bench.send(A.enable(refresh=True))
    assert bench.send("BF2D00")[1] == 0x910B
    assert bench.apdu("0070000001").hex() == "029000"
    assert bench.apdu("00708002").hex() == "9000"


def test_a_card_without_toolkit_switches_at_once() -> None:
    bench = bench_with(A, refresh=False)
    assert bench.send(A.enable(refresh=True))[1] == 0x9000
    assert enabled(bench) == [A.iccid]


def test_the_isd_r_and_other_channels_stay_open_after_a_switch_without_refresh() -> None:
    bench = bench_with(A)
    bench.apdu("0070000001")
    bench.apdu("02A40004023F00")
    assert bench.result(A.enable()) == 0
    assert enabled(bench) == [A.iccid]
    assert bench.apdu("02A40004022FE2")[-2:-1] in (b"\x61", b"\x90"), "EF.ICCID of the new profile, from the MF"


# -- classes and rules -------------------------------------------------------------------------------------------------


def test_the_operational_profile_comes_back_after_the_test_profile() -> None:
    test, other = order(3, ProfileClass.test), order(4, ProfileClass.test)
    bench = bench_with(A, B, test, other)
    bench.result(A.enable())
    assert bench.result(test.enable()) == 0
    assert bench.result(B.enable()) == 4
    assert bench.result(other.enable()) == 0
    bench.power_on()
    assert bench.result(other.disable()) == 0
    assert enabled(bench) == [A.iccid]
    events = [event for _, event in bench.notifications()]
    assert events == ["enable", "disable", "enable", "disable", "enable", "disable", "enable"]


def test_the_operational_profile_may_be_enabled_from_the_test_profile_or_be_deleted_meanwhile() -> None:
    test = order(3, ProfileClass.test)
    bench = bench_with(A, test)
    bench.result(A.enable())
    bench.result(test.enable())
    assert bench.result(A.enable()) == 0
    bench.result(test.enable())
    assert bench.result(A.delete()) == 0
    assert bench.result(test.disable()) == 0
    assert enabled(bench) == []


def test_ppr1_keeps_a_profile_enabled() -> None:
    locked, test = order(5, pprs=PprIds.ppr1), order(3, ProfileClass.test)
    bench = bench_with(locked, test, A)
    assert bench.result(locked.enable()) == 0
    assert bench.result(locked.disable()) == 3
    assert bench.result(A.enable()) == 3
    assert bench.result(test.enable()) == 0
    assert bench.result(test.disable()) == 0
    assert enabled(bench) == [locked.iccid]


def test_ppr2_keeps_a_profile() -> None:
    kept = order(6, pprs=PprIds.ppr2)
    bench = bench_with(kept)
    assert bench.result(kept.delete()) == 3
    assert bench.result("BF3404820206C0") == 0, "a memory reset doesn't ask"
    assert bench.states() == {}


# -- memory reset ------------------------------------------------------------------------------------------------------


def test_memory_reset_by_class() -> None:
    test, provisioning = order(3, ProfileClass.test), order(7, ProfileClass.provisioning)
    bench = bench_with(A, test, provisioning)
    free = bench.free_octets()
    assert bench.result("BF3404820206 40".replace(" ", "")) == 0
    assert set(bench.states()) == {A.iccid, provisioning.iccid}
    assert bench.result("BF3404820206 40".replace(" ", "")) == 1
    assert bench.result("BF340482020780") == 0
    assert set(bench.states()) == {provisioning.iccid}, "v2 has no bit for provisioning profiles"
    assert [event for _, event in bench.notifications()] == ["delete", "delete"]
    assert bench.free_octets() > free


def test_memory_reset_of_the_enabled_profile_refreshes() -> None:
    bench = bench_with(A)
    bench.result(A.enable())
    answer, sw = bench.send("BF3404820205E0")
    assert (answer.hex(), sw) == ("bf3403800100", 0x910B)
    assert bench.apdu("801200000B").hex().upper() == REFRESH_RESET + "9000"
    assert bench.states() == {}
    numbers = [number for number, _ in bench.notifications()]
    bench.power_on()
    assert [number for number, _ in bench.notifications()] == numbers, "notifications survive"
    bench.download(A)
    assert bench.notifications()[-1][0] > max(numbers), "and the counter goes on"


def test_the_list_drops_its_oldest_when_it_is_full() -> None:
    bench = bench_with(A, notifications=4)
    for _ in range(4):
        bench.result(A.enable())
        bench.result(A.disable())
    assert [number for number, _ in bench.notifications()] == [6, 7, 8, 9]


def test_deleting_frees_the_aid_for_the_next() -> None:
    bench = bench_with(A, B)
    assert bench.result(A.delete()) == 0
    third = order(8)
    aid = dig(bench.download(third), "BF37", "BF27", "A2", "A0", "4F")
    assert aid.hex().upper() == "A0000005591010FFFFFFFF8900001000"
    assert list(bench.states()) == [third.iccid, B.iccid]


def test_a_session_ends_with_a_switch() -> None:
    bench = bench_with(A)
    server = mini_server()
    bench.prepare(server)
    bench.result(A.enable())
    assert dig(bench.es10(server.prepare_download()), "BF21", "A1", "02") == b"\x04"
