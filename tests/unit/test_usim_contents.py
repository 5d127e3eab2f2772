"""Reading, writing and searching EFs of every structure."""

import pytest

from tests.support.profile_bench import PIN1, UiccBench, create, fill, managed, package, path, t

EXTRA = managed(
    path(""),
    create("6F01", "4121", size="012C", arr="07", sfi=t("88", "08")),
    create("6F02", "42210003", size="0C", arr="07", sfi=t("88", "10")),
    fill("010203010405FF0102FFFFFF"),
    create("6F03", "46210003", size="09", arr="07", sfi=t("88", "18"), proprietary=t("A5", t("C2", "00"))),
    create("6F04", "7921", arr="07", sfi=t("88", "20"), proprietary=t("A5", t("86", "0140"))),
    create("6F05", "4121", size="04", arr="02"),
)


@pytest.fixture
def bench() -> UiccBench:
    return UiccBench.with_package(package(extra=EXTRA))


# -- transparent -----------------------------------------------------------------------------------------------------


def test_read_and_update_binary(bench: UiccBench) -> None:
    bench.data("00A40004026F01")
    assert bench.data("00B0000000") == "FF" * 256
    assert bench.data("00B0010000") == "FF" * 44
    assert bench.sw("00D6012A02AABB") == "9000"
    assert bench("00B0012802") == ("FFFF", "9000")
    assert bench("00B0012804") == ("FFFFAABB", "9000")
    assert bench("00B0012808") == ("FFFFAABB", "6282")
    assert bench.data("00B0012A") == "AABB"
    assert [len(commit) for commit in bench.commits] == [1]
    bench.power_on()
    bench.data("00A40004026F01")
    assert bench.data("00B0012A") == "AABB"


def test_binary_limits(bench: UiccBench) -> None:
    bench.data("00A40004026F01")
    assert bench.sw("00B0012C00") == "6B00"
    assert bench.sw("00B07FFF00") == "6B00"
    assert bench.sw("00D6012C0100") == "6B00"
    assert bench.sw("00D6012B020000") == "6700"
    assert bench.sw("00D60000") == "6700"
    assert bench.sw("00B0000001FF") == "6700"
    assert bench.commits == []


def test_short_identifiers_of_binaries(bench: UiccBench) -> None:
    assert bench.sw("00D6810502AABB") == "9000"
    assert bench("00B0000402") == ("FFAA", "9000")
    assert bench.sw("00B09F0000") == "6A86"
    assert bench.sw("00B0800000") == "6A86"
    assert bench.sw("00B0A10000") == "6A86"
    assert bench.sw("00B0990000") == "6A82"
    assert bench.sw("00B0820000") == "6981"


def test_no_file_selected(bench: UiccBench) -> None:
    for command in ("00B0000000", "00B2010400", "00D6000001FF", "00DC010403000000", "80CB0080015C", "8032000003000001"):
        assert bench.sw(command) == "6986"


def test_access_rules_apply(bench: UiccBench) -> None:
    bench.data("00A40004026F05")
    assert bench.data("00B0000000") == "FFFFFFFF"
    assert bench.sw("00D6000001AA") == "6982"


# -- records ---------------------------------------------------------------------------------------------------------


def test_read_record_modes(bench: UiccBench) -> None:
    bench.data("00A40004026F02")
    assert bench.data("00B2020400") == "010405"
    assert bench.data("00B2020403") == "010405"
    assert bench("00B2020404") == ("", "6C03")
    assert bench("00B2020402") == ("", "6C03")
    assert bench.sw("00B2000400") == "6A83"
    assert bench.data("00B2000200") == "010203"
    assert bench.data("00B2000200") == "010405"
    assert bench.data("00B2000400") == "010405"
    assert bench.data("00B2000300") == "010203"
    assert bench.sw("00B2000300") == "6A83"
    assert bench.sw("00B2050400") == "6A83"
    assert bench.sw("00B2010100") == "6A86"
    assert bench.sw("00B2010200") == "6A86"


