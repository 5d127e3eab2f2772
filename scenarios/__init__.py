"""Scripted scenarios: a small typed vocabulary, a runner, verdicts."""

from scenarios.model import REGISTRY, Importance, Scenario, Verdict, check, scenario
from scenarios.world import World

__all__ = ["REGISTRY", "Importance", "Scenario", "Verdict", "World", "check", "scenario"]
