"""Which profile a card takes: metadata, policy rules, class, memory, and whether the package is that profile's."""

import pytest

from euicc_sim.core.rules import AuthorisationRule, Operator
from tests.support.card_bench import Bench, Order, bound, card_settings, failure
from tests.support.tlv_by_hand import dig, split, t
from wire.es10 import BppCommandId as Command
from wire.es10 import ErrorReason as Reason
from wire.es10 import PprIds, ProfileClass, RspCapability

# -- StoreMetadata -----------------------------------------------------------------------------------------------------


def test_the_iccid_is_there_already() -> None:
    bench, order = Bench(), Order()
    bench.download(order)
    result = bench.download(order)
    error = dig(result, "BF37", "BF27", "A2", "A1")
    assert (dig(error, "80")[0], dig(error, "81")[0]) == (2, 9)
    assert dig(result, "BF37", "BF27", "BF2F", "5A") == order.iccid.ef
    assert len(bench.states()) == 1


def test_no_test_profiles_on_this_card() -> None:
    bench = Bench(card_settings(rsp_capability=RspCapability.additionalProfile))
    result = bench.download(Order(profile_class=ProfileClass.test))
    assert failure(bench, result) == (Command.storeMetadata, Reason.unsupportedProfileClass)


def metadata_with(order: Order, *, drop: tuple[str, ...] = (), add: bytes = b"") -> bytes:
    kept = [raw for tag, _, raw in split(dig(order.metadata, "BF25")) if tag not in drop]
    return t("BF25", *kept, add)


@pytest.mark.parametrize(
    ("drop", "add"),
    [
        (("5A",), b""),
        (("91",), b""),
        (("92",), b""),
        ((), t("93", b"\x01")),
        ((), t("94", b"x")),
        (("B6", "B7"), t("93", b"\x02") + t("94", b"x")),
        (("B6", "B7"), t("93", b"\x01") + t("94", bytes(1025))),
        (("B6", "B7"), t("95", b"\x03")),
        (("B6", "B7"), t("95", b"\x02") + t("95", b"\x02")),
        (("B7",), t("B6", t("30", t("80", b"\x07\x80")))),
        (("B7",), t("B7", t("80", b"\x00\xf1"))),
        (("91", "92", "B6", "B7"), t("91", b"\xff") + t("92", b"x")),
        (("91", "92", "B6", "B7"), t("91", b"x" * 33) + t("92", b"x")),
        (("91", "92", "B6", "B7"), t("91", b"x") + t("92", b"x" * 65)),
        (("91", "92", "B6", "B7"), t("92", b"x") + t("91", b"x")),
        ((), t("99", b"\x08\x00")),
        (("B7",), t("99", b"\x06\x40")),
    ],
)
def test_metadata_that_breaks_its_type(drop: tuple[str, ...], add: bytes) -> None:
    bench, order = Bench(), Order()
    order.metadata = metadata_with(order, drop=drop, add=add)
    result = bench.load(bound(bench, order))
    assert failure(bench, result) == (Command.storeMetadata, Reason.incorrectInputValues)


def test_unknown_members_and_no_rules_are_harmless() -> None:
    bench, order = Bench(), Order()
    order.metadata = metadata_with(order, add=t("99", b"\x00") + t("9F7B", b"x"))
    bench.load(bound(bench, order))
    assert bench.es10("BF2D035C0199").hex() == "bf2d04a002e300"


OF_310_410 = AuthorisationRule(PprIds(6), (Operator(b"\x13\x00\x14"),))


