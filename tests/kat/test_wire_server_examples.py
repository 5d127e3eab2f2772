"""Byte examples of the server reference decode with the codec and re-encode identically.

Provenance: shared/reference/server.md, sections 1.4, 1.6, 3.4, 5.2, 5.8, 7.4, 9.1, 10.1, 12; none of the octets were
made by this project's code.
"""

import pytest

from wire import rsp
from wire.activation_code import ActivationCode
from wire.codes import ES9P, ES11
from wire.der import describe, load
from wire.ids import Eid, Iccid, TransactionId, encode_mcc_mnc, encode_oid
from wire.tlv import parse_all, tlv

TRANSACTION_ID = "00112233445566778899AABBCCDDEEFF"
OTPK_DP = (
    "04515C3D6EB9E396B904D3FECA7F54FDCD0CC1E997BF375DCA515AD0A6C3B4035F"
    "4536BE3A50F318FBF9A5475902A221502BEF0D57E08C53B2CC0A56F17D9F9354"
)
CRT = "A610 800188 810110 8408A0A1A2A3A4A5A6A7"


def test_asn1_binding_answers() -> None:
    """Section 1.6: cancelSession ok and getBoundProfilePackage error 3."""
    done = load(rsp.RemoteProfileProvisioningResponse, bytes.fromhex("A2 05 BF41 02 A000"))
    assert describe(done) == {"cancelSessionResponseEs9": {"cancelSessionOk": {}}}
    assert done.dump(force=True).hex().upper() == "A205BF4102A000"
    refused = load(rsp.RemoteProfileProvisioningResponse, bytes.fromhex("A2 06 BF3A 03 810103"))
    assert describe(refused) == {
        "getBoundProfilePackageResponse": {"getBoundProfilePackageError": "confirmationCodeRefused(3)"}
    }
    assert refused.dump(force=True).hex().upper() == "A206BF3A03810103"


def test_cancel_session_es9_replaces_the_inner_tag() -> None:
    """Section 1.6: 80 transactionId, A1{ A0{...} or 81 ... }: [1] stands in place of BF41."""
    raw = bytes.fromhex("A2 0D BF41 0A 80 03 010203 A1 03 81 01 05")
    request = load(rsp.RemoteProfileProvisioningRequest, raw)
    assert describe(request) == {
        "cancelSessionRequestEs9": {
            "transactionId": "010203",
            "cancelSessionResponse": {"cancelSessionResponseError": "invalidTransactionId(5)"},
        }
    }
    assert request.dump(force=True) == raw


def test_authenticate_client_es11_answer() -> None:
    """Section 1.6: BF40 A0{ 80 transactionId, A1{ 30{80 eventId, 81 rspServerAddress} } }."""
    raw = bytes.fromhex("BF40 10 A0 0E 80 01 AA A1 09 30 07 80 01 45 81 02 6473")
    answer = load(rsp.AuthenticateClientResponseEs11, raw)
    assert describe(answer) == {
        "authenticateClientOk": {
            "transactionId": "AA",
            "eventEntries": [{"eventId": "E", "rspServerAddress": "ds"}],
        }
    }
    assert answer.dump(force=True) == raw


def test_initialise_secure_channel() -> None:
    """Sections 5.2 and 5.8: the members of BF23 in the vector's values."""
    body = bytes.fromhex(f"820101 8010{TRANSACTION_ID} {CRT} 5F4941{OTPK_DP} 5F3740{'5A' * 64}")
    raw = tlv(0xBF23, body)
    request = load(rsp.InitialiseSecureChannelRequest, raw)
    assert describe(request) == {
        "remoteOpId": "installBoundProfilePackage(1)",
        "transactionId": TRANSACTION_ID,
        "controlRefTemplate": {"keyType": "88", "keyLen": "10", "hostId": "A0A1A2A3A4A5A6A7"},
        "smdpOtpk": OTPK_DP,
        "smdpSign": "5A" * 64,
    }
    assert request.dump(force=True) == raw


def test_bound_profile_package_with_the_vectors_protected_tlvs() -> None:
    """Section 5.8, PPK mode: 87, 88, 87, 86, 86 in their four sequences."""
    isc = tlv(0xBF23, bytes.fromhex(f"820101 8010{TRANSACTION_ID} {CRT} 5F4941{OTPK_DP} 5F3740{'5A' * 64}"))
    configure = bytes.fromhex("87 18 3CB9C2D9A5FC0047A19318648EA02764 549039B37FCE4A6E")
    metadata = bytes.fromhex("88 21 BF25165A0A9800103254769810321491025350920450726F66 B672EA16B0D5E029")
    keys = bytes.fromhex(
        "87489B49CE1E22C72367821F418731A336FCC889BD512D695AFB3E72E76A7465F62C"
        "BE9069B75F96EBE8AE8D1A1A06DE59480ECA5081102891E750C3CFE31C5950E40993"
        "2C7E6F518AD6"
    )
    elements = bytes.fromhex(
        "86 18 55BEBDD13302887933E0E83A87650F54 21E8BAE6AC6EA37486 18 AA172B8271D62D6631B5160FF861F096 F4B542236084DC99"
    )
    raw = tlv(0xBF36, isc, tlv(0xA0, configure), tlv(0xA1, metadata), tlv(0xA2, keys), tlv(0xA3, elements))
    package = load(rsp.BoundProfilePackage, raw)
    assert [len(package[name]) for name in ("firstSequenceOf87", "sequenceOf88", "secondSequenceOf87")] == [1, 1, 1]
    assert [element.dump() for element in package["sequenceOf86"]] == [tlv.raw for tlv in parse_all(elements)]
    assert package.dump(force=True) == raw
    inside = load(rsp.StoreMetadataRequest, package["sequenceOf88"][0].native[:-8])
    assert inside["profileName"].native == "Prof"


