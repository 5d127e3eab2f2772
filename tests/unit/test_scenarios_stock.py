"""What `rsplab scenarios provision` writes is what the scenarios meet in a server that has loaded it."""

import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from lab.inventory import profile_from_table
from scenarios.kit.profile import NotificationRecipient
from scenarios.ports import SeededEntropy
from scenarios.preparation import prepare
from scenarios.selection import select
from scenarios.stock import Limits, Stock, Stocked, matching_id_of
from smdp.core.records import Requirements
from wire.es10 import NotificationEvent, PprIds, ProfileClass

ADDRESS = "rsp.example.com"
RECIPIENTS = (NotificationRecipient("a.example.com", NotificationEvent.notificationDelete), NotificationRecipient("b"))


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"profile_class": ProfileClass.test, "k": bytes(range(16))},
        {"pprs": PprIds.ppr1 | PprIds.pprUpdateControl},
        {"notifications": RECIPIENTS},
        {"profile_type": "SINGLE", "owner": "2.999.99", "gid1": b"\xab", "isim": True, "impus": ("sip:a@b",)},
        {"requirements": Requirements((2, 3, 0), frozenset({"akaTuak256"}), 10_000)},
    ],
)
def test_the_file_makes_the_profile_down_to_the_last_octet(tmp_path: Path, options: dict[str, Any]) -> None:
    stock = Stock()
    stocked = Stocked.new(SeededEntropy("seed"), ADDRESS, **options)
    stock.add_profile(stocked)
    (table,) = tomllib.loads(stock.to_toml("2.999.20"))["profile"]
    record, package = profile_from_table(table, tmp_path, ADDRESS)
    assert record.metadata == stocked.profile.metadata
    assert package.upp == stocked.profile.package
    assert record.requirements == stocked.requirements
    assert record.operator == stocked.owner
    assert not stocked.profile_type or record.profile_type == stocked.profile_type


def test_an_order_has_its_limits_and_no_others() -> None:
    stock = Stock()
    profile = Stocked.new(SeededEntropy("seed"), ADDRESS).profile
    stock.add_order(profile, "2.999.20", Limits(expires_in=timedelta(hours=-1), download_limit=2), "4711")
    (table,) = tomllib.loads(stock.to_toml("2.999.20"))["order"]
    assert table == {
        "iccid": str(profile.iccid),
        "matching_id": matching_id_of(profile),
        "operator": "2.999.20",
        "confirmation_code": "4711",
        "expires": "-3600s",
        "download_limit": 2,
    }


def test_what_runs_twice_gets_its_profiles_twice_and_the_seed_decides_which() -> None:
    chosen = select(["smdp.es9.package.nominal", "smdp.es9.authenticate.attempts"])
    first, again, other = (prepare(chosen, seed) for seed in ("1", "1", "2"))
    iccids = [table["iccid"] for table in first.profiles]
    assert len(set(iccids)) == len(iccids) == 3  # the sanity case at both ends
    assert [order["iccid"] for order in first.orders] == [iccids[1]]
    assert (first.profiles, first.orders) == (again.profiles, again.orders)
    assert not set(iccids) & {table["iccid"] for table in other.profiles}