@pytest.mark.parametrize(
    ("rules", "forbidden", "owner", "pprs", "expected"),
    [
        ((AuthorisationRule(PprIds.ppr1),), PprIds(0), b"\x00\xf1\x10", PprIds.ppr1, None),
        ((AuthorisationRule(PprIds.ppr1),), PprIds(0), b"\x00\xf1\x10", PprIds.ppr2, Reason.pprNotAllowed),
        ((), PprIds(0), b"\x00\xf1\x10", PprIds.ppr2, Reason.pprNotAllowed),
        ((AuthorisationRule(PprIds(6)),), PprIds.ppr2, b"\x00\xf1\x10", PprIds.ppr2, Reason.pprNotAllowed),
        ((OF_310_410,), PprIds(0), b"\x00\xf1\x10", PprIds.ppr2, Reason.pprNotAllowed),
        ((AuthorisationRule(PprIds(6)),), PprIds(0), b"\xee\xee\xee", PprIds.ppr2, Reason.incorrectInputValues),
        ((), PprIds(0), b"\x00\xf1\x10", PprIds.pprUpdateControl, None),
    ],
)  # fmt: skip
def test_policy_rules_of_a_new_profile(
    rules: tuple[AuthorisationRule, ...], forbidden: PprIds, owner: bytes, pprs: PprIds, expected: Reason | None
) -> None:
    bench, order = Bench(card_settings(rules=rules, forbidden_pprs=forbidden)), Order()
    add = t("B7", t("80", owner)) + t("99", pprs.to_bits())
    order.metadata = metadata_with(order, drop=("B7", "99"), add=add)
    result = bench.load(bound(bench, order))
    if expected is None:
        assert dig(result, "BF37", "BF27", "A2", "A0")
    else:
        assert failure(bench, result) == (Command.storeMetadata, expected)


def test_ppr1_only_as_the_first_operational_profile() -> None:
    bench = Bench()
    bench.download(Order(1))
    error = dig(bench.download(Order(2, pprs=PprIds.ppr1)), "BF37", "BF27", "A2", "A1")
    assert dig(error, "81")[0] == Reason.pprNotAllowed
    assert bench.result(Order(1).delete()) == 0
    assert dig(bench.download(Order(2, pprs=PprIds.ppr1)), "BF37", "BF27", "A2", "A0")


# -- LoadProfileElements -----------------------------------------------------------------------------------------------


def test_a_package_of_another_profile() -> None:
    bench, order = Bench(), Order(1)
    order.package = Order(2).package
    result = bench.load(bound(bench, order))
    assert failure(bench, result) == (Command.loadProfileElements, Reason.installFailedDueToDataMismatch)


@pytest.mark.parametrize(
    "owner", [t("80", b"\x00\xf2\x10"), t("80", b"\x00\xf1\x10") + t("81", b"\x01"), t("80", b"\x00\x11\x10")]
)
def test_an_owner_that_is_not_in_the_package(owner: bytes) -> None:
    bench, order = Bench(), Order()
    order.metadata = metadata_with(order, drop=("B7",), add=t("B7", owner))
    result = bench.load(bound(bench, order))
    assert failure(bench, result) == (Command.loadProfileElements, Reason.installFailedDueToDataMismatch)


@pytest.mark.parametrize("change", ["cut", "extra", "bad element", "no header"])
def test_packages_that_do_not_execute(change: str) -> None:
    bench, order = Bench(), Order()
    first, *others = [raw for _, _, raw in split(order.package)]
    order.package = {
        "cut": order.package[:-4],
        "extra": order.package + t("A1", b""),
        "bad element": first + t("B0", b"\x30\x80") + b"".join(others),
        "no header": b"".join(others),
    }[change]
    result = bench.load(bound(bench, order))
    assert failure(bench, result) == (Command.loadProfileElements, Reason.installFailedDueToPEProcessingError)
    response = dig(result, "BF37", "BF27", "A2", "A1", "82")
    assert dig(response, "30", "A0")


def test_a_full_card() -> None:
    bench = Bench(card_settings(nvm_octets=2000))
    result = bench.download(Order())
    assert failure(bench, result) == (
        Command.loadProfileElements,
        Reason.installFailedDueToInsufficientMemoryForProfile,
    )
    assert bench.free_octets() == 2000


def test_a_test_profile_needs_test_keys() -> None:
    bench = Bench()
    secret = Order(profile_class=ProfileClass.test, k=bytes.fromhex("5F" * 16), opc=bytes.fromhex("A7" * 16))
    result = bench.download(secret)
    assert failure(bench, result) == (
        Command.loadProfileElements,
        Reason.testProfileInstallFailedDueToInvalidNaaKey,
    )
