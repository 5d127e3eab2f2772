"""ES10 functions byte for byte: the worked examples of card.md chapter 9 and the answers of chapter 2."""

import pytest

from euicc_sim.core.options import CardOptions
from euicc_sim.core.rules import AuthorisationRule, Operator
from tests.support.card_bench import EID, Bench, Order, card_settings, chain, pki
from tests.support.tlv_by_hand import dig, split, t
from wire.der import dump, load
from wire.es10 import PprFlags, PprIds, ProfileClass
from wire.ids import Iccid
from wire.rsp import PDUS

ICCID = "89000123456789012341"
EF_ICCID = "98001032547698103214"
AID = "A0000005591010FFFFFFFF8900001000"


def example_order() -> Order:
    """The profile of the examples: GSMA_TEST, GSMA_TEST_PROFILE, class test, owner not given."""
    order = Order(service_provider_name="GSMA_TEST", profile_name="GSMA_TEST_PROFILE", iccid=Iccid(ICCID))
    order.metadata = bytes.fromhex(
        "BF252D5A0A98001032547698103214910947534D415F54455354921147534D415F544553545F50524F46494C45950100"
    )
    return order


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.fixture
def loaded() -> Bench:
    bench = Bench()
    assert dig(bench.download(example_order()), "BF37", "BF27", "A2", "A0", "4F").hex().upper() == AID
    return bench


def says(bench: Bench, request: str, response: str) -> None:
    assert bench.es10(request.replace(" ", "")).hex().upper() == response.replace(" ", "")


def test_get_eid(bench: Bench) -> None:
    says(bench, "BF3E035C015A", "BF3E125A10" + EID)
    says(bench, "BF3E035C0180", "BF3E00")


def test_profiles_info(loaded: Bench) -> None:
    answer = (
        "BF2D47A045E343 5A0A98001032547698103214 4F10A0000005591010FFFFFFFF8900001000 9F700100 910947534D415F54455354"
        "921147534D415F544553545F50524F46494C45 950100"
    )
    says(loaded, "BF2D00", answer)
    says(loaded, "BF2D19 A00C5A0A98001032547698103214 5C095A4F9F709091929599", answer)
    says(loaded, "BF2D025C00", answer)


@pytest.mark.parametrize(
    ("criteria", "found"),
    [
        ("A00C5A0A98001032547698103214", True),
        ("A0124F10A0000005591010FFFFFFFF8900001000", True),
        ("A003950100", True),
        ("A003950102", False),
        ("A00C5A0A98001032547698103224", False),
        ("A0124F10A0000005591010FFFFFFFF8900001100", False),
    ],
)
def test_profiles_info_searches(loaded: Bench, criteria: str, found: bool) -> None:
    size = f"{len(criteria + '5C015A') // 2:02X}"
    answer = "BF2D10A00EE30C5A0A98001032547698103214" if found else "BF2D02A000"
    says(loaded, f"BF2D{size}{criteria}5C015A", answer)


def test_profiles_info_tag_list(loaded: Bench) -> None:
    says(loaded, "BF2D065C049F705ABF", "BF2D14A012E3105A0A980010325476981032149F700100")
    says(loaded, "BF2D055C03B6B7B8", "BF2D04A002E300")


@pytest.mark.parametrize("request_", ["BF2D0C5A0A98001032547698103214", "BF2D05A003800100", "BF2D02A000"])
def test_profiles_info_with_wrong_criteria(loaded: Bench, request_: str) -> None:
    says(loaded, request_, "BF2D03810101")


def test_profiles_info_without_profiles(bench: Bench) -> None:
    says(bench, "BF2D00", "BF2D02A000")


def test_enable_disable_and_delete(loaded: Bench) -> None:
    says(loaded, "BF3111 A00C5A0A98001032547698103214 810100", "BF3103800100")
    says(loaded, "BF3111 A00C5A0A98001032547698103214 810100", "BF3103800102")
    says(loaded, "BF330C5A0A98001032547698103214", "BF3303800102")
    says(loaded, f"BF3217 A0124F10{AID} 810100", "BF3203800100")
    says(loaded, f"BF3217 A0124F10{AID} 810100", "BF3203800102")
    says(loaded, "BF330C5A0A98001032547698103214", "BF3303800100")
    says(loaded, "BF330C5A0A98001032547698103214", "BF3303800101")
    says(loaded, "BF3111 A00C5A0A98001032547698103214 8101FF", "BF3103800101")
    says(loaded, f"BF3217 A0124F10{AID} 8101FF", "BF3203800101")


