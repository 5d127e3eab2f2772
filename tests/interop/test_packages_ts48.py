"""The GSMA TS.48 test profiles: read, described and personalised."""

import pytest

from smdp.profiles import Algorithm, metadata, personalise, read_package
from tests.support.outside_data import TS48 as DATA
from wire.es10 import ProfileClass
from wire.ids import Iccid
from wire.tlv import parse, parse_all

FILES = ("TS48v2_SAIP2.1_NoBERTLV", "TS48v5_SAIP2.3_NoBERTLV", "TS48v7_SAIP2.3_BERTLV_SUCI", "TS48v7_SAIP2.3_NoBERTLV")


@pytest.fixture(params=FILES)
def package(request: pytest.FixtureRequest) -> bytes:
    path = DATA / f"{request.param}.der"
    if not path.exists():
        pytest.skip(f"no {path}: set RSPLAB_DATA to the directory that holds ts48/")
    return path.read_bytes()


@pytest.fixture
def v7() -> bytes:
    path = DATA / "TS48v7_SAIP2.3_NoBERTLV.der"
    if not path.exists():
        pytest.skip(f"no {path}: set RSPLAB_DATA to the directory that holds ts48/")
    return path.read_bytes()


def test_what_the_package_says(v7: bytes) -> None:
    info = read_package(v7)
    assert info.iccid == "89000123456789012341"
    assert info.version == (2, 3)
    assert info.profile_type == "GSMA Generic eUICC Test Profile"
    assert (info.imsi, info.mcc_mnc, info.spn) == ("001010123456789", ("001", "01"), "GSMA_TEST")
    assert [aid.hex().upper() for aid in info.aids] == [
        "A0000000871002FF49FF0589",
        "A0000003431002F310FFFF89020000FF",
        "A0000000871004FF49FF0589",
    ]
    assert info.algorithm is Algorithm.XOR
    assert set(info.services) == {
        *("usim", "isim", "csim", "usim-test-algorithm", "get-identity", "profile-a-x25519", "profile-b-p256")
    }
    assert " ".join(name for name, _ in info.elements) == (
        "header mf pukCodes pinCodes telecom pinCodes genericFileManagement usim opt-usim pinCodes akaParameter "
        "gsm-access df-5gs df-saip csim opt-csim pinCodes cdmaParameter isim opt-isim pinCodes akaParameter "
        "genericFileManagement genericFileManagement securityDomain rfm rfm rfm rfm end"
    )
    assert sum(octets for _, octets in info.elements) == len(v7)


def test_metadata_of_an_import(v7: bytes) -> None:
    request = parse(
        metadata(
            read_package(v7), "smdp.example.com", profile_name="GSMA_TEST_PROFILE", profile_class=ProfileClass.test
        )
    )
    assert request.child(0x5A).value.hex() == "98001032547698103214"
    assert request.child(0x91).value == b"GSMA_TEST"
    assert request.child(0x92).value == b"GSMA_TEST_PROFILE"
    assert request.child(0x95).value == b"\x00"
    assert request.child(0xB7).value.hex() == "800300f110"


def test_every_package_reads(package: bytes) -> None:
    info = read_package(package)
    assert info.iccid.startswith("890001234567890123")
    assert len(info.aids) == 3


def test_personalised_and_back_again(package: bytes) -> None:
    info = read_package(package)
    assert info.imsi is not None
    changed = personalise(
        package,
        iccid=Iccid("8900012345678901234"),
        imsi="310410123456789",
        k=b"\xaa" * 16,
        opc=b"\xbb" * 16,
        pin1="1234",
        pin2="5678",
        puk1="87654321",
        puk2="12348765",
        adm1="99999999",
    )
    other = read_package(changed)
    assert (other.iccid, other.imsi) == ("8900012345678901234", "310410123456789")
    assert changed.count(b"\xaa" * 16) == changed.count(b"\xbb" * 16) == 2
    back = personalise(
        changed,
        iccid=info.iccid,
        imsi=info.imsi,
        k=bytes(range(16)),
        opc=bytes(16),
        pin1="0000",
        pin2="9999",
        puk1="11111111",
        puk2="22222222",
        adm1="55555555",
    )
    assert back == package


def test_only_the_named_elements_differ(v7: bytes) -> None:
    changed = parse_all(personalise(v7, imsi="310410123456789"))
    differing = [one.tag for one, other in zip(parse_all(v7), changed, strict=True) if one != other]
    assert differing == [0xB3]
