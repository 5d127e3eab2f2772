"""The console's pages where no browser is needed: cards nobody manages, orders, webhooks, keys, certificates."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from lab.card_view import offline_agent
from lab.cards import delete_card
from lab.directory import Lab
from lpa.core.procedures.profiles import enable
from tests.support.console_client import ConsoleClient
from tests.support.lab import CliLab, new_lab
from wire.ids import Eid, Iccid


@dataclass
class World:
    lab: CliLab
    client: ConsoleClient
    order: dict[str, Any]

    def side(self, iccid: str) -> list[str]:
        """The cells of this profile in the card's table: card, order, notification, managed, agree."""
        page = self.client.get("/cards/c1").text
        row = next(row for row in re.findall(r"<tr>.*?</tr>", page, re.DOTALL) if iccid in row)
        cells = re.findall(r"<td data-label=\"[^\"]+\">(.*?)</td>", row, re.DOTALL)[1:]
        return [re.sub(r"<[^>]+>", "", cell).strip() for cell in cells]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A lab whose card c1 has downloaded a profile by the command line: the management knows nothing of it."""
    lab = new_lab(tmp_path_factory.mktemp("pages") / "lab")
    lab("card", "create", "c1")
    order = lab.order()
    with lab.serving("--api-port", "0", "--api-anonymous", "admin", "--es2-port", "0", "--smds-port", "0") as server:
        lab.lpa("profile", "download", order["activation_code"], "--yes")
        yield World(lab, ConsoleClient(server.ready["api"]), order)


def test_the_overview_says_what_runs_where(world: World) -> None:
    page = world.client.get("/").text
    for name in ("SM-DP+ for LPAs", "SM-DP+ for operators", "SM-DS for LPAs", "Management API and console"):
        assert name in page
    assert page.count("https://127.0.0.1:") == 3


def test_an_order_of_the_command_line_is_listed_and_shown_with_its_code(world: World) -> None:
    assert world.order["order_id"][:8] in world.client.get("/profiles").text
    page = world.client.get(f"/profiles/{world.order['iccid']}")
    assert page.url.endswith(f"/orders/{world.order['order_id']}")
    assert f"${world.order['matching_id']}</code>" in page.text
    assert 'class="qr"' in page.text
    assert "last reported <strong>Installed</strong>" in page.text


def test_a_card_that_nobody_manages_is_worked_by_its_lpa(world: World) -> None:
    iccid = world.order["iccid"]
    assert world.side(iccid) == ["disabled", "Installed", "Installed", "–", "✔good"]
    for action, card, told in (("enable", "enabled", "Enabled"), ("disable", "disabled", "Disabled")):
        answer = world.client.post(f"/cards/c1/{action}", {"iccid": iccid}, page="/cards/c1")
        assert "Done on the card" in answer.text
        (state,) = [one["state"] for one in world.lab.lpa("profile", "list").json if one["iccid"] == iccid]
        assert (state, world.side(iccid)) == (card, [card, "Installed", told, "–", "✔good"])
    assert f"c1 {iccid}" in world.client.get("/audit").text


def test_a_notification_that_was_held_back_is_seen_and_delivered(world: World) -> None:
    iccid = world.order["iccid"]
    with offline_agent(Lab(world.lab.path), "c1") as agent:
        agent.run(enable(agent.settings, Iccid(iccid)))
    assert world.side(iccid) == ["enabled", "Installed", "Disabled", "–", "✘bad"]
    assert "notificationEnable" in world.client.get("/cards/c1").text
    assert "delivered" in world.client.post("/cards/c1/notifications", {}, page="/cards/c1").text
    assert world.side(iccid)[-1] == "✔good"


def test_the_file_tree_hides_contents_until_asked(world: World) -> None:
    page = world.client.get(f"/cards/c1/files?iccid={world.order['iccid']}").text
    assert "ADF.USIM" in page
    assert "EF-IMSI" in page or "EF.IMSI" in page
    assert "<br><code>" not in page
    shown = world.client.get(f"/cards/c1/files?iccid={world.order['iccid']}&contents=1").text
    assert "<br><code>" in shown


def test_a_card_of_the_lab_becomes_a_device(world: World) -> None:
    page = world.client.get("/devices")
    eid = re.search(r'name="eid" value="(\d{32})">', page.text)
    assert eid is not None
    answer = world.client.post("/devices", {"eid": eid[1], "model": "c1"})
    assert answer.url.endswith("/cards/c1")
    again = world.client.post("/devices", {"eid": eid[1], "model": "c1"})
    assert (again.status, "is registered already" in again.text) == (409, True)


def test_a_device_with_a_wrong_eid_is_refused_at_its_field(world: World) -> None:
    answer = world.client.post("/devices", {"eid": "8904"})
    assert answer.status == 409
    assert "eid: " in answer.text


def test_a_webhook_is_made_tested_rotated_and_deleted(world: World) -> None:
    client = world.client
    bad = client.post("/webhooks", {"url": "http://10.0.0.1/x", "events": "*"})
    assert bad.status == 400
    told = client.post("/webhooks", {"url": "https://example.com/x", "events": "profile.enabled profile.disabled"})
    assert re.search(r'id="secret">whsec_[A-Za-z0-9+/=]+<', told.text)
    path = re.search(r'href="(/webhooks/wh_[0-9a-f]+)"', told.text)
    assert path is not None
    assert "webhook.test" in client.post(f"{path[1]}/test", {}, page=path[1]).text
    assert "whsec_" in client.post(f"{path[1]}/rotate", {}, page=path[1]).text
    assert "signs until" in client.get(path[1]).text
    assert "is gone" in client.post(f"{path[1]}/delete", {}, page=path[1]).text
    assert client.get(path[1]).status == 404


def test_a_key_is_rotated(world: World) -> None:
    made = world.client.post("/keys", {"name": "robot", "role": "tester"})
    key_id = made.text.split('id="secret">rsplab_')[1][:16]
    rotated = world.client.post(f"/keys/{key_id}/rotate", {}, page="/keys")
    assert "rsplab_" in rotated.text
    for fields, why in (({"name": "", "role": "viewer"}, "name"), ({"name": "x", "role": "king"}, "role")):
        answer = world.client.post("/keys", fields)
        assert answer.status == 400
        assert why in answer.text


def test_certificates_tell_their_days_and_their_judges(world: World) -> None:
    page = world.client.get("/certificates").text
    days = [int(text) for text in re.findall(r'data-label="Days left"><strong class="\w+">(-?\d+)<', page)]
    assert days == sorted(days)
    assert len(days) > 10
    assert {"✔</span> LPA", "✔</span> eUICC", "✔</span> SM-DP+"} <= set(re.findall(r"✔</span> [\w+-]+", page))


def test_sessions_are_listed_with_their_verdicts(world: World) -> None:
    page = world.client.get("/sessions").text
    assert "getBoundProfilePackage" in page
    assert "nothing was refused" in page


def test_a_missing_card_is_said_to_be_so(world: World) -> None:
    world.lab("card", "create", "gone")
    eid = world.lab.json("card", "show", "gone")["eid"]
    world.client.post("/devices", {"eid": eid})
    delete_card(Lab(world.lab.path), "gone")
    answer = world.client.get("/cards/gone")
    assert answer.status == 409
    assert "there is no card" in answer.text


def test_a_profile_expires_when_the_form_says_so(world: World) -> None:
    form = world.client.get("/profiles/new")
    fields = {"iccid": form.value("iccid"), "mno": "x", "name": "x"}
    fields |= {"profileType": "OPERATIONAL", "eid": str(Eid.with_check_digits("89049032" + "1" * 22))}
    past = world.client.post("/profiles", {**fields, "expires": "2001-01-01"}, page="/profiles/new")
    assert past.status in (400, 409)
    assert 'aria-invalid="true"' in past.text
    made = world.client.post("/profiles", {**fields, "expires": "2999-12-31"}, page="/profiles/new")
    assert 'datetime="2999-12-31T00:00:00.000Z"' in made.text
    assert "isn&#39;t registered" in made.text or "isn't registered" in made.text
