"""Policy rules against the Rules Authorisation Table, and the bound profile package as the agent cuts it."""

from typing import Any

import pytest

from lpa.core.bpp import segments, store_metadata
from lpa.core.chip import AuthorisationRule
from lpa.core.metadata import OperatorId, ProfileMetadata
from lpa.core.policy import RuleVerdict, judge, matches
from lpa.core.settings import LpaSettings
from wire.errors import DecodeError
from wire.es10 import PprIds
from wire.ids import Iccid
from wire.tlv import tlv


def operator(mcc_mnc: str, gid1: bytes | None = None, gid2: bytes | None = None) -> OperatorId:
    return OperatorId(bytes.fromhex(mcc_mnc), gid1, gid2)


OWNER = operator("00F110")


@pytest.mark.parametrize(
    ("owner", "allowed", "expected"),
    [
        (operator("00F110"), operator("00F110"), True),
        (operator("00F110"), operator("00F120"), False),
        (operator("00F110"), operator("EEEEEE"), True),
        (operator("130014"), operator("13E0E4"), True),
        (operator("130014"), operator("13E0E5"), False),
        (operator("00F110"), operator("0001E0"), False),
        (operator("00F110", b"\x01"), operator("00F110"), False),
        (operator("00F110", b"\x01"), operator("00F110", b""), True),
        (operator("00F110"), operator("00F110", b""), True),
        (operator("00F110", b"\x01"), operator("00F110", b"\x01"), True),
        (operator("00F110", b"\x01", b"\x02"), operator("00F110", b"\x01", b"\x03"), False),
        (operator("00F110", None, b"\x02"), operator("00F110", None, b""), True),
    ],
)
def test_operators_match_by_digit_wildcards_and_gids(owner: OperatorId, allowed: OperatorId, expected: bool) -> None:
    assert matches(owner, allowed) is expected


def profile(rules: PprIds, owner: OperatorId | None = OWNER) -> ProfileMetadata:
    return ProfileMetadata(b"", Iccid("89000123456789012341"), "", "", 2, None, None, rules, owner, ())


def rule(rules: PprIds, consent: bool, *operators: OperatorId) -> AuthorisationRule:
    return AuthorisationRule(rules, operators or (operator("EEEEEE", b"", b""),), consent)


def test_the_first_entry_for_rule_and_owner_decides() -> None:
    table = [
        rule(PprIds.ppr2, False),
        rule(PprIds.ppr1, True, operator("00F120")),
        rule(PprIds.ppr1, True, OWNER),
        rule(PprIds.ppr1, False),
    ]
    both = PprIds.ppr1 | PprIds.ppr2
    assert judge(profile(both), table) == {
        PprIds.ppr1: RuleVerdict.CONSENT_REQUIRED,
        PprIds.ppr2: RuleVerdict.ALLOWED,
    }
    assert judge(profile(both), table[1:2]) == dict.fromkeys((PprIds.ppr1, PprIds.ppr2), RuleVerdict.NOT_ALLOWED)
    assert judge(profile(PprIds.ppr1, None), table) == {PprIds.ppr1: RuleVerdict.NOT_ALLOWED}
    assert judge(profile(PprIds.pprUpdateControl), []) == {}


MAC = b"\x22" * 8
INITIALISE = tlv(0xBF23, tlv(0x82, b"\x01"))


def package(*parts: bytes) -> bytes:
    return tlv(0xBF36, *parts)


def test_the_whole_package_is_sent_and_cut_only_where_the_standard_cuts() -> None:
    bpp = package(
        INITIALISE,
        tlv(0xA0, tlv(0x87, bytes(24))),
        tlv(0xA1, tlv(0x88, b"AB", MAC), tlv(0x88, b"C", MAC)),
        tlv(0xA2, tlv(0x87, bytes(72))),
        tlv(0xA3, tlv(0x86, bytes(1016)), tlv(0x86, bytes(40))),
    )
    cut = segments(bpp)
    assert b"".join(cut) == bpp
    assert [segment[:1] for segment in cut[1:]] == [
        b"\xa0",
        b"\xa1",
        b"\x88",
        b"\x88",
        b"\xa2",
        b"\xa3",
        b"\x86",
        b"\x86",
    ]
    assert cut[0] == bpp[: len(bpp) - sum(map(len, cut[1:]))]
    assert cut[0].endswith(INITIALISE)
    assert [len(cut[2]), len(cut[6])] == [2, 4]
    assert store_metadata(bpp) == b"ABC"


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        package(),
        package(INITIALISE, tlv(0xA0, tlv(0x87)), tlv(0xA1, tlv(0x88)), tlv(0xA3, tlv(0x86))) + b"\x00",
        package(INITIALISE, tlv(0xA1, tlv(0x88, MAC)), tlv(0xA0, tlv(0x87)), tlv(0xA3, tlv(0x86))),
        package(INITIALISE, tlv(0xA0, tlv(0x86)), tlv(0xA1, tlv(0x88, MAC)), tlv(0xA3, tlv(0x86))),
        package(INITIALISE, tlv(0xA0), tlv(0xA1, tlv(0x88, MAC)), tlv(0xA3, tlv(0x86))),
        package(INITIALISE, tlv(0xA0, tlv(0x87)), tlv(0xA1, tlv(0x88, MAC)), tlv(0xA2), tlv(0xA3, tlv(0x86))),
        package(INITIALISE, tlv(0xA0, tlv(0x87)), tlv(0xA1, tlv(0x88, MAC)), tlv(0xA3)),
    ],
)
def test_any_other_shape_is_refused(broken: bytes) -> None:
    with pytest.raises(DecodeError):
        segments(broken)


def test_metadata_shorter_than_its_mac_are_refused() -> None:
    bpp = package(INITIALISE, tlv(0xA0, tlv(0x87)), tlv(0xA1, tlv(0x88, b"short")), tlv(0xA3, tlv(0x86)))
    with pytest.raises(DecodeError, match="MAC"):
        store_metadata(bpp)


@pytest.mark.parametrize(
    "wrong",
    [
        {"tac": "1234567"},
        {"tac": "1234567x"},
        {"imei": "12345"},
        {"segment_octets": 0},
        {"segment_octets": 256},
        {"device_capabilities": {"warpSpeed": b"\x01\x00\x00"}},
    ],
)
def test_settings_are_checked_when_made(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"TAC|IMEI|block|warpSpeed"):
        LpaSettings(**wrong)


def test_a_sixteen_digit_imei_travels_as_it_is() -> None:
    assert LpaSettings(imei="1234567890123456").device_info().endswith(bytes.fromhex("82081234567890123456"))
