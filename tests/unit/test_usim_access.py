"""Access rules: every kind of condition, and rules that are not well-formed keep the file closed."""

import pytest

from euicc_sim.profile.access import Access, is_allowed
from tests.support.profile_bench import ADM, ARR, PIN1, PIN2, UiccBench, create, managed, package, path, t

ALL = frozenset((0x01, 0x0A, 0x81))


def opens(rule: str, access: Access | None, *verified: int, instruction: int = 0xB0) -> bool:
    return is_allowed(bytes.fromhex(rule), access, instruction, lambda reference: reference in verified)


CASES = [
    (ARR[0], Access.UPDATE, (), False),
    (ARR[0], Access.UPDATE, (0x0A,), True),
    (ARR[0], Access.READ, (0x0A,), False),
    (ARR[1], Access.READ, (), True),
    (ARR[1], Access.DELETE, (0x0A,), True),
    (ARR[3], Access.READ, (0x81,), False),
    (ARR[3], Access.READ, (0x01,), True),
    (ARR[3], Access.UPDATE, (0x81,), True),
    (ARR[4], Access.READ, (), False),
    (ARR[4], Access.READ, (0x01,), True),
    (ARR[4], Access.READ, (0x0A,), True),
    (ARR[4], Access.UPDATE, ALL, False),
    (ARR[5], Access.READ, (0x01,), False),
    (ARR[5], Access.READ, (0x01, 0x0A), True),
    (ARR[5], Access.UPDATE, (), True),
    (ARR[1] + "FFFFFF", Access.READ, (), True),
    ("FF" * 20, Access.READ, ALL, False),
    ("", Access.READ, ALL, False),
    ("9000", Access.READ, ALL, False),
    ("800101", Access.READ, ALL, False),
    ("800101A0009000", Access.READ, (), True),
    ("800101AF00", Access.READ, ALL, False),
    ("800101A400", Access.READ, ALL, False),
    ("800101A40683010195", Access.READ, ALL, False),
    ("800101A403830101 A403830102", Access.READ, (0x02,), True),
    ("800101B600", Access.READ, ALL, False),
    ("80020101 9000", Access.READ, ALL, False),
    ("8001FF 9700", Access.READ, ALL, False),
    ("800101" + "A002" * 0 + "A0" + "0A" + "A008A006A004A0029000", Access.READ, (), True),
]


@pytest.mark.parametrize(("rule", "access", "verified", "expected"), CASES)
def test_rules(rule: str, access: Access, verified: tuple[int, ...], expected: bool) -> None:
    assert opens(rule, access, *verified) is expected


def test_rules_by_instruction() -> None:
    assert opens(ARR[6], None, 0x01, instruction=0x32)
    assert not opens(ARR[6], None, instruction=0x32)
    assert not opens(ARR[6], None, 0x01, instruction=0xD4)
    assert opens("8401D4 9000", None, instruction=0xD4)


def test_deep_nesting_ends_closed() -> None:
    rule = b"\x90\x00"
    for _ in range(20):
        rule = t("A0", rule)
    assert not is_allowed(b"\x80\x01\x01" + rule, Access.READ, 0xB0, lambda _: True)


def test_rule_file_is_sought_upwards() -> None:
    extra = managed(
        path("7FD0"),
        create("5F60", "7821"),
        create("4F01", "4121", arr="6F0603", size="01"),
        create("4F02", "4121", arr="2F0602", size="01"),
        create("4F03", "4121", arr="6F0699", size="01"),
        create("4F04", "4121", arr="6FAA01", size="01"),
        create("4F05", "4121", arr="2F0600", size="01"),
        create("4F06", "4121", arr="2FE201", size="01"),
    )
    bench = UiccBench.with_package(package(extra=extra))
    bench.select_usim()
    bench.data("00A40004025F60")

    def read(fid: str) -> str:
        bench.data("00A4000402" + fid)
        return bench.sw("00B0000000")

    assert [read(fid) for fid in ("4F01", "4F02", "4F03", "4F04", "4F05", "4F06")] == ["6982", "9000"] + ["6982"] * 4
    bench.verify("01", PIN1)
    bench.verify("0A", ADM)
    bench.verify("81", PIN2)
    assert [read(fid) for fid in ("4F01", "4F02", "4F03", "4F04", "4F05", "4F06")] == ["9000", "9000"] + ["6982"] * 4
