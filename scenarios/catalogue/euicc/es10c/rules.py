"""ES10c: profile policy rules and test profiles against enabling, disabling and deleting."""

from scenarios import Stage, scenario
from scenarios.catalogue.given import enabled, installed, state, test_profile
from wire.es10 import DeleteResult, DisableResult, EnableResult, PprIds

ENABLE = "SGP.22 v2.5 section 5.7.16, 3.2.1"
DISABLE = "SGP.22 v2.5 section 5.7.17, 3.2.2"
DELETE = "SGP.22 v2.5 section 5.7.18, 3.2.3"


@scenario("euicc.es10c.rules.ppr1_disable", spec=f"{DISABLE}, 2.9", tests="euicc", needs="ppr")
def ppr1_disable(s: Stage) -> None:
    """PPR1: the enabled profile can't be disabled: disallowedByPolicy."""
    profile = enabled(s, pprs=PprIds.ppr1)
    s.result("DisableProfile", s.card.disable(profile), DisableResult.disallowedByPolicy)
    s.equal("the state", "enabled", state(s, profile))


@scenario("euicc.es10c.rules.ppr1_enable_another", spec=f"{ENABLE}, 2.9", tests="euicc", needs="ppr")
def ppr1_enable_another(s: Stage) -> None:
    """PPR1: no other operational profile can be enabled instead: disallowedByPolicy."""
    profile, other = enabled(s, pprs=PprIds.ppr1), installed(s)
    s.result("EnableProfile", s.card.enable(other), EnableResult.disallowedByPolicy)
    s.equal("the states", ("enabled", "disabled"), (state(s, profile), state(s, other)))


@scenario("euicc.es10c.rules.ppr1_enable_test", spec=f"{ENABLE}, 2.9", tests="euicc", needs="ppr, test_profiles")
def ppr1_enable_test(s: Stage) -> None:
    """PPR1 doesn't stand against enabling a test profile."""
    enabled(s, pprs=PprIds.ppr1)
    s.result("EnableProfile", s.card.enable(test_profile(s)), EnableResult.ok)


@scenario("euicc.es10c.rules.ppr1_delete", spec=f"{DELETE}, 2.9", tests="euicc", needs="ppr")
def ppr1_delete(s: Stage) -> None:
    """PPR1 doesn't stand against deleting a disabled profile."""
    s.result("DeleteProfile", s.card.delete(installed(s, pprs=PprIds.ppr1)), DeleteResult.ok)


@scenario("euicc.es10c.rules.ppr2_delete", spec=f"{DELETE}, 2.9", tests="euicc", needs="ppr")
def ppr2_delete(s: Stage) -> None:
    """PPR2: the profile can't be deleted: disallowedByPolicy."""
    profile = installed(s, pprs=PprIds.ppr2)
    s.result("DeleteProfile", s.card.delete(profile), DeleteResult.disallowedByPolicy)
    s.equal("the state", "disabled", state(s, profile))


@scenario("euicc.es10c.rules.ppr2_disable", spec=f"{DISABLE}, 2.9", tests="euicc", needs="ppr")
def ppr2_disable(s: Stage) -> None:
    """PPR2 doesn't stand against enabling and disabling."""
    profile = enabled(s, pprs=PprIds.ppr2)
    s.result("DisableProfile", s.card.disable(profile), DisableResult.ok)


@scenario("euicc.es10c.test.reenabling", spec=ENABLE, tests="euicc", needs="test_profiles")
def reenabling(s: Stage) -> None:
    """From a test profile only the operational profile from before may be enabled: wrongProfileReenabling."""
    before, other, tests = enabled(s), installed(s), test_profile(s)
    s.result("EnableProfile of the test profile", s.card.enable(tests), EnableResult.ok)
    s.result("EnableProfile of another", s.card.enable(other), EnableResult.wrongProfileReenabling)
    s.result("EnableProfile of the one before", s.card.enable(before), EnableResult.ok)
    s.equal("the states", ("enabled", "disabled"), (state(s, before), state(s, tests)))


@scenario("euicc.es10c.test.return", spec=DISABLE, tests="euicc", needs="test_profiles")
def test_return(s: Stage) -> None:
    """Disabling a test profile enables the operational profile that was enabled before it."""
    before, tests = enabled(s), test_profile(s)
    s.card.enable(tests)
    s.result("DisableProfile", s.card.disable(tests), DisableResult.ok)
    s.equal("the states", ("enabled", "disabled"), (state(s, before), state(s, tests)))


@scenario("euicc.es10c.test.return_to_none", spec=DISABLE, tests="euicc", needs="test_profiles")
def return_to_none(s: Stage) -> None:
    """Disabling a test profile that was enabled when none was leaves none enabled."""
    other, tests = installed(s), test_profile(s)
    s.card.enable(tests)
    s.card.disable(tests)
    s.equal("the states", ("disabled", "disabled"), (state(s, other), state(s, tests)))


@scenario("euicc.es10c.test.two_test_profiles", spec=DISABLE, tests="euicc", needs="test_profiles")
def two_test_profiles(s: Stage) -> None:
    """From one test profile to another, then back: the operational profile from before both is enabled again."""
    before, first, second = enabled(s), test_profile(s), test_profile(s)
    s.card.enable(first)
    s.result("EnableProfile", s.card.enable(second), EnableResult.ok)
    s.card.disable(second)
    s.equal("the state of the one before", "enabled", state(s, before))
