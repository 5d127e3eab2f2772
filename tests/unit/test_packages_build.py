"""Built packages: structure, order, file contents, and that access rules cover every reference."""

from dataclasses import replace

import pytest

from smdp.profiles import (
    Algorithm,
    ProfileParameters,
    Suci,
    SuciKey,
    SuciScheme,
    build_package,
    read_package,
)
from smdp.profiles.access_rules import RECORDS
from smdp.profiles.contents import GSM_ALPHABET
from wire.ids import Iccid
from wire.tlv import Tlv, parse_all

PLAIN = ProfileParameters(
    iccid=Iccid("8900012345678901234"), imsi="00101012345678", k=bytes(range(16)), opc=bytes(range(16, 32))
)
KEY_A = SuciKey(SuciScheme.profile_a, 27, b"\x0a" * 32)
KEY_B = SuciKey(SuciScheme.profile_b, 28, b"\x02" * 33)
FULL = replace(
    PLAIN,
    gid1=b"\x01",
    gid2=b"\x02\x03",
    msisdn="+491701234567",
    smsc="+491760000443",
    isim=True,
    suci=Suci("17", (KEY_B, KEY_A), in_usim=True),
    ota_keys=(b"\x01" * 16, b"\x02" * 16, b"\x03" * 16),
)


def elements_of(parameters: ProfileParameters) -> dict[int, Tlv]:
    return {element.tag: element for element in parse_all(build_package(parameters))}


def content(parameters: ProfileParameters, element: int, component: int) -> bytes:
    return elements_of(parameters)[element].child(component).child(0x83).value


def names(parameters: ProfileParameters) -> str:
    return " ".join(name for name, _ in read_package(build_package(parameters)).elements)


def test_plain_package_in_order() -> None:
    assert names(PLAIN) == (
        "header mf pukCodes pinCodes telecom usim opt-usim pinCodes akaParameter gsm-access securityDomain end"
    )


def test_full_package_in_order() -> None:
    assert names(FULL) == (
        "header mf pukCodes pinCodes telecom usim opt-usim pinCodes akaParameter gsm-access df-5gs df-saip "
        "isim pinCodes akaParameter securityDomain end"
    )


def test_reading_gives_back_what_was_built() -> None:
    info = read_package(build_package(FULL))
    assert info.iccid == FULL.iccid
    assert info.version == (2, 3)
    assert (info.imsi, info.mcc_mnc, info.spn) == ("00101012345678", ("001", "01"), "rsplab")
    assert (info.gid1, info.gid2) == (b"\x01", b"\x02\x03")
    assert info.aids == (FULL.usim_aid, FULL.isim_aid)
    assert info.algorithm is Algorithm.MILENAGE
    assert info.services == ("usim", "isim", "milenage", "get-identity", "profile-a-x25519", "profile-b-p256")


def test_three_digit_mnc_survives() -> None:
    info = read_package(build_package(replace(PLAIN, imsi="310410123456789")))
    assert info.mcc_mnc == ("310", "410")


def test_element_identifications_count_up_and_all_are_mandated() -> None:
    headers = [element.at(0, 0xA0) for element in parse_all(build_package(FULL))[1:]]
    assert [header.child(0x81).value[0] for header in headers] == list(range(1, len(headers) + 1))
    assert all(header.child(0x80).value == b"" for header in headers)


def test_every_template_used_is_required_in_the_header() -> None:
    header, *elements = parse_all(build_package(FULL))
    required = [oid.value for oid in header.child(0xA6).children]
    used = [element.at(1, 0x81).value for element in elements if element.tag >= 0xB0]
    assert required == used


@pytest.mark.parametrize(
    ("parameters", "element", "component", "expected"),
    [
        (PLAIN, 0xB0, 0xA4, "980010325476981032F4"),
        (PLAIN, 0xB3, 0xA3, "08 01 101010 325476F8"),
        (replace(PLAIN, imsi="0010112345"), 0xB3, 0xA3, "06 01 10 10 21 43 F5 FFFF"),
        (PLAIN, 0xB3, 0xB5, "00000002"),
        (replace(PLAIN, imsi="310410123456789"), 0xB3, 0xB5, "00000003"),
        (PLAIN, 0xB3, 0xAD, "01 7273706C6162 FFFFFFFFFFFFFFFFFFFF"),
        (replace(PLAIN, spn="a@_ä"), 0xB3, 0xAD, "01 6100117B FFFFFFFFFFFFFFFFFFFFFFFF"),
        (replace(PLAIN, spn="中国"), 0xB3, 0xAD, "01 80 4E2D 56FD FFFFFFFFFFFFFFFFFFFFFF"),
        (replace(PLAIN, emergency_numbers=("112", "08")), 0xB3, 0xB6, "11F2FF00 80FFFF00"),
        (replace(PLAIN, hplmns=("00101", "310410")), 0xB4, 0xB1, "00F110C880 130014C880"),
        (PLAIN, 0xB4, 0xBF3A, "00F110"),
        (FULL, 0xB4, 0xA7, "FF" * 10 + "07 91 947110325476 FFFFFFFF FFFF"),
        (FULL, 0xB3, 0xAB, "FF" * 10 + "E1" + "FF" * 12 + "07 91 947106004034 FFFFFFFF 00 00 A7"),
        (FULL, 0xBC, 0xAC, "71FFFFFF"),
        (FULL, 0xBD, 0xA3, "A0 04 0201 0102 A1 4B 80011C 8121" + "02" * 33 + "80011B 8120" + "0A" * 32),
        (replace(PLAIN, suci=Suci()), 0xBC, 0xA9, "A0020000"),
    ],
)
def test_file_contents(parameters: ProfileParameters, element: int, component: int, expected: str) -> None:
    assert content(parameters, element, component) == bytes.fromhex(expected)


