"""PINs: verification, counters that survive power loss, changing, switching, unblocking, local PINs."""

import pytest

from tests.support.profile_bench import (
    ADM,
    AID_USIM,
    PIN1,
    PIN2,
    PUK1,
    PUK2,
    UiccBench,
    create,
    global_pins,
    install,
    local_pins,
    managed,
    mf,
    package,
    path,
    pe_header,
    pin_config,
    pins,
    t,
)

WRONG = "39" * 8
NEW = "30303030FFFFFFFF"


@pytest.fixture
def bench() -> UiccBench:
    return UiccBench.with_package()


def test_verify(bench: UiccBench) -> None:
    assert bench.sw("00200001") == "63C3"
    assert bench.verify("01", WRONG) == "63C2"
    assert bench.sw("00200001") == "63C2"
    assert bench.verify("01", PIN1) == "9000"
    assert bench.sw("00200001") == "63C3"
    assert bench.sw("0020000107" + "30" * 7) == "6700"
    assert bench.sw("00200101") == "6A86"
    assert bench.sw("00200002") == "6A88"
    assert bench.sw("00200081") == "6A88"


def test_blocking(bench: UiccBench) -> None:
    assert [bench.verify("01", WRONG) for _ in range(4)] == ["63C2", "63C1", "63C0", "6983"]
    assert bench.verify("01", PIN1) == "6983"
    assert bench.sw("00200001") == "63C0"
    bench.power_on()
    assert bench.verify("01", PIN1) == "6983"


def test_the_try_is_counted_before_the_comparison(bench: UiccBench) -> None:
    """The first commit of a VERIFY holds one try less, whatever the value; the second, if any, restores the counter."""
    bench.verify("01", PIN1)
    first, second = (commit["pin/0000/01"] for commit in bench.commits)
    assert (first[-2], second[-2]) == (2, 3)
    bench.commits.clear()
    bench.verify("01", WRONG)
    assert [commit["pin/0000/01"][-2] for commit in bench.commits] == [2]


def test_power_cut_between_count_and_comparison(bench: UiccBench) -> None:
    class Cut(Exception):
        pass

    def save_then_cut(changes: dict[str, bytes | None]) -> None:
        bench._save(changes)
        raise Cut

    bench.uicc = type(bench.uicc)(bench.nvm, save_then_cut, None)
    for expected in ("63C2", "63C1", "63C0"):
        with pytest.raises(Cut):
            bench.verify("01", PIN1)
        before, bench.uicc = bench.uicc, type(bench.uicc)(bench.nvm, save_then_cut, None)
        assert bench.sw("00200001") == expected
        assert before is not bench.uicc


def test_a_wrong_value_takes_the_verification_away(bench: UiccBench) -> None:
    bench.select_usim()
    bench.data("00A40004026F07")
    bench.verify("01", PIN1)
    assert bench.data("00B0000000") == "080910101032547698"
    bench.verify("01", WRONG)
    assert bench.sw("00B0000000") == "6982"


def test_reset_takes_the_verification_away(bench: UiccBench) -> None:
    bench.verify("01", PIN1)
    bench.uicc.reset()
    bench.select_usim()
    bench.data("00A40004026F07")
    assert bench.sw("00B0000000") == "6982"


def test_global_pins_count_on_every_channel(bench: UiccBench) -> None:
    bench.verify("01", PIN1)
    bench.uicc.open_channel(1)
    bench.select_usim(channel=1)
    bench.data("00A40004026F07", channel=1)
    assert bench.data("00B0000000", channel=1) == "080910101032547698"


def test_disabled_pin_fulfils_its_condition(bench: UiccBench) -> None:
    assert bench.sw("0026000108" + WRONG) == "63C2"
    assert bench.sw("0026000108" + PIN1) == "9000"
    bench.power_on()
    bench.select_usim()
    bench.data("00A40004026F07")
    assert bench.data("00B0000000") == "080910101032547698"
    assert bench.verify("01", PIN1) == "6984"
    assert bench.sw("0026000108" + PIN1) == "6985"
    assert bench.sw("0024000110" + PIN1 + NEW) == "6984"
    assert bench.sw("0028000108" + WRONG) == "63C2"
    assert bench.sw("0028000108" + PIN1) == "9000"
    assert bench.sw("0028000108" + PIN1) == "6985"
    assert bench.data("00B0000000") == "080910101032547698"
    bench.uicc.reset()
    bench.select_usim()
    bench.data("00A40004026F07")
    assert bench.sw("00B0000000") == "6982"


def test_a_pin_that_cannot_be_disabled(bench: UiccBench) -> None:
    assert bench.sw("0026000A08" + ADM) == "6985"
    assert bench.sw("0026010108" + PIN1) == "6A86"
    assert bench.sw("0026000208" + PIN1) == "6A88"
    assert bench.sw("0026000107" + "30" * 7) == "6700"


def test_change(bench: UiccBench) -> None:
    assert bench.sw("0024000110" + WRONG + NEW) == "63C2"
    assert bench.sw("0024000110" + PIN1 + NEW) == "9000"
    bench.power_on()
    assert bench.verify("01", PIN1) == "63C2"
    assert bench.verify("01", NEW) == "9000"
    assert bench.sw("0024000108" + NEW) == "6700"
    assert bench.sw("0024000210" + PIN1 + NEW) == "6A88"


def test_a_pin_that_cannot_be_changed() -> None:
    fixed = pins(pin_config("01", PIN1, attributes="01"), pin_config("0A", ADM))
    bench = UiccBench.with_package(package(pins=fixed))
    assert bench.sw("0024000110" + PIN1 + NEW) == "6985"
    assert bench.sw("002C000110" + PUK1 + NEW) == "6A88"


