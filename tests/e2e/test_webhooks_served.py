"""Webhooks of a served lab: from the API call to the signed event; two workers on one PostgreSQL."""

import asyncio
import json
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from lab.migrations.command import upgrade
from lab.webhooks import ALL_EVENTS, signing
from tests.support.lab import CliLab, new_lab
from tests.support.outbox_world import until
from tests.support.postgres import postgresql
from tests.support.webhook_world import SECRET, Receiver, WebhookWorld

EID, ICCID = "89049032123451234512345678901235", "8900104000000000776"


@pytest.fixture
def lab(tmp_path: Path) -> CliLab:
    """A lab that may call receivers on this machine."""
    lab = new_lab(tmp_path / "lab")
    settings = lab.path / "lab.toml"
    settings.write_text(settings.read_text() + '\n[webhooks]\nallow_targets = ["127.0.0.0/8"]\nplain_http = true\n')
    return lab


@pytest.fixture(scope="module")
def fresh() -> Iterator[Callable[[], str]]:
    with postgresql() as make:
        yield make


def call(base: str, method: str, path: str, body: object = None) -> Any:
    """A call of the API by somebody on loopback."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{base}/api/v1/esim{path}", data, {"Content-Type": "application/json"})
    request.method = method
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.loads(answer.read() or b"null")


@pytest.mark.parametrize("workers", [1, 2])
async def test_a_change_over_the_api_is_told_signed(lab: CliLab, workers: int) -> None:
    async with Receiver().listening() as receiver:
        with lab.serving("--workers", str(workers), "--api-port", "0", "--api-anonymous", "admin") as server:
            base = server.ready["api"]

            async def api(*arguments: Any) -> Any:
                return await asyncio.to_thread(call, base, *arguments)

            hook = await api(
                "POST", "/webhooks", {"url": receiver.url, "events": ["device.registered"], "secret": SECRET}
            )
            info = {"manufacturer": "A", "model": "B", "osVersion": "1", "lpaVersion": "1", "capabilities": []}
            await api("POST", "/devices", {"eid": EID, "deviceInfo": info})
            await until(lambda: len(receiver.accepted) == 1)
            found = await api("GET", f"/webhooks/{hook['webhookId']}/deliveries")
    headers, body = receiver.requests[0]
    event_id = signing.verify([SECRET], headers, body, datetime.now(UTC))
    signing.verify_member(SECRET, body)
    told = json.loads(body)
    assert (told["eventType"], told["data"]["eid"]) == ("device.registered", EID)
    assert len(receiver.requests) == 1
    assert [one["eventId"] for one in found["deliveries"]] == [event_id]
    assert SECRET not in json.dumps([hook, found])


async def test_two_workers_on_postgresql_keep_the_order(tmp_path: Path, fresh: Callable[[], str]) -> None:
    url = fresh()
    upgrade(url)
    world, other = WebhookWorld(tmp_path, url), WebhookWorld(tmp_path, url)
    receiver = Receiver()
    receiver.behave = lambda _: web.Response(status=200 if len(receiver.requests) % 3 else 500)
    async with receiver.listening(), world.delivering(), other.delivering():
        world.store.create(receiver.url, [ALL_EVENTS], SECRET)
        for number in range(4):
            for profile in ("1", "2", "3"):
                await asyncio.to_thread((world, other)[number % 2].emit, f"S{number}", iccid=profile)
        await until(lambda: len(receiver.accepted) == 12)
    for profile in ("1", "2", "3"):
        data = [json.loads(body)["data"] for body in receiver.accepted]
        assert [one["status"] for one in data if one["iccid"] == profile] == ["S0", "S1", "S2", "S3"]
    world.ledger.close()
    other.ledger.close()
