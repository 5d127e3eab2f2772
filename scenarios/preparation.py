"""The provisioning file for an SM-DP+ under test: what the scenarios need of its inventory."""

import logging
from collections.abc import Sequence

from scenarios.grounds import DEFAULT_CLOCK, Grounds
from scenarios.ics import Ics
from scenarios.model import REGISTRY, Role, Scenario, Verdict
from scenarios.runner import judge
from scenarios.selection import sanity_of
from scenarios.stock import Stock


class NotPrepared(Exception):
    """A scenario doesn't pass against our own SM-DP+, so what it needs isn't known."""


def prepare(scenarios: Sequence[Scenario], seed: str) -> Stock:
    """Run what tests an SM-DP+ against the simulated one, and note what it asks for.

    Sanity cases run twice, as in a run. NotPrepared if a scenario doesn't pass.
    """
    logging.getLogger("rsplab").addHandler(logging.NullHandler())
    of_servers = {one.id: one for one in scenarios if Role.SMDP in one.tests}
    cases = set(sanity_of(of_servers.values()).values())
    grounds = Grounds(seed, DEFAULT_CLOCK, Ics(), preparing=True)
    for name in [*sorted(cases), *sorted(of_servers.keys() - cases), *sorted(cases)]:
        result = judge(REGISTRY[name], grounds)
        if result.verdict is not Verdict.PASS:
            raise NotPrepared(f"{name}: {result.verdict.name.lower()}, {result.reason}")
    return grounds.stock
