"""Orders at the command line, in states that only ES2+ can leave behind; packages that can't be written."""

from datetime import UTC, datetime
from pathlib import Path

from lab.database import open_desk
from lab.directory import Lab
from lab.views import order_view
from smdp.core.records import Order
from smdp.core.states import State
from tests.support.lab import new_lab

ALLOCATED = Order(
    order_id="0123456789abcdef",
    iccid="8999001000000000017",
    state=State.ALLOCATED,
    created_at=datetime(2031, 5, 1, tzinfo=UTC),
)


def test_no_activation_code_before_the_order_is_confirmed() -> None:
    assert order_view(ALLOCATED, "dp.example.com")["activation_code"] is None
    confirmed = ALLOCATED._replace(matching_id="ABC")
    assert order_view(confirmed, "dp.example.com")["activation_code"] == "LPA:1$dp.example.com$ABC"
    default = ALLOCATED._replace(matching_id="")
    assert order_view(default, "dp.example.com")["activation_code"] == "LPA:1$dp.example.com$"


def test_an_allocated_order_is_shown_without_a_code(tmp_path: Path) -> None:
    lab = new_lab(tmp_path / "lab")
    profile = lab.json("profile", "build")
    with open_desk(Lab(lab.path)) as desk:
        desk.store.commit(ALLOCATED._replace(iccid=profile["iccid"]))
    shown = lab("order", "show", ALLOCATED.order_id).stdout
    assert "Allocated" in shown
    assert "LPA:" not in shown
    assert "█" not in shown
    assert lab.json("order", "list")[0]["activation_code"] is None


def test_a_package_that_cannot_be_written_is_not_in_the_inventory(tmp_path: Path) -> None:
    lab = new_lab(tmp_path / "lab")
    nowhere = tmp_path / "nowhere" / "package.der"
    assert str(nowhere) in lab("profile", "build", "--output", str(nowhere), expect=2).stderr
    assert lab.json("profile", "list") == []


def test_nothing_to_deliver_is_said(tmp_path: Path) -> None:
    lab = new_lab(tmp_path / "lab")
    lab("card", "create", "c1")
    assert "nothing" in lab("lpa", "--card", "c1", "notification", "process").stderr
    assert lab.lpa("notification", "process").json == []
