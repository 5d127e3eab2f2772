"""The worked byte examples of card.md chapter 9 (encoded there from the ASN.1), both directions.

Spec: SGP.22 v2.5 section 5.7; vectors from ../shared/reference/card.md chapter 9 and server.md section 4.
"""

from collections.abc import Callable, Generator
from typing import Any

import pytest

from lpa.core import es10
from lpa.core.actions import Transmit
from lpa.core.apdu_link import Isdr
from lpa.core.errors import CardRefused
from lpa.core.metadata import ProfileMetadata
from lpa.core.notification import InstallationResult
from lpa.core.procedures.install import confirmation_hash
from lpa.core.settings import LpaSettings
from wire.es10 import CancelSessionReason, NotificationEvent, PprIds, ResetOptions
from wire.ids import Aid, Iccid
from wire.tlv import tlv

ICCID = Iccid("89000123456789012341")
AID = Aid(bytes.fromhex("A0000005591010FFFFFFFF8900001000"))
TID = bytes(range(16))


def answered(procedure: Generator[Any, Any, Any], response_hex: str) -> tuple[str, Any]:
    """The ES10 request that a function sends (one block), and what it makes of the response."""
    action = next(procedure)
    assert isinstance(action, Transmit)
    assert action.command[:4] == bytes.fromhex("81E29100")
    try:
        procedure.send(bytes.fromhex(response_hex.replace(" ", "")) + b"\x90\x00")
    except StopIteration as stop:
        return action.command[5:].hex().upper(), stop.value
    raise AssertionError("the function asks twice")


@pytest.fixture
def isdr() -> Isdr:
    return Isdr(LpaSettings(), 1, b"", b"")


@pytest.mark.parametrize(
    ("call", "request_hex", "response_hex"),
    [
        (lambda i: es10.enable_profile(i, ICCID, True), "BF3111 A00C5A0A98001032547698103214 8101FF", "BF3103800100"),
        (
            lambda i: es10.disable_profile(i, AID, False),
            "BF3217 A0124F10A0000005591010FFFFFFFF8900001000 810100",
            "BF3203800100",
        ),
        (lambda i: es10.delete_profile(i, ICCID), "BF330C5A0A98001032547698103214", "BF3303800100"),
        (lambda i: es10.euicc_memory_reset(i, ResetOptions(7)), "BF3404820205E0", "BF3403800100"),
        (
            lambda i: es10.set_nickname(i, ICCID, "Work"),
            "BF29125A0A98001032547698103214 9004576F726B",
            "BF2903800100",
        ),
        (lambda i: es10.remove_notification_from_list(i, 5), "BF3003800105", "BF3003800100"),
        (lambda i: es10.retrieve_notifications_list(i, 5), "BF2B05A003800105", "BF2B02A000"),
        (lambda i: es10.list_notification(i), "BF2800", "BF2802A000"),
        (lambda i: es10.get_profiles_info(i, tags=b""), "BF2D025C00", "BF2D02A000"),
        (
            lambda i: es10.get_profiles_info(i, ICCID, bytes.fromhex("5A4F9F709091929599")),
            "BF2D19 A00C5A0A98001032547698103214 5C095A4F9F709091929599",
            "BF2D02A000",
        ),
        (
            lambda i: es10.cancel_session(i, TID, CancelSessionReason.endUserRejection),
            f"BF4115 8010{TID.hex()} 810100",
            "BF4102A000",
        ),
    ],
)
def test_requests_are_the_standards_octets(
    isdr: Isdr, call: Callable[[Isdr], Any], request_hex: str, response_hex: str
) -> None:
    request, _ = answered(call(isdr), response_hex)
    assert request == request_hex.replace(" ", "").upper()


def test_the_eid(isdr: Isdr) -> None:
    request, eid = answered(es10.get_eid(isdr), "BF3E125A1089049032123451234512345678901235")
    assert (request, eid) == ("BF3E035C015A", "89049032123451234512345678901235")


def test_one_disabled_profile(isdr: Isdr) -> None:
    response = (
        "BF2D47A045E3435A0A980010325476981032144F10A0000005591010FFFFFFFF89000010009F70 0100"
        "910947534D415F54455354 921147534D415F544553545F50524F46494C45 950100"
    )
    _, (profile,) = answered(es10.get_profiles_info(isdr), response)
    assert profile.iccid == ICCID
    assert profile.isdp_aid == bytes(AID)
    assert not profile.enabled
    assert (profile.service_provider_name, profile.profile_name) == ("GSMA_TEST", "GSMA_TEST_PROFILE")
    assert (profile.profile_class, profile.nickname) == (0, None)


def test_the_configured_addresses(isdr: Isdr) -> None:
    response = "BF3C29 8010 736D64702E6578616D706C652E636F6D 8115 74657374726F6F74736D64732E67736D612E636F6D"
    request, addresses = answered(es10.get_euicc_configured_addresses(isdr), response)
    assert request == "BF3C00"
    assert (addresses.default_dp_address, addresses.root_ds_address) == ("smdp.example.com", "testrootsmds.gsma.com")


