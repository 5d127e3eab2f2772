"""Every rule of the interpreter, one broken at a time in a hand-made package; the memory that a package takes."""

import pytest

from euicc_sim.profile.interpreter import Capabilities, ElementStatus, InstallFailed, Interpreter, PeStatus
from tests.support.profile_bench import (
    AID_ISIM,
    RFM,
    K,
    aka,
    arr_file,
    create,
    end,
    failure,
    file,
    header,
    install,
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
    assert (failed.status, failed.message) == (PeStatus.FEATURE_NOT_SUPPORTED, service)
    able = Capabilities(services=Capabilities().services | {service})
    assert install(package(header=header(services=t("A5", t(tag)))), capabilities=able).warnings == ()


REFUSED = {
    "no header": (dict(header=b""), PeStatus.BAD_VALUES),
    "two headers": (dict(header=header() + header()), PeStatus.BAD_VALUES),
    "header late": (dict(header=b"", extra=header()), PeStatus.BAD_VALUES),
    "major version": (dict(header=header(major=t("80", "04"))), PeStatus.UNSUPPORTED_PROFILE_VERSION),
    "unknown service": (dict(header=header(services=t("A5", t("9E")))), PeStatus.FEATURE_NOT_SUPPORTED),
    "unknown template": (
        dict(header=header(templates=t("A6", t("06", "67810F010213")))),
        PeStatus.TEMPLATE_NOT_SUPPORTED,
    ),
    "foreign template": (dict(header=header(templates=t("A6", t("06", "2A03")))), PeStatus.TEMPLATE_NOT_SUPPORTED),
    "mandatory application": (
        dict(header=header(aids=t("A8", t("30", t("80", "A000000001"), t("81", "0100"))))),
        PeStatus.LIB_NOT_SUPPORTED,
    ),
    "iot options": (dict(header=header(iot=t("A9", t("80", "00" * 7)))), PeStatus.FEATURE_NOT_SUPPORTED),
    "short ICCID": (dict(header=header(iccid=t("83", "8901"))), PeStatus.INVALID_REQUEST_FORMAT),
    "no ICCID": (dict(header=header(iccid=b"")), PeStatus.INVALID_REQUEST_FORMAT),
    "unknown header field": (dict(header=header(more=t("8F"))), PeStatus.INVALID_PARAMETER),
    "header fields out of order": (
        dict(header=header(major=t("81", "03"), minor=t("80", "02"))),
        PeStatus.INVALID_REQUEST_FORMAT,
    ),
    "integer not minimal": (dict(header=header(minor=t("81", "0003"))), PeStatus.INVALID_REQUEST_FORMAT),
    "integer negative": (dict(header=header(major=t("80", "82"))), PeStatus.INVALID_REQUEST_FORMAT),
    "no MF": (dict(mf=b""), PeStatus.BAD_VALUES),
    "two MFs": (dict(mf=mf() + mf()), PeStatus.BAD_VALUES),
    "MF without ICCID": (dict(mf=mf(iccid=b"")), PeStatus.INVALID_REQUEST_FORMAT),
    "MF with an empty EF.ICCID": (dict(mf=mf(iccid=t("A4"))), PeStatus.BAD_VALUES),
    "long EF.ICCID": (dict(mf=mf(iccid=file("A4", "98" * 11))), PeStatus.BAD_VALUES),
    "record EF.ICCID": (
        dict(mf=mf(iccid=t("A4", t("A1", t("82", "4221000A"), t("8B", "02")), t("83", "98" * 10)))),
        PeStatus.BAD_VALUES,
    ),
    "template of another element": (dict(mf=mf(template=t("81", "67810F010204"))), PeStatus.TEMPLATE_NOT_SUPPORTED),
    "no template": (dict(mf=mf(template=b"")), PeStatus.INVALID_REQUEST_FORMAT),
    "USIM before MF": (dict(mf=b"", usim=usim() + mf()), PeStatus.BAD_VALUES),
    "USIM without AID": (
        dict(usim=usim(adf=t("A2", t("A1", t("83", "7FD0"), t("8B", "2F0601"))))),
        PeStatus.BAD_VALUES,
    ),
    "USIM without IMSI": (dict(usim=usim(imsi=b"")), PeStatus.INVALID_REQUEST_FORMAT),
    "TELECOM without its directory": (
        dict(extra=t("B2", pe_header(8), t("81", "67810F010203"), file("A5", "00" * 22))),
        PeStatus.INVALID_REQUEST_FORMAT,
    ),
    "components out of order": (
        dict(usim=usim(imsi=arr_file("A4"), arr=file("A3", "080910101032547698"))),
        PeStatus.INVALID_REQUEST_FORMAT,
    ),
    "second USIM": (
        dict(usim=usim() + usim("A0000000871002FF49FF0590", "7FD1")),
        PeStatus.FEATURE_NOT_SUPPORTED,
    ),
    "optional files without their USIM": (
        dict(usim=t("B4", pe_header(8), t("81", "67810F010205")), local_pins=b"", aka=b""),
        PeStatus.BAD_VALUES,
    ),
    "PIN in the wrong place": (dict(local_pins=pins(pin_config("01", "30" * 8))), PeStatus.BAD_VALUES),
    "local PIN in the MF": (dict(pins=pins(pin_config("0081", "30" * 8))), PeStatus.BAD_VALUES),
    "PIN twice": (dict(pins=pins(pin_config("01", "30" * 8), pin_config("01", "31" * 8))), PeStatus.BAD_VALUES),
    "short PIN": (dict(pins=pins(pin_config("01", "30" * 7))), PeStatus.INVALID_REQUEST_FORMAT),
    "more tries left than there are": (dict(pins=pins(pin_config("01", "30" * 8, tries="34"))), PeStatus.BAD_VALUES),
    "global PIN missing": (dict(pins=b""), PeStatus.PIN_CODE_MISSING),
    "unblocking PIN missing": (dict(puk=b""), PeStatus.PIN_CODE_MISSING),
    "unblocking PINs twice": (dict(puk=puk() + puk()), PeStatus.BAD_VALUES),
    "unblocking PINs before the MF": (dict(mf=puk() + mf()), PeStatus.BAD_VALUES),
    "AKA twice": (dict(aka=aka() + aka()), PeStatus.BAD_VALUES),
    "AKA without application": (dict(usim=b"", local_pins=b""), PeStatus.BAD_VALUES),
    "algorithm unknown": (dict(aka=aka("04")), PeStatus.FEATURE_NOT_SUPPORTED),
    "Milenage key": (dict(aka=aka(key=K * 2)), PeStatus.BAD_VALUES),
    "Milenage OPc": (dict(aka=aka(opc=b"")), PeStatus.BAD_VALUES),
    "TUAK TOPc": (dict(aka=aka("02", opc=K)), PeStatus.BAD_VALUES),
    "algorithm options": (dict(aka=aka("02", opc=K * 2, options="0A")), PeStatus.FEATURE_NOT_SUPPORTED),
    "sequence numbers": (dict(aka=aka(sqn=t("A5", t("04", "00" * 6)))), PeStatus.INVALID_REQUEST_FORMAT),
    "sequence number too long": (
        dict(aka=aka(sqn=t("A5", *[t("04", "080000000000")] * 32))),
        PeStatus.BAD_VALUES,
    ),
    "mapping to nobody": (
        dict(aka=mapped_aka(AID_ISIM)),
        PeStatus.BAD_VALUES,
    ),
    "element after the end": (dict(end=end() + end()), PeStatus.INVALID_REQUEST_FORMAT),
    "no end": (dict(end=b""), PeStatus.INVALID_REQUEST_FORMAT),
    "half an element": (dict(end=end()[:-1]), PeStatus.INVALID_REQUEST_FORMAT),
    "no element": (dict(extra=b"\x00" * 9), PeStatus.INVALID_REQUEST_FORMAT),
    "indefinite length": (dict(extra=b"\xa1\x80" + bytes(9)), PeStatus.INVALID_REQUEST_FORMAT),
    "element without header": (dict(extra=t("A1", t("A1"))), PeStatus.INVALID_REQUEST_FORMAT),
    "mandated application": (
        dict(extra=t("A8", pe_header(8), t("A1", t("4F", "A0" * 5), t("C4", "00")))),
        PeStatus.RUNTIME_NOT_SUPPORTED,
    ),
    "mandated unknown element": (dict(extra=t("BF30", pe_header(8))), PeStatus.PE_NOT_SUPPORTED),
    "mandated non-standard element": (
        dict(extra=t("A9", pe_header(8), t("81", "2A03"), t("82", "00"))),
        PeStatus.PE_NOT_SUPPORTED,
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
    "unknown element": (t("BF30", pe_header(8, mandated=False)), PeStatus.PE_NOT_SUPPORTED),
    "non-standard element": (
        t("A9", pe_header(8, mandated=False), t("81", "2A03"), t("82", "00")),
        PeStatus.PE_NOT_SUPPORTED,
    ),
    "application": (
        t("A8", pe_header(8, mandated=False), t("A1", t("4F", "A0" * 5), t("C4", "00"))),
        PeStatus.RUNTIME_NOT_SUPPORTED,
    ),
    "template": (
        t("BC", pe_header(8, mandated=False), t("81", "67810F01020D09")),
        PeStatus.TEMPLATE_NOT_SUPPORTED,
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
        (PeStatus.FEATURE_NOT_SUPPORTED, 10),
        (PeStatus.PE_NOT_SUPPORTED, 11),
        (PeStatus.PE_NOT_SUPPORTED, 12),
        (PeStatus.PE_NOT_SUPPORTED, 13),
    ]
    assert installed.image == install(package()).image
    for element in (options, codes, keys):
        mandated = element.replace(bytes.fromhex("A00381"), bytes.fromhex("A005800081"), 1)
        mandated = bytes([mandated[0], mandated[1] + 2]) + mandated[2:]
        failed = failure(package(extra=application + mandated), capabilities=lacking)
        assert failed.status is PeStatus.PE_NOT_SUPPORTED


def test_empty_elements_of_the_future_are_skipped() -> None:
    installed = install(package(extra=t("AB") * 40))
    assert installed.warnings == (ElementStatus(PeStatus.PE_NOT_SUPPORTED),) * 32


def test_unknown_component_of_an_element_that_is_not_mandated() -> None:
    plain = install(package(local_pins=pins(pin_config("0081", "30" * 8), identification=5)))
    odd = t("A2", pe_header(5, mandated=False), t("A1", t("A0", pin_config("0081", "30" * 8))), t("9F55", "00"))
    installed = install(package(local_pins=odd))
    assert installed.warnings == (ElementStatus(PeStatus.INVALID_PARAMETER, 5),)
    assert installed.image == plain.image


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
    assert failed.status is PeStatus.NOT_ENOUGH_MEMORY
    assert failed.missing_octets == 0xFFFFFFFF + 1
    assert failure(package(aka=aka("04"))).missing_octets is None