def test_absolute_access_leaves_the_pointer(bench: UiccBench) -> None:
    bench.data("00A40004026F02")
    bench.data("00B2000200")
    bench.data("00B2040400")
    assert bench.data("00B2000400") == "010203"


def test_last_record_first(bench: UiccBench) -> None:
    assert bench.data("00B2001300") == "FFFFFF"
    assert bench.data("00B2000300") == "FF0102"


def test_short_identifiers_of_records(bench: UiccBench) -> None:
    assert bench.data("00B2031400") == "FF0102"
    assert bench.data("00B2010400") == "010203"
    assert bench.sw("00B201FC00") == "6A86"
    assert bench.sw("00B201CC00") == "6A82"
    assert bench.sw("00B2010C00") == "6981"


def test_update_record(bench: UiccBench) -> None:
    bench.data("00A40004026F02")
    assert bench.sw("00DC040403AABBCC") == "9000"
    assert bench.data("00B2040400") == "AABBCC"
    assert bench.sw("00DC040402AABB") == "6700"
    assert bench.sw("00DC050403AABBCC") == "6A83"
    assert bench.sw("00DC000203111111") == "9000"
    assert bench.sw("00DC000203222222") == "9000"
    assert bench.data("00B2010400") + bench.data("00B2020400") == "111111222222"


def test_cyclic_file(bench: UiccBench) -> None:
    bench.data("00A40004026F03")
    for number in range(1, 5):
        assert bench.sw(f"00DC000303{number:06X}") == "9000"
    assert [bench.data(f"00B2{record:02X}0400") for record in (1, 2, 3)] == ["000004", "000003", "000002"]
    assert bench.sw("00DC010403000000") == "6A86"
    assert bench.sw("00DC000203000000") == "6A86"
    assert bench.data("00B2000200") == "000003"
    assert bench.data("00B2000200") == "000002"
    assert bench.data("00B2000200") == "000004"
    assert bench.data("00B2000300") == "000002"


def test_cyclic_pointer_goes_back_to_the_newest_before_it_goes_round(bench: UiccBench) -> None:
    bench.data("00A40004026F03")
    for number in range(1, 4):
        bench.sw(f"00DC000303{number:06X}")
    bench.data("00B2000200")
    assert bench.data("00B2000300") == "000003"
    assert bench.data("00B2000300") == "000001"


def test_enhanced_search_from_the_pointer(bench: UiccBench) -> None:
    bench.data("00A40004026F02")
    bench.data("00B2000200")
    assert bench.data("00A2000603040001") == "010203"
    assert bench.data("00B2000400") == "010203"
    assert bench.data("00A2000603060001") == "0203"
    assert bench.data("00A2000603050001") == "0201"
    assert bench.data("00A2000603070001") == "01"
    assert bench("00A2000603070001") == ("", "6282")


def test_search_record(bench: UiccBench) -> None:
    bench.data("00A40004026F02")
    assert bench.data("00A201040101") == "0102"
    assert bench.data("00A20204020104") == "02"
    assert bench.data("00A204050101") == "0201"
    assert bench("00A2010401AA") == ("", "6282")
    assert bench("00A203040101") == ("", "6282")
    assert bench.sw("00A2010404FFFFFFFF") == "6700"
    assert bench.sw("00A20104") == "6700"
    assert bench.sw("00A205040101") == "6A83"
    assert bench.sw("00A2010701FF") == "6A86"
    assert bench.data("00A2011401FF") == "0304"
    assert bench("00A2010401FF01") == ("03", "9000")


def test_search_from_the_pointer(bench: UiccBench) -> None:
    bench.data("00A40004026F02")
    assert bench.data("00A200040101") == "0102"
    assert bench.data("00B2000400") == "010203"
    assert bench.data("00A200040101") == "02"
    assert bench.data("00A200050101") == "01"
    assert bench("00A200050101") == ("", "6282")


