"""Profile building blocks against values from outside the project."""

import pytest

from smdp.profiles import NotificationRecipient, ProfileParameters, metadata
from smdp.profiles import contents as ef
from smdp.profiles.access_rules import RECORDS
from smdp.profiles.keys import milenage_opc, tuak_topc
from wire.es10 import PprIds, ProfileClass
from wire.ids import Iccid
from wire.tlv import parse


def test_milenage_opc() -> None:
    """3GPP TS 35.208 test set 1."""
    k, op = bytes.fromhex("465b5ce8b199b49faa5f0a2ee238a6bc"), bytes.fromhex("cdc202d5123e20f62b6d676ac72cb318")
    assert milenage_opc(k, op).hex() == "cd63cb71954a9f4e48a5994e37a02baf"


def test_tuak_topc() -> None:
    """Tuak vector of reference card.md section 7.6 (K AB x 16, TOP 55 x 32, one Keccak iteration)."""
    topc = tuak_topc(b"\xab" * 16, b"\x55" * 32)
    assert topc.hex() == "bd04d9530e87513c5d837ac2ad954623a8e2330c115305a73eb45d1f40cccbff"


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (ef.imsi_octets("001010123456789"), "080910101032547698"),
        (
            ef.dir_record(bytes.fromhex("A0000000871002FF49FF0589"), "USIM"),
            "61144F0CA0000000871002FF49FF058950045553494D",
        ),
        (ef.spn_octets("GSMA_TEST")[1:10], "47534D411154455354"),
        (ef.uri_object("test.3gpp.com"), "800D746573742E336770702E636F6D"),
        (ef.ecc_record("112")[:3], "11F2FF"),
        (ef.service_table(range(122, 127), 17)[15:16], "3E"),
    ],
)
def test_file_contents_of_ts48(made: bytes, expected: str) -> None:
    """File contents of GSMA TS.48 v7, from card.md section 6.10 and its value notation."""
    assert made == bytes.fromhex(expected)


@pytest.mark.parametrize(("plmn", "octets"), [("00101", "00F110"), ("310410", "130014")])
def test_plmn(plmn: str, octets: str) -> None:
    """Reference server.md section 10.1."""
    assert ef.plmn_octets(plmn).hex().upper() == octets


def test_access_rules_that_ts48_shares() -> None:
    """The encoding example of reference card.md section 6.8, and a directory's rule in the EF.ARR of GSMA TS.48 v7."""
    assert RECORDS[1] == bytes.fromhex("800101A40683010195010880015AA40683010A950108")
    assert RECORDS[13] == bytes.fromhex("80015EA40683010A950108")


def test_store_metadata_example() -> None:
    """Example of reference card.md chapter 9; DER leaves out 95 01 02, the default (server.md section 10.1)."""
    example = bytes.fromhex(
        "BF253B 5A0A98001032547698103214 91025350 92014E 950102 B618 3016 800204F0 8110736D64702E6578616D706C652E636F6D"
        "B705800300F110 99020520"
    )
    parameters = ProfileParameters(
        iccid=Iccid("89000123456789012341"),
        imsi="001010123456789",
        k=bytes(16),
        opc=bytes(16),
        service_provider_name="SP",
        profile_name="N",
        policy_rules=PprIds.ppr2,
        notifications=(NotificationRecipient("smdp.example.com"),),
    )
    made = parse(metadata(parameters, "elsewhere.example.com"), 0xBF25)
    assert [child.raw for child in made.children] == [
        child.raw for child in parse(example).children if child.tag != 0x95
    ]


def test_store_metadata_example_of_a_test_profile() -> None:
    """Example of reference card.md chapter 9: class test; ours adds notifications and owner."""
    example = bytes.fromhex(
        "BF252D 5A0A98001032547698103214 910947534D415F54455354 921147534D415F544553545F50524F46494C45 950100"
    )
    parameters = ProfileParameters(
        iccid=Iccid("89000123456789012341"),
        imsi="001010123456789",
        k=bytes(16),
        opc=bytes(16),
        spn="GSMA_TEST",
        profile_name="GSMA_TEST_PROFILE",
        profile_class=ProfileClass.test,
    )
    made = parse(metadata(parameters, "smdp.example.com"), 0xBF25)
    assert [child.raw for child in made.children if child.tag not in (0xB6, 0xB7)] == [
        child.raw for child in parse(example).children
    ]
