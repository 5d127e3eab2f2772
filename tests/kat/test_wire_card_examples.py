"""Byte examples of the card reference decode with the codec and re-encode identically.

Provenance: shared/reference/card.md, chapters 1, 2, 3 and 9 (encoded there from the standard's ASN.1 or seen in
logs of real cards); none of the octets were made by this project's code.
"""

import pytest

from wire import rsp, saip
from wire.apdu import AID_ISD_R, Command, Response, close_channel, get_response, open_channel, select_aid, store_data
from wire.der import describe, load
from wire.errors import DecodeError
from wire.ids import Eid, Iccid
from wire.rsp import PDUS
from wire.tlv import parse

ICCID_EF = "98001032547698103214"
AID = "A0000005591010FFFFFFFF8900001000"
HOST = "736D64702E6578616D706C652E636F6D"
METADATA_NAMES = "910947534D415F54455354 921147534D415F544553545F50524F46494C45"

REQUESTS = {
    "GetEID": ("BF3E035C015A", {"tagList": "5A"}),
    "GetProfilesInfo all": ("BF2D00", {}),
    "GetProfilesInfo by ICCID": (
        f"BF2D19 A00C5A0A{ICCID_EF} 5C095A4F9F709091929599",
        {"searchCriteria": {"iccid": ICCID_EF}, "tagList": "5A4F9F709091929599"},
    ),
    "GetProfilesInfo with tags": ("BF2D0A 5C08 5A4F9F7090919295", {"tagList": "5A4F9F7090919295"}),
    "Enable by ICCID": (
        f"BF3111 A00C5A0A{ICCID_EF} 8101FF",
        {"profileIdentifier": {"iccid": ICCID_EF}, "refreshFlag": True},
    ),
    "Disable by AID": (
        f"BF3217 A0124F10{AID} 810100",
        {"profileIdentifier": {"isdpAid": AID}, "refreshFlag": False},
    ),
    "Delete by ICCID": (f"BF330C5A0A{ICCID_EF}", {"iccid": ICCID_EF}),
    "Memory reset": (
        "BF3404820205E0",
        {
            "resetOptions": [
                "deleteOperationalProfiles",
                "deleteFieldLoadedTestProfiles",
                "resetDefaultSmdpAddress",
            ]
        },
    ),
    "SetNickname": (f"BF29125A0A{ICCID_EF} 9004576F726B", {"iccid": ICCID_EF, "profileNickname": "Work"}),
    "Addresses": ("BF3C00", {}),
    "Retrieve seq 5": ("BF2B05A003800105", {"searchCriteria": {"seqNumber": 5}}),
    "Remove seq 5": ("BF3003800105", {"seqNumber": 5}),
    "CancelSession": (
        "BF4115 8010000102030405060708090A0B0C0D0E0F 810100",
        {"transactionId": "000102030405060708090A0B0C0D0E0F", "reason": "endUserRejection(0)"},
    ),
    "GetEUICCChallenge": ("BF2E00", {}),
    "GetRAT": ("BF4300", {}),
}

