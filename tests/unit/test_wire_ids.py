"""Identifiers: forms, check digits, and where they go wrong."""

import pytest

from wire.ids import (
    Aid,
    Eid,
    Iccid,
    IdentifierError,
    MatchingId,
    TransactionId,
    decode_mcc_mnc,
    decode_oid,
    encode_mcc_mnc,
    encode_oid,
    luhn_digit,
)

EID = "89049032123451234512345678901235"


def test_eid_forms() -> None:
    eid = Eid(EID)
    assert eid == EID
    assert Eid.from_bytes(eid.to_bytes()) == eid
    assert Eid.with_check_digits(EID[:30]) == eid


def test_eid_check_digits() -> None:
    eids = [Eid.with_check_digits(f"8904903200000000000000{number:08d}") for number in range(97)]
    assert {int(eid) % 97 for eid in eids} == {1}
    assert {eid[30:] for eid in eids} == {f"{digits:02d}" for digits in range(2, 99)}


@pytest.mark.parametrize("first30", ["", "8" * 29, "8" * 31, "8" * 29 + "X"])
def test_eid_check_digits_need_thirty_digits(first30: str) -> None:
    with pytest.raises(IdentifierError):
        Eid.with_check_digits(first30)


@pytest.mark.parametrize(
    ("text", "where", "words"),
    [
        (EID[:-1], 31, "32 digits"),
        (EID + "0", 33, "32 digits"),
        (EID[:5] + "A" + EID[6:], 5, "not a decimal digit"),
        (EID[:5] + "٣" + EID[6:], 5, "not a decimal digit"),
        (EID[:-1] + "6", 30, "should be 35"),
        ("", 0, "32 digits"),
    ],
)
def test_eid_errors(text: str, where: int, words: str) -> None:
    with pytest.raises(IdentifierError, match=words) as caught:
        Eid(text)
    assert (caught.value.what, caught.value.where) == ("EID", where)


@pytest.mark.parametrize("octets", [b"", bytes(15), bytes(17), b"\xaf" + bytes(15)])
def test_eid_octet_errors(octets: bytes) -> None:
    with pytest.raises(IdentifierError):
        Eid.from_bytes(octets)


@pytest.mark.parametrize(
    ("digits", "ef", "json"),
    [
        ("89000123456789012341", "98001032547698103214", "89000123456789012341"),
        ("8900012345678901234", "980010325476981032f4", "8900012345678901234F"),
        ("890001234567890123", "980010325476981032ff", "890001234567890123FF"),
    ],
)
def test_iccid_forms(digits: str, ef: str, json: str) -> None:
    iccid = Iccid(digits)
    assert (iccid.ef.hex(), iccid.json) == (ef, json)
    assert Iccid.from_ef(iccid.ef) == Iccid.from_header(iccid.header) == Iccid(json) == Iccid(json.lower()) == digits


def test_iccid_check_digit() -> None:
    assert luhn_digit("7992739871") == "3"
    iccid = Iccid.with_check_digit("8900012345678901234")
    assert iccid == "89000123456789012341"  # the ICCID of the TS.48 profiles
    assert iccid.luhn_ok
    assert not Iccid("89000123456789012342").luhn_ok


@pytest.mark.parametrize("text", ["", "8" * 17, "8" * 21, "89F00123456789012341", "8900012345678901234X", "F" * 20])
def test_iccid_errors(text: str) -> None:
    with pytest.raises(IdentifierError):
        Iccid(text)


@pytest.mark.parametrize("octets", [b"", bytes(9), bytes(11), b"\xa0" + bytes(9), bytes(5) + b"\xff" + bytes(4)])
def test_iccid_octet_errors(octets: bytes) -> None:
    with pytest.raises(IdentifierError):
        Iccid.from_ef(octets)
    with pytest.raises(IdentifierError):
        Iccid.from_header(octets)


def test_aid_and_transaction_id() -> None:
    aid = Aid.from_hex("A000 0005 59")
    assert (bytes(aid), str(aid)) == (bytes.fromhex("A000000559"), "A000000559")
    for wrong in (b"1234", bytes(17)):
        with pytest.raises(IdentifierError):
            Aid(wrong)
    tid = TransactionId.from_hex("aB01")
    assert (str(tid), tid == b"\xab\x01", tid == TransactionId.from_hex("AB01")) == ("AB01", True, True)
    for text in ("", "0", "0G", "00" * 17):
        with pytest.raises(IdentifierError):
            TransactionId.from_hex(text)


def test_matching_id() -> None:
    assert MatchingId("") == ""
    assert MatchingId("04386-AGYFT") == "04386-AGYFT"
    assert len(MatchingId("A" * 255)) == 255
    for text, where in (("ABc", 2), ("A B", 1), ("A" * 256, 255), ("Ä", 0), ("A\n", 1)):
        with pytest.raises(IdentifierError) as caught:
            MatchingId(text)
        assert caught.value.where == where


@pytest.mark.parametrize(
    ("mcc", "mnc", "octets"), [("001", "01", "00f110"), ("310", "410", "130014"), ("262", "01", "62f210")]
)
def test_mcc_mnc(mcc: str, mnc: str, octets: str) -> None:
    assert encode_mcc_mnc(mcc, mnc).hex() == octets
    assert decode_mcc_mnc(bytes.fromhex(octets)) == (mcc, mnc)


def test_mcc_mnc_wildcards_and_errors() -> None:
    assert decode_mcc_mnc(bytes.fromhex("EEEEEE")) == ("EEE", "EEE")
    for mcc, mnc in (("01", "01"), ("0010", "01"), ("001", "1"), ("001", "0101"), ("00A", "01")):
        with pytest.raises(IdentifierError):
            encode_mcc_mnc(mcc, mnc)
    for octets in ("", "00F1", "00F11000", "FFFFFF", "00F1F0", "0A0000"):
        with pytest.raises(IdentifierError):
            decode_mcc_mnc(bytes.fromhex(octets))


@pytest.mark.parametrize(
    ("dotted", "octets"),
    [("2.999.10", "88370a"), ("2.23.146.1.2.1.4", "67811201020104"), ("1.2.840.10045", "2a8648ce3d"), ("0.9", "09")],
)
def test_oid(dotted: str, octets: str) -> None:
    assert encode_oid(dotted).hex() == octets
    assert decode_oid(bytes.fromhex(octets)) == dotted


@pytest.mark.parametrize("dotted", ["", "1", "3.1", "1.40", "1.2.", ".1.2", "1.02", "1.-2", "1.2.x", "2." + "9" * 39])
def test_oid_text_errors(dotted: str) -> None:
    with pytest.raises(IdentifierError):
        encode_oid(dotted)


@pytest.mark.parametrize("octets", ["", "80", "8001", "2a8001", "2a86", "ff" * 30 + "01"])
def test_oid_octet_errors(octets: str) -> None:
    with pytest.raises(IdentifierError):
        decode_oid(bytes.fromhex(octets))
