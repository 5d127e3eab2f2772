"""Decoding any bytes gives a value or a DecodeError, nothing else; what is decoded strictly re-encodes identically."""

import contextlib
import json
from collections.abc import Callable

import pytest
from asn1crypto.core import Asn1Value
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.wire_pdus import examples
from wire import saip, tlv
from wire.activation_code import ActivationCode, ActivationCodeError
from wire.apdu import Command, Response
from wire.der import describe, lint, load
from wire.errors import DecodeError
from wire.ids import (
    Eid,
    Iccid,
    IdentifierError,
    MatchingId,
    TransactionId,
    decode_mcc_mnc,
    decode_oid,
    encode_mcc_mnc,
    encode_oid,
)

EXAMPLES = examples()
NAMES = st.sampled_from(sorted(EXAMPLES))
STABLE = settings(derandomize=True, deadline=None, max_examples=300)


def refusal(decode: Callable[[], object]) -> DecodeError | None:
    """The DecodeError, or None; anything else that is raised fails the test."""
    try:
        decode()
    except DecodeError as error:
        return error
    return None


def check(spec: type[Asn1Value], raw: bytes) -> None:
    for strict in (True, False):
        error = refusal(lambda strict=strict: load(spec, raw, strict=strict))
        if error is not None:
            assert 0 <= error.offset <= len(raw)
            assert error.rule
            continue
        value = load(spec, raw, strict=strict)
        assert value.raw == value.dump() == raw
        json.dumps(describe(value))
        if strict:
            assert value.dump(force=True) == raw


@pytest.mark.parametrize("name", EXAMPLES)
def test_example_decodes_and_reencodes(name: str) -> None:
    spec, raw = EXAMPLES[name]
    value = load(spec, raw)
    assert value.dump(force=True) == raw
    lint(raw)


