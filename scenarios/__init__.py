"""Scripted conformance: a card, an LPA or a server under test, judged by short typed functions (docs/scenarios.md)."""

from typing import TYPE_CHECKING, Any

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

if TYPE_CHECKING:
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


def __getattr__(name: str) -> Any:
    """`Stage` on first use: it brings every role in, which a command that only lists scenarios doesn't need."""
    if name == "Stage":
        from scenarios.stage import Stage

        return Stage
    raise AttributeError(name)