def test_enhanced_search(bench: UiccBench) -> None:
    bench.data("00A40004026F02")
    assert bench.data("00A2010603040102") == "0103"
    assert bench.data("00A2040603050102") == "0301"
    assert bench.data("00A20106030C0102") == "0103"
    assert bench.data("00A20106030C0405") == "02"
    assert bench.sw("00A2010603000102") == "6A80"
    assert bench.sw("00A201060104") == "6A80"


def test_increase(bench: UiccBench) -> None:
    bench.data("00A40004026F03")
    assert bench.sw("8032000003000005") == "6982"
    assert bench.verify("01", PIN1) == "9000"
    assert bench.data("8032000003000005") == "000005000005"
    assert bench.data("8032830001FF") == "000104FF"
    assert bench.data("00B2010400") == "000104"
    assert bench("8032000003FFFFFF") == ("", "9850")
    assert bench.data("00B2010400") == "000104"
    assert bench.sw("803200000400000000") == "6700"
    assert bench.sw("8032010003000001") == "6A86"
    assert bench.sw("8032820003000001") == "6981"


# -- BER-TLV ---------------------------------------------------------------------------------------------------------


def test_set_and_retrieve_data(bench: UiccBench) -> None:
    bench.data("00A40004026F04")
    assert bench.data("80CB0080015C") == "5C00"
    assert bench.sw("80DB0080058003AABBCC") == "9000"
    assert bench.sw("80DB008005DF1F021122") == "9000"
    assert bench.data("80CB0080015C") == "5C0380DF1F"
    assert bench.data("80CB00800180") == "8003AABBCC"
    assert bench.data("80CB008002DF1F") == "DF1F021122"
    assert bench.sw("80CB00800181") == "6A88"
    assert bench.sw("80DB00800480020102") == "9000"
    assert bench.data("80CB04800180") == "80020102"
    bench.power_on()
    assert bench.data("80CB04800180") == "80020102"


def test_data_objects_are_deleted_by_an_empty_value(bench: UiccBench) -> None:
    assert bench.sw("80DB0480058003AABBCC") == "9000"
    assert bench.sw("80DB0480028000") == "9000"
    assert bench.sw("80CB04800180") == "6A88"
    assert bench.sw("80DB0480058003AABBCC") == "9000"
    assert bench.sw("80DB04800180") == "9000"
    assert bench.data("80CB0480015C") == "5C00"


def test_long_data_objects_block_by_block(bench: UiccBench) -> None:
    value = bytes(range(200)).hex().upper()
    whole = "8081C8" + value
    first, second = whole[:200], whole[200:]
    assert bench.sw(f"80DB0480{len(first) // 2:02X}{first}") == "63F1"
    assert bench.sw(f"80DB0400{len(second) // 2:02X}{second}") == "9000"
    assert bench("80CB0480018064") == (whole[:200], "62F1")
    assert bench("80CB040064") == (whole[200:400], "62F1")
    assert bench("80CB040064") == (whole[400:], "9000")
    assert bench.sw("80CB040064") == "6985"


def test_a_command_between_blocks_ends_the_chain(bench: UiccBench) -> None:
    assert bench.sw("80DB0480038004AA") == "63F1"
    bench.data("80F2000000")
    assert bench.sw("80DB040003AAAAAA") == "6985"


def test_data_object_limits(bench: UiccBench) -> None:
    assert bench.sw("80DB0480058082014000") == "6A84"
    assert bench.sw("80DB0480048001AABB") == "6A80"
    assert bench.sw("80DB0480038080AA") == "6A80"
    assert bench.sw("80DB0480") == "6700"
    assert bench.sw("80DB04400180") == "6A86"
    assert bench.sw("80CB0480") == "6700"
    assert bench.sw("80DB1F800180") == "6A86"
    assert bench.sw("80DB01800180") == "6981"
    assert bench.sw(f"80DB0480CB8181C8{'00' * 200}") == "9000"
    assert bench.sw(f"80DB0480CB8281C8{'00' * 200}") == "6A84"
