"""Every rule of the interpreter, one broken at a time in a hand-made package."""

import pytest

from euicc_sim.profile.interpreter import Capabilities, ElementStatus, InstallFailed, Interpreter, PeStatus
from euicc_sim.profile.tree import TreeFile, walk
from tests.support.profile_bench import (
    AID_ISIM,
    AID_USIM,
    K,
    UiccBench,
    aka,
    arr_file,
    create,
    elements,
    end,
    failure,
    file,
    fill,
    global_pins,
    header,
    install,
    local_pins,
    managed,
    mapped_aka,
    mf,
    package,
    path,
    pe_header,
    pin_config,
    pins,
    puk,
    t,
    usim,
)

Status = PeStatus


def files(**changes: bytes) -> dict[str, TreeFile]:
    return {found.path.replace(AID_USIM, "USIM"): found for found in walk(install(package(**changes)).image)}


def test_result_of_a_complete_package() -> None:
    installed = install(package())
    assert (installed.iccid, installed.imsi) == ("89010012345678900012", "001010123456789")
    assert installed.mcc_mnc == bytes.fromhex("00F110")
    assert (installed.gid1, installed.gid2) == (None, None)
    assert installed.warnings == ()


def test_three_digit_mnc_comes_from_ef_ad() -> None:
    fields = {"ecc": file("B5", "00000003", "02") + file("B6", "11F2FF00")}
    installed = install(package(usim=usim(**fields)))
    assert installed.mcc_mnc == bytes.fromhex("000110")


SERVICES = [("80", "contactless"), ("86", "cave"), ("8B", "javacard"), ("9D", "eaka")]


@pytest.mark.parametrize(("tag", "service"), SERVICES)
def test_a_mandatory_service_that_the_card_lacks(tag: str, service: str) -> None:
    failed = failure(package(header=header(services=t("A5", t(tag)))))
    assert (failed.status, failed.message) == (Status.FEATURE_NOT_SUPPORTED, service)
    able = Capabilities(services=Capabilities().services | {service})
    assert install(package(header=header(services=t("A5", t(tag)))), capabilities=able).warnings == ()


