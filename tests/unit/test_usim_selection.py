"""SELECT in all its forms, what it answers, STATUS, and what a channel remembers."""

import pytest

from tests.support.profile_bench import (
    ADM,
    AID_USIM,
    PIN1,
    UiccBench,
    create,
    managed,
    package,
    path,
    t,
    usim,
)

EXTRA = managed(
    path(""),
    create("7F66", "7821", pins=t("C6", "01")),
    create("5F40", "7821"),
    create("4F41", "4121", size="04", arr="07"),
    path("7F66"),
    create("5F41", "7821"),
    create("4F51", "46210003", size="09", arr="07"),
    path(""),
    create("6F03", "7921", arr="07", size="20", proprietary=t("A5", t("C0", "40"), t("86", "0100"))),
    create("7F67", "7821"),
)


@pytest.fixture
def bench() -> UiccBench:
    return UiccBench.with_package(package(extra=EXTRA))


def test_fcp_of_the_mf(bench: UiccBench) -> None:
    expected = "62238202782183023F00A5068001718701018A01058B032F0601C6099001C083010183010A"
    assert bench.data("00A40004023F00") == expected


def test_fcp_of_an_application(bench: UiccBench) -> None:
    fcp = bench.select_usim()
    assert fcp.startswith(f"62318202782183027FFF840C{AID_USIM}A5038001718A01058B032F0601")
    assert fcp.endswith("C60C9001E083018183010183010A")


def test_pin_status_follows_the_pin(bench: UiccBench) -> None:
    assert bench.sw(f"0026000108{PIN1}") == "9000"
    assert bench.data("00A40004023F00").endswith("C60990014083010183010A")


@pytest.mark.parametrize(
    ("file", "fcp"),
    [
        ("2FE2", "8202412183022FE2A503C001008A01058B032F06028002000A8800"),
        ("2F06", "8205422100280783022F06A503C001008A01058B032F0602800201188800"),
        ("6F03", "8202792183026F03A50AC00140840101860201008A01058B032F060780020020880118"),
        ("2F05", "8202412183022F05A503C001008A01058B032F060180020002880128"),
    ],
)
def test_fcp_of_an_ef(bench: UiccBench, file: str, fcp: str) -> None:
    assert bench.data("00A4000402" + file) == f"62{len(fcp) // 2:02X}{fcp}"


SELECTIONS = [
    # from, command, status word, then a command that shows where we are
    ("", "00A40004023F00", "9000"),
    ("", "00A4000C00", "9000"),
    ("", "00A40004022FE2", "9000"),
    ("", "00A40000022FE2", "9000"),
    ("", "00A40004027F66", "9000"),
    ("", "00A40004025F40", "6A82"),
    ("", "00A40004027FFF", "6A82"),
    ("", "00A40004027FD0", "6A82"),
    ("", "00A40304", "6A82"),
    ("", "00A40804047F665F40", "9000"),
    ("", "00A40804067F665F404F41", "9000"),
    ("", "00A40804063F007F665F40", "6A82"),
    ("", "00A40804047F662FE2", "6A82"),
    ("", "00A40804042FE22FE2", "6A82"),
    ("", "00A40804", "6A87"),
    ("", "00A40904", "6A87"),
    ("", "00A40804037F665F", "6A87"),
    ("", "00A400040100", "6A87"),
    ("", "00A40004043F007F66", "6A87"),
    ("7F66", "00A40004025F40", "9000"),
    ("7F66", "00A40004027F67", "9000"),
    ("7F66", "00A40004027F66", "9000"),
    ("7F66", "00A40004022FE2", "6A82"),
    ("7F66", "00A40004024F41", "6A82"),
    ("7F66", "00A40104025F40", "9000"),
    ("7F66", "00A40104027F67", "6A82"),
    ("7F66", "00A40304", "9000"),
    ("7F66", "00A40904045F404F41", "9000"),
    ("7F66", "00A40904027F67", "6A82"),
    ("7F665F40", "00A40004025F41", "9000"),
    ("7F665F40", "00A40004027F66", "9000"),
    ("7F665F40", "00A40004024F51", "6A82"),
    ("", "00A40204023F00", "6A86"),
    ("", "00A40008023F00", "6A86"),
    ("", "00A40005023F00", "6A86"),
    ("", "00A40084023F00", "6A86"),
    ("", "00A404040C" + AID_USIM, "9000"),
    ("", "00A4040C0C" + AID_USIM, "9000"),
    ("", "00A4040407A0000000871002", "9000"),
    ("", "00A404040CA0000000871002FF49FF058A", "6A82"),
    ("", "00A4040402A000", "6A82"),
    ("", "00A404240C" + AID_USIM, "6A86"),
    ("", "00A4040C11" + "00" * 17, "6700"),
]


@pytest.mark.parametrize(("start", "command", "sw"), SELECTIONS)
def test_select(bench: UiccBench, start: str, command: str, sw: str) -> None:
    if start:
        bench.data(f"00A40804{len(start) // 2:02X}{start}")
    before = bench.data("80F2000000")
    assert bench.sw(command) == sw
    if sw != "9000":
        assert bench.data("80F2000000") == before


