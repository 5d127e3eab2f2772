"""The delivery of webhooks, by the rules of `smdp.web.lanes`: nothing but a 2xx answer settles one."""

import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, NamedTuple, Self

import aiohttp

from lab.webhooks import signing
from lab.webhooks.records import Attempt, Delivery, NotFound, Subscription, WebhookError
from lab.webhooks.store import WebhookStore
from lab.webhooks.targets import JudgedResolver, TargetRefused
from smdp.core.messages import MessageState
from smdp.web.lanes import DeliverySettings, LaneWorker
from wire.ports import Clock

ANSWER_OCTETS_MAX: Final = 64 * 1024
TIMEOUT_S: Final = 15.0
KEPT: Final = timedelta(days=30)
_SWEEP_S: Final = 3600.0
_OK, _REDIRECTS, _CLIENT_ERRORS = 200, 300, 400


class Answer(NamedTuple):
    """What came of one POST: HTTP status (0: none), and what is wrong with it ("" for nothing)."""

    status: int
    error: str


@dataclass(frozen=True, slots=True)
class Observed:
    """One attempt, for the metrics."""

    answer: Answer
    duration_s: float


class WebhookClient:
    """Posts to receivers, follows no redirect, keeps no cookie and no connection; use it as `async with`."""

    def __init__(self, store: WebhookStore, tls: ssl.SSLContext | None = None, timeout_s: float = TIMEOUT_S) -> None:
        self._policy = store.policy
        self._tls = tls or ssl.create_default_context()
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(
            resolver=JudgedResolver(self._policy), use_dns_cache=False, force_close=True, ssl=self._tls
        )
        self._session = aiohttp.ClientSession(
            connector=connector, timeout=self._timeout, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def post(self, url: str, headers: dict[str, str], body: bytes) -> Answer:
        """POST once; the target is judged now, whatever was thought of it when the webhook was made."""
        try:
            self._policy.check_url(url)
            async with self._session.post(url, data=body, headers=headers, allow_redirects=False) as response:
                received = 0
                async for chunk in response.content.iter_any():
                    received += len(chunk)
                    if received > ANSWER_OCTETS_MAX:
                        return Answer(response.status, f"the answer is longer than {ANSWER_OCTETS_MAX} octets")
                return Answer(response.status, _wrong(response.status))
        except WebhookError as error:
            return Answer(0, error.reason)
        except TimeoutError:
            return Answer(0, "no answer in time")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return Answer(0, _reason(error))


class WebhookWorker(LaneWorker[Delivery]):
    """Queues changes for those who want them and delivers what is queued; several processes may do so at once.

    observe: hears of every attempt.
    """

    def __init__(
        self,
        store: WebhookStore,
        client: WebhookClient,
        settings: DeliverySettings | None = None,
        clock: Clock | None = None,
        observe: Callable[[Observed], None] = lambda _: None,
    ) -> None:
        super().__init__(store, settings, clock)
        self._store = store
        self._client = client
        self._observe = observe
        self._sweep_at = 0.0

    async def deliver_due(self) -> None:
        while await self._stored(self._store.fan_out):
            pass
        await super().deliver_due()
        if time.monotonic() >= self._sweep_at:
            self._sweep_at = time.monotonic() + _SWEEP_S
            await self._stored(self._store.forget_settled, self._store.now() - KEPT)

    async def outcome(self, claimed: Delivery) -> Delivery:
        started, at = time.perf_counter(), self.now()
        try:
            webhook = await self._stored(self._store.get, claimed.destination)
        except NotFound:
            return replace(claimed, state=MessageState.DONE)
        answer = await self._client.post(webhook.url, *self._signed(webhook, claimed, at))
        duration_s = time.perf_counter() - started
        self._observe(Observed(answer, duration_s))
        after = self.failed(claimed, answer.error) if answer.error else replace(claimed, state=MessageState.DONE)
        attempt = Attempt(claimed.sequence, claimed.attempts, at, round(duration_s * 1000), answer.status, answer.error)
        await self._stored(self._store.log, attempt)
        return after

    def _signed(self, webhook: Subscription, delivery: Delivery, at: datetime) -> tuple[dict[str, str], bytes]:
        body = signing.signed_body(delivery.payload, webhook.secret)
        headers = signing.headers(delivery.event_id, at, body, webhook.secrets(self._store.now()))
        return {"Content-Type": "application/json", "User-Agent": "rsplab-webhooks"} | headers, body


def _reason(error: Exception) -> str:
    """What went wrong; where the target was refused, that."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, TargetRefused):
        cause = cause.__cause__
    return str(cause or error) or type(error).__name__


def _wrong(status: int) -> str:
    if _OK <= status < _REDIRECTS:
        return ""
    if status < _CLIENT_ERRORS:
        return f"HTTP status {status}: redirects are not followed"
    return f"HTTP status {status}"
