"""Strict decoding: the place and the rule of every error, and what the loaded object keeps."""

import pytest

from tests.support.wire_pdus import certificate, crl, examples
from wire import rsp, saip
from wire.asn1 import Certificate
from wire.der import describe, dump, lint, load
from wire.errors import DecodeError
from wire.tlv import parse, tlv

ICCID = "5A0A98001032547698103214"


@pytest.mark.parametrize(
    ("octets", "offset", "rule"),
    [
        ("", 0, "tag expected"),
        ("30", 1, "length expected"),
        ("3005", 2, "cut off"),
        ("3080 0000", 1, "indefinite"),
        ("308100", 1, "not minimally"),
        ("30820001 00", 1, "not minimally"),
        ("3085 0000000001 00", 1, "longer than four"),
        ("1F0100", 0, "not minimally"),
        ("3000 00", 2, "octets follow"),
        ("3003 0101 01", 2, "BOOLEAN"),
        ("3002 0100", 2, "BOOLEAN"),
        ("3004 0202 0001", 2, "not minimally"),
        ("3004 0202 FF80", 2, "not minimally"),
        ("3002 0200", 2, "INTEGER is empty"),
        ("3002 0300", 2, "unused bits"),
        ("3003 0301 01", 2, "unused bits"),
        ("3004 0302 0880", 2, "unused bits"),
        ("3004 0302 0781", 2, "not zero"),
        ("3003 0501 00", 2, "NULL"),
        ("3003 0601 80", 5, "OBJECT IDENTIFIER"),
        ("3003 0C01 FF", 4, "UTF-8"),
        ("A004 0C02 41FF", 5, "UTF-8"),
        ("3002 3001", 4, "cut off"),
    ],
)
def test_lint(octets: str, offset: int, rule: str) -> None:
    with pytest.raises(DecodeError, match=rule) as caught:
        lint(bytes.fromhex(octets))
    assert caught.value.offset == offset


@pytest.mark.parametrize("octets", ["3000", "020200FF", "0303 000001", "8001FF", "0C02C3A4"])
def test_lint_accepts(octets: str) -> None:
    lint(bytes.fromhex(octets))


CONSTRAINTS = [
    (rsp.EnableProfileRequest, "BF3200", "", 0, "tag BF31 expected, found BF32"),
    (rsp.EnableProfileRequest, "BF3100", "profileIdentifier", 3, "missing"),
    (rsp.EnableProfileRequest, f"BF310E A00C{ICCID}", "refreshFlag", 17, "missing"),
    (rsp.EnableProfileRequest, "BF3105 A000 8101FF", "profileIdentifier", 3, "one element expected"),
    (rsp.EnableProfileRequest, f"BF311D A018{ICCID}{ICCID} 8101FF", "profileIdentifier", 3, "one element expected"),
    (rsp.EnableProfileRequest, "BF3109 A004 5B02AABB 8101FF", "profileIdentifier", 5, "none of the alternatives"),
    (rsp.EnableProfileRequest, "BF3109 A004 5A02AABB 8101FF", "profileIdentifier.iccid", 5, "10 octets expected"),
    (rsp.EnableProfileRequest, f"BF3111 A00C{ICCID} 810155", "refreshFlag", 17, "BOOLEAN"),
    (rsp.EnableProfileRequest, f"BF3110 A00C{ICCID} 8100", "refreshFlag", 17, "BOOLEAN"),
    (rsp.EnableProfileRequest, f"BF3114 A00C{ICCID} 8101FF 8101FF", "", 20, "repeated or out of order"),
    (rsp.EnableProfileRequest, f"BF3113 A00C{ICCID} 8101FF A100", "", 20, "has to be primitive"),
    (rsp.EnableProfileRequest, f"BF3114 A00C{ICCID} 8101FF 0C01FF", "C", 22, "UTF-8"),
    (rsp.SetNicknameRequest, f"BF294F {ICCID} 9041{'41' * 65}", "profileNickname", 15, "0..64 characters"),
    (rsp.SetNicknameRequest, f"BF290F {ICCID} 9001FF", "profileNickname", 17, "UTF-8"),
    (rsp.GetEuiccDataRequest, "BF3E04 5C025A5A", "tagList", 3, "1 octets expected, found 2"),
    (rsp.NotificationSentRequest, "BF3004 80020001", "seqNumber", 3, "not minimally"),
    (rsp.NotificationSentRequest, "BF3002 8000", "seqNumber", 3, "INTEGER is empty"),
    (rsp.EuiccMemoryResetRequest, "BF3404 820204E0", "resetOptions", 3, "ends with a zero bit"),
    (rsp.EuiccMemoryResetRequest, "BF3404 820206E0", "resetOptions", 3, "unused bits"),
    (rsp.EuiccMemoryResetRequest, "BF3403 820108", "resetOptions", 3, "unused bits"),
    (rsp.GetRatResponse, "BF4304 A0023000", "rat[0].pprIds", 7, "missing"),
    (rsp.GetRatResponse, "BF4304 A0023100", "rat[0]", 5, "tag 30 expected, found 31"),
    (rsp.ConfigureISDPRequest, "BF2405 B803 800188", "dpProprietaryData.dpOid", 8, "OBJECT IDENTIFIER"),
    (saip.PEHeader, "3004 81028000", "identification", 2, r"0\.\.32767"),
    (saip.PEHeader, "3003 8101FF", "identification", 2, r"0\.\.32767"),
    (saip.PEHeader, "3006 800100 810101", "mandated", 2, "NULL"),
    (saip.PUKConfiguration, "3003 800101", "pukValue", 5, "missing"),
    (saip.ProfileElement, "AF00 00", "", 2, "octets follow"),
    (saip.ProfileElement, "9F2000", "", 0, "expected"),
]