def test_a_waiting_notification(isdr: Isdr) -> None:
    response = "BF282A A028 BF2F25 800105 81020640 0C10736D64702E6578616D706C652E636F6D 5A0A98001032547698103214"
    _, (notification,) = answered(es10.list_notification(isdr), response)
    assert notification.seq_number == 5
    assert notification.event is NotificationEvent.notificationEnable
    assert (notification.address, notification.iccid) == ("smdp.example.com", ICCID)


def test_a_rules_authorisation_table_that_allows_everything_with_consent(isdr: Isdr) -> None:
    # card.md 2.20
    _, (rule,) = answered(es10.get_rat(isdr), "BF4319 A017 3015 80020560 A10B 3009 8003EEEEEE 8100 8200 82020780")
    assert rule.policy_rules == PprIds.ppr1 | PprIds.ppr2
    assert rule.consent_required
    assert [(operator.mcc_mnc.hex(), operator.gid1, operator.gid2) for operator in rule.allowed_operators] == [
        ("eeeeee", b"", b"")
    ]


def test_errors_of_a_list_are_refusals(isdr: Isdr) -> None:
    with pytest.raises(CardRefused) as caught:
        answered(es10.get_profiles_info(isdr), "BF2D03810101")
    assert caught.value.name == "incorrectInputValues"


def test_errors_that_belong_to_the_server(isdr: Isdr) -> None:
    context = es10.ctx_params1("", LpaSettings().device_info())
    refused = es10.authenticate_server(isdr, b"\x30\x00", b"", b"", b"", context)
    _, relayed = answered(refused, "BF380B A109 800400010203 020102")
    assert relayed.error_code == 2
    _, relayed = answered(es10.prepare_download(isdr, b"\x30\x00", b"", b"", None), "BF210B A109 800400010203 020105")
    assert relayed.error_code == 5


def test_store_metadata_of_a_test_profile_and_of_an_operational_one() -> None:
    test = ProfileMetadata.read(
        bytes.fromhex(
            "BF252D 5A0A98001032547698103214 910947534D415F54455354 921147534D415F544553545F50524F46494C45 950100"
        )
    )
    assert (test.iccid, test.profile_class, test.policy_rules, test.owner) == (ICCID, 0, PprIds(0), None)
    operational = ProfileMetadata.read(
        bytes.fromhex(
            "BF253B 5A0A98001032547698103214 91025350 92014E 950102 B618 3016 800204F0 8110736D64702E6578616D706C652E"
            "636F6D B705800300F110 99020520"
        )
    )
    assert operational.profile_class == 2
    assert operational.owner is not None
    assert operational.owner.plmn == "001-01"
    assert operational.policy_rules == PprIds.ppr2
    assert [(item.events, item.address) for item in operational.notifications] == [
        (NotificationEvent(15), "smdp.example.com")
    ]


def pir(final_result_hex: str) -> bytes:
    """The installation result of the example, with its signature."""
    notification = bytes.fromhex("800101 81020780 0C10736D64702E6578616D706C652E636F6D 5A0A98001032547698103214")
    data = tlv(
        0xBF27, bytes.fromhex("800400010203"), tlv(0xBF2F, notification), bytes.fromhex("060388370A" + final_result_hex)
    )
    return tlv(0xBF37, data, tlv(0x5F37, bytes(64)))


def test_installation_results() -> None:
    good = InstallationResult.read(pir("A21F A01D 4F10A0000005591010FFFFFFFF8900001000 0409 3007A0053003800100"))
    assert good.success
    assert (good.isdp_aid, good.smdp_oid, good.transaction_id.hex()) == (bytes(AID), "2.999.10", "00010203")
    bad = InstallationResult.read(pir("A218 A116 800105 81010C 820E 300CA00830068001038101098100"))
    assert (bad.success, bad.bpp_command_id, bad.error_reason) == (False, 5, 12)
    assert bad.sima_response.hex() == "300ca00830068001038101098100"


def test_the_confirmation_code_hash() -> None:
    # server.md section 4
    tid = bytes.fromhex("00112233445566778899AABBCCDDEEFF")
    expected = "35056CCAE94436E2551FE7B84A0A526E0E2E1892004158C35E2697B7E0797195"
    assert confirmation_hash("4242", tid).hex().upper() == expected


def test_the_minimal_device_info() -> None:
    # card.md 8.2: A1 08 { 80 04 35290611, A1 00 }
    assert LpaSettings(device_capabilities={}).device_info().hex().upper() == "A108800435290611A100"
    # card.md 8.2: 85 03 0F0000 for E-UTRAN Rel-15
    one = LpaSettings(device_capabilities={"eutranEpcSupportedRelease": b"\x0f\x00\x00"}).device_info()
    assert one.hex().upper() == "A10D800435290611A10585030F0000"
