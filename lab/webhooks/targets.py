"""Where webhooks may go: public addresses, and what the lab's settings allow by name.

A host name is resolved on every delivery, each address is judged, and the connection goes to an address that was
judged: a name that is public today and private tomorrow gets nothing.
"""

import socket
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from aiohttp import ThreadedResolver
from aiohttp.abc import AbstractResolver, ResolveResult

from lab.errors import LabError
from lab.webhooks.records import WebhookError

Address = IPv4Address | IPv6Address
_NAT64: Final = IPv6Network("64:ff9b::/96")
_LOW_32_BITS: Final = 0xFFFFFFFF
URL_CHARACTERS_MAX: Final = 2048


class TargetRefused(OSError):
    """The address is not one that webhooks may go to."""


@dataclass(frozen=True, slots=True)
class TargetPolicy:
    """allow: networks that may be reached although they are not public; plain_http: http:// may be used at all."""

    allow: tuple[IPv4Network | IPv6Network, ...] = ()
    plain_http: bool = False

    @classmethod
    def from_table(cls, where: str, table: dict[str, Any]) -> "TargetPolicy":
        """`[webhooks]` of lab.toml: allow_targets = ["10.0.0.0/8"], plain_http = true."""
        for name in table:
            if name not in ("allow_targets", "plain_http"):
                raise LabError(f"{where}: [webhooks] {name} is unknown", "use allow_targets, plain_http")
        try:
            allow = tuple(ip_network(text) for text in table.get("allow_targets", ()))
        except (ValueError, TypeError) as error:
            raise LabError(
                f"{where}: [webhooks] allow_targets: {error}", 'give networks such as "10.0.0.0/8"'
            ) from None
        return cls(allow, table.get("plain_http", False) is True)

    def check_url(self, url: str) -> SplitResult:
        """The parts of an acceptable URL; WebhookError says what is wrong. Host names are judged on delivery."""
        try:
            parts = urlsplit(url)
            _ = parts.port
        except ValueError as error:
            raise WebhookError("url", str(error)) from None
        if len(url) > URL_CHARACTERS_MAX or not url.isascii() or any(c.isspace() for c in url):
            raise WebhookError("url", f"at most {URL_CHARACTERS_MAX} ASCII characters without blanks")
        if parts.scheme != "https" and not (parts.scheme == "http" and self.plain_http):
            raise WebhookError("url", "must be https")
        if not parts.hostname or parts.username is not None or parts.password is not None or parts.fragment:
            raise WebhookError("url", "must have a host, and neither user, password nor fragment")
        try:
            address = literal(parts.hostname)
        except ValueError:
            raise WebhookError("url", f"{parts.hostname} is neither a name nor an address") from None
        if address is not None and not self.allows(address):
            raise WebhookError("url", f"{parts.hostname} is not a public address")
        return parts

    def allows(self, address: Address) -> bool:
        """Whether webhooks may go there."""
        address = _inner(address)
        if any(address in network for network in self.allow if network.version == address.version):
            return True
        return address.is_global and not address.is_multicast and not address.is_reserved


class JudgedResolver(AbstractResolver):
    """Resolves by the system and lets only those addresses through that the policy allows."""

    def __init__(self, policy: TargetPolicy, system: AbstractResolver | None = None) -> None:
        self._policy = policy
        self._system = system or ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        found: Sequence[ResolveResult] = await self._system.resolve(host, port, family)
        allowed = [one for one in found if self._policy.allows(ip_address(one["host"].partition("%")[0]))]
        if not allowed:
            raise TargetRefused(f"{host} has no public address")
        return allowed

    async def close(self) -> None:
        await self._system.close()


def literal(host: str) -> Address | None:
    """The address that a host is written as, or None for a name; ValueError for shorthand such as 127.1."""
    try:
        return ip_address(host.partition("%")[0])
    except ValueError:
        last = host.rstrip(".").rpartition(".")[2]
        if not last or last.isdigit() or last.lower().startswith("0x"):
            raise
        return None


def _inner(address: Address) -> Address:
    """The IPv4 address inside an IPv6 address that leads to one."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address in _NAT64:
        return IPv4Address(int(address) & _LOW_32_BITS)
    return address
