"""ES10c: local profile management."""

from scenarios import Stage, scenario
from wire.es10 import EnableResult

SPEC = "SGP.22 v2.5 section 5.7.16"


@scenario("euicc.es10c.enable.twice", spec=SPEC, tests="euicc")
def enable_twice(s: Stage) -> None:
    """An enabled profile can't be enabled again: profileNotInDisabledState."""
    profile = s.profile()
    with s.given("an installed profile"):
        s.card.install(s.server(), profile)
    s.result("EnableProfile", s.card.enable(profile), EnableResult.ok)
    s.card.power_on()
    s.result("EnableProfile", s.card.enable(profile), EnableResult.profileNotInDisabledState)
    s.equal("the profiles", {str(profile.iccid): "enabled"}, s.card.states)
