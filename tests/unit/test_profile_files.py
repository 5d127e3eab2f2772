"""The files that the interpreter makes: templates, file management, links."""

import pytest

from euicc_sim.profile.interpreter import Capabilities, PeStatus
from tests.support.profile_bench import (
    AID_USIM,
    UiccBench,
    create,
    failure,
    file,
    files,
    fill,
    install,
    managed,
    package,
    path,
    pe_header,
    t,
    usim,
)


def test_default_files_of_default_templates() -> None:
    tree = files()
    assert tree["3F00/2F05"].content == b"\xff\xff"
    assert tree["3F00/USIM/6F08"].content == b"\x07" + b"\xff" * 32
    assert tree["3F00/USIM/6F3B"].size == 20 * 26
    assert tree["3F00/USIM/6FE3"].content == b"\xff" * 15 + b"\x00\x00\x01"
    assert tree["3F00/USIM/6FAD"].content == b"\x00\x00\x00\x02"
    assert tree["3F00/USIM/6F3C"].content == (b"\x00" + b"\xff" * 175) * 10
    assert "3F00/2F08" not in tree


def test_default_access_rules_and_short_identifiers() -> None:
    tree = files()
    assert (tree["3F00/2F05"].arr, tree["3F00/2F05"].sfi) == ("2F06/1", 5)
    assert (tree["3F00/USIM/6F08"].arr, tree["3F00/USIM/6F08"].sfi) == ("6F06/5", 8)
    assert tree["3F00/USIM"].arr == "2F06/1"
    assert tree["3F00/USIM/6F42"].sfi is None


TELECOM = "67810F010203"


def test_files_of_a_sub_directory_need_it() -> None:
    directory = t("A2", t("A1", t("C6", "01")))
    graphics = t("A9", t("A1", t("8B", "02")))
    image_file = t("AA", t("A1", t("82", "4221000A"), t("80", "0A")))
    whole = t("B2", pe_header(8), t("81", TELECOM), directory, graphics, image_file)
    assert files(extra=whole)["3F00/7F10/5F50/4F20"].content == b"\x00" + b"\xff" * 9
    lacking = t("B2", pe_header(8), t("81", TELECOM), directory, image_file)
    assert failure(package(extra=lacking)).message == "the directory of EF.IMG does not exist"


def test_sub_directories_and_their_rules() -> None:
    directory = t("A2", t("A1", t("C6", "01")))
    book = t("AF", t("A1", t("C6", "01")))
    telecom = t("B2", pe_header(8), t("81", TELECOM), directory, book, t("B4", t("A1", t("8B", "02"))))
    assert files(extra=telecom)["3F00/7F10/5F3A/4F22"].arr == "6F06/2"
    assert files(extra=telecom)["3F00/7F10"].arr == "2F06/14"
    assert files(extra=telecom)["3F00/7F10/5F3A"].arr == "6F06/14"


def test_do_not_create() -> None:
    tree = files(usim=usim(ust=t("A7", t("80")) + file("A8", "9E" * 17, size="11")))
    assert "3F00/USIM/6F31" not in tree
    assert "3F00/USIM/6F38" in tree
    bad = usim(ust=t("A7", t("80"), t("83", "00")) + file("A8", "9E" * 17, size="11"))
    assert failure(package(usim=bad)).status is PeStatus.BAD_VALUES


def test_offsets_count_from_the_write_position() -> None:
    arr = t("A1", t("82", "42210008"), t("8B", "02"), t("80", "20"))
    content = t("A4", arr, t("83", "0102"), t("82", "06"), t("83", "0304"), t("82", "0E"), t("83", "0506"))
    tree = files(usim=usim(arr=content))
    expected = "0102FFFFFFFFFFFF0304FFFFFFFFFFFFFFFFFFFFFFFFFFFF0506FFFFFFFFFFFF"
    assert tree["3F00/USIM/6F06"].content.hex().upper() == expected