@pytest.mark.parametrize("name", EXAMPLES)
def test_truncated_or_prolonged_examples_are_refused(name: str) -> None:
    spec, raw = EXAMPLES[name]
    for length in [*range(min(len(raw), 40)), len(raw) // 2, len(raw) - 1]:
        with pytest.raises(DecodeError):
            load(spec, raw[:length])
    with pytest.raises(DecodeError, match="follow"):
        load(spec, raw + b"\x00")


@STABLE
@given(NAMES, st.data())
def test_flipped_bits(name: str, data: st.DataObject) -> None:
    spec, raw = EXAMPLES[name]
    damaged = bytearray(raw)
    for _ in range(data.draw(st.integers(1, 3))):
        damaged[data.draw(st.integers(0, len(raw) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    check(spec, bytes(damaged))


@STABLE
@given(NAMES, st.data())
def test_flipped_bits_near_the_beginning(name: str, data: st.DataObject) -> None:
    """Headers and tags sit there: the damage that structure has to survive."""
    spec, raw = EXAMPLES[name]
    damaged = bytearray(raw)
    damaged[data.draw(st.integers(0, min(len(raw), 60) - 1))] = data.draw(st.integers(0, 255))
    check(spec, bytes(damaged))


@STABLE
@given(NAMES, st.binary(max_size=80))
def test_random_octets(name: str, raw: bytes) -> None:
    check(EXAMPLES[name][0], raw)
    outer = EXAMPLES[name][1]
    check(EXAMPLES[name][0], outer[: 2 if outer[0] & 0x1F == 0x1F else 1] + tlv.length_octets(len(raw)) + raw)


TAGS = st.sampled_from(
    (
        *(0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0C, 0x30, 0x4F, 0x5A, 0x5C, 0x5F37, 0x5F49, 0x90, 0x99),
        *range(0x80, 0x86),
        *(0x9F70, 0xA0, 0xA1, 0xA2, 0xA3, 0xB6, 0xB7, 0xBF22, 0xBF2F, 0xBF37, 0xE3),
    )
)
TREES = st.recursive(
    st.tuples(TAGS, st.binary(max_size=20)).map(lambda pair: tlv.tlv(*pair)),
    lambda children: st.tuples(TAGS, st.lists(children, max_size=5)).map(lambda pair: tlv.tlv(pair[0], *pair[1])),
    max_leaves=20,
)


@STABLE
@given(NAMES, TREES)
def test_random_trees(name: str, raw: bytes) -> None:
    spec, outer = EXAMPLES[name]
    check(spec, raw)
    check(spec, tlv.tlv(tlv.parse(outer).tag, raw))


@STABLE
@given(st.binary(max_size=100))
def test_tlv_readers_and_linter(raw: bytes) -> None:
    try:
        parsed = tlv.parse_all(raw)
    except DecodeError:
        pass
    else:
        assert b"".join(element.raw for element in parsed) == raw
        assert b"".join(tlv.tlv(element.tag, element.value) for element in parsed) == raw
    for reader in (lint, saip.split_elements):
        with contextlib.suppress(DecodeError):
            reader(raw)


@pytest.mark.parametrize("tag", [0x30, 0xA0, 0xBF38])
def test_deep_nesting_is_refused(tag: int) -> None:
    raw = b""
    for _ in range(2000):
        raw = tlv.tlv(tag, raw)
    for spec, _ in EXAMPLES.values():
        with pytest.raises(DecodeError):
            load(spec, raw)
    with pytest.raises(DecodeError, match="nested deeper"):
        lint(raw)


def test_a_length_beyond_the_input_needs_no_memory() -> None:
    for spec, _ in EXAMPLES.values():
        with pytest.raises(DecodeError):
            load(spec, bytes.fromhex("BF3884FFFFFFFF00"))


@STABLE
@given(st.binary(max_size=300))
def test_apdus(raw: bytes) -> None:
    try:
        command = Command.parse(raw)
    except DecodeError:
        pass
    else:
        assert command.encode() == raw
        assert 0 <= command.channel <= 19
    if len(raw) >= 2:
        assert Response.parse(raw).encode() == raw


CODES = st.from_regex(r"(LPA:)?1\$[a-z.:0-9]{0,12}\$[A-Z0-9-]{0,8}(\$[0-9.]{0,9}){0,3}", fullmatch=True)


@STABLE
@given(st.text(max_size=60) | CODES)
def test_activation_codes(text: str) -> None:
    try:
        code = ActivationCode.parse(text)
    except ActivationCodeError as error:
        position = error.position
    else:
        assert ActivationCode.parse(code.lpa_uri) == code
        return
    assert 0 <= position <= len(text)


@STABLE
@given(st.text(alphabet="0123456789F", max_size=34) | st.text(max_size=40))
def test_identifiers_from_text(text: str) -> None:
    for make in (Eid, Iccid, MatchingId, TransactionId.from_hex, encode_oid):
        with contextlib.suppress(IdentifierError):
            make(text)


@STABLE
@given(st.binary(max_size=20))
def test_identifiers_from_octets(octets: bytes) -> None:
    for make in (Eid.from_bytes, Iccid.from_ef, Iccid.from_header, TransactionId, decode_mcc_mnc, decode_oid):
        with contextlib.suppress(IdentifierError):
            make(octets)


@STABLE
@given(st.lists(st.integers(0, 1 << 100), max_size=6), st.integers(0, 2), st.integers(0, 39))
def test_oid_round_trip(rest: list[int], first: int, second: int) -> None:
    dotted = ".".join(str(arc) for arc in (first, second, *rest))
    assert decode_oid(encode_oid(dotted)) == dotted


@STABLE
@given(st.from_regex(r"[0-9]{3}", fullmatch=True), st.from_regex(r"[0-9]{2,3}", fullmatch=True))
def test_mcc_mnc_round_trip(mcc: str, mnc: str) -> None:
    assert decode_mcc_mnc(encode_mcc_mnc(mcc, mnc)) == (mcc, mnc)


@STABLE
@given(st.from_regex(r"[0-9]{18,20}", fullmatch=True))
def test_iccid_round_trip(digits: str) -> None:
    iccid = Iccid(digits)
    assert Iccid.from_ef(iccid.ef) == Iccid.from_header(iccid.header) == Iccid(iccid.json) == digits