def test_ims_identities_follow_the_imsi() -> None:
    assert content(FULL, 0xB5, 0xA3)[2:] == b"00101012345678@ims.mnc001.mcc001.3gppnetwork.org"
    assert content(FULL, 0xB5, 0xA4)[2:] == b"sip:00101012345678@ims.mnc001.mcc001.3gppnetwork.org"
    assert content(FULL, 0xB5, 0xA5)[2:] == b"ims.mnc001.mcc001.3gppnetwork.org"
    given = replace(FULL, impi="me@home", impus=("sip:a@home", "tel:+1"))
    assert content(given, 0xB5, 0xA3) == b"\x80\x07me@home"
    assert content(given, 0xB5, 0xA4) == b"\x80\x0asip:a@home" + b"\x80\x06tel:+1".ljust(12, b"\xff")


@pytest.mark.parametrize(
    ("parameters", "present", "absent"),
    [
        (PLAIN, {19, 27, 33, 38, 43, 71, 85}, {17, 18, 21, 122, 123, 124, 125}),
        (FULL, {17, 18, 21, 122, 123, 124, 125, 126}, {1, 5}),
        (replace(PLAIN, suci=Suci()), {122, 124}, {125}),
    ],
)
def test_service_table_offers_what_the_package_brings(
    parameters: ProfileParameters, present: set[int], absent: set[int]
) -> None:
    table = content(parameters, 0xB3, 0xA8)
    offered = {8 * at + bit + 1 for at, octet in enumerate(table) for bit in range(8) if octet >> bit & 1}
    assert present <= offered
    assert not absent & offered


def test_aka_parameter_holds_algorithm_key_and_constant() -> None:
    algorithm = elements_of(PLAIN)[0xA4].child(0xA1).child(0xA1)
    assert [part.value for part in algorithm.children] == [b"\x01", b"\x01", PLAIN.k, PLAIN.opc]
    tuak = replace(PLAIN, algorithm=Algorithm.TUAK, opc=None, topc=bytes(32), keccak_iterations=200)
    algorithm = elements_of(tuak)[0xA4].child(0xA1).child(0xA1)
    assert algorithm.child(0x80).value == b"\x02"
    assert algorithm.child(0x83).value == bytes(32)
    assert algorithm.child(0x87).value == b"\x00\xc8"
    xor = replace(PLAIN, algorithm=Algorithm.XOR, opc=None)
    assert elements_of(xor)[0xA4].child(0xA1).child(0xA1).child(0x80).value == b"\x03"


@pytest.mark.parametrize(
    ("parameters", "service"),
    [
        (replace(PLAIN, algorithm=Algorithm.TUAK, opc=None, topc=bytes(32)), "tuak128"),
        (replace(PLAIN, algorithm=Algorithm.TUAK, k=bytes(32), opc=None, topc=bytes(32)), "tuak256"),
        (replace(PLAIN, algorithm=Algorithm.XOR, opc=None), "usim-test-algorithm"),
    ],
)
def test_header_requires_the_algorithm(parameters: ProfileParameters, service: str) -> None:
    assert read_package(build_package(parameters)).services == ("usim", service)


def test_codes() -> None:
    mf_pins = next(element for element in parse_all(build_package(PLAIN)) if element.tag == 0xA2)
    pin1, adm1 = mf_pins.child(0xA1).child(0xA0).children
    assert pin1.child(0x81).value == b"0000\xff\xff\xff\xff"
    assert pin1.child(0x83).value == b"\x06"
    assert adm1.child(0x80).value == b"\x0a"
    assert adm1.child(0x81).value == b"12345678"
    enabled = parse_all(build_package(replace(PLAIN, pin1_enabled=True)))
    pin1 = next(element for element in enabled if element.tag == 0xA2).child(0xA1).child(0xA0).children[0]
    assert pin1.find(0x83) is None, "7 is the default and is left out in DER"


def test_access_rules_hold_all_fourteen_template_references() -> None:
    assert len(RECORDS) == 14
    for element, component in ((0xB0, 0xA6), (0xB2, 0xA3), (0xB3, 0xA4), (0xB5, 0xA8)):
        file = elements_of(FULL)[element].child(component)
        record_octets = int.from_bytes(file.child(0xA1).child(0x82).value[2:], "big")
        octets = file.child(0x83).value
        assert len(octets) == 14 * record_octets == int.from_bytes(file.child(0xA1).child(0x80).value, "big")
        found = [octets[at : at + record_octets].rstrip(b"\xff") for at in range(0, len(octets), record_octets)]
        assert found == list(RECORDS)


def test_security_domain_is_personalised_only_with_keys() -> None:
    plain, full = elements_of(PLAIN)[0xA6], elements_of(FULL)[0xA6]
    assert plain.child(0xA1).find(0x83) is None
    assert plain.find(0xA2) is None
    assert full.child(0xA1).child(0x83).value == b"\x0f"
    assert [key.child(0x82).value for key in full.child(0xA2).children] == [b"\x01", b"\x02", b"\x03"]


def test_same_parameters_same_octets() -> None:
    assert build_package(FULL) == build_package(replace(FULL))


def test_gsm_alphabet_is_complete() -> None:
    assert len(GSM_ALPHABET) == len(set(GSM_ALPHABET)) == 128
    assert [GSM_ALPHABET.index(character) for character in "@_ A¿àz"] == [0x00, 0x11, 0x20, 0x41, 0x60, 0x7F, 0x7A]
