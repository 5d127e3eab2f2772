"""What the interpreter makes of applications: keys, several NAAs, services that the card lacks, IoT profiles."""

import pytest

from euicc_sim.profile.interpreter import Capabilities, ElementStatus, PeStatus
from euicc_sim.profile.tree import walk
from tests.support.profile_bench import (
    AID_USIM,
    ISIM,
    RFM,
    K,
    UiccBench,
    aka,
    arr_file,
    elements,
    end,
    failure,
    file,
    global_pins,
    header,
    install,
    local_pins,
    mapped_aka,
    package,
    pe_header,
    puk,
    t,
    usim,
)

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
    assert failure(package(extra=extra)).status in (PeStatus.BAD_VALUES, PeStatus.INVALID_REQUEST_FORMAT)


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
    image = install(package(extra=ISIM + mapped_aka(AID_USIM))).image
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
        ElementStatus(PeStatus.FEATURE_NOT_SUPPORTED, 8, 1),
        ElementStatus(PeStatus.FEATURE_NOT_SUPPORTED, 8, 2),
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