@pytest.mark.parametrize("raw_hex", ["BF2400", "BF2407B805 8003 88370A"])
def test_configure_isdp(raw_hex: str) -> None:
    raw = bytes.fromhex(raw_hex)
    request = load(rsp.ConfigureISDPRequest, raw)
    assert request.dump(force=True) == raw
    if len(raw) > 3:
        assert request["dpProprietaryData"]["dpOid"].dotted == "2.999.10"


def test_replace_session_keys() -> None:
    raw = bytes.fromhex(f"BF2636 8010{'C0' * 16} 8110{'C1' * 16} 8210{'C2' * 16}")
    request = load(rsp.ReplaceSessionKeysRequest, raw)
    assert request["ppkEnc"].native == b"\xc1" * 16
    assert request.dump(force=True) == raw


@pytest.mark.parametrize(
    ("bits", "event"),
    [("0780", "Install"), ("0640", "Enable"), ("0520", "Disable"), ("0410", "Delete")],
)
def test_operation_bits(bits: str, event: str) -> None:
    raw = bytes.fromhex(f"BF2F 0C 80020080 8102{bits} 0C026470")
    metadata = load(rsp.NotificationMetadata, raw)
    assert metadata["seqNumber"].native == 0x80
    assert metadata["profileManagementOperation"].native == {f"notification{event}"}
    assert metadata.dump(force=True) == raw


def test_euicc_info1_with_v3_elements_is_kept() -> None:
    """Section 2.1: unknown elements of a v3 eUICC are tolerated: B1, 88, 93 after the v2 fields."""
    raw = bytes.fromhex("BF20 1A 8203020500 A9020400 AA020400 B1020400 88020080 9303030000")
    info = load(rsp.EUICCInfo1, raw)
    assert describe(info) == {
        "svn": "020500",
        "euiccCiPKIdListForVerification": [""],
        "euiccCiPKIdListForSigning": [""],
        "unknown B1": "B1020400",
        "unknown 88": "88020080",
        "unknown 93": "9303030000",
    }
    assert info.dump(force=True) == raw


@pytest.mark.parametrize(
    ("row", "asn1_error"),
    [
        (ES9P.INITIATE_AUTHENTICATION.INVALID_DP_ADDRESS, 1),
        (ES9P.INITIATE_AUTHENTICATION.SVN_NOT_SUPPORTED, 2),
        (ES9P.INITIATE_AUTHENTICATION.CI_PK_NOT_SUPPORTED, 3),
        (ES9P.AUTHENTICATE_CLIENT.MATCHING_ID_REFUSED, 6),
        (ES9P.AUTHENTICATE_CLIENT.UNKNOWN_TRANSACTION_ID, 10),
        (ES9P.GET_BOUND_PROFILE_PACKAGE.CONFIRMATION_CODE_RETRIES_EXCEEDED, 4),
        (ES9P.GET_BOUND_PROFILE_PACKAGE.UNKNOWN_TRANSACTION_ID, 95),
        (ES9P.CANCEL_SESSION.EUICC_SIGNATURE_INVALID, 2),
        (ES11.AUTHENTICATE_CLIENT.EVENT_ID_UNKNOWN, 6),
    ],
)
def test_integer_twins(row: object, asn1_error: int) -> None:
    assert getattr(row, "asn1_error", None) == asn1_error


def test_identifier_examples() -> None:
    assert Iccid("89000123456789012341").ef.hex() == "98001032547698103214"
    assert Iccid("8900012345678901234F").ef.hex() == "980010325476981032f4"
    assert Eid.with_check_digits("890490321234512345123456789012") == "89049032123451234512345678901235"
    assert encode_mcc_mnc("001", "01").hex() == "00f110"
    assert encode_mcc_mnc("310", "410").hex() == "130014"
    assert encode_oid("2.999.10").hex() == "88370a"
    assert str(TransactionId.from_hex("0123456789abcdef0123456789ABCDEF")) == "0123456789ABCDEF0123456789ABCDEF"


def test_activation_code_example() -> None:
    code = ActivationCode.parse("LPA:1$smdp.example.com$04386-AGYFT-A74Y8-3F815$$1")
    assert (code.smdp_address, code.matching_id) == ("smdp.example.com", "04386-AGYFT-A74Y8-3F815")
    assert (code.smdp_oid, code.confirmation_code_required) == ("", True)
    assert code.lpa_uri == "LPA:1$smdp.example.com$04386-AGYFT-A74Y8-3F815$$1"