def test_no_answer_data(bench: UiccBench) -> None:
    assert bench("00A4000C022FE2") == ("", "9000")


def test_parent_of_a_directory(bench: UiccBench) -> None:
    bench.data("00A40804047F665F40")
    assert "83027F66" in bench.data("00A40304")
    assert "83023F00" in bench.data("00A40304")


def test_selecting_an_ef_keeps_the_directory(bench: UiccBench) -> None:
    bench.data("00A40804067F665F404F41")
    assert "83025F40" in bench.data("80F2000000")
    bench.data("00A40004024F41")


def test_current_application(bench: UiccBench) -> None:
    assert bench.sw("80F2000100") == "6A88"
    bench.select_usim()
    assert bench.data("80F2000100") == f"840C{AID_USIM}"
    bench.data("00A40004023F00")
    assert AID_USIM in bench.data("00A40004027FFF")
    bench.data("00A40004023F00")
    assert "83026F07" in bench.data("00A40804047FFF6F07")


def test_termination_of_an_application(bench: UiccBench) -> None:
    bench.select_usim()
    assert bench("00A404440C" + AID_USIM) == ("", "9000")
    assert bench.sw("00A40004027FFF") == "6A82"
    assert "83023F00" in bench.data("80F2000000")


def test_status(bench: UiccBench) -> None:
    length = len(bench.data("80F2000000")) // 2
    assert bench("80F2000010") == ("", f"6C{length:02X}")
    assert bench.data(f"80F20000{length:02X}")
    assert bench("80F2000C") == ("", "9000")
    assert bench("80F2010C") == ("", "9000")
    assert bench.sw("80F2030C") == "6A86"
    assert bench.sw("80F2000200") == "6A86"


def test_deactivated_file(bench: UiccBench) -> None:
    bench.data("00A40804067F665F404F41")
    assert bench.sw("00040000") == "9000"
    assert bench.sw("00B0000000") == "6985"
    fcp, sw = bench("00A40004024F41")
    assert sw == "6283"
    assert "8A0104" in fcp
    bench.power_on()
    assert bench.sw("00A40804067F665F404F41") == "6283"
    assert bench.sw("00440000") == "9000"
    assert bench.data("00B0000000") == "FFFFFFFF"


def test_file_that_stays_readable_when_deactivated(bench: UiccBench) -> None:
    bench.data("00A40004026F03")
    assert bench.sw("00040000") == "9000"
    assert bench.data("80CB0080015C") == "5C00"


def test_activation_by_identifier(bench: UiccBench) -> None:
    assert bench.sw("00040000026F03") == "9000"
    assert bench.sw("00A40004026F03") == "6283"
    assert bench.sw("00440000027F66") == "6A81"
    assert bench.sw("00440000026F99") == "6A82"
    assert bench.sw("00040000022FE2") == "6982"
    assert bench.verify("0A", ADM) == "9000"
    assert bench.sw("00040000022FE2") == "9000"


def test_channels_are_apart(bench: UiccBench) -> None:
    bench.uicc.open_channel(1)
    bench.select_usim(channel=1)
    assert "83023F00" in bench.data("80F2000000")
    bench.uicc.open_channel(2, origin=1)
    assert AID_USIM in bench.data("80F2000000", channel=2)
    bench.uicc.close_channel(1)
    bench.uicc.open_channel(1)
    assert "83023F00" in bench.data("80F2000000", channel=1)
    bench.uicc.deselect(2)
    assert "83023F00" in bench.data("80F2000000", channel=2)


def test_classes_and_instructions(bench: UiccBench) -> None:
    assert bench.sw("80A40004023F00") == "6E00"
    assert bench.sw("00F2000000") == "6E00"
    assert bench.sw("A0A40000023F00") == "6E00"
    assert bench.sw("0CA40004023F00") == "6E00"
    assert bench.sw("0076000000") == "6D00"
    assert bench.sw("00730000") == "6D00"


def test_administrative_commands(bench: UiccBench) -> None:
    for command in ("00E00000", "00E40000", "80D40000"):
        assert bench.sw(command) == "6982"
    assert bench.verify("0A", ADM) == "9000"
    for command in ("00E00000", "00E40000", "80D40000"):
        assert bench.sw(command) == "6A81"


def test_card_without_a_profile() -> None:
    bench = UiccBench(None)
    assert bench.data("00A40004023F00") == "62168202782183023F00A5068001718701018A01058C0100"
    umpc = "621B8202412183022F08A503C001008A01058C02010080020005880140"
    assert bench.data("00A40004022F08") == umpc
    assert bench.data("00B0000000") == "3C3C000000"
    assert bench.sw("00D600000100") == "6982"
    assert bench.sw("00A40004022FE2") == "6A82"
    assert bench.sw("00A404040C" + AID_USIM) == "6A82"
    assert bench.sw("0020000100") == "6A88"
    assert bench.sw("0088008022" + "10" + "00" * 33) == "6985"
    assert bench.commits == []


def test_two_applications_of_a_kind_need_not_be_told_apart_by_their_temporary_identifiers() -> None:
    bench = UiccBench.with_package(package(usim=usim(adf=t("A2", t("A1", t("84", AID_USIM), t("8B", "2F0601"))))))
    assert AID_USIM in bench.select_usim()
