"""The status codes of every function are those of the reference, no more and no fewer.

Provenance: shared/reference/server.md, tables of sections 2.1, 2.2.3, 2.3.1, 2.4, 3.3, 3.5, 8.2, 8.3, 8.4.
"""

from collections import defaultdict

import pytest

from wire.codes import CANCEL_REASONS, ROWS

CERTIFICATES = "8.1.2/6.1 8.1.2/6.3 8.1.3/6.1 8.1.3/6.3 8.1/6.1 8.11.1/3.9 8.10.1/3.9"
SMDS = "8.9/5.1 8.9/4.2"
TABLES = {
    "ES9+.InitiateAuthentication": "8.8.1/3.8 8.8.2/3.1 8.8.3/3.1 8.8.4/3.7",
    "ES9+.AuthenticateClient": (f"{CERTIFICATES} 8.2.6/3.8 8.1.1/3.8 8.2/1.2 8.2.5/4.3 8.1/4.8 8.8.5/4.10 8.8.5/6.4"),
    "ES9+.GetBoundProfilePackage": "8.10.1/3.9 8.1/6.1 8.2.7/2.2 8.2.7/3.8 8.2.7/6.4 8.8.5/4.10 8.2/3.7",
    "ES9+.CancelSession": "8.10.1/3.9 8.1/6.1 8.8/3.10",
    "ES2+.DownloadOrder": ("8.2.1/1.2 8.2.1/3.9 8.2.1/3.3 8.2.5/1.2 8.2.5/3.9 8.2.5/3.7 8.2.5/3.8 8.2.1/2.3 8.1.1/2.1"),
    "ES2+.ConfirmOrder": f"8.2.1/1.2 8.2.1/3.9 8.2.1/3.3 8.2.6/3.3 8.1.1/2.2 8.1.1/3.10 8.1.1/2.1 {SMDS}",
    "ES2+.CancelOrder": f"8.2.1/1.2 8.2.1/3.9 8.2.1/3.3 8.2.1/3.10 8.2.6/3.10 {SMDS}",
    "ES2+.ReleaseProfile": f"8.2.1/1.2 8.2.1/3.9 8.2.1/3.5 {SMDS}",
    "ES11.InitiateAuthentication": "8.9.1/3.8 8.9.2/3.1 8.9.3/3.1 8.9.4/3.7",
    "ES11.AuthenticateClient": f"{CERTIFICATES} 8.9.5/3.9",
    "ES12.RegisterEvent": f"8.9.5/3.3 {SMDS}",
    "ES12.DeleteEvent": f"8.9.5/3.9 {SMDS}",
    "ES15.RegisterEvent": "8.9.5/3.3",
    "ES15.DeleteEvent": "8.9.5/3.9",
}


def test_rows_per_function() -> None:
    pairs: defaultdict[str, set[str]] = defaultdict(set)
    for row in ROWS:
        if row.function:
            pairs[row.function].add(row.pair)
    assert pairs == {function: set(listed.split()) for function, listed in TABLES.items()}


def test_unverified_rows_are_marked() -> None:
    marked = {(row.function, row.pair) for row in ROWS if row.unverified and row.function}
    assert marked == {
        ("ES2+.DownloadOrder", "8.2.1/2.3"),
        ("ES2+.DownloadOrder", "8.1.1/2.1"),
        ("ES2+.ConfirmOrder", "8.1.1/2.1"),
        ("ES2+.ConfirmOrder", "8.2.1/3.3"),
    }


@pytest.mark.parametrize(
    ("reason", "pair"),
    [
        *((0, "8.8.5/3.8"), (1, None), (2, None), (3, "8.2.8/1.2"), (4, "8.2.9/3.11"), (5, "8.2.10/4.2")),
        *((17, "8.2.13/3.1"), (18, "8.2.13/1.2"), (19, "8.2.13/3.8"), (20, "8.2.13/3.12"), (21, "8.2.13/3.8")),
        *((22, "8.2.13/3.8"), (23, "8.2.14/3.1"), (24, "8.8.6/3.8"), (25, "8.2.9/3.8"), (27, "8.8.6/3.8")),
        *((28, "8.8.6/2.1"), (29, "8.8.6/4.2"), (30, "8.10.3/4.3"), (127, "8/4.2")),
    ],
)
def test_operator_status_of_cancel_reasons(reason: int, pair: str | None) -> None:
    status = CANCEL_REASONS[reason].status
    assert (status and status.pair) == pair