def test_enable_with_refresh_answers_91xx(loaded: Bench) -> None:
    answer, sw = loaded.send("BF3111A00C5A0A980010325476981032148101FF")
    assert (answer.hex().upper(), sw) == ("BF3103800100", 0x910B)


def test_memory_reset(loaded: Bench) -> None:
    says(loaded, "BF3404820205E0", "BF3403800100")
    says(loaded, "BF2D00", "BF2D02A000")
    says(loaded, "BF3404820206C0", "BF3403800101")
    says(loaded, "BF3404820205E0", "BF3403800101")
    says(loaded, "BF3403820100", "BF3403800101")


def test_memory_reset_of_the_default_address() -> None:
    """clients.md: E0 on an empty card is 1, nothing to delete; card.md 5.3: the address alone is always 0."""
    bench = Bench()
    says(bench, "BF3F058003612E62", "BF3F03800100")
    says(bench, "BF3404820205E0", "BF3403800100")
    assert "612E62" not in bench.es10("BF3C00").hex().upper()
    says(bench, "BF3404820205E0", "BF3403800101")
    says(bench, "BF340482020520", "BF3403800100")


def test_nickname(loaded: Bench) -> None:
    says(loaded, "BF29125A0A98001032547698103214 9004576F726B", "BF2903800100")
    assert loaded.es10("BF2D035C0190").hex().upper() == "BF2D0AA008E3069004576F726B"
    says(loaded, "BF290E5A0A98001032547698103214 9000", "BF2903800100")
    says(loaded, "BF2D035C0190", "BF2D04A002E300")
    says(loaded, "BF29125A0A98001032547698103224 9004576F726B", "BF2903800101")
    longest = t("BF29", bytes.fromhex("5A0A98001032547698103214"), t("90", b"x" * 64))
    assert loaded.result(longest) == 0
    longer = t("BF29", bytes.fromhex("5A0A98001032547698103214"), t("90", b"x" * 65))
    assert loaded.result(longer) == 127
    assert loaded.send("BF29105A0A98001032547698103214 9002C328".replace(" ", ""))[1] == 0x6A80


def test_addresses(bench: Bench) -> None:
    root = "811574657374726F6F74736D64732E67736D612E636F6D"
    says(bench, "BF3C00", "BF3C17" + root)
    says(bench, "BF3F128010736D64702E6578616D706C652E636F6D", "BF3F03800100")
    says(bench, "BF3C00", "BF3C298010736D64702E6578616D706C652E636F6D" + root)
    bench.power_on()
    says(bench, "BF3C00", "BF3C298010736D64702E6578616D706C652E636F6D" + root)
    says(bench, "BF3F028000", "BF3F03800100")
    says(bench, "BF3C00", "BF3C17" + root)


def test_a_default_address_from_the_factory() -> None:
    bench = Bench(card_settings(default_dp_address="a.b", root_ds_address="r"))
    says(bench, "BF3C00", "BF3C088003612E62810172")
    says(bench, "BF3404820205 20".replace(" ", ""), "BF3403800100")
    says(bench, "BF3C00", "BF3C03810172")


def test_notifications(bench: Bench) -> None:
    says(bench, "BF2800", "BF2802A000")
    says(bench, "BF2B00", "BF2B02A000")
    says(bench, "BF2B05A003800105", "BF2B02A000")
    says(bench, "BF3003800105", "BF3003800101")


def test_the_notification_example() -> None:
    bench = Bench(card_settings(options=CardOptions(first_sequence_number=5)))
    bench.download(example_order())
    item = "BF2F25800105810206400C10736D64702E6578616D706C652E636F6D5A0A98001032547698103214".replace("0640", "0780")
    says(bench, "BF2800", "BF282AA028" + item)
    says(bench, "BF280481020780", "BF282AA028" + item)
    says(bench, "BF280481020640", "BF2802A000")
    retrieved = bench.es10("BF2B05A003800105")
    assert dig(retrieved, "BF2B", "A0", "BF37", "BF27", "BF2F") == bytes.fromhex(item)[3:]
    assert bench.es10("BF2B00") == retrieved
    assert bench.es10("BF2B06A00481020780") == retrieved
    says(bench, "BF2B05A003800106", "BF2B02A000")
    says(bench, "BF3003800105", "BF3003800100")
    says(bench, "BF3003800105", "BF3003800101")
    says(bench, "BF2800", "BF2802A000")


def test_rules_authorisation_table() -> None:
    says(Bench(), "BF4300", "BF4319A017301580020560A10B30098003EEEEEE8100820082020780")
    says(Bench(card_settings(rules=())), "BF4300", "BF4302A000")
    rule = AuthorisationRule(PprIds.ppr1, (Operator(b"\x00\xf1\x10", None, b"\x0a"),), PprFlags(0))
    says(
        Bench(card_settings(rules=(rule,))),
        "BF4300",
        "BF4317 A015 3013 80020640 A10A 3008 800300F110 82010A 820100",
    )


