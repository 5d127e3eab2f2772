"""Policy rules and the tables of state changes, every combination (card.md chapter 5)."""

from itertools import product

import pytest

from euicc_sim.core.policy import (
    is_authorised,
    may_delete,
    may_disable,
    may_enable,
    names_one_operator,
    owner_matches,
    pprs_allowed,
    previous_after_enable,
)
from euicc_sim.core.rules import PPRS_WITH_CONSENT, AuthorisationRule, Operator
from euicc_sim.core.store import Profile
from tests.support.tlv_by_hand import t
from wire.es10 import DeleteResult, DisableResult, EnableResult, PprIds, ProfileClass

TEST, PROVISIONING, OPERATIONAL = ProfileClass
NONE, PPR1, PPR2 = PprIds(0), PprIds.ppr1, PprIds.ppr2
OWNER = Operator(bytes.fromhex("00F110"), None, None)


def profile(index: int, profile_class: ProfileClass = OPERATIONAL, pprs: PprIds = NONE) -> Profile:
    info = {0x5A: t("5A", bytes([index]) * 10), 0x95: t("95", bytes([profile_class]))}
    if pprs:
        info[0x99] = t("99", pprs.to_bits())
    return Profile(index, info, 100, bytes(20))


# -- enable ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("target_class", ProfileClass)
@pytest.mark.parametrize("pprs", [NONE, PPR1, PPR2, PPR1 | PPR2])
def test_enable_with_nothing_enabled(target_class: ProfileClass, pprs: PprIds) -> None:
    assert may_enable(profile(1, target_class, pprs), None, None) is EnableResult.ok


def test_enable_of_nothing_and_of_the_enabled() -> None:
    assert may_enable(None, profile(1), None) is EnableResult.iccidOrAidNotFound
    assert may_enable(profile(1), profile(1), None) is EnableResult.profileNotInDisabledState


@pytest.mark.parametrize(
    ("target_class", "enabled_class", "enabled_ppr1", "was_before"),
    list(product(ProfileClass, ProfileClass, [False, True], [False, True])),
)
def test_enable_while_another_is_enabled(
    target_class: ProfileClass, enabled_class: ProfileClass, enabled_ppr1: bool, was_before: bool
) -> None:
    """The order of card.md 5.2: wrongProfileReenabling before PPR1; PPR1 yields to test and provisioning profiles."""
    enabled = profile(2, enabled_class, PPR1 if enabled_ppr1 else NONE)
    verdict = may_enable(profile(1, target_class), enabled, 1 if was_before else 3)
    if enabled_class is TEST and target_class is not TEST and not was_before:
        assert verdict is EnableResult.wrongProfileReenabling
    elif enabled_ppr1 and target_class is OPERATIONAL:
        assert verdict is EnableResult.disallowedByPolicy
    else:
        assert verdict is EnableResult.ok


@pytest.mark.parametrize(("pprs", "expected"), [(NONE, "ok"), (PPR1, "disallowedByPolicy"), (PPR2, "ok")])
def test_disable(pprs: PprIds, expected: str) -> None:
    assert may_disable(profile(1, pprs=pprs), profile(1, pprs=pprs)).name == expected
    assert may_disable(profile(1, pprs=pprs), profile(2)) is DisableResult.profileNotInEnabledState
    assert may_disable(profile(1, pprs=pprs), None) is DisableResult.profileNotInEnabledState
    assert may_disable(None, profile(1)) is DisableResult.iccidOrAidNotFound


@pytest.mark.parametrize(("pprs", "expected"), [(NONE, "ok"), (PPR1, "ok"), (PPR2, "disallowedByPolicy")])
def test_delete(pprs: PprIds, expected: str) -> None:
    assert may_delete(profile(1, pprs=pprs), profile(2)).name == expected
    assert may_delete(profile(1, pprs=pprs), None).name == expected
    assert may_delete(profile(1, pprs=pprs), profile(1)) is DeleteResult.profileNotInDisabledState
    assert may_delete(None, None) is DeleteResult.iccidOrAidNotFound


def test_who_comes_back_after_a_test_profile() -> None:
    test, other_test = profile(1, TEST), profile(2, TEST)
    assert previous_after_enable(test, profile(3), None) == 3
    assert previous_after_enable(test, None, None) is None
    assert previous_after_enable(test, profile(3, PROVISIONING), None) is None
    assert previous_after_enable(other_test, test, 3) == 3
    assert previous_after_enable(profile(3), test, 3) is None
    assert previous_after_enable(profile(4), profile(3), None) is None


# -- rules of a new profile --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("allowed", "gid1", "gid2", "matches"),
    [
        ("00F110", None, None, True),
        ("EEEEEE", None, None, True),
        ("00E110", None, None, True),
        ("00F120", None, None, False),
        ("00F1EE", None, None, True),
        ("130014", None, None, False),
        ("00F110", b"\x01", None, False),
    ],
)
def test_operators(allowed: str, gid1: bytes | None, gid2: bytes | None, matches: bool) -> None:
    assert owner_matches(Operator(bytes.fromhex(allowed), None, None), Operator(OWNER.mcc_mnc, gid1, gid2)) is matches


@pytest.mark.parametrize(
    ("allowed", "found", "matches"),
    [
        (b"", None, True),
        (b"", b"\x01", True),
        (None, None, True),
        (None, b"\x01", False),
        (b"\x01", b"\x01", True),
        (b"\x01", b"\x02", False),
        (b"\x01", None, False),
    ],
)
def test_group_identifiers(allowed: bytes | None, found: bytes | None, matches: bool) -> None:
    assert owner_matches(Operator(OWNER.mcc_mnc, allowed, b""), Operator(OWNER.mcc_mnc, found, None)) is matches
    assert owner_matches(Operator(OWNER.mcc_mnc, b"", allowed), Operator(OWNER.mcc_mnc, None, found)) is matches


def test_each_rule_needs_a_line_of_the_table() -> None:
    table = (AuthorisationRule(PPR1), AuthorisationRule(PPR2, (Operator(bytes.fromhex("130014")),)))
    assert is_authorised(PPR1, OWNER, table)
    assert not is_authorised(PPR2, OWNER, table)
    assert not pprs_allowed(PPR1 | PPR2, OWNER, table, NONE, False)
    assert pprs_allowed(PPR1, OWNER, table, NONE, False)
    assert pprs_allowed(PPR1 | PPR2, OWNER, (PPRS_WITH_CONSENT,), NONE, False)


def test_what_else_stops_a_rule() -> None:
    table = (PPRS_WITH_CONSENT,)
    assert not pprs_allowed(PPR1, OWNER, table, NONE, True)
    assert pprs_allowed(PPR2, OWNER, table, NONE, True)
    assert not pprs_allowed(PPR2, OWNER, table, PPR2, False)
    assert not pprs_allowed(PprIds(8), OWNER, table, NONE, False), "the old ppr3"
    assert pprs_allowed(PprIds.pprUpdateControl, OWNER, (), NONE, True), "no rule at all"


@pytest.mark.parametrize(
    ("mcc_mnc", "expected"),
    [("00F110", True), ("130014", True), ("EEEEEE", False), ("00E110", False), ("00F1F0", False), ("F0F110", False)],
)
def test_an_owner_is_one_operator(mcc_mnc: str, expected: bool) -> None:
    assert names_one_operator(Operator(bytes.fromhex(mcc_mnc))) is expected
    assert not names_one_operator(None)
