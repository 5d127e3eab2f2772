"""Which test provokes which status code: `python -m tests.support.rows_reached` lists the rows that none reaches.

A row counts as reached if it stands in one of the tables below, whose tests send the request and compare the answer.
"""

import sys
from importlib import import_module
from typing import NamedTuple

from wire.codes import ROWS, StatusCode

# module -> name of its table; each entry has a `code` and a `name`
TABLES = {
    "tests.unit.test_smdp_es9_codes": "CASES",
    "tests.unit.test_smdp_es2": "CASES",
    "tests.unit.test_smds_codes": "CASES",
    "tests.unit.test_orders_codes": "REACHED",
}


class ReachedRow(NamedTuple):
    """A status code and what provokes it."""

    code: StatusCode
    name: str


def reached() -> dict[StatusCode, list[str]]:
    """Every row of the registry with the cases that provoke it."""
    found: dict[StatusCode, list[str]] = {row: [] for row in ROWS}
    for module, table in TABLES.items():
        for case in getattr(import_module(module), table):
            found[case.code].append(f"{module.rpartition('.')[2]}: {case.name}")
    return found


def rows_without_test() -> list[StatusCode]:
    """The rows that no table has."""
    return [row for row, cases in reached().items() if not cases]


def main() -> int:
    """Print every row with its cases; 1 if one has none."""
    for row, cases in reached().items():
        print(f"{row.function or 'any function':<30} {row.pair:<12} {len(cases):>3}  {cases[0] if cases else 'NONE'}")
    missing = rows_without_test()
    print(f"{len(ROWS)} rows, {len(missing)} that no test reaches" + (":" if missing else ": none"))
    for row in missing:
        print(f"  {row}")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
