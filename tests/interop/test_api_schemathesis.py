"""schemathesis (a foreign tool) reads the served OpenAPI and holds the API to it over loopback, with all its checks."""

import base64
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from io import BytesIO
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from lab.api.openapi import document
from lab.api.pagination import encode_cursor
from tests.support.api import ApiLab, Client, eid, served

schemathesis = pytest.importorskip("schemathesis")
Image = pytest.importorskip("PIL.Image")

_LIMITS = """
[api]
max_profiles = 100000
[api.rate_limits]
profile_creation = 1000000
download = 1000000
device_registration = 1000000
activation_code = 1000000
"""
_DEVICES = 6
_LETTERS = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"))


@lru_cache
def _icon() -> str:
    content = BytesIO()
    Image.new("1", (64, 64)).save(content, "PNG")
    return base64.b64encode(content.getvalue()).decode()


def _text(octets: int) -> st.SearchStrategy[str]:
    return st.text(_LETTERS, min_size=1, max_size=octets).filter(lambda text: len(text.encode()) <= octets)


_FORMATS: dict[str, st.SearchStrategy[str]] = {
    "eid": st.integers(1, _DEVICES).map(eid),
    "activation-code": st.text("0123456789ABCDEFGHJKLMNPQRSTUVWXYZ-", max_size=30).map(
        lambda token: f"LPA:1$localhost:8443${token}"
    ),
    "octets-32": _text(32),
    "octets-64": _text(64),
    "icon": st.builds(_icon),
    "entity-tag": st.integers(1, 9).map('"{}"'.format),
    "cursor": st.integers(0, 2**50).map(lambda at: encode_cursor([at, "a"])),
    "numbered-cursor": st.integers(0, 2**50).map(lambda number: encode_cursor([number])),
    "webhook-url": st.sampled_from(["https://example.com/a", "https://hooks.example.org:8443/b?c=d"]),
    "webhook-secret": st.text("abcdefghijk0123456789", min_size=16, max_size=40),
    "date-time": st.integers(1, 3650).map(
        lambda days: (datetime.now(UTC) + timedelta(days=days)).isoformat(timespec="seconds")
    ),
}


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiLab]:
    with served(tmp_path_factory.mktemp("api") / "lab", _LIMITS) as lab:
        for number in range(1, _DEVICES, 2):
            lab.client().device(number)
        yield lab


for _name, _strategy in _FORMATS.items():
    schemathesis.openapi.format(_name, _strategy)
_CONFIG = {
    # A condition (If-Match, Idempotency-Key) or a state that doesn't hold is no fault of the data.
    "checks": {"positive_data_acceptance": {"expected-statuses": ["2xx", "401", "403", "404", "409", "412", "422"]}}
}
schema = schemathesis.openapi.from_dict(document(), config=schemathesis.Config.from_dict(_CONFIG))


def test_this_is_what_is_served(api: ApiLab) -> None:
    assert Client(api.url).get("/openapi.json") == schema.raw_schema


@schema.parametrize()
@settings(
    max_examples=int(os.environ.get("RSPLAB_API_EXAMPLES", "2")),
    derandomize=True,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_the_api_is_what_it_says(case: Any, api: ApiLab) -> None:
    case.call_and_validate(base_url=api.url, headers={"Authorization": f"Bearer {api.client().token}"})
