"""Where webhooks may go."""

import socket
from ipaddress import ip_address, ip_network
from typing import Any

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from lab.errors import LabError
from lab.webhooks.records import WebhookError
from lab.webhooks.targets import JudgedResolver, TargetPolicy, TargetRefused

STRICT = TargetPolicy()
INSIDE = [
    "127.0.0.1",
    "127.9.9.9",
    "0.0.0.0",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1",
    "fc00::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "2002:7f00:1::",
    "64:ff9b::a9fe:a9fe",
]


@pytest.mark.parametrize("address", INSIDE)
def test_what_is_not_public_is_refused(address: str) -> None:
    assert not STRICT.allows(ip_address(address))
    written = f"[{address}]" if ":" in address else address
    with pytest.raises(WebhookError, match="public") as refused:
        STRICT.check_url(f"https://{written}/hook")
    assert refused.value.field == "url"


@pytest.mark.parametrize("address", ["8.8.8.8", "93.184.216.34", "2606:2800:220:1::1", "::ffff:8.8.8.8"])
def test_what_is_public_is_not(address: str) -> None:
    assert STRICT.allows(ip_address(address))


def test_a_setting_allows_a_network_and_no_other() -> None:
    policy = TargetPolicy((ip_network("10.0.0.0/8"),))
    assert policy.allows(ip_address("10.1.2.3"))
    assert policy.allows(ip_address("::ffff:10.1.2.3"))
    assert not policy.allows(ip_address("192.168.1.1"))
    assert not policy.allows(ip_address("::1"))


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "ftp://example.com/",
        "https:///path",
        "https://user@example.com/",
        "https://:pw@example.com/",
        "https://example.com/#part",
        "https://example.com:99999/",
        "https://[::1/",
        "https://127.1/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://127.0.0.1./",
        "https://exa mple.com/",
        "https://example.com/" + "x" * 2048,
    ],
)
def test_urls_that_are_refused(url: str) -> None:
    with pytest.raises(WebhookError) as refused:
        STRICT.check_url(url)
    assert refused.value.field == "url"


def test_plain_http_is_a_setting() -> None:
    TargetPolicy(plain_http=True).check_url("http://example.com/hook")


class FixedResolver(AbstractResolver):
    """Answers what it is told, each time the next."""

    def __init__(self, *answers: list[str]) -> None:
        self._answers = list(answers)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=0)
            for address in self._answers.pop(0)
        ]

    async def close(self) -> None:
        """Nothing."""


async def test_only_judged_addresses_come_out() -> None:
    resolver = JudgedResolver(STRICT, FixedResolver(["10.0.0.1", "8.8.8.8"], ["10.0.0.1"]))
    assert [one["host"] for one in await resolver.resolve("example.com", 443)] == ["8.8.8.8"]
    with pytest.raises(TargetRefused):  # the same name, rebound
        await resolver.resolve("example.com", 443)


@pytest.mark.parametrize("table", [{"allow": []}, {"allow_targets": ["10.0.0.1/8"]}, {"allow_targets": 5}])
def test_wrong_settings_are_named(table: dict[str, Any]) -> None:
    with pytest.raises(LabError, match=r"lab.toml: \[webhooks\]"):
        TargetPolicy.from_table("lab.toml", table)