def test_euicc_info1(bench: Bench) -> None:
    keys = b"".join(t("04", pki().ci(curve).ski) for curve in ("NIST", "BRP"))
    expected = t("BF20", t("82", b"\x02\x05\x00"), t("A9", keys), t("AA", keys))
    assert bench.es10("BF2000") == expected


def test_a_ci_only_for_verification() -> None:
    bench = Bench(card_settings(chains=(chain(pki(), "NIST", signs=False), chain(pki(), "BRP"))))
    info = dig(bench.es10("BF2000"), "BF20")
    assert [value for _, value, _ in split(dig(info, "A9"))] == [pki().ci("NIST").ski, pki().ci("BRP").ski]
    assert [value for _, value, _ in split(dig(info, "AA"))] == [pki().ci("BRP").ski]


def test_euicc_info2(bench: Bench) -> None:
    info = split(dig(bench.es10("BF2200"), "BF22"))
    assert [tag for tag, _, _ in info] == ["81", "82", "83", "84", "85", "86", "87", "88", "A9", "AA", "8B", "04", "0C"]
    values = {tag: value.hex().upper() for tag, value, _ in info}
    assert values["81"] == "020301"
    assert values["82"] == "020500"
    assert values["84"] == "810100" + "8204000A0000" + "830400002000"
    assert values["85"] == "077B801B80", "the example of card.md 4.2: what the profile side really does"
    assert values["88"] == "02DC", "additionalProfile, crl, testProfile, deviceInfoExtensibility, serviceSpecificData"


def test_euicc_info2_names_forbidden_rules() -> None:
    bench = Bench(card_settings(forbidden_pprs=PprIds.ppr1))
    assert dig(bench.es10("BF2200"), "BF22", "99").hex() == "0640"


def test_lpae_is_not_there(bench: Bench) -> None:
    says(bench, "BF4204 80020780".replace(" ", ""), "BF4203800101")


@pytest.mark.parametrize(
    ("request_", "sw"),
    [
        ("BF3B00", 0x6A88),
        ("BF2A00", 0x6A88),
        ("BF4400", 0x6A88),
        ("A300", 0x6A88),
        ("8601AA", 0x6A88),
        ("BF3601", 0x6985),
        ("BF2E01", 0x6A80),
        ("BF2E0000", 0x6A80),
        ("BF", 0x6A80),
        ("BF3E", 0x6A80),
        ("BF3E80", 0x6A80),
        ("BF3000", 0x6A80),
        ("BF3004800200 05".replace(" ", ""), 0x6A80),
        ("BF3003800180", 0x6A80),
        ("BF3100", 0x6A80),
        ("BF310EA00C5A0A98001032547698103214", 0x6A80),
        ("BF3112A00C5A0A980010325476981032148102FFFF", 0x6A80),
        ("BF310FA00A5A0898001032547698108101FF", 0x6A80),
        ("BF3300", 0x6A80),
        ("BF3302 5A00".replace(" ", ""), 0x6A80),
        ("BF3400", 0x6A80),
        ("BF34028200", 0x6A80),
        ("BF3E00", 0x6A80),
        ("BF3F00", 0x6A80),
        ("BF3F048002C328", 0x6A80),
        ("BF2900", 0x6A80),
        ("BF2B02A000", 0x6A80),
        ("BF2804810208FF", 0x6A80),
        ("BF3800", 0x6A80),
        ("BF2100", 0x6A80),
        ("BF4100", 0x6A80),
        ("BF3500", 0x6A80),
    ],
)
def test_malformed_and_unknown_requests(bench: Bench, request_: str, sw: int) -> None:
    assert bench.send(request_) == (b"", sw)


def test_every_answer_decodes_with_the_codec(loaded: Bench) -> None:
    """wire.rsp agrees with what the card slices together by hand, to the octet."""
    requests = ["BF2000", "BF2200", "BF2D00", "BF2800", "BF2B00", "BF3C00", "BF4300", "BF2E00", "BF3E035C015A"]
    for request in requests:
        answer = loaded.es10(request)
        tag = int(request[:4], 16)
        assert dump(load(PDUS[tag].response, answer)) == answer, request


def test_class_of_an_order_is_shown() -> None:
    bench = Bench()
    bench.download(Order(profile_class=ProfileClass.operational))
    assert dig(bench.es10("BF2D00"), "BF2D", "A0", "E3", "95") == b"\x02", "operational, though the metadata omits it"