@pytest.mark.parametrize(
    ("descriptor", "size", "pattern", "content"),
    [
        ("4121", "08", t("C1", "A0020000FF"), "A0020000FFFFFFFF"),
        ("4121", "03", t("C1", "A0020000FF"), "A00200"),
        ("4121", "08", t("C2", "FFFF00"), "FFFF00FFFF00FFFF"),
        ("42210004", "08", t("C1", "00FF"), "00FFFFFF00FFFFFF"),
        ("42210004", "08", t("C2", "ABCD12"), "ABCD12ABABCD12AB"),
        ("46210003", "06", t("C2", "00"), "000000000000"),
        ("4121", "02", b"", "FFFF"),
    ],
)
def test_patterns(descriptor: str, size: str, pattern: bytes, content: str) -> None:
    proprietary = t("A5", pattern) if pattern else b""
    tree = files(extra=managed(path(""), create("6F01", descriptor, size=size, proprietary=proprietary)))
    assert tree["3F00/6F01"].content.hex().upper() == content


def test_file_management() -> None:
    tree = files(
        extra=managed(
            path(""),
            create("7F66", "7821", pins=t("C6", "01")),
            create("5F40", "7821"),
            create("4F41", "4121", size="04", sfi=t("88", "10")),
            fill("01"),
            t("02", "01"),
            fill("02"),
            create("4F42", "4121"),
            fill("AABBCC"),
            path("7FD0"),
            create("6F61", "4121", size="02", sfi=t("88")),
            path("7FD06F07"),
            t("02", "08"),
            fill("99"),
        )
    )
    assert tree["3F00/7F66/5F40/4F41"].content == bytes.fromhex("01FF02FF")
    assert tree["3F00/7F66/5F40/4F41"].sfi == 2
    assert (tree["3F00/7F66/5F40/4F42"].size, tree["3F00/7F66/5F40/4F42"].sfi) == (3, 2)
    assert (tree["3F00/USIM/6F61"].arr, tree["3F00/USIM/6F61"].sfi) == ("6F06/2", None)
    assert tree["3F00/USIM/6F07"].content == bytes.fromhex("080910101032547699")


LINK = t("C7", "7F66")
MANAGED_REFUSED = {
    "path to nowhere": [path("7F66")],
    "odd path": [path("7F")],
    "no descriptor": [path(""), t("62", t("83", "6F01"), t("8B", "02"), t("80", "01"))],
    "no identifier": [path(""), t("62", t("82", "4121"), t("8B", "02"), t("80", "01"))],
    "no access rule": [path(""), create("6F01", "4121", arr="", size="01")],
    "exists": [path(""), create("2FE2", "4121", size="01")],
    "reserved identifier": [path(""), create("7FFF", "7821")],
    "no size": [path(""), create("6F01", "4121")],
    "content too long": [path(""), create("6F01", "4121", size="01"), fill("0102")],
    "offset too far": [path(""), create("6F01", "4121", size="01"), t("02", "01"), fill("01")],
    "records do not fit": [path(""), create("6F01", "42210003", size="04")],
    "too many records": [path(""), create("6F01", "42210001", size="00FF")],
    "no record length": [path(""), create("6F01", "4221", size="04")],
    "record length zero": [path(""), create("6F01", "42210000", size="04")],
    "transparent with records": [path(""), create("6F01", "41210001", size="04")],
    "descriptor unknown": [path(""), create("6F01", "4421", size="04")],
    "two patterns": [path(""), create("6F01", "4121", size="04", proprietary=t("A5", t("C1", "00"), t("C2", "00")))],
    "SFI 31": [path(""), create("6F01", "4121", size="04", sfi=t("88", "F8"))],
    "SFI bits": [path(""), create("6F01", "4121", size="04", sfi=t("88", "09"))],
    "life cycle state": [path(""), create("6F01", "4121", size="04", state=t("8A", "07"))],
    "two octets of rule": [path(""), create("6F01", "4121", arr="0602", size="04")],
    "directory with size": [path(""), create("7F66", "7821", size="04")],
    "EF with PINs": [path(""), create("6F01", "4121", size="04", pins=t("C6", "01"))],
    "EF with a name": [path(""), create("6F01", "4121", size="04", name=t("84", "A000000001"))],
    "same AID": [path(""), create("7FD5", "7821", name=t("84", AID_USIM))],
    "content without a file": [path(""), fill("00")],
    "link to nowhere": [path(""), create("6F01", "4121", link=t("C7", "6F02"))],
    "link of another structure": [path(""), create("6F01", "42210002", link=t("C7", "2FE2"))],
    "link with content": [path(""), create("6F01", "4121", link=t("C7", "2FE2")), fill("00")],
    "link of a directory around": [path(""), create("7F66", "7821"), create("5F40", "7821", link=t("C7", "7F66"))],
    "link of an EF to a directory": [path(""), create("7F66", "7821"), path(""), create("6F01", "4121", link=LINK)],
}


