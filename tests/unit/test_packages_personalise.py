"""Personalising: the values asked for change, and nothing else."""

from dataclasses import replace
from typing import Any

import pytest

from smdp.profiles import PackageError, ParameterError, ProfileParameters, build_package, personalise, read_package
from wire.ids import Iccid
from wire.tlv import parse_all, tlv

BEFORE = ProfileParameters(
    iccid=Iccid("89000123456789012341"), imsi="001010123456789", k=bytes(16), opc=bytes(16), isim=True, impi="a@b"
)
AFTER = replace(
    BEFORE,
    iccid=Iccid("8900012345678901234"),
    imsi="001019876543210",
    k=b"\x0a" * 16,
    opc=b"\x0b" * 16,
    acc=BEFORE.access_class,
    pin1="1234",
    pin2="55555",
    puk1="11111111",
    puk2="22222222",
    adm1="87654321",
)
PACKAGE = build_package(BEFORE)


def test_every_value_at_once_gives_the_package_built_that_way() -> None:
    assert personalise(
        PACKAGE,
        iccid=AFTER.iccid,
        imsi=AFTER.imsi,
        k=AFTER.k,
        opc=AFTER.opc,
        pin1=AFTER.pin1,
        pin2=AFTER.pin2,
        puk1=AFTER.puk1,
        puk2=AFTER.puk2,
        adm1=AFTER.adm1,
    ) == build_package(AFTER)


def test_nothing_asked_nothing_changed() -> None:
    assert personalise(PACKAGE) == PACKAGE


def test_iccid_alone_changes_header_and_file() -> None:
    changed = personalise(PACKAGE, iccid=AFTER.iccid)
    assert changed == build_package(replace(BEFORE, iccid=AFTER.iccid))
    assert read_package(changed).iccid == AFTER.iccid


def test_file_made_by_a_pattern_gets_content() -> None:
    """EF.IMSI given as a fill pattern and content at an offset becomes one piece of content; sizes stay right."""
    elements = list(parse_all(PACKAGE))
    at = next(index for index, element in enumerate(elements) if element.tag == 0xB3)
    usim = elements[at]
    pattern = tlv(0xA1, tlv(0xA5, tlv(0xC1, bytes.fromhex("0809FF"))))
    patterned = tlv(0xA3, pattern, tlv(0x82, b"\x02"), tlv(0x83, bytes.fromhex("10101032547698")))
    usim_raw = tlv(0xB3, *(patterned if child.tag == 0xA3 else child.raw for child in usim.children))
    odd = b"".join(usim_raw if index == at else element.raw for index, element in enumerate(elements))
    assert read_package(odd).imsi == "001010123456789"
    changed = personalise(odd, imsi="310410123456789")
    assert read_package(changed).imsi == "310410123456789"
    assert parse_all(changed)[at].child(0xA3).find(0xA1) == parse_all(odd)[at].child(0xA3).find(0xA1)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"imsi": "12345"}, "imsi"),
        ({"k": bytes(32)}, "k: 32 octets; give 16"),
        ({"opc": bytes(8)}, "opc: 8 octets"),
        ({"pin1": "12"}, "pin1"),
        ({"adm1": "123456789"}, "adm1"),
    ],
)
def test_values_that_do_not_fit(change: dict[str, Any], said: str) -> None:
    with pytest.raises(ParameterError, match=said):
        personalise(PACKAGE, **change)


@pytest.mark.parametrize(
    ("dropped", "change", "said"),
    [
        (0xB3, {"imsi": "001010123456789"}, "no EF.IMSI"),
        (0xB0, {"iccid": AFTER.iccid}, "no EF.ICCID"),
        (0xA4, {"k": bytes(16)}, "no algorithm configuration for k"),
        (0xA2, {"pin2": "1234"}, "no pin2"),
        (0xA3, {"puk1": "12345678"}, "no puk1"),
    ],
)
def test_package_without_a_place_for_the_value(dropped: int, change: dict[str, Any], said: str) -> None:
    package = b"".join(element.raw for element in parse_all(PACKAGE) if element.tag != dropped)
    with pytest.raises(PackageError, match=said):
        personalise(package, **change)