def test_unblock(bench: UiccBench) -> None:
    for _ in range(3):
        bench.verify("01", WRONG)
    assert bench.sw("002C0001") == "63CA"
    assert bench.sw("002C000110" + WRONG + NEW) == "63C9"
    assert bench.sw("002C000108" + PUK1) == "6700"
    assert bench.sw("002C000110" + PUK1 + NEW) == "9000"
    bench.power_on()
    assert bench.sw("002C0001") == "63CA"
    assert bench.verify("01", NEW) == "9000"
    assert bench.sw("002C0002") == "6A88"


def test_unblocking_counts_before_comparing_and_ends_together(bench: UiccBench) -> None:
    bench.sw("002C000110" + PUK1 + NEW)
    assert [sorted(commit) for commit in bench.commits] == [["puk/01"], ["pin/0000/01", "puk/01"]]
    assert bench.commits[0]["puk/01"][-1] == 9


def test_unblocking_pin_blocks(bench: UiccBench) -> None:
    bench.select_usim()
    answers = [bench.sw("002C008110" + WRONG + NEW) for _ in range(4)]
    assert answers == ["63C2", "63C1", "63C0", "6983"]
    assert bench.sw("002C008110" + PUK2 + NEW) == "6983"


def test_local_pin_belongs_to_its_application(bench: UiccBench) -> None:
    assert bench.verify("81", PIN2) == "6A88"
    bench.select_usim()
    assert bench.verify("81", PIN2) == "9000"
    assert bench.verify("01", PIN1) == "9000"
    bench.data("00A40004026F3B")
    assert bench.sw("00DC0104" + "1A" + "AA" * 26) == "9000"


def test_local_pin_is_forgotten_with_the_application_session(bench: UiccBench) -> None:
    bench.select_usim()
    bench.verify("81", PIN2)
    bench.verify("01", PIN1)
    assert bench.sw("00A404440C" + AID_USIM) == "9000"
    bench.select_usim()
    bench.data("00A40004026F3B")
    assert bench.data("00B2010400") == "FF" * 26
    assert bench.sw("00DC0104" + "1A" + "AA" * 26) == "6982"


def test_local_pin_stays_while_another_channel_has_the_application(bench: UiccBench) -> None:
    bench.select_usim()
    bench.verify("81", PIN2)
    bench.verify("01", PIN1)
    bench.uicc.open_channel(1)
    bench.select_usim(channel=1)
    bench.uicc.deselect(0)
    bench.data("00A40004026F3B", channel=1)
    assert bench.sw("00DC0104" + "1A" + "AA" * 26, channel=1) == "9000"


def test_local_pins_of_other_directories_stay() -> None:
    own = t("A2", pe_header(9), t("A1", t("A0", pin_config("0088", PIN2, attributes="03"))))
    extra = managed(path(""), create("7F66", "7821", pins=t("C6", "88")), create("5F40", "7821")) + own
    bench = UiccBench.with_package(package(extra=extra))
    bench.data("00A40804047F665F40")
    assert bench.verify("88", PIN2) == "9000"
    bench.select_usim()
    bench.verify("81", PIN2)
    assert bench.uicc._profile.pins.is_satisfied(bench.uicc.files.child(0, 0x7F66).number, 0x88)
    bench.uicc.deselect(0)
    assert bench.uicc._profile.pins.is_satisfied(bench.uicc.files.child(0, 0x7F66).number, 0x88)
    adf = bench.uicc.files.applications[0].number
    assert not bench.uicc._profile.pins.is_satisfied(adf, 0x81)


def test_pin_status_of_more_than_eight_pins() -> None:
    many = pins(*[pin_config(f"{number:02X}", PIN1, attributes=f"{6 + number % 2:02X}") for number in range(1, 9)])
    more = t("A2", pe_header(10), t("A1", t("A0", pin_config("0A", ADM))))
    listed = mf(mf=t("A2", t("A1", t("8B", "2F0601"), t("C6", "01020304050607080A"))))
    bench = UiccBench.with_package(package(mf=listed, pins=many + more))
    assert bench.data("00A40004023F00").endswith(
        "C61F9002AA80" + "".join(f"8301{reference:02X}" for reference in (*range(1, 9), 10))
    )


def test_pins_of_another_directory() -> None:
    shared = t("A2", pe_header(9), t("A1", t("81", "7FD0")))
    extra = managed(path("7FD0"), create("5F60", "7821", pins=t("C6", "81"))) + shared
    bench = UiccBench.with_package(package(extra=extra))
    bench.select_usim()
    bench.data("00A40004025F60")
    assert bench.verify("81", WRONG) == "63C2"
    bench.select_usim()
    assert bench.sw("00200081") == "63C2"
    assert sum(key.startswith("pin/") for key in install(package(extra=extra)).image) == 3


def test_initially_disabled_pin() -> None:
    off = pins(pin_config("01", PIN1, unblocking="01", attributes="06"), pin_config("0A", ADM, attributes="03"))
    bench = UiccBench.with_package(package(pins=off))
    assert bench.sw("00200001") == "6984"
    assert bench.sw("0028000108" + PIN1) == "9000"
    assert bench.sw("00200001") == "63C3"


def test_unblocking_enables_a_disabled_pin() -> None:
    off = pins(pin_config("01", PIN1, unblocking="01", attributes="06"), pin_config("0A", ADM, attributes="03"))
    bench = UiccBench.with_package(package(pins=off))
    assert bench.sw("002C000110" + PUK1 + NEW) == "9000"
    assert bench.sw("00200001") == "63C3"


def test_pins_are_those_of_the_last_directory() -> None:
    image = install(package()).image
    assert {key for key in image if key.startswith("pin/")} >= {"pin/0000/01", "pin/0000/0A"}
    assert global_pins() != local_pins()