@pytest.mark.parametrize("name", MANAGED_REFUSED)
def test_file_management_refused(name: str) -> None:
    failed = failure(package(extra=managed(*MANAGED_REFUSED[name])))
    assert failed.status is PeStatus.BAD_VALUES, failed.message
    assert failed.identification == 7


def test_mf_by_file_management() -> None:
    made = managed(
        create("3F00", "7821", pins=t("C6", "010A")),
        path(""),
        create("2FE2", "4121"),
        fill("98100021436587090021"),
        create("2F06", "42210028", size="0118"),
        identification=1,
    )
    installed = install(package(mf=made))
    assert installed.iccid == "89010012345678900012"
    assert UiccBench(dict(installed.image)).data("00A40004022FE2")


def test_linked_files_share_content() -> None:
    bench = UiccBench.with_package(
        package(
            extra=managed(
                path(""),
                create("6F01", "4121", size="02", arr="07", sfi=t("88")),
                fill("AABB"),
                path("7FD0"),
                create("6F61", "4121", arr="02", link=t("C7", "6F01"), sfi=t("88", "E8")),
            )
        )
    )
    assert bench.data("00A40004026F01")[-4:] == "8800"
    assert bench.sw("00D60000021122") == "9000"
    bench.select_usim()
    assert bench.data("00B09D0000") == "1122"
    assert bench.sw("00D69D000100") == "6982"


def test_linked_directories_share_their_files() -> None:
    extra = managed(
        path(""),
        create("7F66", "7821"),
        create("5F40", "7821"),
        create("4F41", "4121", size="02", arr="07"),
        fill("0102"),
        path("7FD0"),
        create("7F66", "7821", link=t("C7", "7F66")),
    )
    bench = UiccBench.with_package(package(extra=extra))
    bench.data("00A40804067F665F404F41")
    assert bench.sw("00D6000001AA") == "9000"
    bench.select_usim()
    bench.data("00A40904067F665F404F41")
    assert bench.data("00B0000000") == "AA02"
    lacking = Capabilities(services=Capabilities().services - {"dfLink"})
    assert failure(package(extra=extra), capabilities=lacking).status is PeStatus.FEATURE_NOT_SUPPORTED


def test_a_linked_directory_gets_what_its_target_gets_later() -> None:
    extra = managed(
        path(""),
        create("7F66", "7821"),
        path("7FD0"),
        create("7F66", "7821", link=t("C7", "7F66")),
        path("7F66"),
        create("4F40", "4121", size="01"),
        fill("77"),
        path("7F66"),
        create("5F40", "7821"),
        create("4F41", "4121", size="02", arr="07"),
        fill("0102"),
    )
    bench = UiccBench.with_package(package(extra=extra))
    bench.select_usim()
    bench.data("00A40904047F664F40")
    assert bench.data("00B0000000") == "77"
    bench.data("00A4080408" + "7FFF7F665F404F41")
    assert bench.sw("00D6000001AA") == "9000"
    bench.data("00A40804067F665F404F41")
    assert bench.data("00B0000000") == "AA02"


def test_links_of_directories_do_not_lead_in_a_circle() -> None:
    extra = managed(
        path(""),
        create("7F66", "7821"),
        path(""),
        create("7F67", "7821"),
        create("5F41", "7821", link=t("C7", "7F66")),
        path("7F66"),
        create("5F42", "7821", link=t("C7", "7F67")),
    )
    failed = failure(package(extra=extra))
    assert failed.status is PeStatus.BAD_VALUES
    assert "circle" in failed.message