REFUSED = {
    "no header": (dict(header=b""), Status.BAD_VALUES),
    "two headers": (dict(header=header() + header()), Status.BAD_VALUES),
    "header late": (dict(header=b"", extra=header()), Status.BAD_VALUES),
    "major version": (dict(header=header(major=t("80", "04"))), Status.UNSUPPORTED_PROFILE_VERSION),
    "unknown service": (dict(header=header(services=t("A5", t("9E")))), Status.FEATURE_NOT_SUPPORTED),
    "unknown template": (
        dict(header=header(templates=t("A6", t("06", "67810F010213")))),
        Status.TEMPLATE_NOT_SUPPORTED,
    ),
    "foreign template": (dict(header=header(templates=t("A6", t("06", "2A03")))), Status.TEMPLATE_NOT_SUPPORTED),
    "mandatory application": (
        dict(header=header(aids=t("A8", t("30", t("80", "A000000001"), t("81", "0100"))))),
        Status.LIB_NOT_SUPPORTED,
    ),
    "iot options": (dict(header=header(iot=t("A9", t("80", "00" * 7)))), Status.FEATURE_NOT_SUPPORTED),
    "short ICCID": (dict(header=header(iccid=t("83", "8901"))), Status.INVALID_REQUEST_FORMAT),
    "no ICCID": (dict(header=header(iccid=b"")), Status.INVALID_REQUEST_FORMAT),
    "unknown header field": (dict(header=header(more=t("8F"))), Status.INVALID_PARAMETER),
    "header fields out of order": (
        dict(header=header(major=t("81", "03"), minor=t("80", "02"))),
        Status.INVALID_REQUEST_FORMAT,
    ),
    "integer not minimal": (dict(header=header(minor=t("81", "0003"))), Status.INVALID_REQUEST_FORMAT),
    "integer negative": (dict(header=header(major=t("80", "82"))), Status.INVALID_REQUEST_FORMAT),
    "no MF": (dict(mf=b""), Status.BAD_VALUES),
    "two MFs": (dict(mf=mf() + mf()), Status.BAD_VALUES),
    "MF without ICCID": (dict(mf=mf(iccid=b"")), Status.INVALID_REQUEST_FORMAT),
    "MF with an empty EF.ICCID": (dict(mf=mf(iccid=t("A4"))), Status.BAD_VALUES),
    "long EF.ICCID": (dict(mf=mf(iccid=file("A4", "98" * 11))), Status.BAD_VALUES),
    "record EF.ICCID": (
        dict(mf=mf(iccid=t("A4", t("A1", t("82", "4221000A"), t("8B", "02")), t("83", "98" * 10)))),
        Status.BAD_VALUES,
    ),
    "template of another element": (dict(mf=mf(template=t("81", "67810F010204"))), Status.TEMPLATE_NOT_SUPPORTED),
    "no template": (dict(mf=mf(template=b"")), Status.INVALID_REQUEST_FORMAT),
    "USIM before MF": (dict(mf=b"", usim=usim() + mf()), Status.BAD_VALUES),
    "USIM without AID": (
        dict(usim=usim(adf=t("A2", t("A1", t("83", "7FD0"), t("8B", "2F0601"))))),
        Status.BAD_VALUES,
    ),
    "USIM without IMSI": (dict(usim=usim(imsi=b"")), Status.INVALID_REQUEST_FORMAT),
    "TELECOM without its directory": (
        dict(extra=t("B2", pe_header(8), t("81", "67810F010203"), file("A5", "00" * 22))),
        Status.INVALID_REQUEST_FORMAT,
    ),
    "components out of order": (
        dict(usim=usim(imsi=arr_file("A4"), arr=file("A3", "080910101032547698"))),
        Status.INVALID_REQUEST_FORMAT,
    ),
    "second USIM": (
        dict(usim=usim() + usim("A0000000871002FF49FF0590", "7FD1")),
        Status.FEATURE_NOT_SUPPORTED,
    ),
    "optional files without their USIM": (
        dict(usim=t("B4", pe_header(8), t("81", "67810F010205")), local_pins=b"", aka=b""),
        Status.BAD_VALUES,
    ),
    "PIN in the wrong place": (dict(local_pins=pins(pin_config("01", "30" * 8))), Status.BAD_VALUES),
    "local PIN in the MF": (dict(pins=pins(pin_config("0081", "30" * 8))), Status.BAD_VALUES),
    "PIN twice": (dict(pins=pins(pin_config("01", "30" * 8), pin_config("01", "31" * 8))), Status.BAD_VALUES),
    "short PIN": (dict(pins=pins(pin_config("01", "30" * 7))), Status.INVALID_REQUEST_FORMAT),
    "more tries left than there are": (dict(pins=pins(pin_config("01", "30" * 8, tries="34"))), Status.BAD_VALUES),
    "global PIN missing": (dict(pins=b""), Status.PIN_CODE_MISSING),
    "unblocking PIN missing": (dict(puk=b""), Status.PIN_CODE_MISSING),
    "unblocking PINs twice": (dict(puk=puk() + puk()), Status.BAD_VALUES),
    "unblocking PINs before the MF": (dict(mf=puk() + mf()), Status.BAD_VALUES),
    "AKA twice": (dict(aka=aka() + aka()), Status.BAD_VALUES),
    "AKA without application": (dict(usim=b"", local_pins=b""), Status.BAD_VALUES),
    "algorithm unknown": (dict(aka=aka("04")), Status.FEATURE_NOT_SUPPORTED),
    "Milenage key": (dict(aka=aka(key=K * 2)), Status.BAD_VALUES),
    "Milenage OPc": (dict(aka=aka(opc=b"")), Status.BAD_VALUES),
    "TUAK TOPc": (dict(aka=aka("02", opc=K)), Status.BAD_VALUES),
    "algorithm options": (dict(aka=aka("02", opc=K * 2, options="0A")), Status.FEATURE_NOT_SUPPORTED),
    "sequence numbers": (dict(aka=aka(sqn=t("A5", t("04", "00" * 6)))), Status.INVALID_REQUEST_FORMAT),
    "sequence number too long": (
        dict(aka=aka(sqn=t("A5", *[t("04", "080000000000")] * 32))),
        Status.BAD_VALUES,
    ),
    "mapping to nobody": (
        dict(aka=mapped_aka(AID_ISIM)),
        Status.BAD_VALUES,
    ),
    "element after the end": (dict(end=end() + end()), Status.INVALID_REQUEST_FORMAT),
    "no end": (dict(end=b""), Status.INVALID_REQUEST_FORMAT),
    "half an element": (dict(end=end()[:-1]), Status.INVALID_REQUEST_FORMAT),
    "no element": (dict(extra=b"\x00" * 9), Status.INVALID_REQUEST_FORMAT),
    "indefinite length": (dict(extra=b"\xa1\x80" + bytes(9)), Status.INVALID_REQUEST_FORMAT),
    "element without header": (dict(extra=t("A1", t("A1"))), Status.INVALID_REQUEST_FORMAT),
    "mandated application": (
        dict(extra=t("A8", pe_header(8), t("A1", t("4F", "A0" * 5), t("C4", "00")))),
        Status.RUNTIME_NOT_SUPPORTED,
    ),
    "mandated unknown element": (dict(extra=t("BF30", pe_header(8))), Status.PE_NOT_SUPPORTED),
    "mandated non-standard element": (
        dict(extra=t("A9", pe_header(8), t("81", "2A03"), t("82", "00"))),
        Status.PE_NOT_SUPPORTED,
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    changes, status = REFUSED[name]
    failed = failure(package(**changes))
    assert failed.status is status, failed.message


def test_the_failing_element_is_named() -> None:
    failed = failure(package(aka=aka("04")))
    assert failed.identification == 6
    assert failed.response[2:14] == bytes.fromhex("A008300680010A8101068100")


def test_a_failure_is_final() -> None:
    interpreter = Interpreter(Capabilities(), 10_000)
    with pytest.raises(InstallFailed) as first:
        interpreter.feed(mf())
    with pytest.raises(InstallFailed) as second:
        interpreter.feed(header())
    with pytest.raises(InstallFailed) as third:
        interpreter.finish()
    assert first.value is second.value is third.value


SKIPPED = {
    "unknown element": (t("BF30", pe_header(8, mandated=False)), Status.PE_NOT_SUPPORTED),
    "non-standard element": (
        t("A9", pe_header(8, mandated=False), t("81", "2A03"), t("82", "00")),
        Status.PE_NOT_SUPPORTED,
    ),
    "application": (
        t("A8", pe_header(8, mandated=False), t("A1", t("4F", "A0" * 5), t("C4", "00"))),
        Status.RUNTIME_NOT_SUPPORTED,
    ),
    "template": (
        t("BC", pe_header(8, mandated=False), t("81", "67810F01020D09")),
        Status.TEMPLATE_NOT_SUPPORTED,
    ),
}


@pytest.mark.parametrize("name", SKIPPED)
def test_what_is_not_mandated_is_skipped_with_a_warning(name: str) -> None:
    element, status = SKIPPED[name]
    installed = install(package(extra=element))
    assert installed.warnings == (ElementStatus(status, 8),)
    assert installed.response == t(
        "30", t("A0", t("30", t("80", f"{status:02X}"), t("81", "08")), t("30", t("80", "00")))
    )
    assert installed.octets == install(package()).octets


def test_what_belongs_to_a_skipped_application_is_skipped_with_it() -> None:
    lacking = Capabilities(services=Capabilities().services - {"isim"})
    application = t(
        "B5",
        pe_header(10, mandated=False),
        t("81", "67810F010208"),
        t("A2", t("A1", t("83", "7FB0"), t("84", AID_ISIM), t("8B", "2F0601"))),
    )
    options = t("B6", pe_header(11, mandated=False), t("81", "67810F010209"))
    codes = t("A2", pe_header(12, mandated=False), t("A1", t("A0", pin_config("0081", "30" * 8))))
    keys = t("A4", pe_header(13, mandated=False), t("A1", t("A1", t("80", "01"), t("81", "01"))))
    installed = install(package(extra=application + options + codes + keys), capabilities=lacking)
    assert [(status.status, status.identification) for status in installed.warnings] == [
        (Status.FEATURE_NOT_SUPPORTED, 10),
        (Status.PE_NOT_SUPPORTED, 11),
        (Status.PE_NOT_SUPPORTED, 12),
        (Status.PE_NOT_SUPPORTED, 13),
    ]
    assert installed.image == install(package()).image
    for element in (options, codes, keys):
        mandated = element.replace(bytes.fromhex("A00381"), bytes.fromhex("A005800081"), 1)
        mandated = bytes([mandated[0], mandated[1] + 2]) + mandated[2:]
        failed = failure(package(extra=application + mandated), capabilities=lacking)
        assert failed.status is Status.PE_NOT_SUPPORTED


def test_empty_elements_of_the_future_are_skipped() -> None:
    installed = install(package(extra=t("AB") * 40))
    assert installed.warnings == (ElementStatus(Status.PE_NOT_SUPPORTED),) * 32


def test_unknown_component_of_an_element_that_is_not_mandated() -> None:
    plain = install(package(local_pins=pins(pin_config("0081", "30" * 8), identification=5)))
    odd = t("A2", pe_header(5, mandated=False), t("A1", t("A0", pin_config("0081", "30" * 8))), t("9F55", "00"))
    installed = install(package(local_pins=odd))
    assert installed.warnings == (ElementStatus(Status.INVALID_PARAMETER, 5),)
    assert installed.image == plain.image


# -- files -----------------------------------------------------------------------------------------------------------


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
    assert failure(package(usim=bad)).status is Status.BAD_VALUES


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
    assert failed.status is Status.BAD_VALUES, failed.message
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
    assert failure(package(extra=extra), capabilities=lacking).status is Status.FEATURE_NOT_SUPPORTED


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
    assert failed.status is Status.BAD_VALUES
    assert "circle" in failed.message


def test_memory_is_accounted_by_the_documented_formula() -> None:
    before = install(package()).octets
    one = managed(path(""), create("6F01", "4121", size="64"))
    assert install(package(extra=one)).octets - before == 32 + 100
    directory = managed(path(""), create("7F66", "7821", pins=t("C6", "01")))
    assert install(package(extra=directory)).octets - before == 32 + 1
    tree = managed(path(""), create("6F01", "7921", size="10", proprietary=t("A5", t("86", "0400"))))
    assert install(package(extra=tree)).octets - before == 32 + 1024
    assert before - install(package(local_pins=b"")).octets == 16
    assert before - install(package(aka=b"")).octets == 320
    assert install(package(extra=RFM)).octets - before == 16 + len(RFM)


def test_a_full_card_tells_how_much_is_missing() -> None:
    needed = install(package()).octets
    assert failure(package(), free_octets=needed - 1).missing_octets == 1
    huge = managed(path(""), create("6F01", "7921", size="FFFFFFFF"))
    failed = failure(package(extra=huge), free_octets=needed + 31)
    assert failed.status is Status.NOT_ENOUGH_MEMORY
    assert failed.missing_octets == 0xFFFFFFFF + 1
    assert failure(package(aka=aka("04"))).missing_octets is None


# -- applications ----------------------------------------------------------------------------------------------------

SECURITY_DOMAIN = t(
    "A6",
    pe_header(26),
    t(
        "A1",
        t("4F", "A0000001515350"),
        t("4F", "A000000151535041"),
        t("4F", "A000000151000000"),
        t("82", "82DC00"),
        t("83", "0F"),
        t("C9", "810280008201F0"),
    ),
    t(
        "A2",
        t("30", t("95", "18"), t("82", "01"), t("83", "01"), t("30", t("30", t("80", "80"), t("86", K)))),
    ),
)
RFM = t(
    "A7",
    pe_header(27),
    t("4F", "A00000055910100001"),
    t("A0", t("04", "B00120")),
    t("81", "02"),
    t("04", "00"),
    t("04", "00"),
)


def test_security_domains_and_rfm_are_kept_as_they_came() -> None:
    image = install(package(extra=SECURITY_DOMAIN + RFM)).image
    assert [image["data/0000"], image["data/0001"]] == [SECURITY_DOMAIN, RFM]


@pytest.mark.parametrize(
    "extra",
    [
        SECURITY_DOMAIN * 2,
        RFM * 2,
        t("A7", pe_header(27), t("4F", "A00000055910100001"), t("4F", "A000000151000001"), t("81", "02"))
        + t("04", "00"),
    ],
    ids=["domain twice", "RFM twice", "RFM of an unknown domain"],
)
def test_applications_refused(extra: bytes) -> None:
    assert failure(package(extra=extra)).status in (Status.BAD_VALUES, Status.INVALID_REQUEST_FORMAT)


def test_java_applications_are_kept_where_the_card_claims_java() -> None:
    able = Capabilities(services=Capabilities().services | {"javacard"})
    applet = t("A8", pe_header(8), t("A1", t("4F", "A0" * 5), t("C4", "00")))
    assert install(package(extra=applet), capabilities=able).image["data/0000"] == applet


@pytest.mark.parametrize(
    ("element", "is_test"),
    [
        (aka(), True),
        (aka(key=bytes.fromhex("465B5CE8B199B49FAA5F0A2EE238A6BC")), True),
        (aka(key=b"\x5a" * 16), False),
        (aka("03", key=b"\x5a" * 16, options="02"), True),
        (aka("02", key=b"\x5a" * 16, opc=K * 2), False),
    ],
)
def test_test_keys(element: bytes, is_test: bool) -> None:
    assert install(package(aka=element)).has_test_keys is is_test


def test_two_usims_where_the_card_takes_several() -> None:
    able = Capabilities(services=Capabilities().services | {"multiple-usim"})
    other = "A0000000871002FF49FF0590"
    installed = install(package(extra=usim(other, "7FD1", identification=9) + aka(key=b"\x11" * 16)), capabilities=able)
    bench = UiccBench(dict(installed.image))
    assert other in bench.data("00A404040C" + other)
    assert bench.data("00A4040007A0000000871002").count(AID_USIM) == 1
    assert other in bench.data("00A4040207A0000000871002")
    assert bench.sw("00A4040207A0000000871002") == "6A82"


def test_isim_shares_the_keys_of_the_usim() -> None:
    isim = t(
        "B5",
        pe_header(10),
        t("81", "67810F010208"),
        t("A2", t("A1", t("83", "7FB0"), t("84", AID_ISIM), t("8B", "2F0601"), t("C6", "010A"))),
        file("A3", "8000", size="02"),
        t("A4", t("A1", t("82", "42210002"), t("8B", "02"), t("80", "02")), t("83", "8000")),
        file("A5", "8000", size="02"),
        file("A6", "00" * 14),
        arr_file("A8"),
    )
    image = install(package(extra=isim + mapped_aka(AID_USIM))).image
    assert sum(key.startswith("aka/") for key in image) == 2
    assert sum(key.startswith("sqn/") for key in image) == 1


def test_order_of_elements_before_the_applications() -> None:
    swapped = elements(puk=b"", pins=global_pins() + puk(), local_pins=local_pins())
    assert install(b"".join(swapped.values())).warnings == ()


OPTIONAL_FILES = t(
    "B4",
    pe_header(8),
    t("81", "67810F010205"),
    file("BF37", "0102", size="02"),
    t("BF38", t("A1", t("82", "42210002"), t("8B", "02"), t("80", "02"))),
)


def test_services_that_the_card_lacks_are_reported_and_cleared() -> None:
    table = file("A8", "FF" * 9, size="09")
    installed = install(package(usim=usim(ust=table), extra=OPTIONAL_FILES))
    assert installed.warnings == (
        ElementStatus(Status.FEATURE_NOT_SUPPORTED, 8, 1),
        ElementStatus(Status.FEATURE_NOT_SUPPORTED, 8, 2),
    )
    assert installed.response.hex().upper().startswith("301DA01B300980010A810108820101")
    tree = {found.path: found for found in walk(installed.image)}
    assert tree[f"3F00/{AID_USIM}/6F38"].content.hex().upper() == "FF" * 8 + "E7"
    able = Capabilities(services=Capabilities().services | {"gba-usim", "mbms"})
    whole = install(package(usim=usim(ust=table), extra=OPTIONAL_FILES), capabilities=able)
    assert whole.warnings == ()
    assert b"\xff" * 9 in whole.image.values()


def iot_package(**changes: bytes) -> bytes:
    adf = t("A8", t("A1", t("84", AID_USIM), t("8B", "2F0601"), t("C6", "010A")))
    iot = t(
        "BF20",
        pe_header(4),
        t("81", "67810F010211"),
        t("A5", t("A1", t("82", "42210020"), t("80", "20")), t("83", "61")),
        arr_file("A6"),
        adf,
        file("A9", "080910101032547698", "03"),
        arr_file("AA"),
        file("AE", "FF" * 17),
        file("B2", "0001", "03"),
        file("B6", "11F2FF00"),
    )
    options = t("BF21", pe_header(5), t("81", "67810F010212"), file("A6", "00" * 17), t("AD", t("A1", t("8B", "02"))))
    values = {
        "header": header(iot=t("A9", t("80", "00" * 7))),
        "iot": iot,
        "puk": puk(),
        "pins": global_pins(),
        "options": options,
        "end": end(),
        **changes,
    }
    return b"".join(values.values())


def test_iot_profiles_where_the_card_takes_them() -> None:
    able = Capabilities(services=Capabilities().services | {"iotminimal"})
    installed = install(iot_package(), capabilities=able)
    assert (installed.iccid, installed.imsi) == ("89010012345678900012", "001010123456789")
    tree = {found.path.replace(AID_USIM, "USIM"): found for found in walk(installed.image)}
    assert tree["3F00/2FE2"].content.hex() == "98100021436587090021"
    assert tree["3F00/USIM/6FAD"].content == b"\x00\x00\x00\x02"
    assert tree["3F00/USIM/6F46"].size == 17
    assert tree["3F00/USIM/5FC0"].kind == "DF"
    assert "3F00/USIM/5FC0/4F01" not in tree
    plain = failure(iot_package(header=header()), capabilities=able)
    assert plain.message == "iot without iotOptions in the header"
    assert failure(iot_package()).message == "iotOptions"
