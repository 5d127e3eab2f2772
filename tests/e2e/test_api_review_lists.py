"""Pages of webhooks and keys; what two change at the same time."""

from collections.abc import Iterator
from typing import Any

import pytest

from lab.managers import Code
from lab.managers.errors import understood
from smdp.core.messages import MessageState
from smdp.core.ports import Conflict
from tests.support.api import ApiLab, Client, served

_SETTINGS = '[webhooks]\nplain_http = true\nallow_targets = ["127.0.0.0/8"]\n'


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiLab]:
    with served(tmp_path_factory.mktemp("lists") / "lab", _SETTINGS) as lab:
        yield lab


def _pages(client: Client, name: str, size: int) -> Iterator[list[dict[str, Any]]]:
    cursor = ""
    while True:
        page = client.get(f"/{name}?limit={size}{cursor}")
        yield page[name]
        if "nextCursor" not in page:
            return
        cursor = f"&cursor={page['nextCursor']}"


def test_webhooks_and_keys_come_in_pages(api: ApiLab) -> None:
    client = api.client()
    for number in range(5):
        url = f"http://127.0.0.1:9/{number}"
        client.post("/webhooks", {"url": url, "events": ["*"], "secret": "0123456789abcdef"}, 201)
    for name, key, count in (("webhooks", "webhookId", 5), ("keys", "keyId", 4)):
        whole = client.get(f"/{name}")
        assert "nextCursor" not in whole
        assert len(whole[name]) == count
        pages = list(_pages(client, name, 2))
        assert [len(page) for page in pages] == [2] * (count // 2) + [1] * (count % 2)
        assert [one[key] for page in pages for one in page] == [one[key] for one in whole[name]]
        wrong = client("GET", f"/{name}?cursor=nonsense", expect=400).json
        assert wrong["details"]["field"] == "cursor"


def test_redelivery_while_an_attempt_ends(api: ApiLab) -> None:
    client = api.client()
    url = "http://127.0.0.1:9/"
    webhook = client.post("/webhooks", {"url": url, "events": ["*"], "secret": "0123456789abcdef"}, 201)["webhookId"]
    sent = client.post(f"/webhooks/{webhook}/test", expect=202)["deliveryId"]
    states = {client.post(f"/webhooks/{webhook}/deliveries/{sent}/redeliver", expect=202)["state"] for _ in range(60)}
    assert states == {MessageState.WAITING.name}


def test_a_conflict_is_no_defect() -> None:
    refused = understood(Conflict("changed by somebody else"), Code.INTERNAL_ERROR)
    assert refused.code is Code.OPERATION_NOT_PERMITTED
    assert refused.details == {"reason": "conflict"}
