"""The dashboard and the alert rules name metrics that exist, with labels that they have."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lab.metrics import Metrics

DEPLOY = Path(__file__).parents[2] / "deploy"
NAMED = re.compile(r"\b(rsplab_[a-z_]+)(?:\{([^}]*)\})?")
GAUGES = {"rsplab_webhook_deliveries": {"state"}, "rsplab_build_info": {"version"}}
BY_CLAUSE = re.compile(r"\bby \(([^)]*)\)")


def known() -> dict[str, set[str]]:
    """Sample names with their labels."""
    found = dict(GAUGES)
    for metric in Metrics().registry.collect():
        name, labels = metric.name, set(_labels(metric.name))
        suffixes = ["_total"] if metric.type == "counter" else ["_bucket", "_count", "_sum"]
        for suffix in suffixes:
            found[name + suffix] = labels | ({"le"} if suffix == "_bucket" else set())
    return found


def _labels(name: str) -> tuple[str, ...]:
    metrics = Metrics()
    (one,) = [value for value in vars(metrics).values() if getattr(value, "_name", None) == name]
    labels: tuple[str, ...] = one._labelnames
    return labels


def expressions() -> Iterator[str]:
    """Every query of the dashboard and of the rules."""
    dashboard = json.loads((DEPLOY / "grafana" / "rsplab.json").read_text())
    yield from _of(dashboard)
    rules = (DEPLOY / "prometheus" / "alerts.yml").read_text()
    yield from re.findall(r"^\s+expr: (.+)$", rules, re.M)


def _of(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("expr"), str):
            yield node["expr"]
        for value in node.values():
            yield from _of(value)
    elif isinstance(node, list):
        for value in node:
            yield from _of(value)


@pytest.mark.parametrize("expression", sorted(set(expressions())) if DEPLOY.is_dir() else [])
def test_every_named_metric_exists(expression: str) -> None:
    metrics = known()
    named = NAMED.findall(expression)
    assert named or expression.startswith("up{")
    for name, selectors in named:
        assert name in metrics, name
        for label in re.findall(r"(\w+)\s*[=!]", selectors):
            assert label in metrics[name], f"{name} has no {label}"
    for clause in BY_CLAUSE.findall(expression):
        for label in clause.split(","):
            assert any(label.strip() in metrics[name] for name, _ in named), label


def test_every_metric_is_on_the_dashboard() -> None:
    shown = " ".join(expressions())
    for metric in Metrics().registry.collect():
        assert metric.name in shown, metric.name


def test_no_label_grows() -> None:
    allowed = {
        "function", "subject", "reason", "before", "after", "kind", "result", "type", "method", "route", "status"
    }  # fmt: skip
    for metric in Metrics().registry.collect():
        assert set(_labels(metric.name)) <= allowed
