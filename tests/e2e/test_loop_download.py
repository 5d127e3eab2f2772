"""Whole downloads over real HTTPS, driven through the command line: server process, card file, agent."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.directory import Lab
from tests.support.lab import CliLab, new_lab


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CliLab]:
    """A lab with two cards and a running server."""
    lab = new_lab(tmp_path_factory.mktemp("loop") / "lab")
    for card in ("c1", "c2"):
        lab("card", "create", card)
    with lab.serving():
        yield lab


def installed(lab: CliLab, card: str = "c1") -> dict[str, str]:
    """ICCID -> state on the card."""
    return {profile["iccid"]: profile["state"] for profile in lab.lpa("profile", "list", card=card).json}


def state_of(lab: CliLab, order: dict[str, str]) -> str:
    state: str = lab.json("order", "show", order["order_id"])["state"]
    return state


def test_order_download_enable_disable_delete(lab: CliLab) -> None:
    order = lab.order()
    profile = lab.lpa("profile", "download", order["activation_code"], "--yes").json
    iccid = order["iccid"]
    assert (profile["iccid"], profile["state"]) == (iccid, "disabled")
    assert all(item["delivered"] and item["removed"] for item in profile["notifications"])
    assert state_of(lab, order) == "Installed"
    assert lab.json("order", "show", iccid)["eid"] == lab.lpa("info").json["eid"]

    assert lab.lpa("profile", "nickname", iccid, "Mine").json["nickname"] == "Mine"
    assert lab.lpa("profile", "enable", iccid).json["state"] == "enabled"
    assert installed(lab)[iccid] == "enabled"
    assert lab("lpa", "--card", "c1", "profile", "enable", iccid, expect=1).stderr.count("profileNotInDisabledState")
    assert lab.lpa("profile", "disable", profile["isdp_aid"]).json["state"] == "disabled"
    deleted = lab.lpa("profile", "delete", iccid, "--yes").json
    assert deleted["state"] == "deleted"
    assert [item["events"] for item in deleted["notifications"]] == [["notificationDelete"]]
    assert iccid not in installed(lab)
    assert lab.lpa("notification", "list").json == []
    assert "iccidOrAidNotFound" in lab("lpa", "--card", "c1", "profile", "enable", iccid, expect=1).stderr


def test_a_used_code_is_dead(lab: CliLab) -> None:
    order = lab.order()
    lab.lpa("profile", "download", order["activation_code"], "--yes")
    answer = lab.lpa("profile", "download", order["activation_code"], "--yes", card="c2", expect=1)
    assert "8.2.6/3.8" in answer.stderr
    assert answer.stdout == ""


def test_confirmation_code(lab: CliLab) -> None:
    order = lab.order("--confirmation-code", "Ünïcode 4711")
    code = order["activation_code"]
    assert "--confirmation-code" in lab.lpa("profile", "download", code, "--yes", expect=4).stderr
    assert lab.json("order", "show", order["order_id"]) == order
    refused = lab.lpa("profile", "download", code, "--yes", "--confirmation-code", "wrong", expect=1)
    assert "8.2.7/3.8" in refused.stderr
    assert lab.json("order", "show", order["order_id"])["confirmation_failures"] == 1
    assert order["iccid"] not in installed(lab)
    lab.lpa("profile", "download", code, "--yes", "--confirmation-code", "Ünïcode 4711")
    assert installed(lab)[order["iccid"]] == "disabled"


def test_an_unknown_matching_id_is_refused_and_changes_nothing(lab: CliLab) -> None:
    order = lab.order()
    wrong = order["activation_code"].replace(order["matching_id"], "WRONG")
    before = installed(lab)
    assert "8.2.6/3.8" in lab.lpa("profile", "download", wrong, "--yes", expect=1).stderr
    assert installed(lab) == before
    assert state_of(lab, order) == "Released"


def test_a_picture_of_the_qr_code_will_do(lab: CliLab, tmp_path: Path) -> None:
    segno = pytest.importorskip("segno")
    pytest.importorskip("zxingcpp")
    order = lab.order()
    picture = tmp_path / "code.png"
    segno.make(order["activation_code"]).save(str(picture), scale=8)
    assert lab.lpa("profile", "download", str(picture), "--yes").json["iccid"] == order["iccid"]
    (tmp_path / "blank.png").write_bytes(b"nothing")
    assert "not a readable picture" in lab.lpa("profile", "download", str(tmp_path / "blank.png"), expect=2).stderr


def test_an_order_not_yet_released_waits(lab: CliLab) -> None:
    order = lab.order("--state", "confirmed")
    assert "8.2/1.2" in lab.lpa("profile", "download", order["activation_code"], "--yes", expect=1).stderr
    lab("order", "release", order["order_id"])
    lab.lpa("profile", "download", order["activation_code"], "--yes")
    assert state_of(lab, order) == "Installed"


def test_an_expired_order_is_refused(lab: CliLab) -> None:
    order = lab.order("--expires", "-1h")
    assert "8.8.5/4.10" in lab.lpa("profile", "download", order["activation_code"], "--yes", expect=1).stderr


def test_an_order_for_another_eid_is_refused(lab: CliLab) -> None:
    eid = lab.lpa("info", card="c2").json["eid"]
    order = lab.order("--eid", eid)
    assert "8.1.1/3.8" in lab.lpa("profile", "download", order["activation_code"], "--yes", expect=1).stderr
    lab.lpa("profile", "download", order["activation_code"], "--yes", card="c2")
    assert order["iccid"] in installed(lab, "c2")


def test_a_reusable_order_serves_every_card_again_and_again(lab: CliLab) -> None:
    order = lab.order("--reusable")
    for card in ("c1", "c2", "c1"):
        lab.lpa("profile", "download", order["activation_code"], "--yes", card=card)
        lab.lpa("profile", "delete", order["iccid"], "--yes", card=card)


def test_default_order_is_found_by_the_eid(lab: CliLab) -> None:
    eid = lab.lpa("info").json["eid"]
    order = lab.order("--default", "--eid", eid)
    assert order["matching_id"] == ""
    lab.lpa("profile", "download", order["activation_code"], "--yes")
    assert order["iccid"] in installed(lab)


def test_the_catalogue_of_types_serves_orders(lab: CliLab) -> None:
    iccids = {lab.json("profile", "build", "--profile-type", "gold")["iccid"] for _ in range(2)}
    orders = [lab.json("order", "create", "--profile-type", "gold") for _ in range(2)]
    assert {order["iccid"] for order in orders} == iccids
    assert "gold" in lab("order", "create", "--profile-type", "gold", expect=2).stderr


def test_notifications_wait_for_a_server_that_is_away(tmp_path: Path) -> None:
    lab = new_lab(tmp_path / "lab")
    lab("card", "create", "c1")
    with lab.serving() as server:
        order = lab.order()
        lab.lpa("profile", "download", order["activation_code"], "--yes")
    changed = lab.lpa("profile", "enable", order["iccid"]).json
    assert changed["state"] == "enabled"
    assert [item["delivered"] for item in changed["notifications"]] == [False]
    assert lab("lpa", "--card", "c1", "notification", "process", expect=3)
    assert len(lab.lpa("notification", "list").json) == 1
    with server:
        assert [item["delivered"] for item in lab.lpa("notification", "process").json] == [True]
    assert lab.lpa("notification", "list").json == []


def test_a_notification_can_be_thrown_away(tmp_path: Path) -> None:
    lab = new_lab(tmp_path / "lab")
    lab("card", "create", "c1")
    with lab.serving():
        order = lab.order()
        lab.lpa("profile", "download", order["activation_code"], "--yes")
    lab.lpa("profile", "enable", order["iccid"])
    number = lab.lpa("notification", "list").json[0]["seq_number"]
    assert lab.lpa("notification", "remove", str(number)).json == {"seq_number": number, "removed": True}
    assert lab.lpa("notification", "list").json == []


def test_any_address_works_without_dns_and_plain_http_is_labelled(tmp_path: Path) -> None:
    lab = new_lab(tmp_path / "lab", "--address", "smdp.nowhere.example:443")
    lab("card", "create", "c1")
    order = lab.order()
    assert order["activation_code"].startswith("LPA:1$smdp.nowhere.example$")
    with lab.serving():
        lab.lpa("profile", "download", order["activation_code"], "--yes")
    order = lab.order()
    with lab.serving("--no-tls"):
        lab.lpa("profile", "download", order["activation_code"], "--yes")
    assert state_of(lab, order) == "Installed"


def test_nobody_there_is_unreachable(tmp_path: Path) -> None:
    lab = new_lab(tmp_path / "lab", "--address", "localhost:1")
    lab("card", "create", "c1")
    order = lab.order()
    settings = lab.path / "lab.toml"
    settings.write_text(settings.read_text() + "\n[agent]\nretry_waits_s = []\n")
    answer = lab.lpa("profile", "download", order["activation_code"], "--yes", expect=3)
    assert "localhost:1" in answer.stderr
    assert state_of(lab, order) == "Released"


def test_the_demo(tmp_path: Path) -> None:
    answer = CliLab(tmp_path / "demo")("demo")
    assert "Every check held" in answer.stdout
    assert "✘" not in answer.stdout
    assert answer.stdout.count("✔") >= 11


def test_the_demo_leaves_its_server_on_demand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEEP", "1")
    demo = CliLab(tmp_path / "demo")
    answer = demo("demo")
    server = Lab(demo.path).running_server()
    assert server is not None
    try:
        assert f"kill {server.pid}" in answer.stdout
        order = demo.order()
        demo.lpa("profile", "download", order["activation_code"], "--yes", card="phone")
    finally:
        os.kill(server.pid, signal.SIGTERM)
        os.waitpid(server.pid, 0)