@pytest.mark.parametrize(("spec", "octets", "path", "offset", "rule"), CONSTRAINTS)
def test_constraints(spec: type, octets: str, path: str, offset: int, rule: str) -> None:
    with pytest.raises(DecodeError, match=rule) as caught:
        load(spec, bytes.fromhex(octets))
    assert (caught.value.path, caught.value.offset) == (path, offset)


def test_certificate_errors_have_a_place() -> None:
    spec, raw = examples()["ES10b.AuthenticateServer request"]
    start = raw.index(certificate())
    damaged = bytearray(raw)
    damaged[start + certificate().index(b"200401000000Z")] = 0x41
    with pytest.raises(DecodeError) as caught:
        load(spec, bytes(damaged))
    assert (caught.value.path, caught.value.offset) == ("serverCertificate", start)


def test_nested_values_name_their_whole_path() -> None:
    raw = tlv(0xBF41, tlv(0xA0, tlv(0x30, tlv(0x80, b"1"), tlv(0x81, b"\x80"))))
    with pytest.raises(DecodeError) as caught:
        load(rsp.CancelSessionResponse, raw)
    assert caught.value.path == "cancelSessionResponseOk.euiccCancelSessionSigned.smdpOid"
    assert caught.value.offset == len(raw)


def test_loaded_values_keep_their_bytes() -> None:
    spec, raw = examples()["ES10b.AuthenticateServer response"]
    value = load(spec, memoryview(raw))
    assert value.raw == raw
    assert dump(value) == raw
    assert value.chosen["euiccSigned1"].dump() == parse(raw).at(0, 0xA0).at(0, 0x30).raw


def test_unknown_numbers_and_bits_are_kept_and_shown() -> None:
    reason = load(rsp.CancelSessionRequest, bytes.fromhex("BF4106 8001AA 810163"))
    assert describe(reason)["reason"] == "unknown(99)"
    assert reason["reason"].native == 99
    assert reason.dump(force=True) == reason.raw
    rules = load(rsp.StoreMetadataRequest, bytes.fromhex(f"BF2514 {ICCID} 9100 9200 99020450"))
    assert describe(rules)["profilePolicyRules"] == ["ppr1", "bit3"]
    assert rules.dump(force=True) == rules.raw


