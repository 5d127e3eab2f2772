"""The walk through a profile's files."""

from euicc_sim.profile.tree import walk, walk_files
from tests.support.profile_bench import AID_USIM, UiccBench, create, install, managed, package, path, t

EXTRA = managed(
    path("7FD0"),
    create("5FC0", "7821"),
    create("4F01", "46210003", size="09"),
    create("4F02", "4121", link=t("C7", "2FE2")),
    create("4F03", "7921", proprietary=t("A5", t("86", "40"))),
    create("6F99", "4121", size="01"),
)


def test_tree() -> None:
    rows = [
        (file.depth, file.path, file.name, file.kind, file.size, file.record_octets, file.sfi, file.arr, file.link)
        for file in walk(install(package(extra=EXTRA)).image)
    ]
    adf = f"3F00/{AID_USIM}"
    assert rows[0] == (0, "3F00", "MF", "MF", 0, 0, None, "2F06/1", "")
    assert (1, "3F00/2FE2", "EF.ICCID", "transparent", 10, 0, None, "2F06/2", "") in rows
    assert (1, "3F00/2F00", "EF.DIR", "linear fixed", 32, 32, 30, "2F06/2", "") in rows
    assert (1, adf, "ADF.USIM", "ADF", 0, 0, None, "2F06/1", "") in rows
    assert (2, f"{adf}/6F07", "EF.IMSI", "transparent", 9, 0, 7, "6F06/3", "") in rows
    assert rows[-5:] == [
        (2, f"{adf}/5FC0", "DF.5GS", "DF", 0, 0, None, "6F06/2", ""),
        (3, f"{adf}/5FC0/4F01", "EF.5GS3GPPLOCI", "cyclic", 9, 3, 1, "6F06/2", ""),
        (3, f"{adf}/5FC0/4F02", "EF.5GSN3GPPLOCI", "transparent", 10, 0, 2, "6F06/2", "3F00/2FE2"),
        (3, f"{adf}/5FC0/4F03", "EF.5GS3GPPNSC", "BER-TLV", 64, 0, 3, "6F06/2", ""),
        (3, f"{adf}/5FC0/6F99", "EF 6F99", "transparent", 1, 0, 25, "6F06/2", ""),
    ]


def test_contents_follow_links_and_updates() -> None:
    bench = UiccBench.with_package(package(extra=EXTRA))
    found = {file.path: file for file in walk_files(bench.uicc.files)}
    assert found[f"3F00/{AID_USIM}/5FC0/4F02"].content.hex() == "98100021436587090021"
    assert found["3F00"].content == b""
    bench.verify("0A", "41" * 8)
    bench.data("00A40004022FE2")
    assert bench.sw("00D600000155") == "9000"
    assert bench.sw("00040000") == "9000"
    found = {file.path: file for file in walk_files(bench.uicc.files)}
    assert found[f"3F00/{AID_USIM}/5FC0/4F02"].content[0] == 0x55
    assert not found["3F00/2FE2"].is_active


def test_walking_changes_nothing() -> None:
    image = install(package(extra=EXTRA)).image
    before = dict(image)
    assert list(walk(image)) == list(walk(image))
    assert image == before
