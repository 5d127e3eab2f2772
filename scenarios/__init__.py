"""Scripted conformance: a card, an LPA or a server under test, judged by short typed functions (docs/scenarios.md)."""

from scenarios.model import (
    REGISTRY,
    CheckFailed,
    Importance,
    Inconclusive,
    NotApplicable,
    Role,
    Scenario,
    ScenarioError,
    Verdict,
    scenario,
)
from scenarios.stage import Stage

__all__ = [
    "REGISTRY",
    "CheckFailed",
    "Importance",
    "Inconclusive",
    "NotApplicable",
    "Role",
    "Scenario",
    "ScenarioError",
    "Stage",
    "Verdict",
    "scenario",
]