def test_defaults_are_supplied_when_absent() -> None:
    metadata = load(rsp.StoreMetadataRequest, bytes.fromhex(f"BF2510 {ICCID} 9100 9200"))
    assert metadata["profileClass"].native == "operational"
    built = rsp.StoreMetadataRequest(
        {
            "iccid": bytes.fromhex(ICCID)[2:],
            "serviceProviderName": "",
            "profileName": "",
            "profileClass": "operational",
        }
    )
    assert built.dump() == metadata.raw
    built["profileClass"] = "test"
    assert built.dump().endswith(bytes.fromhex("950100"))


def test_not_strict_tolerates_values_but_not_structure() -> None:
    loose = bytes.fromhex(f"BF3111 A00C{ICCID} 810101")
    assert load(rsp.EnableProfileRequest, loose, strict=False)["refreshFlag"].native is True
    assert load(rsp.NotificationSentRequest, bytes.fromhex("BF3004 80020001"), strict=False)["seqNumber"].native == 1
    bits = load(rsp.EuiccMemoryResetRequest, bytes.fromhex("BF3404 820204E0"), strict=False)
    assert len(bits["resetOptions"].native) == 3
    for octets in ("BF3002 8000", "BF300580020001", "BF30848000000000"):
        with pytest.raises(DecodeError):
            load(rsp.NotificationSentRequest, bytes.fromhex(octets), strict=False)


def test_choice_with_its_own_tag_inside_another_tag() -> None:
    """[1] CancelSessionResponse: A1 replaces BF41, whose class adds it when it stands alone."""
    alone = rsp.CancelSessionResponse("cancelSessionResponseError", "undefinedError")
    assert alone.dump().hex().upper() == "BF410381017F"
    inside = rsp.CancelSessionRequestEs9(
        {"transactionId": b"\x01", "cancelSessionResponse": ("cancelSessionResponseError", 127)}
    )
    assert inside.dump().hex().upper() == "BF41088001 01 A1 03 81017F".replace(" ", "")


def test_building_from_python_values() -> None:
    request = rsp.EnableProfileRequest({"profileIdentifier": ("iccid", bytes.fromhex(ICCID)[2:]), "refreshFlag": True})
    assert request.dump() == bytes.fromhex(f"BF3111 A00C{ICCID} 8101FF")
    rat = rsp.GetRatResponse({"rat": [{"pprIds": {"ppr1"}, "allowedOperators": [], "pprFlags": set()}]})
    assert rat.dump() == bytes.fromhex("BF430D A00B 3009 80020640 A100 820100")
    assert rsp.GetEuiccChallengeRequest().dump() == bytes.fromhex("BF2E00")
    notifications = rsp.NotificationList([("otherSignedNotification", _other())])
    assert notifications[0].name == "otherSignedNotification"


def _other() -> rsp.OtherSignedNotification:
    _, raw = examples()["ES9+.HandleNotification request"]
    wrapper = load(rsp.RemoteProfileProvisioningRequest, raw).chosen
    found: rsp.OtherSignedNotification = wrapper["pendingNotification"].chosen
    return found


def test_certificate_summary_and_crl() -> None:
    described = describe(load(Certificate, certificate()))
    assert described["serial"] == "100"
    assert "89049032123451234512345678901235" in described["subject"]
    assert len(described["ski"]) == 40
    request = load(rsp.LoadCRLRequest, tlv(0xBF35, b"\xa0" + crl()[1:]))
    assert describe(request)["crl"]["revoked"] == 1
    assert load(Certificate, certificate()).dump(force=True) == certificate()


def test_big_numbers_are_shown_in_hex() -> None:
    raw = tlv(0xBF30, tlv(0x80, b"\x7f" + bytes(3000)))
    assert describe(load(rsp.NotificationSentRequest, raw))["seqNumber"] == "7F" + "00" * 3000


@pytest.mark.parametrize("form", ["81", "A1"])
def test_vendor_specific_data_in_both_tag_forms(form: str) -> None:
    raw = bytes.fromhex(f"BF251E {ICCID} 9100 9200 BF220B 3009 800388370A {form}02 0400")
    metadata = load(rsp.StoreMetadataRequest, raw)
    (item,) = metadata["serviceSpecificDataStoredInEuicc"]
    assert item["vendorSpecificData"].native == bytes.fromhex("0400")
    assert metadata.dump(force=True) == raw