RESPONSES = {
    "GetEID": ("BF3E125A1089049032123451234512345678901235", {"eidValue": "89049032123451234512345678901235"}),
    "GetProfilesInfo one": (
        f"BF2D47A045E3435A0A{ICCID_EF}4F10{AID}9F70 0100 {METADATA_NAMES} 950100",
        {
            "profileInfoListOk": [
                {
                    "iccid": ICCID_EF,
                    "isdpAid": AID,
                    "profileState": "disabled(0)",
                    "serviceProviderName": "GSMA_TEST",
                    "profileName": "GSMA_TEST_PROFILE",
                    "profileClass": "test(0)",
                }
            ]
        },
    ),
    "GetProfilesInfo none": ("BF2D02A000", {"profileInfoListOk": []}),
    "GetProfilesInfo error": ("BF2D03810101", {"profileInfoListError": "incorrectInputValues(1)"}),
    "Enable": ("BF3103800100", {"enableResult": "ok(0)"}),
    "Disable": ("BF3203800100", {"disableResult": "ok(0)"}),
    "Delete": ("BF3303800100", {"deleteResult": "ok(0)"}),
    "Memory reset": ("BF3403800100", {"resetResult": "ok(0)"}),
    "SetNickname": ("BF2903800100", {"setNicknameResult": "ok(0)"}),
    "Addresses": (
        f"BF3C29 8010 {HOST} 8115 74657374726F6F74736D64732E67736D612E636F6D",
        {"defaultDpAddress": "smdp.example.com", "rootDsAddress": "testrootsmds.gsma.com"},
    ),
    "ListNotification": (
        f"BF282A A028 BF2F25 800105 81020640 0C10{HOST} 5A0A{ICCID_EF}",
        {
            "notificationMetadataList": [
                {
                    "seqNumber": 5,
                    "profileManagementOperation": ["notificationEnable"],
                    "notificationAddress": "smdp.example.com",
                    "iccid": ICCID_EF,
                }
            ]
        },
    ),
    "ListNotification none": ("BF2802A000", {"notificationMetadataList": []}),
    "Retrieve none": ("BF2B02A000", {"notificationList": []}),
    "Remove": ("BF3003800100", {"deleteNotificationStatus": "ok(0)"}),
    "AuthenticateServer error": (
        "BF380B A109 800400010203 020102",
        {"authenticateResponseError": {"transactionId": "00010203", "authenticateErrorCode": "invalidSignature(2)"}},
    ),
    "PrepareDownload error": (
        "BF210B A109 800400010203 020105",
        {"downloadResponseError": {"transactionId": "00010203", "downloadErrorCode": "invalidTransactionId(5)"}},
    ),
    "GetRAT": (
        "BF4319 A017 3015 80020560 A10B 3009 8003EEEEEE 8100 8200 82020780",
        {
            "rat": [
                {
                    "pprIds": ["ppr1", "ppr2"],
                    "allowedOperators": [{"mccMnc": "EEEEEE", "gid1": "", "gid2": ""}],
                    "pprFlags": ["consentRequired"],
                }
            ]
        },
    ),
    "GetRAT empty": ("BF4302A000", {"rat": []}),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_request_decodes_and_reencodes(name: str) -> None:
    octets, expected = REQUESTS[name]
    raw = bytes.fromhex(octets)
    request = load(PDUS[parse(raw).tag].request, raw)
    assert describe(request) == expected
    assert request.dump(force=True) == raw


@pytest.mark.parametrize("name", RESPONSES)
def test_response_decodes_and_reencodes(name: str) -> None:
    octets, expected = RESPONSES[name]
    raw = bytes.fromhex(octets)
    spec = PDUS[parse(raw).tag].response
    assert spec is not None
    response = load(spec, raw)
    assert describe(response) == expected
    assert response.dump(force=True) == raw


def test_metadata_of_a_test_profile() -> None:
    raw = bytes.fromhex(f"BF252D 5A0A{ICCID_EF} {METADATA_NAMES} 950100")
    metadata = load(rsp.StoreMetadataRequest, raw)
    assert metadata["profileClass"].native == "test"
    assert metadata["profileName"].native == "GSMA_TEST_PROFILE"
    assert metadata.dump(force=True) == raw


def test_metadata_with_explicit_default_owner_and_rule() -> None:
    raw = bytes.fromhex(
        f"BF253B 5A0A{ICCID_EF} 91025350 92014E 950102 B618 3016 800204F0 8110{HOST} B705800300F110 99020520"
    )
    metadata = load(rsp.StoreMetadataRequest, raw)
    assert describe(metadata) == {
        "iccid": ICCID_EF,
        "serviceProviderName": "SP",
        "profileName": "N",
        "profileClass": "operational(2)",
        "notificationConfigurationInfo": [
            {
                "profileManagementOperation": [
                    "notificationInstall",
                    "notificationEnable",
                    "notificationDisable",
                    "notificationDelete",
                ],
                "notificationAddress": "smdp.example.com",
            }
        ],
        "profileOwner": {"mccMnc": "00F110"},
        "profilePolicyRules": ["ppr2"],
    }
    assert metadata.dump(force=True) == raw


NOTIFICATION_INSTALL = f"BF2F25 800101 81020780 0C10{HOST} 5A0A{ICCID_EF}"


def test_installation_result_data_success() -> None:
    raw = bytes.fromhex(
        f"BF2754 800400010203 {NOTIFICATION_INSTALL} 0603 88370A A21F A01D 4F10{AID} 0409 3007A0053003800100"
    )
    data = load(rsp.ProfileInstallationResultData, raw)
    assert data["smdpOid"].dotted == "2.999.10"
    success = data["finalResult"].chosen
    assert data["finalResult"].name == "successResult"
    answer = load(saip.EUICCResponse, success["simaResponse"].native)
    assert describe(answer) == {"peStatus": [{"status": "ok(0)"}]}
    assert answer.dump(force=True) == success["simaResponse"].native
    assert data.dump(force=True) == raw


def test_installation_result_data_profile_element_error() -> None:
    body = bytes.fromhex(
        f"800400010203 {NOTIFICATION_INSTALL} 0603 88370A A218 A116 800105 81010C 820E 300CA00830068001038101098100"
    )
    raw = bytes.fromhex("BF27") + bytes((len(body),)) + body
    data = load(rsp.ProfileInstallationResultData, raw)
    error = data["finalResult"].chosen
    assert describe(error)["errorReason"] == "installFailedDueToPEProcessingError(12)"
    answer = load(saip.EUICCResponse, error["simaResponse"].native)
    assert describe(answer) == {
        "peStatus": [{"status": "bad-values(3)", "identification": 9}],
        "profileInstallationAborted": True,
    }
    assert data.dump(force=True) == raw


def test_isdr_proprietary_template_of_the_fci() -> None:
    raw = bytes.fromhex("E005 8203 020200")
    template = load(rsp.ISDRProprietaryApplicationTemplate, raw)
    assert template["svn"].native == bytes.fromhex("020200")
    assert template.dump(force=True) == raw


@pytest.mark.parametrize(
    ("encoded", "bits"),
    [
        ("99020640", {"ppr1"}),
        ("99020520", {"ppr2"}),
        ("99020560", {"ppr1", "ppr2"}),
        ("990100", set()),
    ],
)
def test_policy_rule_encodings(encoded: str, bits: set[str]) -> None:
    body = bytes.fromhex(f"5A0A{ICCID_EF} 9100 9200") + bytes.fromhex(encoded)
    raw = bytes.fromhex("BF25") + bytes((len(body),)) + body
    metadata = load(rsp.StoreMetadataRequest, raw)
    assert metadata["profilePolicyRules"].native == bits
    assert metadata.dump(force=True) == raw


def test_capabilities_example() -> None:
    """Section 4.2: bits {1,2,3,4,6,7,8,19,20,22,23,24} are 07 7B801B80; a real card says 04 90."""
    capability = rsp.UICCCapability.load(bytes.fromhex("0305077B801B80"))
    assert {bit for bit, name in rsp.UICCCapability._map.items() if name in capability.native} == {
        *(1, 2, 3, 4, 6, 7, 8),
        *(19, 20, 22, 23, 24),
    }
    assert rsp.RspCapability.load(bytes.fromhex("03020490")).native == {"additionalProfile", "testProfileSupport"}


COMMANDS = {
    "TERMINAL CAPABILITY": ("80AA00000AA9088100820101830107", "3S", 0),
    "MANAGE CHANNEL open": ("0070000001", "2S", 0),
    "MANAGE CHANNEL close": ("00708001", "1", 0),
    "SELECT ISD-R": ("01A4040010A0000005591010FFFFFFFF8900000100", "3S", 1),
    "STORE DATA list with tags": ("80E291000DBF2D0A5C085A4F9F7090919295", "3S", 0),
    "STORE DATA enable": (f"80E2910014BF3111A00C5A0A{ICCID_EF}810100", "3S", 0),
    "GET RESPONSE": ("81C000007D", "2S", 1),
    "FETCH": ("801200000B", "2S", 0),
    "TERMINAL RESPONSE": ("801400000C810301010982028281830100", "3S", 0),
    "GET IDENTITY": ("8078000100", "2S", 0),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_command_decodes_and_reencodes(name: str) -> None:
    octets, case, channel = COMMANDS[name]
    command = Command.parse(bytes.fromhex(octets))
    assert (command.case, command.channel) == (case, channel)
    assert command.encode().hex().upper() == octets


def test_commands_built_are_the_reference_bytes() -> None:
    assert open_channel().encode().hex() == "0070000001"
    assert close_channel(1).encode().hex() == "00708001"
    assert select_aid(1, AID_ISD_R).encode().hex().upper() == COMMANDS["SELECT ISD-R"][0]
    assert get_response(1, 0x7D, base_class=0x80).encode().hex().upper() == "81C000007D"
    blocks = store_data(0, bytes.fromhex(f"BF3111A00C5A0A{ICCID_EF}810100"))
    assert [block.encode().hex().upper() for block in blocks] == [COMMANDS["STORE DATA enable"][0]]


def test_response_apdu() -> None:
    assert Response.parse(bytes.fromhex("BF31038001009000")) == Response(bytes.fromhex("BF3103800100"), 0x9000)
    assert Response(bytes.fromhex("01"), 0x9000).encode().hex() == "019000"


def test_identifiers() -> None:
    assert Iccid("89000123456789012341").ef.hex() == ICCID_EF
    assert Iccid("89000123456789012341").header.hex() == "89000123456789012341"
    assert Eid("89049032123451234512345678901235").to_bytes().hex() == "89049032123451234512345678901235"


def test_enable_request_without_the_explicit_wrapper_is_refused() -> None:
    """searchCriteria and profileIdentifier without their A0: a bug seen in the field."""
    with pytest.raises(DecodeError) as caught:
        load(rsp.EnableProfileRequest, bytes.fromhex(f"BF310F 5A0A{ICCID_EF} 8101FF"))
    assert (caught.value.path, caught.value.offset) == ("profileIdentifier", 3)


def test_boolean_one_as_lpas_send_it_is_only_read_when_not_strict() -> None:
    raw = bytes.fromhex(f"BF3111 A00C5A0A{ICCID_EF} 810101")
    with pytest.raises(DecodeError, match="BOOLEAN"):
        load(rsp.EnableProfileRequest, raw)
    request = load(rsp.EnableProfileRequest, raw, strict=False)
    assert request["refreshFlag"].native is True
    assert request.dump() == raw
