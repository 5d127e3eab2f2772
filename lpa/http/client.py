"""What every HTTP client of the agent is; failures are `lpa.core.errors.HttpError`."""

from collections.abc import Mapping
from typing import Protocol

from lpa.core.actions import HttpReply, TlsPeer

MAX_BODY_OCTETS = 8 * 1024 * 1024


class HttpClient(Protocol):
    """For plain threads."""

    def connect(self, url: str) -> TlsPeer | None:
        """Open and verify a connection, kept for the posts that follow; None over plain HTTP."""

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> HttpReply:
        """POST over a verified connection; redirects are not followed."""

    def close(self) -> None:
        """Close every connection."""


class AsyncHttpClient(Protocol):
    """For asyncio."""

    async def connect(self, url: str) -> TlsPeer | None:
        """Open and verify a connection; None over plain HTTP."""

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> HttpReply:
        """POST over a verified connection; redirects are not followed."""

    async def close(self) -> None:
        """Close every connection."""
