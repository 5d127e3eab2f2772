"""What a lab measures of itself, for Prometheus; no label ever holds an EID, ICCID or anything else that grows.

Several workers (`lab.workers`) share their numbers through files in PROMETHEUS_MULTIPROC_DIR, which has to be set
before this module is imported; any of them then answers for all.
"""

import json
import os
import time
from collections.abc import Callable, Iterable
from functools import cache
from importlib.metadata import version
from typing import Final, ParamSpec, TypeVar

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from lab.store import Ledger
from lab.store.ledger import Reading, table_of
from lab.store.records import Change
from lab.webhooks import WebhookStore
from lab.webhooks.worker import Observed
from smdp.core.messages import MessageState
from wire.codes import FunctionRefused

P = ParamSpec("P")
T = TypeVar("T")
DIRECTORY: Final = "PROMETHEUS_MULTIPROC_DIR"
CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_FAST: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_SLOW: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
_RESULTS: Final = {
    "operation.succeeded": "succeeded",
    "operation.failed": "failed",
    "operation.cancelled": "cancelled",
}
_changes = table_of(Change).c


class Metrics:
    """All metrics of one process."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self._function_seconds = Histogram(
            "rsplab_smdp_function_seconds",
            "Time in which the SM-DP+ answered a function.",
            ["function"],
            registry=registry,
            buckets=_FAST,
        )
        self._refusals = Counter(
            "rsplab_smdp_refusals",
            "Calls that the SM-DP+ refused, by status code.",
            ["function", "subject", "reason"],
            registry=registry,
        )
        self._order_transitions = Counter(
            "rsplab_smdp_order_transitions", "State changes of orders.", ["before", "after"], registry=registry
        )
        self._seconds_of = cache(self._function_seconds.labels)
        self._transition = cache(self._order_transitions.labels)
        self._operations = Counter(
            "rsplab_operations", "Operations on cards that ended.", ["kind", "result"], registry=registry
        )
        self._operation_seconds = Histogram(
            "rsplab_operation_seconds",
            "Time from the order of an operation to its end.",
            ["kind", "result"],
            registry=registry,
            buckets=_SLOW,
        )
        self._transition_seconds = Histogram(
            "rsplab_profile_transition_seconds",
            "Time from the order of an operation to the state of the profile that it led to.",
            ["before", "after"],
            registry=registry,
            buckets=_SLOW,
        )
        self._compatibility = Counter(
            "rsplab_compatibility_checks", "Answered compatibility checks.", ["result"], registry=registry
        )
        self._errors = Counter("rsplab_errors", "Errors of calls and operations.", ["type"], registry=registry)
        self._api_seconds = Histogram(
            "rsplab_api_request_seconds",
            "Time in which the API answered.",
            ["method", "route", "status"],
            registry=registry,
            buckets=_FAST,
        )
        self._attempts = Counter(
            "rsplab_webhook_attempts", "Attempts to deliver an event.", ["result"], registry=registry
        )
        self._attempt_seconds = Histogram(
            "rsplab_webhook_attempt_seconds", "Time that an attempt took.", registry=registry, buckets=_SLOW
        )

    def function(self, name: str, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a function of the SM-DP+, measured."""
        started = time.perf_counter()
        try:
            return call(*args, **kwargs)
        except FunctionRefused as refused:
            code = refused.status_code
            self._refusals.labels(name, str(code.subject), str(code.reason)).inc()
            raise
        finally:
            self._seconds_of(name).observe(time.perf_counter() - started)

    def order_moved(self, before: str, after: str) -> None:
        """An order changed its state."""
        self._transition(before, after).inc()

    def api_call(self, method: str, route: str, status: int, seconds: float, body: bytes) -> None:
        """The API answered; route: the path with its placeholders, "" for none."""
        self._api_seconds.labels(method if route else "", route, str(status)).observe(seconds)
        if status >= 400:
            self._errors.labels(str(_member(body, "error"))).inc()
        elif route.endswith(("/check-compatibility", "/compatibility")):
            self._compatibility.labels("compatible" if _member(body, "compatible") else "incompatible").inc()

    def listen(self, ledger: Ledger) -> None:
        """Count the changes that this process commits."""

        def on_change(change: Change) -> None:
            if change.type in _RESULTS or (change.type.startswith("profile.") and change.operation_id):
                with ledger.reading() as reading:
                    self._changed(change, _seconds_since_start(reading, change))

        ledger.listeners.append(on_change)

    def webhook_attempt(self, observed: Observed) -> None:
        """An event was sent, or not."""
        self._attempts.labels("failed" if observed.answer.error else "acknowledged").inc()
        self._attempt_seconds.observe(observed.duration_s)

    def exposition(self, *collectors: Collector) -> bytes:
        """Everything in Prometheus's text format, that of all workers where there are several."""
        registry = self.registry
        if DIRECTORY in os.environ:
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        extra = CollectorRegistry()
        for collector in (_Build(), *collectors):
            extra.register(collector)
        return generate_latest(registry) + generate_latest(extra)

    def _changed(self, change: Change, seconds: float) -> None:
        result = _RESULTS.get(change.type)
        if result is None:
            self._transition_seconds.labels(change.before, change.after).observe(seconds)
            return
        kind = str(change.data.get("kind", ""))
        self._operations.labels(kind, result).inc()
        self._operation_seconds.labels(kind, result).observe(seconds)
        if result == "failed":
            self._errors.labels(str((change.data.get("error") or {}).get("code", ""))).inc()


class WebhookGauges(Collector):
    """What the database says of webhooks when somebody asks."""

    def __init__(self, store: WebhookStore) -> None:
        self._store = store

    def collect(self) -> Iterable[Metric]:
        gauge = GaugeMetricFamily("rsplab_webhook_deliveries", "Deliveries by state.", labels=["state"])
        counts = self._store.counts()
        for state in MessageState:
            gauge.add_metric([state.value], counts.get(state.value, 0))
        yield gauge


class _Build(Collector):
    def collect(self) -> Iterable[Metric]:
        gauge = GaugeMetricFamily("rsplab_build_info", "The version that runs.", labels=["version"])
        gauge.add_metric([version("rsplab")], 1)
        yield gauge


def _seconds_since_start(reading: Reading, change: Change) -> float:
    started = reading.first(Change, _changes.operation_id == change.operation_id, _changes.type == "operation.started")
    if started is None or started.at is None or change.at is None:
        return 0.0
    return max(0.0, (change.at - started.at).total_seconds())


def _member(body: bytes, name: str) -> object:
    try:
        return json.loads(body).get(name, "")
    except (ValueError, AttributeError):
        return ""
