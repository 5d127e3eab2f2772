"""The provisioning file for an SM-DP+ under test: what the scenarios need of its inventory."""

import logging
from collections.abc import Sequence

from scenarios.grounds import DEFAULT_CLOCK, Grounds
from scenarios.ics import Ics
from scenarios.model import REGISTRY, Role, Scenario
from scenarios.runner import judge
from scenarios.selection import sanity_of
from scenarios.stock import Stock


def prepare(scenarios: Sequence[Scenario], seed: str) -> Stock:
    """Run what tests an SM-DP+ against the simulated one, and note what it asks for.

    Sanity cases run twice, as in a run.
    """
    logging.getLogger("rsplab").addHandler(logging.NullHandler())
    of_servers = {one.id: one for one in scenarios if Role.SMDP in one.tests}
    cases = set(sanity_of(of_servers.values()).values())
    grounds = Grounds(seed, DEFAULT_CLOCK, Ics(), preparing=True)
    for name in [*sorted(cases), *sorted(of_servers.keys() - cases), *sorted(cases)]:
        judge(REGISTRY[name], grounds)
    return grounds.stock
